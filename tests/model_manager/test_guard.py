"""The outermost layer: token, host, size, names."""

import base64
import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests

from amml_model_manager.app import create_app
from amml_model_manager.guard import JSON_LIMIT
from amml_model_manager.settings import Settings

SETTINGS = Settings("postgresql://nowhere", "http://nowhere", "x" * 32)
ROUTES: list[tuple[str, str]] = [
    (method.upper(), path)
    for path, methods in create_app(SETTINGS).openapi()["paths"].items()
    for method in methods
]


def raw(api: requests.Session, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
    """A request whose path nobody tidies up."""
    connection = http.client.HTTPConnection(urlsplit(api.get("/health").url).netloc)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def bearer(api: requests.Session) -> str:
    return str(api.headers["Authorization"])


def test_there_are_routes_to_guard() -> None:
    assert len(ROUTES) > 30


def test_no_route_answers_without_the_token(api: requests.Session) -> None:
    for method, path in [*ROUTES, ("GET", "/docs"), ("GET", "/openapi.json"), ("GET", "/no")]:
        place = path.format(
            sha256="0" * 64,
            name="a",
            model="a",
            version="1",
            run="a.r1.a",
            alias="a",
            file="a.onnx",
            epoch="1",
            reference="1",
            thing="a",
            plan="20260101T000000Z-0123456789ab",
            id="a",
        )
        expected = 200 if path == "/health" else 401
        for wrong in ("", "Bearer", "Bearer wrong", f"Basic {bearer(api)[7:]}", bearer(api)[:-1]):
            answer = raw(api, method, place, Authorization=wrong)
            assert answer.status == expected, (method, path, wrong)


def test_health_reveals_nothing(api: requests.Session) -> None:
    del api.headers["Authorization"]
    assert api.get("/health").json() == {"status": "ok"}


def test_a_host_that_is_not_ours_is_refused(api: requests.Session) -> None:
    """A page of a stranger may rebind its own name to 127.0.0.1."""
    for host in ("evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example"):
        for path in ("/health", "/sources"):
            assert raw(api, "GET", path, Authorization=bearer(api), Host=host).status == 400
    for host in ("localhost:8800", "127.0.0.1", "[::1]:8800"):
        assert raw(api, "GET", "/health", Host=host).status == 200


def test_a_page_takes_the_token_as_a_password(api: requests.Session) -> None:
    basic = "Basic " + base64.b64encode(b"me:" + bearer(api)[7:].encode()).decode()
    assert raw(api, "GET", "/docs", Authorization=basic).status == 200
    assert raw(api, "GET", "/openapi.json", Authorization=basic).status == 200
    assert raw(api, "GET", "/sources", Authorization=basic).status == 401  # a browser would add it
    asked = raw(api, "GET", "/docs")
    assert asked.headers["www-authenticate"] == 'Basic realm="AMML"'
    for broken in ("Basic", "Basic %%%", "Basic " + base64.b64encode(b"x").decode()):
        assert raw(api, "GET", "/docs", Authorization=broken).status == 401


def test_the_docs_name_every_route(api: requests.Session) -> None:
    page = api.get("/docs")
    assert "<script" not in page.text
    for method, path in ROUTES:
        assert f"<h3>{method} {path}</h3>" in page.text


def test_a_body_beyond_the_limit_is_refused(api: requests.Session) -> None:
    large = b"x" * (JSON_LIMIT + 1)
    headers = {"Content-Type": "application/json"}
    told = api.put("/sources/a", data=large, headers=headers)
    found = api.put("/sources/a", data=iter([large]), headers=headers)  # chunked: no length told
    for answer in (told, found):
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_sender_of_a_large_file_sees_why_it_is_refused(api: requests.Session) -> None:
    del api.headers["Authorization"]
    assert api.put(f"/files/{'0' * 64}", data=b"x" * 20_000_000).status_code == 401


NAMES = ["..", ".", "a/../b", "a\\b", "..\\b", "a\0", "\0", "a\n", "\u0661", "A", "%2e%2e", "x'--"]


@pytest.mark.parametrize("name", NAMES)
def test_no_odd_name_gets_through(api: requests.Session, name: str) -> None:
    once = quote(name, safe="")
    for spelled in {
        once,
        once.replace(".", "%2e"),
        quote(once, safe=""),
        "".join(f"%{byte:02x}" for byte in name.encode()),
    }:
        for path in (
            f"/sources/{spelled}",
            f"/workflows/{spelled}",
            f"/models/{spelled}",
            f"/models/a/versions/{spelled}",
            f"/models/a/resolve/{spelled}",
            f"/models/a/versions/1/runs/{spelled}",
            f"/models/a/versions/1/runs/a.r1.a/artefacts/{spelled}",
            f"/files/{spelled}",
        ):
            answer = raw(api, "GET", path, Authorization=bearer(api))
            assert answer.status in (404, 422), path
            if "/" not in name:
                assert answer.status == 422, path


def test_errors_have_one_shape(api: requests.Session) -> None:
    answers: list[tuple[int, requests.Response]] = [
        (404, api.get("/no/such/route")),
        (405, api.post("/sources")),
        (422, api.put("/sources/a", data=b"{", headers={"Content-Type": "application/json"})),
        (422, api.put("/models/a/versions/1", json={})),
        (422, api.get("/audit?limit=no")),
        (404, api.get("/sources/a")),
    ]
    for status, answer in answers:
        assert answer.status_code == status, answer.text
        error: dict[str, Any] = answer.json()["error"]
        assert error.keys() >= {"code", "message", "help"}
        assert error["message"]


def test_deep_json_is_an_answer_not_a_crash(api: requests.Session) -> None:
    headers = {"Content-Type": "application/json"}
    for body in ("[" * 100_000, '{"kind":' * 10_000, json.dumps("x" * 100_000)):
        assert api.put("/sources/a", data=body, headers=headers).status_code in (400, 422)
    assert api.get("/health").status_code == 200
