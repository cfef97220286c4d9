"""The page of a comparison: docs/benchmarks.md, and its chart."""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from _chart import draw
from _systems import ARROW, FILTER, HOP, HOPS, JSON, OURS, PEERS, QUICK_STREAMS, QUIX, STREAMS

Runs: TypeAlias = Sequence[dict[str, Any]]
Get: TypeAlias = Callable[[dict[str, Any]], float | None]

TITLES = {
    "hop": f"One hop: `{HOP}`, every row kept",
    "filter": f"Filter and arithmetic: `{FILTER}`",
    "mean": "Running mean of 10,000 keys: `mean_std of=OT`",
    "chain": f"A chain of {HOPS} hops, each adding a column",
}
HEAD = """\
# Benchmarks

This page is written by one command, which measures this platform and five other systems on the
same machine, broker and data, one after the other within each of {runs} run(s). Every output is
counted and summed before its figure counts. Figures are medians; the smallest and largest of the
runs follow in brackets. Ratios are taken within each run.

![Records per CPU second](benchmarks.svg)

"""
RULES = """\
## What is measured

Rows are shaped like ETTh1's: a time, seven numbers of 16 digits, and one of 10,000 keys; some 190
bytes as JSON. A topic is filled with them first. Each system drains it on one pinned core; the
broker may use both. Records per CPU second count the CPU of the system's own processes, from the
moment it is ready (Kafka Streams: after its warm-up) to its exit; wall seconds end with the last
record's arrival in the output topic. Bytes are those of all topics that a system wrote, its
changelogs included, for each record it read.

* **AMML** runs a process for each step: `filter | eval` is two processes and two hops, their
  CPU added. "JSON in" begins with the `topic` step, which turns a topic of JSON into Arrow. Exactly
  once. `mean_std` gives the standard deviation beside the mean, and keeps both in a changelog.
* **plain loop**: confluent-kafka and orjson as one writes it by hand, at least once; its means are
  in a dictionary that a crash forgets.
* **Kafka Streams**: `exactly_once_v2`, its default commit interval (100 ms), Jackson with the fast
  number parser and writer, serial collector, store in memory with cache and changelog. The
  first million records warm the compiler up and count for nothing. Its five hops are five
  applications in one process, which share compiled code.
* **Quix Streams**: `exactly-once`, its own JSON, state in RocksDB with a changelog.
* **Bytewax**: at least once, its recovery store on, batches of 10,000, orjson.
* **Faust**: `exactly_once`, orjson, table in memory with a changelog.

All peers' consumers have a session time-out of 6 s, the least that the broker allows: with their
default of 45 s they are back from a kill that much later.

Latency is the time from sending a record to its arrival at a `read_committed` reader behind five
hops; the load, the reader, the system and the broker share the machine's cores.

One step process adds a column under 200 records a second. Start: from the process's start to
its first committed row. Recovery: from kill -9 to the first committed row that was sent after
it, the same command being started again at once. Memory is what the process holds after that.
"""


def write(figures: dict[str, Any], folder: Path) -> Path:
    """Write page and chart; the page's path."""
    runs: Runs = figures["runs"]
    parts = [HEAD.format(runs=len(runs)), _about(figures["about"])]
    parts += [_drains(runs, name) for name in TITLES if name in runs[0]]
    parts += [_delays(runs)] if "delay" in runs[0] else []
    parts += [_lives(runs)] if "life" in runs[0] else []
    parts += [_targets(runs), RULES]
    page = folder / "benchmarks.md"
    page.write_text("\n".join(parts), encoding="utf-8")
    draw(runs, folder / "benchmarks.svg")
    return page


def _about(about: dict[str, str]) -> str:
    command, rest = about["command"], {k: v for k, v in about.items() if k != "command"}
    return f"    {command}\n\n{_table(('', ''), rest.items())}"


def _drains(runs: Runs, workload: str) -> str:
    names = list(runs[0][workload])
    streams, own = STREAMS.name, [system.name for system in OURS.values()]

    def row(name: str) -> list[str]:
        def get(key: str) -> Get:
            return lambda run: _of(run, workload, name, key)

        if failed := _failed(runs, workload, name):
            return [name, _promise(name), failed, "", "", ""]
        ratio = _ratio(runs, get("per_cpu"), lambda run: _of(run, workload, streams, "per_cpu"))
        return [
            f"**{name}**" if name in own else name,
            _promise(name),
            _spread(runs, get("per_cpu"), "{:,.0f}"),
            _spread(runs, get("per_wall"), "{:,.0f}"),
            ratio,
            _spread(runs, get("bytes"), "{:.0f}", short=True),
        ]

    head = ("system", "guarantee", "records per CPU second", "per wall second",
            "times Kafka Streams (CPU)", "bytes")  # fmt: skip
    return f"## {TITLES[workload]}\n\n{_table(head, map(row, names))}"


def _delays(runs: Runs) -> str:
    def row(name: str) -> list[str]:
        if failed := _failed(runs, "delay", name):
            return [name, failed, "", "", ""]
        places = [(rate, key) for rate in runs[0]["delay"][name] for key in ("p50", "p99")]
        return [name, *(_spread(runs, _delay(name, *place), "{:,.0f}") for place in places)]

    head = ("system", "1,000/s p50 (ms)", "p99", "20,000/s p50", "p99")
    title = f"## Latency through {HOPS} hops, JSON at the start"
    return f"{title}\n\n{_table(head, map(row, runs[0]['delay']))}"


