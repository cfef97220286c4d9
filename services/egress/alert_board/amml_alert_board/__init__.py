"""The alert board: alerts from their topic to the control API, to a page, and to people."""
