"""Clocks that do not agree."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from amml_deploy.doctor.checks.clock import Facts, gather, judge
from amml_deploy.doctor.finding import Finding
from amml_deploy.doctor.site import Site

WELL = Facts(now=1e9, ahead={"HDFS": 0.0}, synchronised=True, newest=1e9 - 60, zones=True)


def test_the_servers_of_this_machine_have_its_time(site: Site) -> None:
    facts = gather(site)
    assert set(facts.ahead) == {"PostgreSQL", "HDFS", "the control API"}
    assert all(abs(seconds) < 2 for seconds in facts.ahead.values())
    assert facts.zones


def test_it_needs_no_server(look_nowhere: Callable[[str], list[Finding]]) -> None:
    assert "problem" not in {each.level for each in look_nowhere("clock")}


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ({}, "ok", "and so do HDFS"),
        ({"ahead": {"HDFS": 5.0}}, "warning", "the clock of HDFS is 5 s ahead of ours"),
        ({"ahead": {"HDFS": -90.0}}, "problem", "the clock of HDFS is 90 s behind ours"),
        ({"synchronised": False}, "warning", "does not keep this machine's clock synchronised"),
        ({"synchronised": None}, "ok", "keeps time"),
        ({"newest": 1e9 + 3600}, "problem", "the clock stood later"),
        ({"zones": False}, "problem", "time zones are not known"),
    ],
)
def test_a_clock_that_is_wrong_is_named(change: dict[str, object], level: str, words: str) -> None:
    [found] = judge(replace(WELL, **change))
    assert (found.level, words in found.message) == (level, True), found
