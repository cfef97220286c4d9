import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from amml_deploy.control import Control, ControlDown, ControlError, bootstrap_of, connect
from amml_deploy.errors import UserError

TOKEN = "t" * 40


class Api(BaseHTTPRequestHandler):
    """Answers as the control API does: a path names the status, and what was sent comes back."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        page = self.path == "/html"
        status = 200 if page else int(self.path.partition("?")[0].strip("/") or 200)
        sent = {"path": self.path, "body": body, "headers": dict(self.headers)}
        error = {"error": {"code": "no_such", "message": "no such thing", "help": "look again"}}
        text = "<html>" if page or status == 502 else json.dumps(sent if status == 200 else error)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_PUT = do_PATCH = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Quietly."""


@pytest.fixture
def api() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Api) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_every_request_carries_the_token_and_who_asks(api: str) -> None:
    with Control(api, TOKEN, actor="ada") as control:
        headers = control.get("/200")["headers"]
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["X-Amml-Actor"] == "ada"


def test_a_mapping_is_sent_as_json_and_bytes_as_they_are(api: str) -> None:
    with Control(api, TOKEN) as control:
        assert json.loads(control.put("/200", {"a": 1})["body"]) == {"a": 1}
        assert control.put("/200", b"raw")["body"] == "raw"


@pytest.mark.parametrize(
    ("status", "exit_code"), [(404, 2), (422, 2), (409, 1), (401, 1), (503, 1)]
)
def test_a_refusal_has_message_help_and_exit_code(api: str, status: int, exit_code: int) -> None:
    with Control(api, TOKEN) as control, pytest.raises(ControlError) as error:
        control.get(f"/{status}")
    assert str(error.value) == "no such thing\nlook again"
    assert (error.value.status, error.value.code) == (status, "no_such")
    assert error.value.exit_code == exit_code


def test_an_answer_of_another_form_is_still_one_sentence(api: str) -> None:
    with Control(api, TOKEN) as control, pytest.raises(ControlError, match="answered 502"):
        control.get("/502")


def test_what_is_not_there_is_found_to_be_none(api: str) -> None:
    with Control(api, TOKEN) as control:
        assert control.find("/404") is None
        with pytest.raises(ControlError):
            control.find("/503")


def test_a_silent_address_asks_whether_the_platform_is_up() -> None:
    with (
        Control("http://127.0.0.1:1", TOKEN) as control,
        pytest.raises(ControlDown, match=r"127.0.0.1:1 does not answer: .*`amml up`"),
    ):
        control.get("/workflows")


def test_the_platforms_folder_says_where_the_api_is(tmp_path: Path, api: str) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    document = {"control": api, "token_file": str(tmp_path / "token")}
    (tmp_path / "platform.json").write_text(json.dumps(document))
    with connect(tmp_path, {}) as control:
        assert control.get("/200")["headers"]["Authorization"] == f"Bearer {TOKEN}"


def test_the_environment_goes_before_the_folder(tmp_path: Path, api: str) -> None:
    (tmp_path / "mine").write_text(TOKEN)
    named = {"AMML_CONTROL": api, "AMML_TOKEN_FILE": str(tmp_path / "mine")}
    with connect(tmp_path, named) as control:
        assert control.get("/200")["path"] == "/200"


def test_without_a_platform_the_message_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ControlDown, match=str(tmp_path)):
        connect(tmp_path, {})


@pytest.mark.parametrize("content", [b"{", b"{}", b"[]", b"7", b"\xff\xfe", b""])
def test_a_damaged_platform_file_is_one_message(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "platform.json").write_bytes(content)
    with pytest.raises(ControlDown, match=r"platform.json is damaged"):
        connect(tmp_path, {})
    with pytest.raises(ControlDown, match=r"platform.json is damaged"):
        bootstrap_of(tmp_path, {})


@pytest.mark.parametrize("token", [b"", b"\n", b"\xff\xfe", b"one\ntwo", b"a\x01b", b"a b"])
def test_a_file_without_a_token_is_one_message(tmp_path: Path, token: bytes) -> None:
    (tmp_path / "token").write_bytes(token)
    named = {"AMML_CONTROL": "http://127.0.0.1:1", "AMML_TOKEN_FILE": str(tmp_path / "token")}
    with pytest.raises(ControlDown, match="holds no token"):
        connect(tmp_path, named)


@pytest.mark.parametrize("url", ["nonsense", "http://", "http://127.0.0.1:99999", "ftp://x"])
def test_what_is_no_address_is_the_users_mistake(url: str) -> None:
    with Control(url, TOKEN) as control, pytest.raises(UserError, match="is no address"):
        control.get("/workflows")


def test_another_server_at_the_address_is_one_message(api: str) -> None:
    with Control(api, TOKEN) as control, pytest.raises(ControlDown, match="is no control API"):
        control.get("/html")
