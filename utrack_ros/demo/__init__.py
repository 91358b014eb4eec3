"""`make demo`: footage, processes and the report of one real run."""
