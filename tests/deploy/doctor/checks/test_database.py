"""What the control API says of PostgreSQL."""

from typing import Any

import pytest

from amml_deploy.doctor.checks.database import judge

WELL: dict[str, Any] = {
    "reachable": True,
    "connections": 2,
    "max_connections": 60,
    "pending": [],
    "migration": "001_control.sql",
}


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ({}, "ok", "tables at 001_control.sql, 2 of 60 connections taken"),
        ({"connections": 55}, "warning", "55 of 60 connections are taken"),
        ({"pending": ["002_more.sql"]}, "problem", "002_more.sql has not been applied"),
        ({"reachable": False, "problem": "it is down"}, "problem", "it is down"),
    ],
)
def test_it_is_judged(change: dict[str, Any], level: str, words: str) -> None:
    [found] = judge({**WELL, **change})
    assert (found.level, words in found.message) == (level, True)
