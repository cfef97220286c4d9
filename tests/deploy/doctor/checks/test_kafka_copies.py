"""What a broker that fails would cost."""

from typing import Any

import pytest

from amml_deploy.doctor.checks.kafka_copies import judge
from amml_runtime.examination import Partition

THREE = {"default.replication.factor": "3", "min.insync.replicas": "2"}
ONE = {"default.replication.factor": "1", "min.insync.replicas": "1"}


def partition(**changes: Any) -> Partition:
    """A partition with three copies, all up to date."""
    fields: dict[str, Any] = {"leader": 1, "copies": (1, 2, 3), "in_sync": (1, 2, 3), **changes}
    return Partition("co2", 0, **fields)


@pytest.mark.parametrize(
    ("brokers", "change", "settings", "levels", "words"),
    [
        (3, {}, THREE, ["ok"], "new topics get 3 copies, a write is kept when 2 have it"),
        (3, {"in_sync": (1, 2)}, THREE, ["warning", "ok"], "copies of co2[0] are behind"),
        (3, {"leader": -1}, THREE, ["problem", "ok"], "no broker leads co2[0]"),
        (3, {}, ONE, ["warning"], "new topics get 1 copy"),
        (3, {"copies": (1,), "in_sync": (1,)}, THREE, ["ok", "warning"], "co2 has one copy"),
        (1, {"copies": (1,), "in_sync": (1,)}, ONE, ["ok"], "not loss of disk or power"),
    ],
)
def test_copies_are_judged(
    brokers: int, change: dict[str, Any], settings: dict[str, str], levels: list[str], words: str
) -> None:
    found = list(judge(brokers, [partition(**change)], settings))
    assert [each.level for each in found] == levels
    assert any(words in each.message for each in found), found
