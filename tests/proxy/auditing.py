"""The generator and the auditor, as the programs they are."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).parents[1] / "audit"
SEED, KEYS = 7, 5


def begin_writing(kafka: str, topic: str, rows: int, rate: float) -> "subprocess.Popen[bytes]":
    """Write the records of a seed, so many a second."""
    words = ["--kafka", kafka, "--topic", topic, "--rows", str(rows), "--rate", str(rate)]
    return _begin("generator.py", *words, "--seed", str(SEED), "--keys", str(KEYS))


class Audit:
    """An audit under way: of what became of the records in `topic`."""

    def __init__(
        self, folder: Path, kafka: str, topic: str, rows: int, case: Mapping[str, Any]
    ) -> None:
        source = {"topic": topic, "partitions": 1, "seed": SEED, "rows": rows, "keys": KEYS}
        whole = {"kafka": kafka, "inputs": [source], **case}
        (folder / "case.json").write_text(json.dumps(whole), encoding="utf-8")
        self._report = folder / "report.json"
        # What has not moved for ten seconds never will: by then every retry here is over.
        times = ("--quiet-seconds", "1.5", "--patience", "10")
        words = (str(folder / "case.json"), *times, "--json", str(self._report))
        self._process = _begin("auditor.py", *words)

    def done(self) -> bool:
        """Whether it has come to its end."""
        return self._process.poll() is not None

    def found(self) -> dict[str, int]:
        """How many anomalies there are of each class that has any; waits for the end."""
        assert self._process.wait() in (0, 1)
        report = json.loads(self._report.read_text(encoding="utf-8"))
        print(report["examples"])
        return {name: count for name, count in report["counts"].items() if count}


def _begin(program: str, *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, str(PROGRAMS / program), *words])
