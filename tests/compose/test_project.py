"""docker-compose.yml and what stands beside it, read without a Docker engine."""

import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from amml_deploy.backends.compose_file import ALIAS, METRICS_PORT, Site
from amml_runtime.metrics import Metrics
from amml_runtime.spec import StepSpec

ROOT = Path(__file__).parents[2]
FILES = ROOT / "compose"


def project() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def test_every_port_is_on_loopback() -> None:
    ports = [
        port for service in project()["services"].values() for port in service.get("ports", ())
    ]
    assert len(ports) == 5
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|TOKEN)\w*)([^}]*)\}", text)
    assert {name for name, _ in secrets} == {
        "POSTGRES_PASSWORD", "GRAFANA_PASSWORD", "AMML_TOKEN_FILE"
    }  # fmt: skip
    assert {rest for _, rest in secrets} == {":?run scripts/compose-env first"}


@pytest.mark.parametrize("name", list(project()["services"]))
def test_every_server_is_asked_whether_it_is_well_and_gains_no_rights(name: str) -> None:
    service = project()["services"][name]
    assert service["healthcheck"]["test"][0] == "CMD"  # which needs no shell
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


def test_what_workflows_are_told_by_default_is_there() -> None:
    site, services = Site(Path("/home/a/hot")), project()["services"]
    host, port = site.kafka.split(":")
    assert f"INSIDE://{host}:{port}" in services[host]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert site.control == "http://model-manager:8800"
    assert "model-manager" in services["model-manager"]["environment"]["AMML_ALLOWED_HOSTS"]
    assert site.network in project()["networks"]["default"]["name"]


def test_prometheus_looks_for_the_name_and_port_that_the_containers_have() -> None:
    [job] = yaml.safe_load((FILES / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    [found] = job["dns_sd_configs"]
    assert (found["names"], found["port"]) == ([ALIAS], METRICS_PORT)


def test_the_dashboard_asks_for_figures_that_there_are() -> None:
    metrics = Metrics()
    metrics.tell_of(StepSpec("amml", "hot", 1, "filter", "process", "m:Filter", "i"), 0)
    path = FILES / "grafana" / "dashboards" / "amml.json"
    panels = json.loads(path.read_text(encoding="utf-8"))["panels"]
    asked = {name for panel in panels for target in panel["targets"]
             for name in re.findall(r"\bamml_\w+", target["expr"])}  # fmt: skip
    assert len(panels) == 8
    assert {re.sub("_bucket$", "_count", name) for name in asked} <= metrics.samples().keys()


def test_secrets_are_made_once_and_are_nobody_elses(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "compose-env", tmp_path / "scripts")
    run(tmp_path)
    env, token = tmp_path / ".env", tmp_path / "compose" / "secrets" / "token"
    first = (env.read_text(encoding="utf-8"), token.read_text(encoding="ascii"))
    run(tmp_path)
    assert (env.read_text(encoding="utf-8"), token.read_text(encoding="ascii")) == first
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert stat.S_IMODE(token.parent.stat().st_mode) == 0o700
    told = dict(line.split("=", 1) for line in first[0].splitlines() if "=" in line)
    assert len(told["POSTGRES_PASSWORD"]) == len(told["GRAFANA_PASSWORD"]) == len(first[1]) == 64
    assert told["POSTGRES_PASSWORD"] != told["GRAFANA_PASSWORD"]
    assert told["AMML_TOKEN_FILE"] == str(token)


def run(folder: Path) -> None:
    subprocess.run([folder / "scripts" / "compose-env"], check=True, capture_output=True)


@pytest.mark.parametrize("path", [".env", "compose/secrets/token"])
def test_git_never_takes_a_secret(path: str) -> None:
    asked = subprocess.run(["git", "check-ignore", "--quiet", path], cwd=ROOT)
    assert asked.returncode == 0


@pytest.mark.docker
def test_compose_says_what_to_run_before_it_starts() -> None:
    if shutil.which("docker") is None:
        pytest.skip("no docker command here")
    asked = ["docker", "compose", "--env-file", "/dev/null", "config", "--quiet"]
    known = {name: text for name, text in os.environ.items() if not name.startswith("AMML_")}
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, env=known)
    assert done.returncode != 0
    assert "run scripts/compose-env first" in done.stderr
