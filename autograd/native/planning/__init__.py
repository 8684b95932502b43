"""From a graph to a plan that every back end reads."""
