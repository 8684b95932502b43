"""Pictures of recorded graphs: scenes, DOT source, SVG, files."""

from autograd.render.dot import to_dot
from autograd.render.layout import LayoutUnavailableError, draw, to_svg
from autograd.render.micrograd import draw_dot, trace
from autograd.render.scene import Scene, scene

__all__ = ["LayoutUnavailableError", "Scene", "draw", "draw_dot", "scene", "to_dot", "to_svg", "trace"]
