"""Golden values: what `helm/workflow` is told of a plan, in `tests/deploy/backends/values`."""

import json
from pathlib import Path
from typing import Any

import pytest

from amml_deploy.backends.kubernetes_values import LONGEST, name_of, release_of, values
from amml_runtime.spec import Plan, StepSpec

TEXTS = {
    "unbounded": 'topic name="wide.raw" | filter co2 > 1000 | to_topic name="co2.clean"',
    "fit_ends": 'source id="co2" | zscore_scaler | print',
    "training": 'source id="ett" | minmax_scaler | train_lstm model="ett:0.1", epoch=20 | print',
    "outside": 'mqtt url="mqtt://broker", topic="#", password=secret("broker") | print',
    "prediction": 'source id="ett" | minmax_scaler | lstm model="ett:0.1" | alert',
}
SETTINGS: dict[str, dict[str, Any]] = {
    "unbounded": {"partitions": 3, "options": {"filter": {"count": 2}}},
}
PLATFORM = {"AMML_KAFKA": "kafka:9092", "AMML_CONTROL": "http://amml:8800"}
GOLDEN = Path(__file__).parent / "values"


def planned_as(name: str, planned: Any) -> Plan:
    return planned(TEXTS[name], **SETTINGS.get(name, {}))


@pytest.mark.parametrize("name", TEXTS)
def test_a_plan_gives_its_values(name: str, planned: Any, update_golden: bool) -> None:
    found = values(planned_as(name, planned), PLATFORM, {})
    for step in found["steps"]:
        del step["spec"]  # the next test has it whole
    path = GOLDEN / f"{name}.json"
    if update_golden:
        path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    assert found == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TEXTS)
def test_a_step_is_told_its_whole_specification(name: str, planned: Any) -> None:
    plan = planned_as(name, planned)
    told = [step["spec"] for step in values(plan, PLATFORM, {})["steps"]]
    assert tuple(StepSpec.from_json(json.loads(text)) for text in told) == plan.steps


def test_equal_plans_give_equal_values(planned: Any) -> None:
    plan = planned_as("training", planned)
    again = Plan.from_json(plan.to_json())
    assert values(plan, PLATFORM, {}) == values(again, PLATFORM, {})


def test_the_network_is_open_to_the_ports_of_the_platform(planned: Any) -> None:
    platform = {"AMML_KAFKA": "a:9093, b:9094,c:9093", "AMML_CONTROL": "http://manager"}
    found = values(planned_as("unbounded", planned), platform, {})["network"]
    assert found == {
        "kafka": {"ports": [9093, 9094]},
        "control": {"ports": [80]},
        "outside": {"ports": []},
    }


def test_the_secret_of_kafka_is_named_to_every_step(planned: Any) -> None:
    platform = PLATFORM | {"AMML_KAFKA_SECRET": "my-kafka"}
    found = values(planned_as("unbounded", planned), platform, {})
    assert found["platform"] == {"kafkaSecret": "my-kafka"}


def test_a_step_that_keeps_rows_in_the_lake_may_reach_hdfs_and_the_control_api(
    planned: Any,
) -> None:
    platform = PLATFORM | {"AMML_LAKE_PORTS": "9870,9864"}
    found = values(planned('source id="ett" | to_lake name="ett"'), platform, {})
    assert found["network"]["outside"] == {"ports": [9864, 9870]}
    assert [each["control"] for each in found["steps"]] == [True, True]
    assert values(planned_as("unbounded", planned), platform, {})["network"]["outside"] == {
        "ports": []
    }


def test_images_come_from_the_registry_that_is_named(planned: Any) -> None:
    environ = {"AMML_REGISTRY": "registry.example:5000/", "AMML_TAG": "0.1.0"}
    found = values(planned_as("unbounded", planned), PLATFORM, environ)
    assert found["image"] == {"registry": "registry.example:5000", "tag": "0.1.0"}


def test_a_step_that_ends_is_a_new_job_when_it_changes(planned: Any) -> None:
    one, two = (
        values(planned(f'source id="ett" | filter OT > {limit} | print'), PLATFORM, {})["steps"][1]
        for limit in (1, 2)
    )
    assert one["kind"] == two["kind"] == "Job"
    assert one["name"] != two["name"]


def test_a_step_that_goes_on_keeps_its_name_when_it_changes(planned: Any) -> None:
    texts = [f'topic name="co2.raw" | filter co2 > {limit} | print' for limit in (1, 2)]
    one, two = (values(planned(text), PLATFORM, {})["steps"][1] for text in texts)
    assert one["kind"] == two["kind"] == "StatefulSet"
    assert one["name"] == two["name"]


def test_names_that_kubernetes_would_not_take_stay_apart() -> None:
    names = ["a_b", "a-b", "a-b-", "a" * 60, "a" * 61, "x.fit", "x_fit"]
    made = [name_of(name) for name in names]
    assert len(set(made)) == len(names)
    assert all(len(name) <= LONGEST and name.strip("-") == name for name in made)
    assert release_of("hot_") != release_of("hot")
