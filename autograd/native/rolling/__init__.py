"""From what was recorded in a straight line to loops: the plan of a function at one point."""
