"""The plan as machine code."""
