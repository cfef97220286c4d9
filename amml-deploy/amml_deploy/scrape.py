"""A step's figures, as its Prometheus port tells them at this moment."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import requests
from prometheus_client.parser import text_string_to_metric_families

Samples: TypeAlias = Mapping[str, float]

_WAIT = 1.0


@dataclass(frozen=True)
class Figures:
    """The figures of one step, over all its slots that answered."""

    rows_in: int
    rows_out: int
    dead_letters: int
    repeats: int
    lag_records: int
    lag_seconds: float
    commit_ms: float | None  # on average, since the slots started

    @classmethod
    def of(cls, slots: Iterable[Samples]) -> "Figures | None":
        """The sum of the slots' samples; None if no slot answered.

        >>> one = {"amml_rows_in_total": 3, "amml_lag_seconds": 2.5}
        >>> both = Figures.of([one, one])
        >>> both.rows_in, both.lag_seconds
        (6, 2.5)
        """
        every = [slot for slot in slots if slot]
        if not every:
            return None

        def total(name: str) -> float:
            return sum(slot.get(name, 0) for slot in every)

        commits, seconds = total("amml_commit_seconds_count"), total("amml_commit_seconds_sum")
        return cls(
            rows_in=int(total("amml_rows_in_total")),
            rows_out=int(total("amml_rows_out_total")),
            dead_letters=int(total("amml_dead_letters_total")),
            repeats=int(total("amml_ledger_repeats_total")),
            lag_records=int(total("amml_lag_records")),
            lag_seconds=round(max(slot.get("amml_lag_seconds", 0) for slot in every), 1),
            commit_ms=round(1000 * seconds / commits, 1) if commits else None,
        )


def scrape(ports: Iterable[int]) -> dict[int, Samples]:
    """The samples at each port on loopback, asked all at once; silent ports are left out."""
    wanted = sorted(set(ports))
    if not wanted:
        return {}
    with ThreadPoolExecutor(max_workers=min(16, len(wanted))) as pool:
        found = zip(wanted, pool.map(_scrape_one, wanted), strict=True)
        return {port: samples for port, samples in found if samples}


def parse(text: str) -> dict[str, float]:
    """Every sample of an exposition by name, those with labels added up.

    >>> parse('amml_rows_in_total{task="0"} 2.0\\namml_rows_in_total{task="1"} 3.0\\n')
    {'amml_rows_in_total': 5.0}
    """
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


def _scrape_one(port: int) -> Samples:
    """A step that is just starting or ending does not answer, which is no error."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"http://127.0.0.1:{port}/metrics", timeout=_WAIT)
            return parse(answer.text) if answer.ok else {}
    except (requests.RequestException, ValueError):
        return {}
