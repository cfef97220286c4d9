"""The document of a data set: the same, however it came to be."""

import json
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from amml_lake.data_set import DataSet, live
from amml_lake.document import HISTORY, Document, blank, canonical, folded
from amml_lake.folders import MOST
from amml_lake.layout import COMPACTION, RETENTION, Chain, manifest_path
from amml_lake.manifest import Column, DataFile, Manifest, Producer, Range
from amml_lake.stores import open_store
from amml_lake.synchroniser import Kept, rebuild, synchronise, whole

CHAINS = [Chain("amml.hot.r1.key", 0, "a1").name, Chain("amml.hot.r1.key", 1, "b2").name]
LOOKS = [
    Column("_time", "timestamp[us, tz=UTC]"),
    Column("co2", "double"),
    Column("co2", "double", {"kind": "minmax", "min": -0.0, "max": 1e22, "of": "co2"}),
    Column("note", "string"),
]
SECOND = 1_000_000


class Written:
    """The commits of some writers, a compaction and a retention, in the order they are made."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.manifests: list[Manifest] = []
        self.live: dict[str, DataFile] = {}
        self.ends: Counter[str] = Counter()

    def step(self) -> Manifest:
        """One more commit."""
        taking = len(self.live) > 3 and self.random.random() < 0.25
        manifest = self._taking() if taking else self._append()
        for path in manifest.removes:
            del self.live[path]
        self.live |= {each.path: each for each in manifest.adds}
        self.manifests.append(manifest)
        return manifest

    def _append(self) -> Manifest:
        chain = self.random.choice(CHAINS)
        start = self.ends[chain]
        end = self.ends[chain] = start + self.random.randint(1, 50)
        files = [
            self._file(f"{self._folder()}/{chain}+{start}+{n}.parquet")
            for n in range(self.random.randint(0, 3))
        ]
        number = CHAINS.index(chain)
        told = self.random.sample(LOOKS, self.random.randint(1, 3))
        return Manifest(
            "append", "co2", chain, start, "u", self._now(), tuple(files),
            range=Range("amml.hot.r1.key", number, start, end, end - start, {}),
            columns=tuple({each.name: each for each in told}.values()),
            producer=Producer("hot", 1, "to_lake"), by="day", tz="UTC",
        )  # fmt: skip

    def _taking(self) -> Manifest:
        removed = self.random.sample(sorted(self.live), self.random.randint(1, 3))
        if self.random.random() < 0.3:
            return self._change("delete", RETENTION, removed, ())
        path = f"{self._folder()}/compact-{self.ends[COMPACTION]}.parquet"
        return self._change("compact", COMPACTION, removed, (self._file(path),))

    def _change(
        self, kind: Any, chain: str, removes: Sequence[str], adds: tuple[DataFile, ...]
    ) -> Manifest:
        number = self.ends[chain]
        self.ends[chain] += 1
        return Manifest(kind, "co2", chain, number, "u", self._now(), adds, tuple(removes))

    def _file(self, path: str) -> DataFile:
        first = self.random.choice([None, self.random.randint(-SECOND, 10**9 * SECOND)])
        last = None if first is None else first + self.random.randint(0, SECOND)
        return DataFile(path, self.random.randint(1, 9), self.random.randint(1, 999), first, last)

    def _folder(self) -> str:
        return f"year=2022/month=04/day={self.random.randint(1, 4):02}"

    def _now(self) -> str:
        """Clocks of several writers: they may go back, and stand still."""
        return f"2026-01-01T00:00:{self.random.randint(0, 59):02}.000+00:00"


class Shelf:
    """Documents as the control API keeps them: as JSON, each change with the revision it saw."""

    def __init__(self) -> None:
        self.kept: Kept | None = None

    def dataset(self, name: str) -> Kept | None:
        return self.kept and (json.loads(json.dumps(self.kept[0])), self.kept[1])

    def put_dataset(self, name: str, document: Document, revision: str | None) -> bool:
        if revision != (self.kept[1] if self.kept else None):
            return False
        self.kept = document, canonical(document)
        return True


def history(seed: int, steps: int) -> list[Manifest]:
    written = Written(seed)
    return [written.step() for _ in range(steps)]


def mixed(manifests: Sequence[Manifest], seed: int) -> list[Manifest]:
    """Another order, in which each chain's are still in theirs."""
    chains = [each.chain for each in manifests]
    random.Random(seed).shuffle(chains)
    rest = {name: [each for each in manifests if each.chain == name] for name in set(chains)}
    return [rest[name].pop(0) for name in chains]


