"""Ways to run the network: one interface, one file each."""
