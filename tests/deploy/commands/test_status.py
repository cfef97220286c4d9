from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import Any

import pytest

from amml_deploy import status as status_module


@pytest.fixture
def live(on_platform: Callable[..., Any], own: str) -> Generator[str]:
    """A workflow that runs until the test is over."""
    deployed = on_platform(
        "deploy", own, "normalsource | filter cond = value > 0 | print", "--wait"
    )
    assert deployed.code == 0, deployed.err
    yield own
    on_platform("undeploy", own, "--yes")


def test_a_wrong_name_is_refused(amml: Callable[..., Any]) -> None:
    ran = amml("status", "Hot")
    assert ran.code == 2 and "a workflow name matches" in ran.err


@pytest.mark.platform
def test_an_unknown_workflow_is_refused(on_platform: Callable[..., Any], own: str) -> None:
    ran = on_platform("status", own)
    assert ran.code == 2 and f"workflow `{own}` does not exist" in ran.err


@pytest.mark.platform
def test_a_running_step_tells_its_own_figures(on_platform: Callable[..., Any], live: str) -> None:
    document = on_platform("status", live, "--output", "json").document
    assert (document["state"], document["stale"]) == ("running", False)
    source, filter_, print_ = document["steps"]
    assert [source["label"], filter_["label"]] == ["normalsource", "filter"]
    assert source["rows_out"] > 0 and source["rows_per_second"] > 0
    assert 0 < filter_["rows_out"] < filter_["rows_in"]
    assert all(step["running"] == step["slots"] == 1 for step in (source, filter_, print_))
    text = on_platform("status", live).out.splitlines()
    assert text[0] == f"{live}: running, run 1"
    assert text[1].split()[:4] == ["STEP", "STATE", "IN", "OUT"]


@pytest.mark.platform
def test_a_report_that_is_old_is_called_unknown(
    on_platform: Callable[..., Any], live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + timedelta(seconds=60)

    monkeypatch.setattr(status_module, "datetime", Later)
    ran = on_platform("status", live)
    assert ran.out.startswith(f"{live}: unknown, run 1")
    assert "last reported 6" in ran.err and "run `amml up`" in ran.err


@pytest.mark.platform
def test_without_kafka_the_reason_is_told(
    on_platform: Callable[..., Any], live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMML_KAFKA", "127.0.0.1:1")
    for words in (("status",), ("status", live)):
        ran = on_platform(*words, "--output", "json")
        assert ran.code == 0
        assert "Kafka at 127.0.0.1:1 does not answer: no row moves until it does" in ran.err
    assert ran.document["reason"] == "Kafka at 127.0.0.1:1 does not answer"
    monkeypatch.delenv("AMML_KAFKA")
    ran = on_platform("status", live, "--output", "json")
    assert (ran.err, ran.document["reason"]) == ("", None)
