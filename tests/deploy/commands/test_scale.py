"""`amml scale`: processes come and go under a workflow at work, and no row is lost or doubled."""

import time
from collections import defaultdict
from collections.abc import Callable, Generator
from typing import Any

import pytest

from amml_deploy.platform.home import Platform
from amml_runtime import recording, wire

pytestmark = pytest.mark.platform

Amml = Callable[..., Any]
Deployed = Callable[..., None]

PARTITIONS = 3
TEXT = (
    "normalsource rate=1000 | eval tenth = floor(value * 10) | key by=tenth "
    "| filter cond = value > 0 | mean_std of=value | print"
)


@pytest.fixture
def deployed(on_platform: Amml, own: str) -> Generator[Deployed]:
    """Deploy a workflow of two partitions or more under the test's own name; it is undeployed."""

    def deploy(text: str, *words: str) -> None:
        assert on_platform("deploy", own, text, "--partitions", *words).code == 0

    yield deploy
    on_platform("undeploy", own, "--yes")


def values(platform: Platform, workflow: str, label: str) -> dict[int, list[Any]]:
    """What a step has committed, by partition and in order."""
    topic = f"amml.{workflow}.r1.{label}"
    found: dict[int, list[Any]] = defaultdict(list)
    for record in recording.committed(platform.kafka, {topic: PARTITIONS}):
        found[record.partition] += wire.decode(record.value or b"").column("value").to_pylist()
    return found


def wait_for_rows(platform: Platform, workflow: str) -> None:
    """Until every partition of the last topic has grown."""
    before = {p: len(rows) for p, rows in values(platform, workflow, "mean_std").items()}
    end = time.monotonic() + 60
    while time.monotonic() < end:
        now = values(platform, workflow, "mean_std")
        if all(len(now[partition]) > before.get(partition, 0) for partition in range(PARTITIONS)):
            return
        time.sleep(0.2)
    raise AssertionError("some partition stands still")


@pytest.mark.long
def test_rows_go_on_exactly_once_through_every_layout(
    on_platform: Amml, deployed: Deployed, own: str, platform: Platform
) -> None:
    deployed(TEXT, "3", "--wait")
    for count in (3, 2, 1):
        words = [f"{own}.filter={count}", f"{own}.mean_std={count}"]
        assert on_platform("scale", *words, "--wait").code == 0
        steps = on_platform("status", own, "--output", "json").document["steps"]
        assert [each["slots"] for each in steps] == [1, 1, 1, count, count, 1]
        wait_for_rows(platform, own)
    assert on_platform("undeploy", own, "--keep-data").code == 0
    made, kept, out = (values(platform, own, label) for label in ("key", "filter", "mean_std"))
    for partition in range(PARTITIONS):
        wanted = [value for value in made[partition] if value > 0]
        assert kept[partition] == wanted[: len(kept[partition])]
        assert out[partition] == kept[partition][: len(out[partition])]
        assert len(out[partition]) > 100


def test_the_same_again_changes_nothing(on_platform: Amml, deployed: Deployed, own: str) -> None:
    deployed(TEXT, "2", "--wait")
    first, second = (on_platform("scale", f"{own}.filter=2") for _ in range(2))
    assert (first.code, second.code) == (0, 0)
    assert "processes: 1 -> 2" in first.err
    assert second.out == "no changes\n"


def test_what_cannot_be_is_refused_with_the_reason(
    on_platform: Amml, deployed: Deployed, own: str
) -> None:
    deployed(TEXT, "2")
    said = {
        words: on_platform("scale", *words.split())
        for words in (
            f"{own}.filter=3",
            f"{own}.normalsource=2",
            f"{own}.nothing=2",
            "nobody.filter=2",
            f"{own}.filter=-1",
            f"{own}.filter=2 other.filter=2",
        )
    }
    on_platform("undeploy", own, "--yes")
    again = on_platform("scale", f"{own}.filter=2")
    assert {ran.code for ran in [*said.values(), again]} == {2}
    reasons = [ran.err for ran in [*said.values(), again]]
    expected = [
        "too many of 2 partitions",
        "`normalsource` is one process",
        "nothing",
        "no workflow `nobody`",
        "N from 0 on",
        "one workflow at a time",
        own,
    ]
    assert all(word in reason for word, reason in zip(expected, reasons, strict=True)), reasons


def test_what_ends_by_itself_is_deployed_anew_instead(
    on_platform: Amml, deployed: Deployed, own: str
) -> None:
    deployed("normalsource rows=100000, rate=10 | filter cond = value > 0 | print", "2")
    ran = on_platform("scale", f"{own}.filter=2")
    assert ran.code == 2 and "a new run" in ran.err
