"""Optimisers, their schedules, and line searches."""
