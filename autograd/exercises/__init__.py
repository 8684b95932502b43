"""Exercises from the lecture notes, and what grades them.

In a terminal `python -m autograd.exercises` lists them.  In notebooks, in the browser and in tests:

>>> from autograd import exercises
>>> print(exercises.hint("sigmoid"))
Hint 1 of 3: write σ(s) as u⁻¹ with u = 1 + exp(-s), and use the chain rule.
>>> exercises.check("sigmoid", lambda s: 1.0)
sigmoid: not yet.
sigmoid_slope(-4.0) returned 1.0, which is not right.
>>> assert not exercises.check("sigmoid", lambda s: 1.0)
"""

from autograd.exercises.asking import EXERCISES, Verdict, check, hint, show
from autograd.exercises.exercise import Exercise

__all__ = ["EXERCISES", "Exercise", "Verdict", "check", "hint", "show"]
