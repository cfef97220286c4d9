"""The one thing that can be wrong with a data file: the user's own input (exit 2)."""

from amml_deploy.errors import UserError


class DataFileRefused(UserError):
    """The file cannot be a source; the message names the row and the column."""
