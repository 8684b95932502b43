"""A scene as a page that steps through it."""
