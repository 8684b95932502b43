"""The plan as C."""
