"""Machine code from recorded graphs."""
