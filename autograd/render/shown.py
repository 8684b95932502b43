"""What shows itself: in notebooks by MIME type, to marimo, and to whoever asks for its text.  Nothing here raises."""

import base64
import contextlib
import html
import warnings
from collections.abc import Callable, Collection, Mapping


class Shown:
    """Base of what shows itself: a subclass gives `_bundle`, its text and whatever more there can be."""

    __slots__ = ()

    def _bundle(self) -> dict[str, str]:
        return {"text/plain": repr(self)}

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """By MIME type, for IPython."""
        return chosen(self._bundle(), include, exclude)

    def _mime_(self) -> tuple[str, str]:
        """(MIME type, data), for marimo.  Source: marimo's guide "Richly display objects"."""
        return best(self._bundle())


def chosen(
    bundle: Mapping[str, str], include: Collection[str] | None, exclude: Collection[str] | None
) -> dict[str, str]:
    """The kinds that are asked for.

    >>> chosen({"text/plain": "y", "image/svg+xml": "<svg/>"}, None, ["text/plain"])
    {'image/svg+xml': '<svg/>'}
    """
    return {kind: data for kind, data in bundle.items() if kind in (include or bundle) and kind not in (exclude or ())}


def best(bundle: Mapping[str, str]) -> tuple[str, str]:
    """HTML if there is any, else text.

    >>> best({"text/plain": "y", "image/svg+xml": "<svg/>"})
    ('text/plain', 'y')
    """
    kind = "text/html" if "text/html" in bundle else "text/plain"
    return kind, bundle[kind]


def attempted(make: Callable[[], str], what: str) -> str:
    """What is made, or nothing where that fails; a warning says why."""
    try:
        return make()
    except Exception as error:
        with contextlib.suppress(Exception):  # warnings may be errors, and nothing here raises
            warnings.warn(f"no {what}: {error or type(error).__name__}", RuntimeWarning, stacklevel=2)
    return ""


def pictured(text: str, svg: str) -> dict[str, str]:
    """Text, and an SVG twice over: as it is, which nbconvert puts on paper, and as an image in HTML.

    JupyterLab prefers HTML to SVG, and shows no SVG at all in a notebook that is not trusted, but it leaves an image in
    the HTML that it sanitises.  Source: JupyterLab, packages/rendermime/src/factories.ts (html is `safe`, rank 50; svg
    is not, rank 80) and packages/apputils/src/sanitizer.ts (`img` with any `src`, since issue 5183).
    """
    if not svg:
        return {"text/plain": text}
    data = base64.b64encode(svg.encode()).decode()
    alternative = html.escape(f"computation graph of {text}")
    image = f'<img src="data:image/svg+xml;base64,{data}" style="max-width: 100%" alt="{alternative}">'
    return {"text/plain": text, "text/html": image, "image/svg+xml": svg}
