"""No answer of Connect shows a secret."""

from urllib.parse import quote_plus

import pytest

from amml_model_manager.connect.masking import HIDDEN, mask, masking, names_a_password
from amml_model_manager.errors import Refused

CANARY = "c4n4ry p@ss/1"


@pytest.mark.parametrize(
    "text",
    [
        f"FATAL: no login with {CANARY}\n\tat a.B",
        f"url jdbc:x?p={quote_plus(CANARY)}",
        f"'{CANARY}'{CANARY}",
    ],
)
def test_a_known_value_is_hidden_however_it_is_spelled(text: str) -> None:
    masked = mask([CANARY])({"trace": [text]})["trace"][0]
    assert "c4n4ry" not in masked and HIDDEN in masked


def test_each_line_of_a_secret_of_several_is_hidden() -> None:
    assert mask(["-----KEY\nc4n4ryc4n4ry"])("read c4n4ryc4n4ry") == f"read {HIDDEN}"


def test_a_longer_secret_is_hidden_whole() -> None:
    assert mask(["c4n4ry", "c4n4ry-long"])("a c4n4ry-long b") == f"a {HIDDEN} b"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("jdbc:x://u:pw@h/d", "jdbc:x://u:[hidden]@h/d"),
        ("jdbc:x://h/d?password=pw&a=b", "jdbc:x://h/d?password=[hidden]&a=b"),
        ("mongodb://u:${secret:m}@h", "mongodb://u:${secret:m}@h"),
        ("connection.password: must be set", "connection.password: must be set"),
        ("http://h:8083/connectors", "http://h:8083/connectors"),
    ],
)
def test_passwords_nobody_knows_are_hidden_where_they_usually_stand(text: str, masked: str) -> None:
    assert mask([])(text) == masked


def test_short_secrets_do_not_hide_everything_else() -> None:
    assert mask(["1", ""])("10 of 1 tasks") == "10 of 1 tasks"


@pytest.mark.parametrize("key", ["password", "ssl.key.password", "db_pwd", "api.key", "auth.token"])
def test_usual_names_of_secrets_are_known(key: str) -> None:
    assert names_a_password(key)


@pytest.mark.parametrize("key", ["message.key.columns", "tokens.max", "primary.key", "passwords"])
def test_other_names_are_not(key: str) -> None:
    assert not names_a_password(key)


def test_an_error_leaves_masked_and_without_its_cause() -> None:
    with pytest.raises(Refused) as caught, masking(mask([CANARY])):
        raise Refused("wrong", f"no {CANARY}", f"not {CANARY}", problems=[f"a: {CANARY}"])
    assert CANARY not in str(caught.value.body()) + str(caught.value)
    assert caught.value.__suppress_context__
