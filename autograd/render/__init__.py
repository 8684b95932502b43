"""Pictures of recorded graphs: DOT source, SVG, files."""

from autograd.render.dot import to_dot
from autograd.render.layout import draw, to_svg

__all__ = ["draw", "to_dot", "to_svg"]
