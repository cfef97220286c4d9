"""Faults strike while records flow; then an auditor that knows only the input has a look."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.platform

Audited = Callable[[str, str], dict[str, Any]]

CASES = [
    ("kill", "stateless"),
    ("fail_points", "keyed"),
]
TIMED = ["windows", "join", "snapshot"]
MORE = [
    ("zombie", "keyed"),
    ("freeze_broker", "keyed"),
    ("kill", "fitted"),
    ("terminate", "keyed"),
    ("kill", "keyed"),
    ("fail_points", "stateless"),
    ("fail_points", "bounded"),
    ("zombie", "stateless"),
    ("slow_sink", "keyed"),
    *[(fault, workload) for workload in TIMED for fault in ("fail_points", "kill")],
]


@pytest.mark.parametrize(("fault", "workload"), CASES)
def test_nothing_is_lost_or_doubled(audited: Audited, fault: str, workload: str) -> None:
    assert audited(fault, workload) == {}


@pytest.mark.long
@pytest.mark.parametrize(("fault", "workload"), MORE)
def test_nor_in_others(audited: Audited, fault: str, workload: str) -> None:
    assert audited(fault, workload) == {}
