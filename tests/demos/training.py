"""What the demos of this chapter come to."""

NUMBERS = {}
