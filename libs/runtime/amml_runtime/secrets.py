"""Secrets by reference: `${secret:NAME}` stands for what the file NAME of a folder holds."""

import re
from dataclasses import dataclass
from pathlib import Path

from amml_runtime.errors import WorkflowFault

NAME = r"[a-z][a-z0-9_-]{0,63}"
REFERENCE = re.compile(r"\$\{secret:([^}]*)\}")


@dataclass(frozen=True)
class Secrets:
    """The door to the secrets of a folder, for components."""

    folder: Path | None

    def value(self, name: str) -> str:
        """As `read`."""
        return read(name, self.folder)

    def resolve(self, text: str) -> str:
        """As `resolve`."""
        return resolve(text, self.folder)


def resolve(text: str, folder: Path | None) -> str:
    """`text` with the secrets in place of their references; other `${...}` stay.

    Parameters:
        folder: where the secrets are, as `AMML_SECRETS` names it; None where there is none.
    Errors: WorkflowFault, a secret is not there or cannot be read. No message holds a value.

    >>> resolve("postgresql://reader@db/hall", None)
    'postgresql://reader@db/hall'
    >>> resolve("${secret:hall}", None)
    Traceback (most recent call last):
    amml_runtime.errors.WorkflowFault: secret `hall`: this process was given no folder of secrets...
    """
    return REFERENCE.sub(lambda found: read(found[1], folder), text)


def read(name: str, folder: Path | None) -> str:
    """The value of one secret, without the line break at its end.

    Errors: WorkflowFault, as `resolve`.
    """
    if not re.fullmatch(NAME, name):
        raise WorkflowFault(f"the name of a secret matches {NAME}, found {name[:80]!r}")
    if folder is None:
        raise WorkflowFault(
            f"secret `{name}`: this process was given no folder of secrets (AMML_SECRETS)"
        )
    try:
        value = (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WorkflowFault(f"there is no secret `{name}`: amml secret set {name}") from None
    except (OSError, UnicodeDecodeError) as error:
        why = "it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise WorkflowFault(f"secret `{name}` cannot be read: {why}") from None
    return value.removesuffix("\n").removesuffix("\r")
