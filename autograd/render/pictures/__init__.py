"""A scene as DOT, SVG and files."""
