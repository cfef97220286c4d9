"""The documents of data sets, as a sink keeps them over the control API."""

import uuid
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from amml_deploy.control import connect
from amml_deploy.platform.home import Platform
from amml_lake.data_set import DataSet
from amml_lake.document import canonical
from amml_lake.layout import Chain, manifest_path
from amml_lake.manifest import Column, DataFile, Manifest, Producer, Range
from amml_lake.stores import open_store
from amml_lake.synchroniser import rebuild, synchronise
from amml_runtime.control import Control
from amml_runtime.errors import Unavailable

CHAIN = Chain("amml.hot.r1.key", 0, "a1").name


@pytest.fixture
def control(platform: Platform) -> Control:
    """The real control API, as a step is connected to it."""
    return Control(platform.control, platform.home.token_file, "test")


@pytest.fixture
def data_set(tmp_path: Path, platform: Platform) -> Generator[DataSet]:
    """A data set of its own name, in a folder."""
    found = DataSet(open_store(f"file://{tmp_path}"), f"t{uuid.uuid4().hex[:12]}")
    yield found
    with connect(platform.home.path, {}) as control:
        control.delete(f"/datasets/{found.name}")


def commit(data_set: DataSet, number: int) -> None:
    path = f"year=2022/{CHAIN}+{number}.parquet"
    made = Manifest(
        "append", data_set.name, CHAIN, number, "u", "2026-01-01T00:00:00.000+00:00",
        (DataFile(path, 10, 500, 0, 1 << 62),),
        range=Range("amml.hot.r1.key", 0, number, number + 10, 10, {}),
        columns=(Column("co2", "double", {"min": -0.0, "max": 1e22, "step": 5e-324}),),
        producer=Producer("hot", 1, "to_lake"), by="year", tz="UTC",
    )  # fmt: skip
    data_set.store.write(manifest_path(CHAIN, number), made.to_bytes())


def test_what_the_database_gives_back_is_what_the_lake_says(
    control: Control, data_set: DataSet
) -> None:
    for number in (0, 10, 20):
        commit(data_set, number)
        synchronise(data_set, control, [CHAIN])
    grown = control.dataset(data_set.name)
    assert grown is not None
    assert grown[0]["totals"]["rows"] == 30
    assert grown[0]["producers"][CHAIN]["next"] == 30
    rebuild(data_set, control)
    anew = control.dataset(data_set.name)
    assert anew is not None
    assert canonical(anew[0]) == canonical(grown[0])
    assert anew[1] == grown[1]


def test_a_sink_soon_lets_be_a_control_api_that_is_away() -> None:
    asked: list[str] = []

    class Failing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(503)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to stderr."""

    with HTTPServer(("127.0.0.1", 0), Failing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(Unavailable):
            Control(f"http://127.0.0.1:{server.server_port}", None, "test").dataset("co2")
        server.shutdown()
    assert len(asked) == 2  # a training asks eight times, for half a minute
