"""The documents of data sets, and what people say of them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

CO2: dict[str, Any] = {"name": "co2", "lake": "file:///lake", "totals": {"rows": 3}, "folders": {}}


def put(api: requests.Session, revision: str | None, **changes: Any) -> requests.Response:
    return api.put("/datasets/co2", json={"document": CO2 | changes, "revision": revision})


def test_a_document_is_changed_by_who_has_seen_the_last_one(api: requests.Session) -> None:
    first = put(api, None).json()
    assert first["document"] == CO2
    stale = put(api, None, lake="file:///other")
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "stale_document")
    second = put(api, first["revision"], lake="file:///other").json()
    assert second["revision"] != first["revision"]
    assert put(api, "anything", lake="file:///other").json() == second  # that is what it is
    assert api.get("/datasets/co2").json() == second


def test_of_several_who_are_first_one_is(api: requests.Session) -> None:
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(put, api, None, totals={"rows": n}) for n in range(6)]
    answers = [each.result() for each in asked]
    assert sorted(each.status_code for each in answers) == [200, *[409] * 5]


def test_numbers_come_back_as_they_are_written_in_documents(api: requests.Session) -> None:
    odd = {"time": -(1 << 62), "whole": 10**22, "small": 5e-324, "half": 2.5, "none": None}
    assert put(api, None, totals=odd).json()["document"]["totals"] == odd


def test_what_people_say_stays_when_the_document_changes(api: requests.Session) -> None:
    assert api.patch("/datasets/co2", json={"text": "x"}).status_code == 404
    first = put(api, None).json()
    api.patch("/datasets/co2", json={"text": "Hall 3", "units": {"co2": "ppm", "t": "K"}})
    put(api, first["revision"], totals={"rows": 4})
    said = api.patch("/datasets/co2", json={"units": {"t": None}}).json()
    assert said["about"] == {"text": "Hall 3", "units": {"co2": "ppm"}}
    assert said["document"]["totals"] == {"rows": 4}


def test_data_sets_are_listed_without_what_grows(api: requests.Session) -> None:
    put(api, None, history=[1], cursor={"a": 1})
    [row] = api.get("/datasets").json()
    assert row["document"] == {key: CO2[key] for key in ("name", "lake", "totals")}
    assert api.delete("/datasets/co2").status_code == 200
    assert api.get("/datasets").json() == []


def test_the_audit_has_what_people_do_and_not_each_commit(api: requests.Session) -> None:
    revision = None
    for rows in range(3):
        revision = put(api, revision, totals={"rows": rows}).json()["revision"]
    api.patch("/datasets/co2", json={"text": "Hall 3"})
    api.delete("/datasets/co2")
    noted = [each["action"] for each in api.get("/audit").json()]
    assert noted == ["dataset.delete", "dataset.describe", "dataset.put"]


def test_what_is_no_document_is_refused(api: requests.Session) -> None:
    assert api.put("/datasets/Co2", json={"document": {}}).status_code == 422
    assert api.put("/datasets/co2", json={"document": []}).status_code == 422
    assert put(api, None, note="x" * 3_000_000).status_code == 413
    assert put(api, None, note="a\0b").status_code == 422
