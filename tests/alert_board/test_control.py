"""What the control API's answers mean: an alert is left out for what is in it, and nothing else."""

from typing import Any

import pytest

from amml_alert_board.control import Control, ControlDown, ControlRefuses

Server = Any


@pytest.mark.parametrize("status", [301, 401, 403, 404, 408, 429, 500])
def test_alerts_wait_for_what_somebody_can_put_right(hook: Server, status: int) -> None:
    hook.refuse = [status]
    with pytest.raises(ControlDown):
        Control(hook.url, "token").store([{"id": "a"}])


@pytest.mark.parametrize("status", [400, 413, 422])
def test_an_alert_that_will_never_be_taken_is_refused(hook: Server, status: int) -> None:
    hook.refuse = [status]
    with pytest.raises(ControlRefuses):
        Control(hook.url, "token").store([{"id": "a"}])


def test_what_cannot_be_sent_is_refused_and_not_tried_for_ever(hook: Server) -> None:
    with pytest.raises(ControlRefuses, match="it cannot be sent"):
        Control(hook.url, "token").store([{"value": float("nan")}])
    assert hook.asked == 0


def test_another_server_in_the_place_of_the_control_api_is_no_control_api(hook: Server) -> None:
    with pytest.raises(ControlDown, match="no control API"):
        Control(hook.url, "token").store([{"id": "a"}])


def test_a_user_of_any_name_can_do_something(hook: Server) -> None:
    hook.refuse = [422]
    with pytest.raises(ControlRefuses):
        Control(hook.url, "token")._sent("POST", "/x", "김\n")  # pyright: ignore[reportPrivateUsage]
    assert hook.asked == 1
