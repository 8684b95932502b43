"""Plans as JavaScript."""