def _lives(runs: Runs) -> str:
    def row(name: str) -> list[str]:
        if failed := _failed(runs, "life", name):
            return [name, failed, "", "", ""]
        keys = [("start", "{:.2f}"), ("recovery", "{:.2f}"), ("rss", "{:.0f}"), ("pss", "{:.0f}")]
        return [name, *(_spread(runs, _life(name, key), form) for key, form in keys)]

    head = ("system", "start (s)", "recovery (s)", "RSS (MB)", "PSS (MB)")
    return f"## One step process\n\n{_table(head, map(row, runs[0]['life']))}"


def _targets(runs: Runs) -> str:
    """What we set out to reach, and whether these runs did."""
    rows = [(text, bound, *_judged(runs, bound, *gets)) for text, bound, *gets in _aims()]
    shown = [row for row in rows if row[2]]
    return f"## Aims\n\n{_table(('aim', 'at least', 'seen', 'reached'), shown)}"


def _aims() -> list[tuple[Any, ...]]:
    """Each aim: its text, the least ratio, and the two figures: larger over smaller."""
    kafka, quick, ours = STREAMS.name, QUICK_STREAMS.name, JSON.name
    aims: list[tuple[Any, ...]] = [
        ("one hop from Arrow, CPU, times Kafka Streams' filter", 7.0,
         _cpu("hop", ARROW.name), _cpu("filter", kafka)),
        ("one hop from Arrow, CPU, times Quix Streams' filter", 40.0,
         _cpu("hop", ARROW.name), _cpu("filter", QUIX.name)),
        ("the `topic` step alone, JSON in, Arrow out, times Kafka Streams' filter", 1.8,
         _reading, _cpu("filter", kafka)),
        ("running mean from Arrow, times Kafka Streams", 6.0,
         _cpu("mean", ARROW.name), _cpu("mean", kafka)),
        ("running mean from JSON, times Kafka Streams", 1.5,
         _cpu("mean", ours), _cpu("mean", kafka)),
    ]  # fmt: skip
    for rate in ("1000", "20000"):
        for key in ("p50", "p99"):
            for name, least in ((kafka, 3.0), (quick, 1.0)):
                text = f"{key} at {int(rate):,}/s, {name} over ours"
                aims.append((text, least, _delay(name, rate, key), _delay(ours, rate, key)))
    for key, most in (("start", 0.8), ("recovery", 1.5), ("rss", 100.0), ("pss", 40.0)):
        text = f"one step's {key}: {most:g} over ours"
        aims.append((text, 1.0, _always(most), _life(ours, key)))
    return aims


def _judged(runs: Runs, bound: float, over: Get, under: Get) -> tuple[str, str]:
    ratios = _values(runs, lambda run: _divided(over(run), under(run)))
    if not ratios:
        return "", ""
    return _shown(ratios, "{:.2f}"), "yes" if statistics.median(ratios) >= bound else "**no**"


def _reading(run: dict[str, Any]) -> float | None:
    """Records per CPU second of the `topic` step, of its part in the whole string."""
    found = run.get("filter", {}).get(JSON.name, {})
    if "each_cpu" not in found:
        return None
    return found["per_cpu"] * sum(found["each_cpu"]) / found["each_cpu"][0]


def _cpu(workload: str, name: str) -> Get:
    return lambda run: _of(run, workload, name, "per_cpu")


def _delay(name: str, rate: str, key: str) -> Get:
    return lambda run: run.get("delay", {}).get(name, {}).get(rate, {}).get(key)


def _always(figure: float) -> Get:
    return lambda _: figure


def _life(name: str, key: str) -> Get:
    return lambda run: _of(run, "life", name, key)


def _of(run: dict[str, Any], part: str, name: str, key: str) -> float | None:
    return run.get(part, {}).get(name, {}).get(key)


def _failed(runs: Runs, part: str, name: str) -> str:
    """Why a system has no figure at all."""
    reasons = [run[part].get(name, {}).get("failed") for run in runs]
    return f"failed: {str(reasons[0]).splitlines()[0][:80]}" if all(reasons) else ""


def _promise(name: str) -> str:
    return {s.name: s.guarantee for s in [*OURS.values(), *PEERS.values()]}[name]


def _divided(over: float | None, under: float | None) -> float | None:
    return over / under if over is not None and under else None


def _ratio(runs: Runs, over: Get, under: Get) -> str:
    ratios = _values(runs, lambda run: _divided(over(run), under(run)))
    return _shown(ratios, "{:.3g}") if ratios else ""


def _spread(runs: Runs, get: Get, form: str, short: bool = False) -> str:
    values = _values(runs, get)
    if not values:
        return "does not keep up" if not short else ""
    return form.format(statistics.median(values)) if short else _shown(values, form)


def _values(runs: Runs, get: Get) -> list[float]:
    found = (get(run) for run in runs)
    return [value for value in found if value is not None and math.isfinite(value)]


def _shown(values: Sequence[float], form: str) -> str:
    middle = form.format(statistics.median(values))
    if len(values) == 1:
        return middle
    return f"{middle} ({form.format(min(values))}-{form.format(max(values))})"


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)
