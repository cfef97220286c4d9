"""A control API for each test, with a database and an HDFS folder of its own."""

import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
import requests
import uvicorn

from amml_model_manager.app import create_app
from amml_model_manager.database import Database
from amml_model_manager.hdfs import FileStore
from amml_model_manager.settings import Settings

TOKEN = "a-token-for-tests-only-0123456789"

YAML = """
model:
  - Input: {}
  - LSTM: {units: 32, activation: tanh}
  - Dense: {units: 1}
train: {loss: mae, optimizer: adam, epoch: 20, batch: 64, window: 24, inputs: [HULL, OT], label: OT}
"""


class Client(requests.Session):
    """A session whose requests name the path only."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.trust_env = False
        self.headers["Authorization"] = f"Bearer {TOKEN}"

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(method, f"{self.base}{url}", *args, **{"timeout": 60} | kwargs)


@pytest.fixture
def own_database(database_url: str) -> Generator[str]:
    """The URL of a new, empty database."""
    name = f"test_{uuid.uuid4().hex}"
    _execute(database_url, f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(database_url)._replace(path=f"/{name}"))
    _execute(database_url, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


@pytest.fixture
def database(own_database: str) -> Generator[Database]:
    """A pool on a database of its own."""
    database = Database(own_database)
    yield database
    database.close()


@pytest.fixture
def files(webhdfs_url: str) -> Generator[FileStore]:
    """A file store in a folder of its own."""
    store = FileStore(webhdfs_url, f"/test-{uuid.uuid4().hex}")
    yield store
    store.delete(store.paths.root)
    store.close()


@pytest.fixture
def settings(own_database: str, files: FileStore, webhdfs_url: str) -> Settings:
    """The settings of a control API for one test."""
    return Settings(own_database, webhdfs_url, TOKEN, hdfs_root=files.paths.root, port=0)


@pytest.fixture
def serving() -> Callable[[Settings], AbstractContextManager[requests.Session]]:
    """Serve with these settings, in a thread, for a `with` block that gets a client."""

    @contextmanager
    def serve(settings: Settings) -> Generator[requests.Session]:
        config = uvicorn.Config(create_app(settings), port=0, log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.005)
            port = server.servers[0].sockets[0].getsockname()[1]
            with Client(f"http://127.0.0.1:{port}") as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()

    return serve


@pytest.fixture
def api(
    serving: Callable[[Settings], AbstractContextManager[requests.Session]], settings: Settings
) -> Generator[requests.Session]:
    """A client that has the token and names paths only: `api.get("/sources")`."""
    with serving(settings) as client:
        yield client


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    """A file that holds the token."""
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n", encoding="ascii")
    return path


@pytest.fixture
def definition() -> str:
    """The paper's network, small."""
    return YAML


@pytest.fixture
def version(api: requests.Session, definition: str) -> str:
    """The path of version 0.1 of the model `ett`, added."""
    path = "/models/ett/versions/0.1"
    assert api.put(path, json={"definition": definition}).status_code == 200
    return path


@pytest.fixture
def add_run(api: requests.Session, version: str) -> Callable[..., str]:
    """Register a run of `ett:0.1` with a status; its path."""

    def add(status: str = "completed", run: str = "ett-train.r1.train_lstm") -> str:
        path = f"{version}/runs/{run}"
        answer = api.put(path, json={"status": status, "metrics": {"mae": 0.0089}})
        assert answer.status_code == 200, answer.text
        return path

    return add


@pytest.fixture
def deploy(api: requests.Session) -> Callable[..., requests.Response]:
    """PUT a workflow; a test names only what it varies."""

    def put(name: str = "hot", **changes: object) -> requests.Response:
        body = {"text": 'source id="ett" | print', "plan": {"steps": []}, "run": 1}
        return api.put(f"/workflows/{name}", json=body | changes)

    return put
