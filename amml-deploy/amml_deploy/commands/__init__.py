"""One file a command: `amml NAME` is `command` in `NAME.py`."""
