"""A recorded graph in the DOT language, ready for Graphviz."""

from collections.abc import Iterator

from autograd.engine import Value
from autograd.graph import topological_order

LEAF_COLOUR = "#eaf2fb"
RESULT_COLOUR = "#ffffff"
CONSTANT_COLOUR = "#f3f3f3"
LINE_COLOUR = "#5b6770"
MUTED_COLOUR = "#6b7680"
FONT = "Helvetica,Arial,sans-serif"
MOST_NODES = 1000  # beyond, the layout takes minutes and nobody can read it


def to_dot(root: Value, *, rankdir: str = "LR", partials: bool = True, fold_leaves: int | None = None) -> str:
    """The graph below `root` in the DOT language.

    Each node shows its label, its operation, its number and its adjoint; each operand has its own edge, with
    the local partial on it.

    Args:
        root: The result; what it was made from stands before it.
        rankdir: The direction of the picture, as in Graphviz: LR, RL, TB or BT.
        partials: Write the local partial on each edge.
        fold_leaves: Where an operation has more unlabelled leaves of its own than this, count them in its box instead.

    Raises ValueError for a graph of more than 1000 boxes, and for an unknown direction.

    >>> a = Value(2.0, label="a")
    >>> print(to_dot(a * a).count("->"))
    2
    """
    if not isinstance(root, Value):
        raise TypeError(f"to_dot: root must be a Value, not {type(root).__name__}")
    if rankdir not in ("LR", "RL", "TB", "BT"):
        raise ValueError(f"to_dot: rankdir must be LR, RL, TB or BT, not {rankdir!r}")
    order = topological_order(root)
    folded = _folded_leaves(order, fold_leaves)
    hidden = {leaf for leaves in folded.values() for leaf in leaves}
    shown = [node for node in order if node not in hidden]
    if len(shown) > MOST_NODES:
        raise ValueError(
            f"the graph has {len(shown)} boxes, more than {MOST_NODES}: draw a part of it, "
            "or pass fold_leaves=0 to draw the unlabelled leaves of each node inside it"
        )
    names = {node: f"n{i}" for i, node in enumerate(shown)}
    lines = [
        f'digraph {{ rankdir={rankdir}; bgcolor="transparent"; nodesep=0.2; ranksep=0.5;',
        f'node [shape=Mrecord, style=filled, color="{LINE_COLOUR}", fontname="{FONT}", fontsize=11];',
        'node [height=0.3, margin="0.13,0.05"];',
        f'edge [color="{LINE_COLOUR}", arrowsize=0.6, fontname="{FONT}", fontsize=9, fontcolor="{MUTED_COLOUR}"];',
    ]
    upright = rankdir in ("LR", "RL")  # a record stacks its fields across the direction of the picture
    for node in shown:
        fields = _fields(node, folded.get(node, []))
        record = "|".join(fields) if upright else f"{{{'|'.join(fields)}}}"
        colour = LEAF_COLOUR if node.primitive is None else RESULT_COLOUR
        lines.append(f'{names[node]} [label="{record}", fillcolor="{colour}", tooltip={_quoted(repr(node))}];')
    for node in shown:
        lines.extend(_edges(node, names, partials))
    return "\n".join([*lines, "}", ""])


def _folded_leaves(order: list[Value], most: int | None) -> dict[Value, list[Value]]:
    """For each node with too many unlabelled leaves, those leaves; a leaf with two users stays."""
    if most is None:
        return {}
    uses: dict[Value, int] = {}
    for node in order:
        for x in {x for x in node.operands if isinstance(x, Value)}:
            uses[x] = uses.get(x, 0) + 1
    folded = {}
    for node in order:
        operands = dict.fromkeys(x for x in node.operands if isinstance(x, Value))
        leaves = [x for x in operands if x.primitive is None and not x.label and uses[x] == 1]
        if len(leaves) > most:
            folded[node] = leaves
    return folded


def _fields(node: Value, folded: list[Value]) -> list[str]:
    """The fields of the record: what it is, its number and its adjoint, how many leaves are folded into it."""
    name = " = ".join(part for part in (node.label, "" if node.primitive is None else node.primitive.symbol) if part)
    fields = [_escaped(name)] if name else []
    fields.append(f"data {short(node.data)}\\lgrad {short(node.grad)}\\l")
    if folded:
        fields.append(f"{len(folded)} leaves")
    return fields


def _edges(node: Value, names: dict[Value, str], partials: bool) -> Iterator[str]:
    """One edge an operand that is drawn; a constant brings a box of its own."""
    target = names[node]
    for position, (operand, partial) in enumerate(zip(node.operands, node.partials, strict=True)):
        if not isinstance(operand, Value):
            source = f"{target}c{position}"
            yield f'{source} [label="{short(operand)}", fillcolor="{CONSTANT_COLOUR}", tooltip="{operand!r}"];'
            yield f"{source} -> {target} [style=dashed];"
        elif operand in names:
            label = f" [label={_quoted(short(partial))}]" if partials and partial is not None else ""
            yield f"{names[operand]} -> {target}{label};"


def short(number: float) -> str:
    """Four significant digits, for a picture."""
    return f"{number + 0.0:.4g}".replace("-", "−")  # + 0.0: no negative zero


def _escaped(text: str) -> str:
    """Text inside a record label: nothing in it is DOT, and nothing in it is left out."""
    text = "".join("\\" + c if c in '\\"{}|<> ' else c for c in text.replace("&", "&amp;"))
    return "\\n".join(_visible(line) for line in text.split("\n"))


def _quoted(text: str) -> str:
    """Text as a DOT string, without the escapes and entities that DOT reads in it."""
    return '"' + _visible(text).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') + '"'


def _visible(text: str) -> str:
    """Control characters, which XML forbids, as their pictures (␀, ␛ …); half characters as the replacement mark."""
    return "".join(
        chr(0x2400 + ord(c))
        if ord(c) < 0x20
        else "\ufffd"
        if "\ud800" <= c <= "\udfff" or c in "\x7f\ufffe\uffff"
        else c
        for c in text
    )
