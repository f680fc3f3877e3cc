"""PURE. What was observed in, what to do out. No clients, no clock, no I/O."""
