"""The auditor of a data set: clean where all is well, and red in the right class where not."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from amml_lake.data_set import DataSet
from amml_lake.errors import Unsuitable
from amml_lake.layout import manifest_path
from amml_lake.stores import Store
from amml_lake.verification import Proof
from amml_lake.verification import verify as verify_patiently

CHAIN = "amml.hall.r1.clean+0+3f2a"
END, ROWS, MESSAGES = 3, 4, 5  # in a range, as a manifest has it
verify = partial(verify_patiently, looks=1)


class Died(Exception):
    """Where a process would have been killed."""


def kinds(proof: Proof) -> set[str]:
    return {each.kind for each in proof.findings}


def whole(data_set: DataSet, path: str = "") -> Path:
    return Path(data_set.store.url.removeprefix("file://")) / path


def change(data_set: DataSet, number: int, edit: Callable[[dict[str, Any]], Any]) -> None:
    """Write other words into a manifest that stands."""
    path = whole(data_set, manifest_path(CHAIN, number))
    document = json.loads(path.read_bytes())
    edit(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def rewrite(data_set: DataSet, table: pa.Table) -> str:
    """Put other rows into the first file, and its length into the manifest; the file's path."""
    file = data_set.live().files[0].path
    pq.write_table(table, whole(data_set, file))
    size = whole(data_set, file).stat().st_size
    change(data_set, 0, lambda document: document["adds"][0].__setitem__(2, size))
    return file


def dying(place: str) -> Callable[[str], None]:
    def reached(name: str) -> None:
        if name == place:
            raise Died(name)

    return reached


def test_a_sound_data_set_is_proven_with_its_figures(lake: Store, filled: Any) -> None:
    proof = verify(filled(lake=lake), deep=True)
    assert (proof.findings, proof.waiting) == ((), ())
    assert (proof.commits, proof.chains, proof.offsets, proof.taken) == (3, 1, 30, 72)
    assert (proof.rows, proof.files, proof.deleted, proof.compactions) == (72, 3, 0, 0)


def test_there_has_to_be_a_data_set(local_lake: Store) -> None:
    with pytest.raises(Unsuitable, match="no data set `co2` at file://"):
        verify(DataSet(local_lake, "co2"))


def test_a_file_that_was_removed_is_missing(filled: Any) -> None:
    data_set = filled()
    gone = data_set.live().files[1].path
    data_set.store.delete(gone)
    [finding] = verify(data_set).findings
    assert finding == ("missing", f"{gone}: 24 rows")


def test_a_file_that_was_doubled_is_an_orphan(filled: Any) -> None:
    data_set = filled()
    file = whole(data_set, data_set.live().files[0].path)
    file.with_name("copy.parquet").write_bytes(file.read_bytes())
    assert kinds(verify(data_set)) == {"orphan"}


@pytest.mark.parametrize("name", ["x.parquet", "year=2022/x.parquet", "_replaced/year=2022/x"])
def test_a_file_that_nobody_wrote_down_is_an_orphan(filled: Any, name: str) -> None:
    data_set = filled()
    data_set.store.write(name, b"?")
    assert verify(data_set).findings == (
        ("orphan", f"{name}: no {'compaction' if name[0] == '_' else 'manifest'} names it"),
    )


def test_a_file_that_was_cut_has_another_size_and_no_footer(filled: Any) -> None:
    data_set = filled()
    file = whole(data_set, data_set.live().files[0].path)
    file.write_bytes(file.read_bytes()[:-100])
    assert kinds(verify(data_set)) == {"size", "footer"}


def test_a_row_that_was_removed_from_a_file_is_found_in_its_footer(filled: Any) -> None:
    data_set = filled()
    file = whole(data_set, data_set.live().files[0].path)
    pq.write_table(pq.read_table(file, partitioning=None).slice(1), file)
    assert {"size", "footer"} == kinds(verify(data_set))


def test_a_row_that_was_removed_from_a_file_and_its_manifest_was_taken(filled: Any) -> None:
    data_set = filled()
    file = whole(data_set, data_set.live().files[0].path)
    pq.write_table(pq.read_table(file, partitioning=None).slice(1), file)

    def edit(document: dict[str, Any]) -> None:
        document["adds"][0][1:3] = [23, file.stat().st_size]

    change(data_set, 0, edit)
    assert kinds(verify(data_set)) == {"rows"}


def test_bytes_that_were_changed_are_found_when_all_are_read(filled: Any) -> None:
    data_set = filled()
    file = whole(data_set, data_set.live().files[0].path)
    data = bytearray(file.read_bytes())
    data[4:300] = bytes(296)
    file.write_bytes(data)
    assert verify(data_set).findings == ()
    assert kinds(verify(data_set, deep=True)) == {"footer"}


