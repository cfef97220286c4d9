"""Content-addressed files in a real HDFS."""

import hashlib
import http.client
import os
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from amml_model_manager.hdfs import FileStore

CONTENT = os.urandom(3_000_001)  # more than one chunk
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def test_a_file_comes_back_as_it_was_sent(api: requests.Session) -> None:
    assert api.head(f"/files/{SHA256}").status_code == 404
    for _ in range(2):  # the same again is fine
        answer = api.put(f"/files/{SHA256}", data=CONTENT)
        assert (answer.status_code, answer.json()) == (200, {"sha256": SHA256, "bytes": 3_000_001})
    head = api.head(f"/files/{SHA256}")
    assert (head.headers["content-length"], head.headers["x-amml-sha256"]) == ("3000001", SHA256)
    assert api.get(f"/files/{SHA256}").content == CONTENT


def test_a_chunked_body_of_unknown_length_is_taken(api: requests.Session) -> None:
    chunks = (CONTENT[at : at + 70_000] for at in range(0, len(CONTENT), 70_000))
    assert api.put(f"/files/{SHA256}", data=chunks).status_code == 200
    assert api.get(f"/files/{SHA256}").content == CONTENT


def test_an_empty_file_is_a_file(api: requests.Session) -> None:
    empty = hashlib.sha256(b"").hexdigest()
    assert api.put(f"/files/{empty}", data=b"").status_code == 200
    assert api.get(f"/files/{empty}").content == b""


def test_other_bytes_than_the_name_says_are_refused(
    api: requests.Session, files: FileStore
) -> None:
    answer = api.put(f"/files/{SHA256}", data=b"something else")
    assert answer.status_code == 422
    assert SHA256 in answer.json()["error"]["message"]
    assert api.head(f"/files/{SHA256}").status_code == 404
    assert files.list(files.paths.staging()) == []


def test_wrong_bytes_are_refused_also_where_the_file_is(api: requests.Session) -> None:
    api.put(f"/files/{SHA256}", data=CONTENT)
    assert api.put(f"/files/{SHA256}", data=b"something else").status_code == 422
    assert api.get(f"/files/{SHA256}").content == CONTENT


@pytest.mark.parametrize(
    ("header", "part", "named"),
    [
        ("bytes=0-0", slice(0, 1), "bytes 0-0/3000001"),
        ("bytes=1048575-1048577", slice(1048575, 1048578), "bytes 1048575-1048577/3000001"),
        ("bytes=-5", slice(-5, None), "bytes 2999996-3000000/3000001"),
        ("bytes=2999999-9999999999", slice(-2, None), "bytes 2999999-3000000/3000001"),
    ],
)
def test_a_range_gives_that_part(
    api: requests.Session, header: str, part: slice, named: str
) -> None:
    api.put(f"/files/{SHA256}", data=CONTENT)
    answer = api.get(f"/files/{SHA256}", headers={"Range": header})
    assert (answer.status_code, answer.headers["content-range"]) == (206, named)
    assert answer.content == CONTENT[part]


def test_a_range_outside_is_refused_and_an_odd_one_ignored(api: requests.Session) -> None:
    api.put(f"/files/{SHA256}", data=CONTENT)
    outside = api.get(f"/files/{SHA256}", headers={"Range": "bytes=3000001-"})
    assert outside.status_code == 416
    for header in ("bytes=0-1,5-6", "rows=0-1", "bytes=5-1", "bytes=-"):
        assert api.get(f"/files/{SHA256}", headers={"Range": header}).status_code == 200


def test_two_senders_of_one_file_both_succeed(api: requests.Session) -> None:
    def send(_: int) -> int:
        headers = dict(api.headers)
        url = api.head(f"/files/{SHA256}").url
        return requests.put(url, data=CONTENT, headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(4))) == {200}
    assert api.get(f"/files/{SHA256}").content == CONTENT


def test_a_sender_that_goes_away_leaves_nothing_visible(
    api: requests.Session, files: FileStore
) -> None:
    place = urlsplit(api.get("/health").url)
    connection = http.client.HTTPConnection(place.netloc)
    connection.putrequest("PUT", f"/files/{SHA256}")
    connection.putheader("Authorization", str(api.headers["Authorization"]))
    connection.putheader("Content-Length", str(len(CONTENT)))
    connection.endheaders(CONTENT[:1_500_000])
    connection.close()
    assert api.put(f"/files/{SHA256}", data=b"").status_code == 422  # a round trip later
    assert files.size(files.paths.file(SHA256)) is None
