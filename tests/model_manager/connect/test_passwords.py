"""Passwords leave a configuration, wherever they stand in it."""

import re

import pytest

from amml_model_manager.connect.classes import DEBEZIUM, MONGO, OURS
from amml_model_manager.connect.passwords import moved, parted, plain, referred, secret_name
from amml_model_manager.names import check

CANARY = "c4n4ry/p@ss"


def jdbc(url: str, **more: str) -> dict[str, str]:
    return {"connector.class": OURS, "connection.url": url, **more}


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("jdbc:postgresql://u:c4n4ry@db:5432/x", "jdbc:postgresql://db:5432/x"),
        ("jdbc:postgresql://db/x?user=u&password=c4n4ry", "jdbc:postgresql://db/x"),
        ("jdbc:postgresql://db/x?ssl=true&password=c4n4ry", "jdbc:postgresql://db/x?ssl=true"),
        ("jdbc:mariadb://db/x?password=c4n4ry&ssl=true", "jdbc:mariadb://db/x?ssl=true"),
        ("jdbc:mariadb://db/x?pwd=c4n4ry&user=u&a=b", "jdbc:mariadb://db/x?a=b"),
    ],
)
def test_a_jdbc_address_keeps_no_password(url: str, address: str) -> None:
    config, notes = parted(jdbc(url))
    assert config["connection.url"] == address
    assert config["connection.password"] == "c4n4ry"
    assert config.get("connection.user", "u") == "u"
    assert "c4n4ry" not in "".join(notes)


@pytest.mark.parametrize("url", ["jdbc:postgresql://db:5432/x?user=u", "jdbc:sqlite:/srv/a@b.db"])
def test_an_address_without_one_stays_as_it_is(url: str) -> None:
    assert parted(jdbc(url)) == (jdbc(url), [])


def test_a_reference_in_an_address_is_parted_too() -> None:
    """An address is logged with its secrets in place."""
    config, _ = parted(jdbc("jdbc:postgresql://db/x?password=${secret:hall}"))
    assert config["connection.password"] == "${secret:hall}"


def test_escapes_of_an_address_are_undone() -> None:
    config, _ = parted(jdbc("jdbc:postgresql://db/x?password=c4n4ry%2Fp%40ss"))
    assert config["connection.password"] == CANARY


def test_passwords_become_secrets_by_name_and_by_the_plugins_word() -> None:
    given = {"database.password": CANARY, "odd": CANARY, "mode": "bulk", "include.token": "false"}
    found = moved("hall", given, ["odd"])
    assert found.config == {
        "database.password": "${secret:hall-database-password}",
        "odd": "${secret:hall-odd}",
        "mode": "bulk",
        "include.token": "false",
    }
    assert found.secrets == {"hall-database-password": CANARY, "hall-odd": CANARY}
    assert CANARY not in "".join(found.notes) + repr(found)


def test_only_the_password_of_another_address_becomes_one() -> None:
    given = {"connector.class": MONGO, "connection.uri": "mongodb://u:c4n4ry@h1,h2/d?w=1"}
    found = moved("m", given, [])
    assert found.config["connection.uri"] == "mongodb://u:${secret:m-connection-uri}@h1,h2/d?w=1"
    assert found.secrets == {"m-connection-uri": "c4n4ry"}


def test_a_short_password_is_replaced_in_its_place_only() -> None:
    found = moved("m", {"connection.uri": "mongodb://d:d@d/d"}, [])
    assert found.config["connection.uri"] == "mongodb://d:${secret:m-connection-uri}@d/d"


def test_references_stay_as_they_are() -> None:
    given = {"connector.class": DEBEZIUM, "database.password": "${secret:hall}"}
    assert moved("hall", given, ["database.password"]).config == given
    assert referred(given) == {"database.password": ["hall"]}


def test_what_is_given_in_plain_is_found_for_masking() -> None:
    given = jdbc("jdbc:x://u:c4n4ry@h", **{"a.password": CANARY})
    assert sorted(plain(given)) == sorted(["c4n4ry", CANARY])


@pytest.mark.parametrize("connector", ["hall", "Hall", "hall.a", "h" * 100, "A"])
def test_the_name_of_a_secret_is_a_proper_one(connector: str) -> None:
    assert check("secret", secret_name(connector, "connection.password"))


def test_two_connectors_never_share_a_secret() -> None:
    connectors = ["hall", "Hall", "hall.a", "hall-a", "h" * 99, "h" * 100]
    names = {secret_name(each, "connection.password") for each in connectors}
    assert len(names) == len(connectors)
    assert all(re.match("h", name) for name in names)
