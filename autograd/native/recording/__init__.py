"""From a function to what a batch of samples needs of its graph."""
