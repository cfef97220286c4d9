"""Programs that carry out a backend's work: docker, kubectl, helm.

ProgramError          one is not there, or could not do as it was told
"""

import subprocess
from collections.abc import Iterator, Sequence

from amml_deploy.errors import AmmlError

_LAST_LINES = 12


class ProgramError(AmmlError):
    """A program is not there, or could not do as it was told; with the last lines it said."""


def run(command: Sequence[str]) -> str:
    """Run a command to its end; what it wrote.

    Errors: ProgramError.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise ProgramError(f"`{command[0]}` cannot be run: {error.strerror}") from error
    if done.returncode:
        raise ProgramError(_trouble(command, done.stderr or done.stdout))
    return done.stdout


def lines(command: Sequence[str]) -> Iterator[str]:
    """Run a command; each line that it writes, errors among them, as it comes."""
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                yield line.rstrip("\n")
        finally:
            process.terminate()


def _trouble(command: Sequence[str], said: str) -> str:
    """What went wrong, in the program's own words; its options are left out."""
    words = [word for word in command[1:] if not word.startswith("-")]
    end = "".join(f"\n  {line}" for line in said.strip().splitlines()[-_LAST_LINES:])
    return f"`{' '.join([command[0], *words[:2]])}` failed{end}"
