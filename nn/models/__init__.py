"""Modules, layers and networks, and how they are kept in files."""
