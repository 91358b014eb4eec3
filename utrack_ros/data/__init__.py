"""Footage with ground truth: sequences to evaluate on, generators to test with."""
