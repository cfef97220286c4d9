"""The board on the real servers: every alert is kept once and told once, whatever dies."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from amml_deploy.platform.home import Platform
from amml_deploy.platform.platform import up

pytestmark = pytest.mark.platform

Board = Any  # what the fixtures of conftest.py give, which tests do not import
Hook = Any


def told(hook: Hook, board: Board) -> list[str]:
    """The notices, by the ids of this test."""
    return [each["idempotency"].removeprefix(f"{board.prefix}-") for each in hook.taken]


def tell(board: Board, hook: Hook, period: str = "10m") -> None:
    """Say that the hook is to be told."""
    text = f"period: {period}\ndestinations: [{{webhook: '{hook.url}'}}]\n"
    (board.folder / "alerts.yaml").write_text(text, encoding="utf-8")


def is_back_at_the_start(board: Board) -> bool:
    """Forget how far the board has carried, as an operator would, once Kafka knows it is gone."""
    group = f"{board.prefix}.alert-board-carrier"
    places = [TopicPartition(f"{board.prefix}.alerts", p, 0) for p in range(2)]
    admin = AdminClient({"bootstrap.servers": board.platform.kafka})
    [done] = admin.alter_consumer_group_offsets(
        [ConsumerGroupTopicPartitions(group, places)]
    ).values()
    try:
        return not any(each.error for each in done.result(30).topic_partitions or [])
    except KafkaException:
        return False


@pytest.mark.long
def test_an_alert_is_kept_once_and_told_to_its_end_though_the_board_is_killed(
    board: Board, hook: Hook
) -> None:
    tell(board, hook)
    board.start()
    board.raised(board.alert("never"), commit=False)
    board.raised({"workflow": board.prefix, "key": "no id"}, board.alert("a"))
    board.until(lambda: told(hook, board) == ["a/firing"])
    board.kill()  # whatever it had written down by now
    board.raised(board.alert("a", "resolved"))
    board.start()
    board.until(lambda: told(hook, board)[-1:] == ["a/resolved"])
    assert told(hook, board) in (["a/firing"] * n + ["a/resolved"] for n in (1, 2))
    assert board.kept() == {"a": "resolved"}
    history = board.control("GET", f"/alerts/{board.prefix}-a")["history"]
    assert [each["what"] for each in history] == ["firing", "resolved"]


@pytest.mark.long
def test_a_topic_that_is_read_again_from_its_start_changes_nothing_and_tells_nobody(
    board: Board, hook: Hook
) -> None:
    tell(board, hook)
    board.start()
    for number in range(5):
        board.raised(*(board.alert(f"{key}{number}", key=key) for key in "xyz"))
        board.until(lambda: {"x0/firing", "y0/firing", "z0/firing"} <= set(told(hook, board)))
    board.raised(board.alert("x0", "resolved", key="x"))
    board.until(lambda: len(board.kept()) == 15)
    board.until(lambda: "x0/resolved" in told(hook, board))
    before = told(hook, board)
    assert board.stop() == 0
    board.until(lambda: is_back_at_the_start(board))
    board.raised(board.alert("last", key="last"))
    board.start()
    board.until(lambda: "last/firing" in told(hook, board))
    assert told(hook, board) == [*before, "last/firing"]
    assert board.kept().pop("x0") == "resolved" and len(board.kept()) == 16
    history = board.control("GET", f"/alerts/{board.prefix}-x0")["history"]
    assert [each["what"] for each in history] == ["firing", "resolved"]


@pytest.mark.long
def test_nothing_is_lost_however_often_the_board_is_killed(board: Board, hook: Hook) -> None:
    tell(board, hook, "1s")
    ids: set[str] = set()
    for life in range(6):
        board.start()
        for number in range(10):
            id = f"{life}-{number}"
            board.raised(board.alert(id, key=id))
            ids.add(id)
        time.sleep(life * 0.7)  # so that it dies at different places of its start and its work
        board.kill()
    board.start()
    board.until(lambda: set(board.kept()) == ids)
    board.until(lambda: {f"{id}/firing" for id in ids} <= set(told(hook, board)))
    repeats = len(hook.taken) - len(ids)
    assert repeats <= 6, "at most the one that was being told when it died"


@pytest.mark.long
def test_while_the_control_api_is_away_alerts_wait_and_none_is_lost(
    board: Board, hook: Hook
) -> None:
    tell(board, hook)
    board.start()
    manager = int((board.platform.home.path / "run" / "model-manager.pid").read_text().split()[0])
    os.kill(manager, signal.SIGSTOP)
    try:
        board.raised(*(board.alert(f"a{n}", key=f"k{n}") for n in range(20)))
        log = board.folder / "log"
        board.until(lambda: "nothing is lost" in log.read_text(encoding="utf-8"))
    finally:
        os.kill(manager, signal.SIGCONT)
    board.until(lambda: len(board.kept()) == 20 and len(hook.taken) == 20)


@pytest.mark.long
def test_a_kafka_that_goes_away_and_comes_back_is_waited_for(
    own_platform: Platform, tmp_path: Path, board_of: Any, hook: Hook
) -> None:
    board = board_of(own_platform, tmp_path)
    tell(board, hook)
    for while_starting in (False, True):
        if while_starting:
            board.kill()
        board.start()
        if not while_starting:
            board.raised(board.alert("before", key="before"))
            board.until(lambda: "before/firing" in told(hook, board))
        kafka = own_platform.home.pid_file("kafka")
        os.kill(int(kafka.read_text(encoding="utf-8").split()[0]), signal.SIGKILL)
        time.sleep(10)
        up(own_platform.home.path, lambda _part, _state: None)
        id = f"after-{while_starting}"
        board.raised(board.alert(id, key=id))
        board.until(lambda id=id: f"{id}/firing" in told(hook, board))
    assert set(board.kept()) == {"before", "after-False", "after-True"}


def test_nobody_sees_or_does_anything_without_the_token_or_from_another_page(board: Board) -> None:
    board.start()
    ours = board.control("POST", "/alerts", json=stripped(board.alert("a<script>")))
    assert ours["changed"] == 1
    form = {"workflow": board.prefix, "id": f"{board.prefix}-a<script>", "do": "acknowledge"}
    for method, path in (("GET", "/"), ("GET", "/api/alerts"), ("POST", "/alert"), ("GET", "/x")):
        for given in (None, ("ada", "wrong"), ("ada", "")):
            answer = requests.request(method, board.url + path, auth=given, timeout=30)
            assert answer.status_code == 401, (method, path)
    right = ("ada", board.platform.token)
    other = {"origin": "https://elsewhere.example.org"}
    for headers in ({}, other):
        refused = requests.post(f"{board.url}/alert", form, auth=right, headers=headers, timeout=30)
        assert refused.status_code == 403
    wrong_host = {"host": "rebound.example.org"}
    assert requests.get(f"{board.url}/health", headers=wrong_host, timeout=30).status_code == 400

    page = requests.get(board.url, auth=right, timeout=30)
    assert "too &lt;b&gt;hot&lt;/b&gt;" in page.text and "a<script>" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    own = {"origin": board.url}
    done = requests.post(f"{board.url}/alert", form, auth=right, headers=own, timeout=30)
    assert done.ok and done.url == f"{board.url}/" and "by ada" in done.text
    query = {"workflow": board.prefix, "id": form["id"]}
    assert "acknowledged" in board.ask("GET", "/alert", params=query).text
    changed = board.ask("PATCH", "/api/alert", params=query, json={"resolved": True})
    assert changed.json()["state"] == "resolved"
    missing = board.ask("PATCH", "/api/alert", params=query | {"id": "none"}, json={})
    assert missing.status_code == 400


def stripped(alert: dict[str, Any]) -> dict[str, Any]:
    """As the control API takes it: without the row."""
    return {name: value for name, value in alert.items() if name != "row"}
