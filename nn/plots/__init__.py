"""Plots: functions that draw on `ax`, axes of matplotlib, or on new ones, and return the axes; nothing is shown.

Several panels are drawn in the place of the one `ax`, which is the first of them.  What is drawn is computed by the
engine: derivatives too.  The colours are those of the other pictures; ink and paper are matplotlib's, so that
`plt.style.use("dark_background")` does.  Needs matplotlib.

>>> from nn import plots
>>> ax = plots.function(lambda x: x**2, -1.0, 2.0, at=[1.0])
>>> [line.get_label() for line in ax.get_lines()]
['f', 'f′', 'tangent at 1, slope 2']
"""

from nn.plots.functions import activation_gallery, contours, finite_differences, function
from nn.plots.judgements import confusion_matrix, decision_boundary, reliability_diagram
from nn.plots.trainings import gradient_norms, loss_curves, loss_landscape, weight_histograms

__all__ = [
    "activation_gallery",
    "confusion_matrix",
    "contours",
    "decision_boundary",
    "finite_differences",
    "function",
    "gradient_norms",
    "loss_curves",
    "loss_landscape",
    "reliability_diagram",
    "weight_histograms",
]
