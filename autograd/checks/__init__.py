"""Derivatives held against finite differences, and the first nan found."""
