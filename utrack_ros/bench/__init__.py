"""`utrack bench`: our tracker, its peers and the machine, measured side by side in one run."""
