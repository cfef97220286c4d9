"""The platform of helm/amml in a namespace of its own, on the cluster that KUBECONFIG names.

`AMML_SERVERS_IMAGE` names an image in place of the official ones of Kafka, PostgreSQL and HDFS,
such as that of `servers/build`.
"""

import base64
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import pytest

from amml_deploy.platform import ports

ROOT = Path(__file__).parents[2]
DEADLINE = 300.0

collect_ignore = ["servers"]  # what goes into an image


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Site:
    """The platform: its namespace, and where commands find it."""

    namespace: str
    environ: Mapping[str, str]

    def amml(self, *words: str) -> Ran:
        """Run `amml ...` as a process of its own; again if a forwarded port broke meanwhile."""
        done = Ran(1, "", "")
        for _ in range(5):
            done = self.run(sys.executable, "-m", "amml_deploy", *words)
            if not done.code or "does not answer" not in done.err:
                break
        return done

    def kubectl(self, *words: str) -> str:
        """Run `kubectl ...` in the namespace, which has to succeed."""
        return self.done("kubectl", "--namespace", self.namespace, *words)

    def helm(self, *words: str) -> str:
        """Run `helm ...` in the namespace, which has to succeed."""
        return self.done("helm", "--namespace", self.namespace, *words)

    def done(self, *command: str) -> str:
        """Run a command that has to succeed; what it said."""
        ran = self.run(*command)
        assert ran.code == 0, ran.err
        return ran.out

    def run(self, *command: str) -> Ran:
        """Run a command in the platform's environment."""
        done = subprocess.run(
            command, cwd=ROOT, env=self.environ, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=DEADLINE,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def site() -> Generator[Site]:
    """A fresh installation, ready; nothing of it is left afterwards."""
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster to try this on")
    for program in ("kubectl", "helm"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no `{program}` here")
    bare = Site(f"amml-test-{uuid.uuid4().hex[:8]}", os.environ)
    with ExitStack() as stack:
        stack.enter_context(_namespace(bare))
        kafka, control = ports.choose(2)
        _install(bare, kafka)
        stack.enter_context(_forwarded(bare, "amml-kafka", f"{kafka}:{kafka}"))
        stack.enter_context(_forwarded(bare, "amml-model-manager", f"{control}:8800"))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amml-kubernetes-")))
        told = {
            "AMML_HOME": str(folder / "home"),
            "AMML_NAMESPACE": bare.namespace,
            "AMML_KAFKA": f"127.0.0.1:{kafka}",
            "AMML_CONTROL": f"http://127.0.0.1:{control}",
            "AMML_TOKEN_FILE": str(_token(bare, folder)),
        }
        yield Site(bare.namespace, os.environ | told)


@contextmanager
def _namespace(site: Site) -> Generator[None]:
    """A namespace that takes only restricted pods."""
    site.done("kubectl", "create", "namespace", site.namespace)
    try:
        level = "pod-security.kubernetes.io/enforce=restricted"
        site.done("kubectl", "label", "namespace", site.namespace, level)
        yield
    finally:
        site.done("kubectl", "delete", "namespace", site.namespace, "--timeout=240s")


def _install(site: Site, kafka_port: int) -> None:
    """The platform with its development instances, which has three minutes to become ready."""
    values = [f"kafka.development.external.port={kafka_port}"]
    for name in ("kafka", "database", "hdfs"):
        values.append(f"{name}.development.enabled=true")
        if image := os.environ.get("AMML_SERVERS_IMAGE"):
            values.append(f"{name}.development.image={image}")
    settings = [word for value in values for word in ("--set", value)]
    site.helm("install", "amml", "helm/amml", *settings, "--wait", "--timeout", "3m")


@contextmanager
def _forwarded(site: Site, service: str, port: str) -> Generator[None]:
    """A port of this machine that leads to a service, again each time kubectl gives up on it."""
    command = ["kubectl", "--namespace", site.namespace, "port-forward", f"service/{service}", port]
    over = Event()

    def forward() -> None:
        while not over.is_set():
            with subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as process:
                while process.poll() is None and not over.wait(0.1):
                    pass
                process.terminate()

    thread = Thread(target=forward)
    thread.start()
    try:
        _wait_for(int(port.partition(":")[0]))
        yield
    finally:
        over.set()
        thread.join()


def _wait_for(port: int) -> None:
    end = time.monotonic() + DEADLINE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert time.monotonic() < end, f"nobody listens on {port}"
            time.sleep(0.1)


def _token(site: Site, folder: Path) -> Path:
    path = folder / "token"
    text = site.kubectl("get", "secret", "amml-token", "-o", "jsonpath={.data.token}")
    path.write_bytes(base64.b64decode(text))
    return path
