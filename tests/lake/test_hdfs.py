"""HDFS whose answers are lost on the way: what was done is done once."""

import http.client
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from amml_lake.data_set import DataSet
from amml_lake.errors import Refused, Unavailable
from amml_lake.stores import open_store
from amml_lake.stores.hdfs import HdfsStore

pytestmark = pytest.mark.platform


@dataclass
class Losing:
    """A proxy of a NameNode that carries out every request, and loses the answers to some.

    Parameters:
        address: of the NameNode.
        operation: whose answers are lost.
        every: loses one in so many.
    """

    address: str
    operation: str
    every: int = 2
    seen: int = 0
    lost: int = 0

    @contextmanager
    def running(self) -> Generator[str]:
        """Its address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def loses(self, path: str) -> bool:
        """Whether the answer to this request is lost."""
        if f"op={self.operation}" not in path:
            return False
        self.seen += 1
        lost = self.seen % self.every == 1
        self.lost += lost
        return lost


def handler_of(proxy: Losing) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def forward(self) -> None:
            connection = http.client.HTTPConnection(proxy.address, timeout=30)
            length = int(self.headers.get("Content-Length") or 0)
            connection.request(self.command, self.path, self.rfile.read(length))
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            if proxy.loses(self.path):
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name in ("Content-Type", "Location"):
                if value := answer.getheader(name):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is said."""

        do_GET = do_PUT = do_DELETE = do_POST = forward

    return Handler


@pytest.mark.parametrize("operation", ["RENAME", "MKDIRS", "CREATE", "DELETE", "LISTSTATUS"])
def test_commits_whose_answers_are_lost_take_effect_once(
    webhdfs_url: str, operation: str, writer: Any, batch: Any
) -> None:
    address = webhdfs_url.partition("://")[2]
    folder = f"/test/{uuid4().hex}"
    losing = Losing(address, operation)
    with losing.running() as proxy:
        appender = writer(DataSet(open_store(f"webhdfs://{proxy}{folder}"), "co2"))
        for n in range(2):
            appender.add(batch(f"2022-04-{n + 1:02}", 24), n * 10)
            appender.commit(n * 10 + 10, {"0": n + 1}, {})
    assert losing.lost > 0
    data_set = DataSet(open_store(f"webhdfs://{address}{folder}"), "co2")
    found = data_set.live()
    assert [each.range and each.range[2:5] for each in found.manifests] == [
        (0, 10, 24),
        (10, 20, 24),
    ]
    assert found.rows == 48
    assert all(data_set.store.size(each.path) == each.bytes for each in found.files)
    data_set.store.delete("")


def test_a_namenode_that_is_away_is_told_as_that() -> None:
    store = HdfsStore("http://127.0.0.1:1", "/lake", patience=0.2)
    with pytest.raises(Unavailable, match=r"HDFS at http://127.0.0.1:1 does not answer"):
        store.list("co2")


def test_names_with_marks_are_the_same_names_in_hdfs(webhdfs_url: str) -> None:
    store = open_store(f"webhdfs://{webhdfs_url.partition('://')[2]}/test/{uuid4().hex}")
    path = "year=2022/month=04/amml.a.r1.b+0+0+10+f00d 1%2F.parquet"
    store.write(path, b"42")
    assert [each.name for each in store.list("year=2022/month=04")] == [path.rpartition("/")[2]]
    assert (store.read(path), store.read_part(path, 1, 1), store.size(path)) == (b"42", b"2", 2)
    assert store.rename(path, "year=2022/x")
    assert not store.rename(path, "year=2022/y")
    store.write(path, b"43")
    assert not store.rename(path, "year=2022/x"), "nothing is overwritten"
    assert store.read("year=2022/x") == b"42"
    store.delete("")
    assert store.list("") == []


def test_a_refusal_for_good_is_told_as_that(webhdfs_url: str) -> None:
    store = open_store(f"webhdfs://nobody@{webhdfs_url.partition('://')[2]}/not-mine")
    with pytest.raises(Refused, match=r"refuses: Permission denied: user=nobody"):
        store.write("x", b"42")
