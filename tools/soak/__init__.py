"""`make soak`: the real processes for hours under a seeded mix of faults, and a verdict on what they kept."""
