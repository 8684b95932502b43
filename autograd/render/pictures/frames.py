"""SVG pictures that differ in some places as one that moves: what is still is drawn once."""

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise, zip_longest
from xml.etree import ElementTree

Element = ElementTree.Element
Point = tuple[float, float]
Show = Callable[[Element, Sequence[bool]], None]
"""Lets an element be seen in some of the pictures."""

WORTH = 200
"""Characters that have to be saved before an element is taken apart."""
_TENTHS = 10  # of a point: finer than one sees
_CLOSE = 0.15  # points that a line may pass another by
_STRAIGHT = re.compile(r"[MLz\s\d.-]*")
_PIECE = re.compile(r"(M[^Mz]*)(z?)")
_POINT = re.compile(r"(-?[\d.]+)\s+(-?[\d.]+)")


def moving(pictures: Sequence[str], show: Show) -> Element:
    """The pictures, of one size, as one; `show` is called for each part that is not in all of them.

    >>> shown = []
    >>> one = moving(["<svg><g>still</g><g>1</g></svg>", "<svg><g>still</g><g>2</g></svg>"], lambda *it: shown.append(it))
    >>> [(element[0].text, seen) for element, seen in shown]
    [('1', [True, False]), ('2', [False, True])]
    """  # noqa: E501
    roots = [_parsed(picture) for picture in pictures]
    whole = Element(roots[0].tag, roots[0].attrib)
    for place in _places(roots):
        _add(whole, place, show)
    return whole


def _parsed(picture: str) -> Element:
    """A picture without namespaces, so that names are plain, without what draws nothing, its lines written short."""
    text = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", picture.replace("xlink:href", "href"))
    root = ElementTree.fromstring(re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL))  # noqa: S314  # ours
    for parent in list(root.iter()):
        parent.tail = None
        parent.text = (parent.text or "").strip() or None
        for child in list(parent):
            if child.tag == "path" and not child.get("d"):
                parent.remove(child)
            elif child.tag == "path":
                child.set("d", _short(child.get("d", "")))
    return root


def _short(line: str) -> str:
    """A straight line without the points that it passes anyway, in steps of tenths of a point; a curve as it is.

    >>> _short("M 10.04 20 L 12.345 20 L 13 20.02 L 12.345 19.5 z")
    'M10 20l3 0 -0.7 -0.5z'
    """
    if not _STRAIGHT.fullmatch(line):
        return line
    written = ""
    for piece, end in _PIECE.findall(line):
        points = [(float(x), float(y)) for x, y in _POINT.findall(piece)]
        rounded = [(round(_TENTHS * x), round(_TENTHS * y)) for x, y in _thinned(points)]
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(rounded)]
        written += f"M{_pair(*rounded[0])}{'l' if steps else ''}{' '.join(_pair(*step) for step in steps)}{end}"
    return written


def _pair(x: int, y: int) -> str:
    return f"{x / _TENTHS:g} {y / _TENTHS:g}"


def _thinned(points: Sequence[Point]) -> list[Point]:
    """The points without those that lie on the way between two that stay."""
    kept, between = [points[0]], list[Point]()
    for before, after in pairwise(points):
        if between and any(_distance(point, kept[-1], after) > _CLOSE for point in between):
            kept.append(before)
            between = []
        between.append(after)
    return [*kept, *points[-1:]] if len(points) > 1 else kept


def _distance(point: Point, begin: Point, end: Point) -> float:
    """From a point to a stretch."""
    (x, y), (dx, dy) = (point[0] - begin[0], point[1] - begin[1]), (end[0] - begin[0], end[1] - begin[1])
    share = max(0.0, min(1.0, (x * dx + y * dy) / (dx * dx + dy * dy or 1.0)))
    return math.hypot(x - share * dx, y - share * dy)


def _children(parent: Element | None) -> dict[str, Element]:
    """The children by their names, or by their places among those without one of their own."""
    found: dict[str, Element] = {}
    for child in () if parent is None else parent:
        name = child.get("id", "")
        found[name if name and name not in found else f"{child.tag} {len(found)}"] = child
    return found


def _places(parents: Sequence[Element | None]) -> list[list[Element | None]]:
    """The children that belong together, one of each picture or None: by their names, or else by their order."""
    children = [_children(parent) for parent in parents]
    names = max(map(list, children), key=len)
    if all(list(own) == [name for name in names if name in own] for own in children):
        return [[own.get(name) for own in children] for name in names]
    return [list(place) for place in zip_longest(*(own.values() for own in children))]


def _add(parent: Element, versions: Sequence[Element | None], show: Show) -> None:
    """Add what stands at one place of each picture, if it does."""
    there = [version for version in versions if version is not None]
    texts = ["" if version is None else _text(version) for version in versions]
    if len(set(texts)) == 1:
        parent.append(there[0])
    elif _still(versions) >= WORTH:
        twin = ElementTree.SubElement(parent, there[0].tag, there[0].attrib)
        twin.text = there[0].text
        for place in _places(versions):
            _add(twin, place, show)
    else:
        for text in dict.fromkeys(filter(None, texts)):
            group = ElementTree.SubElement(parent, "g")
            group.append(there[[own for own in texts if own].index(text)])
            show(group, [own == text for own in texts])


def _still(versions: Sequence[Element | None]) -> int:
    """How much of what stands at one place, and below it, is the same in all pictures."""
    if len({None if version is None else (version.tag, version.text, *version.items()) for version in versions}) > 1:
        return 0
    texts = {_text(version) for version in versions if version is not None}
    return len(texts.pop()) if len(texts) == 1 else sum(map(_still, _places(versions)))


def _text(element: Element) -> str:
    return ElementTree.tostring(element, encoding="unicode")
