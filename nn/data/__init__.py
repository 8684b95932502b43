"""Data sets, batches, splits and preprocessing."""
