"""The source catalogue."""

import hashlib
from collections.abc import Callable

import requests

TOPIC = {"kind": "topic", "topic": "co2.raw"}


def test_a_file_source_names_an_uploaded_file(api: requests.Session) -> None:
    content = b"date,OT\n2016-07-01 00:00:00,30.5\n"
    sha256 = hashlib.sha256(content).hexdigest()
    body = {"kind": "file", "sha256": sha256, "rows": 1, "schema": [["OT", "float64"]]}
    early = api.put("/sources/ett", json=body)
    assert early.status_code == 422
    assert early.json()["error"]["code"] == "no_file"
    api.put(f"/files/{sha256}", data=content)
    answer = api.put("/sources/ett", json=body)
    assert answer.status_code == 200
    assert {key: answer.json()[key] for key in body} == body


def test_a_revision_changes_with_the_content_only(api: requests.Session) -> None:
    first = api.put("/sources/co2", json=TOPIC | {"a": 1, "b": 2}).json()
    again = api.put("/sources/co2", json={"b": 2, "a": 1} | TOPIC).json()
    assert again == first
    assert api.put("/sources/co2", json=first).json() == first  # what we answered, sent back
    other = api.put("/sources/co2", json=TOPIC | {"a": 1, "b": 3}).json()
    assert other["revision"] != first["revision"]
    assert other["created"] == first["created"] < other["updated"]


def test_an_unknown_source_is_answered_with_those_there_are(api: requests.Session) -> None:
    api.put("/sources/co2", json=TOPIC)
    answer = api.get("/sources/c02")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "source `c02` does not exist; there are co2"


def test_sources_are_listed_and_deleted(api: requests.Session) -> None:
    for name in ("b", "a"):
        api.put(f"/sources/{name}", json=TOPIC)
    assert [source["name"] for source in api.get("/sources").json()] == ["a", "b"]
    assert api.delete("/sources/a").status_code == 200
    assert api.delete("/sources/a").status_code == 404
    assert [source["name"] for source in api.get("/sources").json()] == ["b"]


def test_a_source_that_a_running_workflow_reads_stays(
    api: requests.Session, deploy: Callable[..., requests.Response]
) -> None:
    api.put("/sources/ett", json=TOPIC)
    deploy("hot", sources=["ett"])
    refused = api.delete("/sources/ett")
    assert refused.status_code == 409
    assert "hot" in refused.json()["error"]["message"]
    api.patch("/workflows/hot", json={"desired": "stopped"})
    assert api.delete("/sources/ett").status_code == 200


def test_what_is_no_source_is_refused(api: requests.Session) -> None:
    for body in ({}, {"kind": "ftp"}, {"kind": "file"}, {"kind": "file", "sha256": "../x"}, [1]):
        assert api.put("/sources/x", json=body).status_code == 422
    large = TOPIC | {"note": "x" * 70_000}
    assert api.put("/sources/x", json=large).status_code == 413


def test_what_cannot_be_stored_is_refused_with_a_reason(api: requests.Session) -> None:
    deep: list[object] = []
    for _ in range(50):
        deep = [deep]
    for value in ("a\0b", "\ud800", deep):
        answer = api.put("/sources/x", json=TOPIC | {"note": value})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
    headers = {"Content-Type": "application/json"}
    nan = api.put("/sources/x", data='{"kind": "topic", "n": NaN}', headers=headers)
    assert nan.status_code == 422


def test_numbers_keep_their_spelling(api: requests.Session) -> None:
    api.put("/sources/x", json=TOPIC | {"large": 1.5e300, "whole": 2.0, "small": 5e-324})
    found = api.get("/sources/x").text
    assert '"large":1.5e+300' in found or '"large":1.5e300' in found
    assert '"whole":2.0' in found
    assert '"small":5e-324' in found
