"""`amml compare`: ways to do one thing, tried on the user's own rows."""
