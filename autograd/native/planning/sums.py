"""What is summed over the samples: outer products of packs, as the gradients of weights are, and single strips."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from autograd.native.planning.packs import Packs, stretches
from autograd.native.planning.places import BatchTerm, Places
from autograd.native.planning.plan import OuterSum, Slot, StripSum
from autograd.native.recording.graph import Ref
from autograd.table import primitives


def is_outer(places: Places, term: Ref) -> bool:
    """Whether what is summed is a product of two things that each sample has."""
    return (
        isinstance(term, int)
        and places.graph.rows[term] is primitives.mul
        and all(places.in_sample(x) for x in places.graph.operands[term])
    )


def outer_sums(packs: Packs, terms: Sequence[BatchTerm]) -> tuple[list[OuterSum], list[BatchTerm]]:
    """Products by pairs of packs, as sums of outer products; and those that make no whole matrix."""
    groups: dict[Any, dict[tuple[int, int], BatchTerm]] = defaultdict(dict)
    left: list[BatchTerm] = []
    for s in terms:
        assert isinstance(s.term, int)
        (a, i), (b, j) = (packs.label.get(x, (x, 0)) for x in packs.graph.operands[s.term])  # type: ignore[arg-type]
        if repr(a) > repr(b):
            (a, i), (b, j) = (b, j), (a, i)
        if a == b or (i, j) in groups[a, b]:
            left.append(s)
        else:
            groups[a, b][i, j] = s
    found = []
    for (a, b), group in groups.items():
        step = _outer_sum(packs, a, b, group) if len(group) > 1 else None
        if step is None:
            left.extend(group.values())
        else:
            found.append(step)
    return found, left


def _outer_sum(packs: Packs, a: Any, b: Any, group: dict[tuple[int, int], BatchTerm]) -> OuterSum | None:
    lefts, rights = (sorted(set(index)) for index in zip(*group))
    if len(group) != len(lefts) * len(rights) or any(len(stretches(index)) > 1 for index in (lefts, rights)):
        return None
    slots = [[packs.places.sum_slot[group[i, j].leaf] for j in rights] for i in lefts]
    by_left = slots[1][0] - slots[0][0] if len(lefts) > 1 else 0
    by_right = slots[0][1] - slots[0][0] if len(rights) > 1 else 0
    if any(
        slot != slots[0][0] + i * by_left + j * by_right for i, line in enumerate(slots) for j, slot in enumerate(line)
    ):
        return None
    operands = packs.graph.operands[group[lefts[0], rights[0]].term]  # type: ignore[index]
    places = {packs.label.get(x, (x, 0))[0]: packs.places.place(x).start for x in operands}  # type: ignore[arg-type]
    return OuterSum(places[a], len(lefts), places[b], len(rights), Slot(slots[0][0], by_left), by_right)


def strip_sums(places: Places, terms: Sequence[BatchTerm]) -> list[StripSum]:
    """Sums of single strips, those of consecutive strips into regular slots together."""
    pairs = sorted((places.place(s.term).start, places.sum_slot[s.leaf]) for s in terms)
    found: list[StripSum] = []
    for strip, slot in pairs:
        if found:
            last = found[-1]
            stride = slot - (last.sums.start + (last.count - 1) * last.sums.stride)
            if strip == last.start + last.count and (last.count == 1 or stride == last.sums.stride):
                found[-1] = StripSum(last.start, last.count + 1, Slot(last.sums.start, stride))
                continue
        found.append(StripSum(strip, 1, Slot(slot)))
    return found
