"""The `kubectl` and `helm` commands, as the kubernetes target uses them."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from amml_deploy.backends import programs
from amml_deploy.backends.programs import ProgramError

Object: TypeAlias = Mapping[str, Any]

_UNFINISHED = "status in (pending-install, pending-upgrade, pending-rollback)"


@dataclass(frozen=True)
class Cluster:
    """A Kubernetes cluster, through the two programs that know how to reach it.

    Parameters:
        namespace: where workflows run; empty: the one of the kube context.
        kubectl, helm: the programs; others of the same manners will do.
    Errors: every call raises ProgramError, with the last lines that the program said.
    """

    namespace: str = ""
    kubectl: str = "kubectl"
    helm: str = "helm"

    def check(self) -> None:
        """Whether both programs are here."""
        for program in (self.kubectl, self.helm):
            if shutil.which(program) is None:
                raise ProgramError(
                    f"--target kubernetes needs `kubectl` and `helm`, and there is no `{program}` "
                    "here: install it, or use --target local"
                )

    def find(self, kinds: str, *selection: str) -> list[Object]:
        """The objects of some kinds: a name, or `-l` and labels; one that is not there is none."""
        said = self._kubectl("get", kinds, *selection, "--ignore-not-found", "-o", "json")
        found = json.loads(said) if said.strip() else {"items": []}
        return found["items"] if "items" in found else [found]

    def delete(self, kind: str, name: str) -> None:
        """Delete an object and wait until it is gone, with all that it owns."""
        options = ("--ignore-not-found", "--cascade=foreground", "--wait", "--timeout=120s")
        self._kubectl("delete", kind, name, *options)

    def wait_until_gone(self, kind: str, labels: str) -> None:
        """Wait for objects that somebody else is deleting."""
        if self.find(kind, "-l", labels):
            self._kubectl("wait", "--for=delete", kind, "-l", labels, "--timeout=120s")

    def figures(self, pod: Object, port: int) -> str:
        """What a pod answers Prometheus; empty if it does not."""
        about = pod["metadata"]
        where = f"/api/v1/namespaces/{about['namespace']}/pods/{about['name']}:{port}/proxy/metrics"
        try:
            return programs.run([self.kubectl, "get", "--raw", where])
        except ProgramError:
            return ""

    def log(self, pod: str, last: int) -> list[str]:
        """The last lines of a pod; none of one that has not started yet."""
        try:
            return self._kubectl("logs", pod, f"--tail={last}").splitlines()
        except ProgramError:
            return []

    def follow(self, pod: str, last: int) -> Iterator[str]:
        """The last lines of a pod and those that come, until it ends."""
        command = [self.kubectl, *self._scope(), "logs", "-f", pod, f"--tail={last}"]
        return programs.lines(command)

    def upgrade(self, release: str, chart: str, description: str, *files: str) -> None:
        """Install a release, or change it, also where a killed command left it half done."""
        unfinished = f"owner=helm,name={release},{_UNFINISHED}"
        self._kubectl("delete", "secret", "-l", unfinished, "--ignore-not-found")
        values = [word for file in files for word in ("--values", file)]
        how = ("--install", "--history-max", "20", "--description", description)
        self._helm("upgrade", release, chart, *how, *values)

    def uninstall(self, release: str) -> None:
        """Remove a release, and wait until its objects are gone."""
        options = ("--ignore-not-found", "--cascade", "foreground", "--wait", "--timeout", "120s")
        self._helm("uninstall", release, *options)

    def _scope(self) -> list[str]:
        return ["--namespace", self.namespace] if self.namespace else []

    def _kubectl(self, *arguments: str) -> str:
        return programs.run([self.kubectl, *self._scope(), *arguments])

    def _helm(self, *arguments: str) -> str:
        return programs.run([self.helm, *self._scope(), *arguments])