def test_a_time_that_was_changed_is_misplaced_when_all_rows_are_read(
    filled: Any, batch: Any
) -> None:
    data_set = filled()
    path = rewrite(data_set, pa.Table.from_batches([batch("2022-04-01T01:00", 24)]))
    assert verify(data_set).findings == ()
    first, second = verify(data_set, deep=True).findings
    assert first == ("misplaced", f"{path}: 1 rows belong into other folders")
    assert second.kind == "misplaced" and "its manifest says" in second.what


def test_a_column_of_another_type_is_found_in_the_footer(filled: Any, batch: Any) -> None:
    data_set = filled()
    rewrite(data_set, pa.Table.from_batches([batch("2022-04-01", 24, co2=["a"] * 24)]))
    [finding] = verify(data_set).findings
    assert "column `co2` is string, and double in the data set" in finding.what


@pytest.mark.parametrize(
    ("number", "classes"), [(0, {"orphan"}), (10, {"gap", "orphan"}), (20, {"orphan"})]
)
def test_a_manifest_that_was_removed_leaves_a_gap_or_at_an_end_orphans(
    filled: Any, number: int, classes: set[str]
) -> None:
    data_set = filled()
    data_set.store.delete(manifest_path(CHAIN, number))
    assert kinds(verify(data_set)) == classes


def test_a_manifest_that_is_damaged_or_lies_elsewhere_is_broken(filled: Any) -> None:
    data_set = filled()
    data_set.store.write(manifest_path(CHAIN, 10), b"{")
    assert kinds(verify(data_set)) == {"broken", "gap", "orphan"}
    data_set.store.rename(manifest_path(CHAIN, 20), manifest_path(CHAIN, 25))
    assert "25.json: is the manifest of co2" in str(verify(data_set).findings)


def test_offsets_that_two_commits_took_overlap(filled: Any) -> None:
    data_set = filled()
    change(data_set, 0, lambda document: document["range"].__setitem__(END, 12))
    assert verify(data_set).findings == (("overlap", f"{CHAIN}: offsets [10, 12) in two commits"),)


@pytest.mark.parametrize(
    ("messages", "words"),
    [({"0": 0}, "writer 0 went back from 1 to 0"), ({"1": 9}, "writer 0 is forgotten, after")],
)
def test_a_ledger_that_went_back_or_forgot_a_writer_is_found(
    filled: Any, messages: dict[str, int], words: str
) -> None:
    data_set = filled()
    change(data_set, 10, lambda document: document["range"].__setitem__(MESSAGES, messages))
    assert kinds(verify(data_set)) == {"ledger"} and words in str(verify(data_set).findings)


def test_rows_that_were_taken_and_are_in_no_file_are_found(filled: Any) -> None:
    data_set = filled()
    change(data_set, 10, lambda document: document["range"].__setitem__(ROWS, 25))
    assert verify(data_set).findings == (
        ("rows", f"{manifest_path(CHAIN, 10)}: took 25 rows, its files have 24"),
        ("rows", "73 taken, 72 there, 0 deleted"),
    )


def test_a_path_that_two_manifests_add_is_there_twice(filled: Any) -> None:
    data_set = filled()

    def edit(document: dict[str, Any]) -> None:
        document["adds"] = [list(data_set.live().files[0])]

    change(data_set, 10, edit)
    assert {"twice", "orphan"} <= kinds(verify(data_set))


@pytest.mark.parametrize(
    ("place", "classes"),
    [("lake_committed", {"unfinished", "leftover"}), ("lake_in_place", {"leftover"})],
)
def test_a_commit_that_nobody_has_rolled_forward_is_unfinished(
    filled: Any, writer: Any, batch: Any, place: str, classes: set[str]
) -> None:
    data_set = filled()
    appender = writer(data_set, reached=dying(place))
    appender.add(batch("2022-04-10", 48), 30)
    with pytest.raises(Died):
        appender.commit(40, {"0": 4}, {})
    assert kinds(verify(data_set)) == classes
    writer(data_set)
    assert verify(data_set).findings == ()


def test_a_try_for_the_next_commit_is_told_and_no_fault(
    filled: Any, writer: Any, batch: Any
) -> None:
    data_set = filled()
    appender = writer(data_set, reached=dying("lake_staged"))
    appender.add(batch("2022-04-10", 24), 30)
    with pytest.raises(Died):
        appender.commit(40, {"0": 4}, {})
    proof = verify(data_set)
    assert proof.findings == () and "under way or given up" in proof.waiting[0]


def test_what_one_look_finds_and_the_next_does_not_was_work_under_way(
    filled: Any, writer: Any, batch: Any
) -> None:
    data_set = filled()
    appender = writer(data_set, reached=dying("lake_committed"))
    appender.add(batch("2022-04-10", 24), 30)
    with pytest.raises(Died):
        appender.commit(40, {"0": 4}, {})
    proof = verify_patiently(data_set, wait=lambda: writer(data_set) and None)
    assert (proof.findings, proof.rows) == ((), 96)
