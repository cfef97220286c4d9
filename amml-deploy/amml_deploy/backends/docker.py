"""The `docker` command, as the compose target uses it."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from amml_deploy.errors import AmmlError

Container: TypeAlias = Mapping[str, Any]

_LAST_LINES = 12


class DockerError(AmmlError):
    """Docker is not there, or could not do as it was told."""


@dataclass(frozen=True)
class Docker:
    """A Docker engine, and its compose plugin.

    Parameters:
        program: the command; another one of the same manners will do.
    Errors: every call raises DockerError, with the last lines that it said.
    """

    program: str = "docker"

    def check(self) -> None:
        """Whether all is there that a deployment needs."""
        if shutil.which(self.program) is None:
            raise DockerError(
                f"--target compose needs Docker, and there is no `{self.program}` here: "
                "install it with its compose plugin, or use --target local"
            )
        self.run("version", "--format", "{{.Server.Version}}")
        self.run("compose", "version", "--short")

    def run(self, *arguments: str) -> str:
        """Run a subcommand; what it wrote."""
        try:
            done = subprocess.run(
                [self.program, *arguments], capture_output=True, text=True, errors="replace"
            )
        except OSError as error:
            raise DockerError(f"`{self.program}` cannot be run: {error.strerror}") from error
        if done.returncode:
            raise DockerError(_trouble([self.program, *arguments], done.stderr or done.stdout))
        return done.stdout

    def lines(self, *arguments: str) -> Iterator[str]:
        """Run a subcommand; each line that it writes, as it comes: a container's errors, too."""
        with subprocess.Popen(
            [self.program, *arguments],
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

    def containers(self, project: str) -> list[Container]:
        """All containers of a compose project, as `docker inspect` tells of them."""
        label = f"label=com.docker.compose.project={project}"
        found = self.run("ps", "--all", "--quiet", "--no-trunc", "--filter", label).split()
        return self._inspected(found) if found else []

    def _inspected(self, ids: Sequence[str]) -> list[Container]:
        try:
            return json.loads(self.run("inspect", *ids))
        except DockerError:  # one of them has gone since; it is no part of the project any more
            there = self.run("ps", "--all", "--quiet", "--no-trunc").split()
            left = [each for each in ids if each in there]
            return json.loads(self.run("inspect", *left)) if left else []


def _trouble(command: Sequence[str], said: str) -> str:
    """What went wrong, in Docker's own words."""
    end = "\n".join(f"  {line}" for line in said.strip().splitlines()[-_LAST_LINES:])
    return f"`{' '.join(command[:2])}` failed\n{end}" if end else f"`{' '.join(command)}` failed"
