"""Benchmarks: run trackers over them, score raw results by each toolkit's own rule, draw what came out."""
