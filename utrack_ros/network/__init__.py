"""Networks, their weights and how weights get into `models/`."""
