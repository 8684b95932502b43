"""A page to play with: a network that learns in the browser, on code printed from recorded graphs."""
