"""How long `amml lake ls NAME` takes over 10,000 files in a local folder.

    .venv/bin/python benchmarks/lake_ls.py

Once with a commit for each file, as slow sensors write them, and once with 100 files a commit, as
history does. Beside it, a plain pyarrow data set that lists the same files and counts their rows.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds

from amml_lake.buffer import Encoder, columns_of
from amml_lake.layout import Chain, manifest_path
from amml_lake.manifest import Column, DataFile, Manifest, Producer, Range
from amml_lake.partitions import Partitions

FILES = 10_000
ROWS = 60  # of a file: an hour of a sensor that speaks every minute
RUNS = 5
TARGET = 2.0
_HOUR = 3_600_000_000
_FIRST = 1_600_000_000_000_000
_LS = [str(Path(sys.executable).with_name("amml")), "lake", "ls", "co2"]


def main() -> None:
    """Fill two lakes, list them some times, and compare."""
    for commits in (FILES, FILES // 100):
        with tempfile.TemporaryDirectory() as folder:
            _fill(Path(folder) / "co2", commits)
            environ = {**os.environ, "AMML_LAKE": f"file://{folder}"}
            ours = _median(lambda environ=environ: _ls(environ))
            plain = _median(lambda folder=folder: _plain(f"{folder}/co2"))
        verdict = "" if ours < TARGET else f"  MISSES THE TARGET of {TARGET} s"
        print(f"{commits:6,} commits, {FILES:,} files: amml lake ls {ours:.2f} s, ", end="")
        print(f"plain pyarrow {plain:.2f} s, ratio {ours / plain:.2f}{verdict}")


def _fill(folder: Path, commits: int) -> None:
    """Write the manifests and files that a writer would have left; no need to reach the disk."""
    data, columns = _file()
    chain = Chain("amml.hall.r1.clean", 0, "3f2a91c04b7d")
    partitions = Partitions("day", "Asia/Seoul")
    each = FILES // commits
    for commit in range(commits):
        start, end = commit * each * ROWS, (commit + 1) * each * ROWS
        adds = [_add(partitions, chain, n, data) for n in range(commit * each, (commit + 1) * each)]
        manifest = Manifest(
            kind="append",
            dataset=folder.name,
            chain=chain.name,
            number=start,
            uuid=f"{commit:032x}",
            written="2026-01-01T00:00:00.000+00:00",
            adds=tuple(adds),
            range=Range(chain.topic, 0, start, end, each * ROWS, {"0": end}),
            columns=columns,
            producer=Producer("hall", 1, "to_lake"),
            book={"amml.hall.r1.clean": {"0": [end, end]}},
            by=partitions.by,
            tz=partitions.tz,
        )
        _write(folder / manifest_path(chain.name, start), manifest.to_bytes())
        for add in adds:
            _write(folder / add.path, data)


def _file() -> tuple[bytes, tuple[Column, ...]]:
    """A small file of eight numbers a row, and its columns as a manifest has them."""
    times = pa.array(range(_FIRST, _FIRST + _HOUR, _HOUR // ROWS), pa.timestamp("us", "UTC"))
    numbers = {f"value_{n}": pa.array([n + row / 7 for row in range(ROWS)]) for n in range(8)}
    batch = pa.record_batch({"_time": times, "_key": pa.nulls(ROWS, pa.string()), **numbers})
    encoder = Encoder(batch.schema)
    encoder.add(batch)
    return encoder.close().to_pybytes(), columns_of(batch.schema)


def _add(partitions: Partitions, chain: Chain, n: int, data: bytes) -> DataFile:
    first = _FIRST + n * _HOUR
    name = f"{chain.topic}+0+{n * ROWS}+{(n + 1) * ROWS}+{chain.life}.parquet"
    return DataFile(f"{partitions.folder(first)}/{name}", ROWS, len(data), first, first + _HOUR - 1)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _ls(environ: dict[str, str]) -> None:
    """The whole command, from the start of its process on."""
    out = subprocess.run(_LS, env=environ, capture_output=True, check=True, text=True).stdout
    assert out.splitlines()[-1].split()[:3] == ["total", str(FILES), str(FILES * ROWS)]


def _plain(folder: str) -> None:
    """What a reader without manifests does: walk the folders and open every file."""
    assert ds.dataset(folder, partitioning="hive").count_rows() == FILES * ROWS


def _median(run: Callable[[], None]) -> float:
    return statistics.median(_seconds(run) for _ in range(RUNS))


def _seconds(run: Callable[[], None]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
