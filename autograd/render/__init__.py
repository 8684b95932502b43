"""Pictures of recorded graphs: scenes, DOT source, SVG, files."""

from autograd.render.pictures.dot import to_dot
from autograd.render.pictures.layout import LayoutUnavailableError, draw, to_svg
from autograd.render.pictures.micrograd import draw_dot, trace
from autograd.render.scenes.parts import Scene
from autograd.render.scenes.scene import scene

__all__ = ["LayoutUnavailableError", "Scene", "draw", "draw_dot", "scene", "to_dot", "to_svg", "trace"]
