"""Metrics, calibration and decisions."""
