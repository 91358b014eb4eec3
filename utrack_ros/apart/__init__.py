"""A tracker in a process of its own: what ends there, by a crash or by force, takes nothing else with it."""
