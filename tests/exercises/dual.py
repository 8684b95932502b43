import math


class Dual:
    """A number and its tangent, how fast it changes: value + tangent·ε, where ε² = 0."""

    def __init__(self, value, tangent):
        self.value = value
        self.tangent = tangent

    def __add__(self, other):
        """self + other, another Dual."""
        return Dual(self.value + other.value, self.tangent + other.tangent)

    def __mul__(self, other):
        """self · other, another Dual."""
        return Dual(self.value * other.value, self.tangent * other.value + self.value * other.tangent)

    def exp(self):
        """The exponential of self, another Dual."""
        return Dual(math.exp(self.value), math.exp(self.value) * self.tangent)
