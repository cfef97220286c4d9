"""Look at a user's data file once, and say what the source catalogue has to know about it."""
