"""Store little in the forward pass, and run parts of it again in the backward pass."""
