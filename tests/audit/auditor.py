"""The auditor: whether every record of the input took effect exactly once.

    python tests/audit/auditor.py CASE.json [--quiet-seconds 3] [--patience 45] [--json REPORT.json]

It shares no code with the product and is told nothing of the run but a case (`case.py`). It waits
until nothing moves, reads what is committed, computes from the seed what must be there, and prints
how often it found each class of anomaly (`findings.py`), with examples. Exit code 0: none at all;
1: some; 2: the case cannot be audited.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from attempts_check import check_attempts, must_be_invisible, read_attempts
from case import Case, Output, parse
from confluent_kafka import KafkaException
from expected import EACH, ROWS, Row
from findings import Findings
from generator import Record, records
from position_check import (
    Progress,
    check_positions,
    check_stable,
    check_unread,
    offsets_of,
    read_positions,
)
from reading import Broker, Ends, Place, Seen, wait_for_quiet
from rows_check import Effect, check_dead_letters, check_rows
from state_check import Kept, check_state, read_changelog


class Audit:
    """One look at one case."""

    def __init__(self, case: Case, broker: Broker, ends: Ends) -> None:
        self.findings = Findings()
        self._case = case
        self._ends = ends
        self._broker = broker
        self._seen: dict[str, list[Seen]] = {}
        self._attempts = read_attempts(case.attempts)
        self._made = [(source, list(records(source.input))) for source in case.sources]
        self._rows: list[Row] = [r.row for _, made in self._made for r in made if r.row is not None]
        offsets = [offsets_of(source, made) for source, made in self._made]
        topics = {source.topic for source in case.sources}
        self._progress = Progress(topics, {k: v for each in offsets for k, v in each.items()})

    def run(self) -> Findings:
        """Everything there is to check."""
        check_stable(self._ends, self.findings)
        kept = {topic: self._kept(topic) for topic in sorted(self._changelogs())}
        for step in self._case.steps:
            at = kept[step.changelog].at if step.changelog else None
            read_positions(step, at, self._ends, self._broker, self._progress, self.findings)
        behind = {place for output in self._case.outputs for place in self._check_output(output)}
        check_unread(self._progress, behind, self.findings)
        for state in () if self._progress.unread else self._case.states:
            found = kept[state.changelog]
            arguments = (state.fold, state.parameters, self._rows, self.findings)
            check_state(state.changelog, found, *arguments)
        self._check_letters()
        self._check_attempts()
        for folder in self._case.empty_folders:
            for left in sorted(folder.rglob("*")):
                self.findings.add("leftover", str(left))
        return self.findings

    def _changelogs(self) -> set[str]:
        named = {each.changelog for each in self._case.states}
        return named | {step.changelog for step in self._case.steps if step.changelog}

    def _kept(self, topic: str) -> Kept:
        return read_changelog(self._read(topic), self.findings)

    def _read(self, topic: str) -> list[Seen]:
        """A topic's messages, read once; those of aborted attempts are a finding of their own."""
        if topic not in self._seen:
            self._seen[topic] = list(self._broker.read(topic))
        known = self._attempts
        return [
            message
            for message in self._seen[topic]
            if not (message.attempt and must_be_invisible(known.get(message.attempt)))
        ]

    def _check_output(self, output: Output) -> set[Place]:
        expected = ROWS[output.expect](self._rows, **output.parameters)
        effects = [
            Effect(row, message)
            for message in self._read(output.topic)
            if not message.is_mark
            for row in message.rows(output.format)
        ]
        there = check_rows(expected, effects, self._progress.was_read, self.findings)
        if expected.identity != EACH:
            return set()
        return check_positions(expected, there, self._progress, self.findings)

    def _check_letters(self) -> None:
        if self._case.dead_letters is not None:
            letters = self._read(self._case.dead_letters)
            check_dead_letters(self._poison(), letters, self.findings)

    def _poison(self) -> Iterator[tuple[Record, bool]]:
        """The poison, and whether it was read."""
        for source, made in self._made:
            for record in made:
                place = (source.topic, record.partition) if source.topic else None
                if record.row is None:
                    yield record, self._progress.has_passed(place, record.offset)

    def _check_attempts(self) -> None:
        whole = self._seen.keys() - self._changelogs()
        every: Iterable[Seen] = (message for each in self._seen.values() for message in each)
        check_attempts(every, whole, self._attempts, self.findings)


def audit(case: Case, quiet: float, patience: float) -> Findings:
    """Wait for quiet, then look at everything."""
    broker = Broker(case.kafka)
    try:
        reads = {step.name: set(step.reads) for step in case.steps}
        ends = wait_for_quiet(broker, case.topics, reads, quiet, patience)
        return Audit(case, broker, ends).run()
    finally:
        broker.close()


def report(case: Case, findings: Findings) -> dict[str, Any]:
    """What `--json` writes."""
    return {
        "clean": findings.clean,
        "seeds": [source.input.seed for source in case.sources],
        "counts": findings.counts,
        "examples": findings.examples,
    }


def main(words: list[str]) -> int:
    """Audit the case that the command line names."""
    parser = argparse.ArgumentParser(description="Audit one case; see the head of this file.")
    parser.add_argument("case", type=Path)
    parser.add_argument(
        "--quiet-seconds", type=float, default=3.0, help="without a move, and nothing open"
    )
    parser.add_argument(
        "--patience", type=float, default=45.0, help="seconds without a move, whatever is open"
    )
    parser.add_argument("--json", type=Path, help="where to write the report, too")
    given = parser.parse_args(words)
    try:
        case = parse(json.loads(given.case.read_text(encoding="utf-8")))
        findings = audit(case, given.quiet_seconds, given.patience)
    except (OSError, ValueError, KeyError, TypeError, KafkaException) as error:
        print(f"{given.case}: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print("\n".join(findings.lines()))
    seeds = ", ".join(str(source.input.seed) for source in case.sources)
    print(f"{'clean' if findings.clean else 'ANOMALIES'}, seed {seeds}")
    if given.json is not None:
        given.json.write_text(json.dumps(report(case, findings), indent=1), encoding="utf-8")
    return 0 if findings.clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
