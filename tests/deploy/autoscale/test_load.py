"""A load that rises and falls, on a platform of its own: every row once, processes as needed."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from amml_deploy.platform import home as homes
from amml_deploy.platform.home import Home
from amml_runtime import recording, wire
from amml_runtime.admin import Admin
from amml_runtime.spec import TopicSpec

pytestmark = [pytest.mark.platform, pytest.mark.long]

PARTITIONS, TOPIC, NAME = 4, "load.raw", "load"
TEXT = f'topic name="{TOPIC}" | slow | print'
PLUGIN = '''
"""`slow`: a process reads a thousand rows a second, however many partitions it has."""

import threading
import time
from dataclasses import dataclass

from amml_runtime.component import AbstractProgress

ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Slow(AbstractProgress):
    """Rows as they are, later.

    Adds: nothing.
    """

    stateless = True

    def process(self, batch, state, now):
        """Wait for a millisecond a row."""
        with ONE_AT_A_TIME:
            time.sleep(0.001 * batch.rows)
        return batch
'''


@dataclass
class Site:
    """A platform that knows the plugin, and what is typed there."""

    home: Path
    environ: dict[str, str]
    sent: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    rate: float = 0.0

    def amml(self, *words: str) -> str:
        """Type a command."""
        command = [sys.executable, "-m", "amml_deploy", *words]
        ran = subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=180)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def processes(self) -> int:
        """How many processes the slow step has at work."""
        steps = json.loads(self.amml("status", NAME, "--output", "json"))["steps"]
        return next(step["running"] for step in steps if step["label"] == "slow")

    def wait_for(self, *counts: int, seconds: float) -> None:
        """Until the slow step has one of these counts."""
        end, seen = time.monotonic() + seconds, list[int]()
        while not seen or seen[-1] not in counts:
            assert time.monotonic() < end, f"wanted {counts}, saw {seen}"
            time.sleep(1)
            seen.append(self.processes())

    def feed(self, stop: threading.Event) -> None:
        """Write rows at `rate`, until told to stop."""
        producer = Producer({"bootstrap.servers": homes.read(Home(self.home)).kafka})
        number, owed = 0, 0.0
        while not stop.wait(0.05):
            owed += self.rate * 0.05
            for _ in range(int(owed)):
                partition = number % PARTITIONS
                producer.produce(TOPIC, json.dumps({"n": number}), partition=partition)
                self.sent[partition].append(number)
                number += 1
            owed -= int(owed)
            producer.poll(0)
        assert producer.flush(60) == 0


@pytest.fixture
def site(tmp_path: Path) -> Generator[Site]:
    plugin = tmp_path / "plugin"
    (plugin / "amml_slow").mkdir(parents=True)
    (plugin / "amml_slow" / "__init__.py").write_text("", encoding="utf-8")
    (plugin / "amml_slow" / "slow.py").write_text(PLUGIN, encoding="utf-8")
    told = plugin / "amml_slow-1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: amml-slow\nVersion: 1\n", "utf-8")
    (told / "entry_points.txt").write_text("[amml.components]\nslow = amml_slow\n", "utf-8")
    home = tmp_path / "home"
    environ = {**os.environ, "AMML_HOME": str(home), "PYTHONPATH": str(plugin)}
    made = Site(home, environ)
    made.amml("up")
    yield made
    made.amml("down", "--purge", "--yes")


def test_a_load_that_rises_and_falls(site: Site) -> None:
    kafka = homes.read(Home(site.home)).kafka
    Admin(kafka).create_topics([TopicSpec(TOPIC, PARTITIONS)])
    words = ["--partitions", str(PARTITIONS), "--autoscale", "min=0", "max=4"]
    site.amml("deploy", NAME, TEXT, *words, "--wait")
    stop = threading.Event()
    feeder = threading.Thread(target=site.feed, args=(stop,))
    feeder.start()
    try:
        site.rate = 400
        time.sleep(20)
        assert site.processes() == 1
        site.rate = 2200
        site.wait_for(3, 4, seconds=60)
        site.rate = 400
        site.wait_for(1, seconds=400)
        site.rate = 0
        site.wait_for(0, seconds=200)
        site.rate = 400
        site.wait_for(1, seconds=30)
    finally:
        site.rate = 0
        stop.set()
        feeder.join()
    wait_until_all_came(kafka, site.sent)
    site.amml("undeploy", NAME, "--keep-data", "--yes")
    assert came(kafka) == dict(site.sent)


def wait_until_all_came(kafka: str, sent: dict[int, list[int]]) -> None:
    end, wanted = time.monotonic() + 120, sum(map(len, sent.values()))
    while sum(map(len, came(kafka).values())) < wanted:
        assert time.monotonic() < end, "some rows do not come"
        time.sleep(1)


def came(kafka: str) -> dict[int, list[Any]]:
    """The rows that the slow step has committed, by partition and in order."""
    found: dict[int, list[Any]] = defaultdict(list)
    for record in recording.committed(kafka, {f"amml.{NAME}.r1.slow": PARTITIONS}):
        found[record.partition] += wire.decode(record.value or b"").column("n").to_pylist()
    return dict(found)
