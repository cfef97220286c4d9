"""What the `amml` command ends with when something is wrong.

AmmlError             exit 1: it failed
+-- UserError         exit 2: what the user wrote is wrong
"""


class AmmlError(Exception):
    """Something failed; the message is all that a person is shown."""

    exit_code: int = 1


class UserError(AmmlError):
    """The user's input is wrong; the message says what would be right."""

    exit_code: int = 2
