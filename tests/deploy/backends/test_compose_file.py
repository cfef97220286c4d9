"""The compose project of a plan: golden files, and what holds for every container."""

import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from amml_deploy.backends.compose_file import Site, access_of_steps, rendered
from amml_deploy.supervisor.wish import StepWish
from amml_runtime.errors import WorkflowFault
from amml_runtime.spec import Plan

Planned: TypeAlias = Callable[..., Plan]

GOLDEN = Path(__file__).parent / "compose"
TEXTS: dict[str, tuple[str, dict[str, Any]]] = {
    "train": ('source id="ett" | minmax_scaler | train_lstm model="ett:0.2" | print', {}),
    "two_slots": (
        'topic name="wide.raw" | filter co2 > 0 | alert',
        {"partitions": 3, "options": {"filter": {"count": 2}}},
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_plan_becomes_the_project_in_the_golden_file(
    planned: Planned, name: str, update_golden: bool
) -> None:
    text, settings = TEXTS[name]
    found = (
        json.dumps(rendered(planned(text, **settings), Site(Path("/home/a/hot"))), indent=1) + "\n"
    )
    file = GOLDEN / f"{name}.json"
    if update_golden:
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TEXTS)
def test_every_container_is_locked_down(planned: Planned, name: str) -> None:
    text, settings = TEXTS[name]
    services = rendered(planned(text, **settings), Site(Path("/home/a/hot")))["services"]
    assert services
    for service in services.values():
        assert (service["user"], service["read_only"]) == ("10001:10001", True)
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & service.keys()


def test_secrets_travel_as_files_only(planned: Planned) -> None:
    """What the environment of a container holds, `docker inspect` shows to everybody."""
    services = rendered(planned(TEXTS["train"][0]), Site(Path("/home/a/hot")))["services"]
    told = {name for service in services.values() for name in service["environment"]}
    assert {n for n in told if re.search("PASS|TOKEN|SECRET|KEY", n)} == {"AMML_TOKEN_FILE"}


def test_the_environment_names_another_platform_and_other_images(planned: Planned) -> None:
    site = Site.of(
        Path("/home/a/hot"),
        {"AMML_COMPOSE_NETWORK": "mine", "AMML_COMPOSE_KAFKA": "k1:9092,k2:9092",
         "AMML_COMPOSE_CONTROL": "http://api:80", "AMML_TAG": "1.0"},
    )  # fmt: skip
    project = rendered(planned(TEXTS["two_slots"][0], partitions=3), site)
    assert project["networks"]["default"] == {"name": "mine", "external": True}
    alert = project["services"]["alert-0"]
    assert alert["image"] == "amml/egress:1.0"
    assert alert["environment"]["AMML_KAFKA"] == "k1:9092,k2:9092"
    assert alert["environment"]["AMML_CONTROL"] == "http://api:80"


def test_files_that_let_into_kafka_are_mounted_and_the_rest_is_said(
    planned: Planned, tmp_path: Path
) -> None:
    (tmp_path / "pw").write_text("secret", encoding="utf-8")
    (tmp_path / "hot").mkdir()
    environ = {"AMML_KAFKA_PROTOCOL": "SASL_SSL", "AMML_KAFKA_USER": "ada",
               "AMML_KAFKA_PASSWORD_FILE": str(tmp_path / "pw")}  # fmt: skip
    site = Site.of(tmp_path / "hot", environ)
    site.write_secrets("token", [])
    service = rendered(planned(TEXTS["two_slots"][0], partitions=3), site)["services"]["alert-0"]
    told = service["environment"]
    assert (told["AMML_KAFKA_PROTOCOL"], told["AMML_KAFKA_USER"]) == ("SASL_SSL", "ada")
    [mount] = [
        each for each in service["volumes"] if each["target"] == told["AMML_KAFKA_PASSWORD_FILE"]
    ]
    assert Path(mount["source"]).read_text(encoding="utf-8") == "secret"
    assert mount["read_only"]


def test_containers_can_read_their_files_whatever_the_umask(
    planned: Planned, tmp_path: Path
) -> None:
    site = Site(tmp_path)
    steps = [StepWish.of(planned(TEXTS["train"][0]).to_json()["steps"][0])]
    before = os.umask(0o077)
    try:
        site.write_secrets("token", [])
        site.write_specs(steps)
    finally:
        os.umask(before)
    for path in (site.secret("amml-token"), site.spec(steps[0])):
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_two_platforms_of_a_machine_may_have_a_workflow_of_the_same_name() -> None:
    one, other = (Site(Path("/home/a/hot"), network=name) for name in ("amml", "mine"))
    assert (one.project, other.project) == ("amml-hot", "mine-hot")


def test_a_changed_step_reads_another_file_and_the_others_the_same(planned: Planned) -> None:
    site, text = Site(Path("/home/a/hot")), 'topic name="co2.raw" | filter co2 > {} | alert'
    one, other = (rendered(planned(text.format(n)), site)["services"] for n in (0, 1))
    assert one["filter-0"]["volumes"][0] != other["filter-0"]["volumes"][0]
    assert one["topic-0"] == other["topic-0"]
    assert one["alert-0"] == other["alert-0"]


def test_processes_may_be_somebody_of_their_own_in_kafka_and_nothing_of_two_is_mixed() -> None:
    ours = {
        "AMML_KAFKA_PROTOCOL": "SSL",
        "AMML_KAFKA_CA": "ca.pem",
        "AMML_KAFKA_CERTIFICATE": "ada.pem",
        "AMML_KAFKA_KEY": "ada.key",
    }
    theirs = {
        "AMML_STEPS_KAFKA_PROTOCOL": "SASL_SSL",
        "AMML_STEPS_KAFKA_USER": "amml-hot",
        "AMML_STEPS_KAFKA_PASSWORD_FILE": "hot.password",
    }
    assert access_of_steps(ours) == ours
    assert access_of_steps(ours | theirs) == {
        "AMML_KAFKA_PROTOCOL": "SASL_SSL",
        "AMML_KAFKA_CA": "ca.pem",
        "AMML_KAFKA_USER": "amml-hot",
        "AMML_KAFKA_PASSWORD_FILE": "hot.password",
    }


MQTT = 'mqtt url="mqtt://broker", topic="#", user="u", password=secret("broker") | print'


def test_only_the_step_that_asks_for_a_secret_gets_its_file(
    planned: Planned, tmp_path: Path
) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "broker").write_text("hunter2\n", encoding="utf-8")
    site = Site.of(tmp_path / "hot", {"AMML_SECRETS": str(tmp_path / "secrets")})
    site.folder.mkdir()
    site.write_secrets("token", ["broker"])
    text = json.dumps(rendered(planned(MQTT), site))
    assert "hunter2" not in text
    services = json.loads(text)["services"]
    mounted = {
        name: [
            v["source"] for v in service["volumes"] if v.get("target") == "/run/secrets/amml/broker"
        ]
        for name, service in services.items()
    }
    assert mounted["print-0"] == []
    [file] = mounted["mqtt-0"]
    assert Path(file).read_text(encoding="utf-8") == "hunter2"
    assert services["mqtt-0"]["environment"]["AMML_SECRETS"] == "/run/secrets/amml"
    assert "AMML_SECRETS" not in services["print-0"]["environment"]


def test_a_secret_that_is_not_there_stops_the_deploy(tmp_path: Path) -> None:
    site = Site.of(tmp_path, {"AMML_SECRETS": str(tmp_path)})
    with pytest.raises(WorkflowFault, match="there is no secret `broker`"):
        site.write_secrets("token", ["broker"])