def fresh() -> Document:
    return blank("co2", "file:///lake")


seeds = st.integers(0, 10**9)


@given(seeds, seeds, st.integers(0, 30))
def test_the_order_in_which_chains_are_read_does_not_matter(
    seed: int, other: int, steps: int
) -> None:
    manifests = history(seed, steps)
    one, two = folded(fresh(), manifests), folded(fresh(), mixed(manifests, other))
    assert canonical(one) == canonical(two)


@given(seeds, seeds, st.integers(0, 30))
def test_what_is_folded_bit_by_bit_is_what_is_folded_at_once(
    seed: int, other: int, steps: int
) -> None:
    appends = [each for each in history(seed, steps) if each.kind == "append"]
    document = fresh()
    for each in mixed(appends, other):
        document = json.loads(canonical(folded(document, [each])))
        document = folded(document, [each])  # again: it is in there already
    assert canonical(document) == canonical(folded(fresh(), appends))


@given(seeds, st.integers(1, 30))
def test_the_totals_are_those_of_the_files_that_count(seed: int, steps: int) -> None:
    manifests = history(seed, steps)
    files = live(manifests).files
    document = folded(fresh(), manifests)
    assert document["totals"]["files"] == len(files)
    assert document["totals"]["rows"] == sum(each.rows for each in files)
    assert document["totals"]["bytes"] == sum(each.bytes for each in files)
    for folder, (count, rows, size, first, last) in document["folders"].items():
        there = [each for each in files if each.folder == folder]
        assert count == len(there)
        assert (rows, size) == (sum(e.rows for e in there), sum(e.bytes for e in there))
        assert first == min((e.first for e in there if e.first is not None), default=None)
        assert last == max((e.last for e in there if e.last is not None), default=None)
    assert sum(each["rows"] for each in document["producers"].values()) == sum(
        each.rows for each in manifests if each.kind == "append"
    )


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(1, 15))
def test_a_document_that_grew_is_byte_for_byte_the_one_made_anew(seed: int, steps: int) -> None:
    written, shelf = Written(seed), Shelf()
    with tempfile.TemporaryDirectory() as folder:
        data_set = DataSet(open_store(f"file://{folder}"), "co2")
        for _ in range(steps):
            made = written.step()
            data_set.store.write(manifest_path(made.chain, made.number), made.to_bytes())
            if written.random.random() < 0.7:
                synchronise(data_set, shelf, [made.chain] if made.kind == "append" else None)
        grown = canonical(synchronise(data_set, shelf))
        assert grown == canonical(whole(data_set))
        shelf.kept = None
        assert canonical(rebuild(data_set, shelf)) == grown


def appends(count: int, **more: Any) -> list[Manifest]:
    """Commits of one file each, an hour apart."""
    return [
        Manifest(
            "append", "co2", CHAINS[0], n, "u", f"2026-01-01T00:00:00.{n:06}+00:00",
            (DataFile(f"{_hour(n)}/{CHAINS[0]}+{n}+{n + 1}.parquet", 1000, 65_536, n, n + 1),),
            range=Range("amml.hot.r1.key", 0, n, n + 1, 1, {}),
            producer=Producer("hot", 1, "to_lake"), **more,
        )
        for n in range(count)
    ]  # fmt: skip


def _hour(n: int) -> str:
    return (
        f"year={2000 + n // 8064}/month={n // 672 % 12:02}/day={n // 24 % 28:02}/hour={n % 24:02}"
    )


def test_ten_thousand_files_fit_in_a_hundred_kilobytes() -> None:
    every = appends(10_000, columns=tuple(LOOKS[:2]))
    document = folded(fresh(), every)
    assert len(canonical(document)) < 100_000
    assert document["totals"]["files"] == 10_000
    assert next(iter(document["folders"])) == "year=2000/month=00/day=00"  # of hours, too many
    assert len(document["folders"]) <= MOST
    by_parts = folded(folded(fresh(), every[:990]), every[990:])
    assert canonical(by_parts) == canonical(document)


def test_a_column_is_told_with_its_newest_look_and_the_history_with_the_oldest() -> None:
    runs = [Column("co2", "double", {"run": n}) for n in range(HISTORY + 5)]
    made = [
        Manifest("append", "co2", CHAINS[0], n, "u", f"{2000 + n}", columns=(column,))
        for n, column in enumerate(runs)
    ]
    document = folded(fresh(), made)
    [column] = document["columns"]
    assert (column["meta"]["run"], column["since"][0]) == (HISTORY + 4, "2000")
    assert [each["meta"]["run"] for each in document["history"]] == list(range(HISTORY))
