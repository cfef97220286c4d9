"""The doctor and Kafka Connect: no worker is fine unless one is wanted."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from amml_deploy.connectors import Seen
from amml_deploy.control import ControlError
from amml_deploy.doctor.checks.connect import examine, judge
from amml_deploy.doctor.site import Silent, Site


def site(code: str, servers: Mapping[str, Any] | None) -> Site:
    """A site whose control API answers with that error, and which has these servers here."""

    def get(_path: str, **_query: object) -> object:
        raise ControlError(503, code, "no Kafka Connect worker answers at 127.0.0.1:1", "help")

    class Found(SimpleNamespace):
        @property
        def servers(self) -> Mapping[str, Any]:
            if servers is None:
                raise Silent("the platform", "there is none here")
            return servers

    return cast(Site, Found(control=SimpleNamespace(get=get)))


@pytest.mark.parametrize(
    ("code", "servers", "level"),
    [
        ("no_worker", {"kafka": {}}, "ok"),
        ("worker_unavailable", {"kafka": {}}, "ok"),
        ("worker_unavailable", {"kafka": {}, "connect": {}}, "problem"),
        ("worker_unavailable", {}, "problem"),
        ("worker_unavailable", None, "problem"),
        ("worker_failed", {"kafka": {}}, "problem"),
    ],
)
def test_a_silent_worker_is_a_problem_where_one_is_wanted(
    code: str, servers: Mapping[str, Any] | None, level: str
) -> None:
    [found] = examine(site(code, servers))
    assert found.level == level
    if level == "problem":
        assert found.message == "no Kafka Connect worker answers at 127.0.0.1:1"


def test_a_failed_connector_is_a_problem_with_its_cause_and_one_that_waits_a_warning() -> None:
    seen = [
        Seen("a", "RUNNING", 1, 1),
        Seen("b", "FAILED", 0, 1, "SqlError: no table"),
        Seen("c", "UNASSIGNED", 0, 1),
    ]
    failed, waiting = judge(seen)
    assert (failed.level, waiting.level) == ("problem", "warning")
    assert "`b` has failed: SqlError: no table" in failed.message
    assert "amml connect restart b" in failed.fix
