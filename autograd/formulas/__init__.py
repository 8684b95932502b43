"""The graph as text: programs, formulas, explanations, LaTeX."""
