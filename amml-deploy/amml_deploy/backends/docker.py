"""The `docker` command, as the compose target uses it."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from amml_deploy.backends import programs
from amml_deploy.backends.programs import ProgramError

Container: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Docker:
    """A Docker engine, and its compose plugin.

    Parameters:
        program: the command; another one of the same manners will do.
    Errors: every call raises ProgramError, with the last lines that it said.
    """

    program: str = "docker"

    def check(self) -> None:
        """Whether all is there that a deployment needs."""
        if shutil.which(self.program) is None:
            raise ProgramError(
                f"--target compose needs Docker, and there is no `{self.program}` here: "
                "install it with its compose plugin, or use --target local"
            )
        self.run("version", "--format", "{{.Server.Version}}")
        self.run("compose", "version", "--short")

    def run(self, *arguments: str) -> str:
        """Run a subcommand; what it wrote."""
        return programs.run([self.program, *arguments])

    def lines(self, *arguments: str) -> Iterator[str]:
        """Run a subcommand; each line that it writes, as it comes: a container's errors, too."""
        return programs.lines([self.program, *arguments])

    def containers(self, project: str) -> list[Container]:
        """All containers of a compose project, as `docker inspect` tells of them."""
        label = f"label=com.docker.compose.project={project}"
        found = self.run("ps", "--all", "--quiet", "--no-trunc", "--filter", label).split()
        return self._inspected(found) if found else []

    def _inspected(self, ids: Sequence[str]) -> list[Container]:
        try:
            return json.loads(self.run("inspect", *ids))
        except ProgramError:  # one of them has gone since; it is no part of the project any more
            there = self.run("ps", "--all", "--quiet", "--no-trunc").split()
            left = [each for each in ids if each in there]
            return json.loads(self.run("inspect", *left)) if left else []
