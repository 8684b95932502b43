"""What is made of the outputs of the modules, in a frame of its own: a page can open with the loss closed."""

from dataclasses import replace

from autograd.render.scenes.parts import Cluster, Scene

LOSS = "·loss"
"""The path of its frame: no module is called so."""
MOST = 24
"""So many boxes at most; more are banded by depth."""


def with_loss(drawn: Scene, symbol: str = "") -> Scene:
    """The scene with a frame around the operations that come after all modules, if there are two at least.

    What only these use goes with them: constants, and leaves without a name.  The title is the name of the result, with
    the symbol of the whole.
    """
    users: dict[str, list[str]] = {box.id: [] for box in drawn.boxes}
    held: set[str] = set()  # in a module, or made from what is
    for edge in drawn.edges:
        users[edge.source].append(edge.target)
    for box in drawn.boxes:
        if box.cluster or box.id in held:
            held.update(users[box.id])
    inside: set[str] = set()
    for box in reversed(drawn.boxes):
        after = not box.cluster and all(user in inside for user in users[box.id])
        if after and (box.id in held if box.operation else users[box.id] and not box.name):
            inside.add(box.id)
    operations = [box for box in drawn.boxes if box.operation and box.id in inside]
    if len(operations) < 2 or len(inside) > MOST:
        return drawn
    title = ": ".join(filter(None, [drawn.boxes[-1].name.replace(": ", " ") or "loss", symbol]))
    boxes = tuple(replace(box, cluster=LOSS) if box.id in inside else box for box in drawn.boxes)
    return replace(drawn, boxes=boxes, clusters=(*drawn.clusters, Cluster(LOSS, title, "")))
