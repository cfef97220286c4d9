"""The folder of secrets: a file each, written whole or not at all; no value leaves it over REST."""

import os
import tempfile
from pathlib import Path

from amml_model_manager.errors import Conflict, NotFound, Refused
from amml_model_manager.names import check

MAX_BYTES = 64 * 1024


class SecretStore:
    """The secrets that `${secret:NAME}` stands for.

    Parameters:
        folder: where they are, made at the first write; None refuses every write.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @property
    def is_there(self) -> bool:
        """Whether there is a folder to look in."""
        return self._folder is not None

    def names(self) -> list[str]:
        """The names there are."""
        return [path.name for path in self._files()]

    def values(self) -> dict[str, str]:
        """Every value under its name, for masking only."""
        return {path.name: _text(path) for path in self._files()}

    def put(self, name: str, value: str) -> bool:
        """Keep a value under a name; False if it is what is there already.

        Errors: Conflict, there is no folder; Refused, it cannot be written.
        """
        folder = self._wanted(name)
        if _text(folder / name) == value:
            return False
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(folder / name, value)
        except OSError as error:
            raise _read_only(name, error) from None
        return True

    def remove(self, name: str) -> None:
        """Remove one.

        Errors: NotFound; Conflict and Refused as `put`.
        """
        try:
            (self._wanted(name) / name).unlink()
        except FileNotFoundError:
            there = ", ".join(self.names()) or "none yet"
            text = f"secret `{name}` does not exist; there are {there}"
            raise NotFound("no_secret", text, f"amml secret set {name}") from None
        except OSError as error:
            raise _read_only(name, error) from None

    def _wanted(self, name: str) -> Path:
        if self._folder is None:
            text = f"secret `{name}`: this control API was given no folder of secrets"
            help = "Set AMML_SECRETS, or put the file into the worker's own folder."
            raise Conflict("no_secrets", text, help)
        check("secret", name)  # here too, as the name becomes a path
        return self._folder

    def _files(self) -> list[Path]:
        if self._folder is None or not self._folder.is_dir():
            return []
        return sorted(path for path in self._folder.iterdir() if _is_secret(path))


def _is_secret(path: Path) -> bool:
    try:
        return path.name == check("secret", path.name) and path.is_file()
    except ValueError:
        return False


def _text(path: Path) -> str:
    """What a file holds, as whoever resolves a reference reads it; nothing if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text.removesuffix("\n").removesuffix("\r")


def _write(path: Path, value: str) -> None:
    descriptor, new = tempfile.mkstemp(prefix=".", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        os.unlink(new)
        raise


def _read_only(name: str, error: OSError) -> Refused:
    text = f"secret `{name}` cannot be written here: {error.strerror}"
    help = "Change it where the folder comes from, such as a Secret of Kubernetes."
    return Refused("secrets_read_only", text, help)
