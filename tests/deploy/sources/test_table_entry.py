"""A PostgreSQL table as the source catalogue knows it, and all that can be wrong with one."""

from collections.abc import Generator
from typing import Any

import psycopg2
import pytest

from amml_deploy.errors import AmmlError, UserError
from amml_deploy.sources.table_entry import table_entry

pytestmark = pytest.mark.platform

SCHEMA = "table_entry"
TABLES = f"""
    CREATE SCHEMA {SCHEMA};
    CREATE TABLE {SCHEMA}.co2 (id bigserial PRIMARY KEY, at timestamptz UNIQUE NOT NULL,
        ppm numeric, ok boolean, note jsonb, tags text[], day date, code text UNIQUE NOT NULL);
    CREATE TABLE {SCHEMA}.loose (n integer, at timestamp);
    CREATE VIEW {SCHEMA}.shown AS SELECT id, at FROM {SCHEMA}.co2"""


@pytest.fixture(scope="module")
def url(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The database, by a reference to its password."""
    connection = psycopg2.connect(database_url)
    connection.autocommit = True
    connection.cursor().execute(TABLES)
    secrets = tmp_path_factory.mktemp("secrets")
    scheme, rest = database_url.split("://")
    login, host = rest.split("@")
    user, password = login.split(":")
    (secrets / "here").write_text(password, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMML_SECRETS", str(secrets))
        yield f"{scheme}://{user}:${{secret:here}}@{host}"
    connection.cursor().execute(f"DROP SCHEMA {SCHEMA} CASCADE")
    connection.close()


def entry_of(url: str, table: str, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "by": None,
        "time": None,
        "tz": "UTC",
        "key": [],
        "every_ms": 1000,
        **more,
    }
    return table_entry(url, f"{SCHEMA}.{table}", **given)


def test_a_table_is_read_by_its_primary_key_and_keeps_its_password_to_itself(url: str) -> None:
    entry = entry_of(url, "co2", time="at", key=["code"], tz="Asia/Seoul")
    assert entry == {
        "kind": "table",
        "url": url,
        "schema": SCHEMA,
        "table": "co2",
        "by": "id",
        "every_ms": 1000,
        "time": "at",
        "tz": "Asia/Seoul",
        "key": ["code"],
        "columns": [
            {"name": "id", "type": "int"},
            {"name": "at", "type": "timestamp"},
            {"name": "ppm", "type": "float"},
            {"name": "ok", "type": "bool"},
            {"name": "note", "type": "string"},
            {"name": "tags", "type": "string"},
            {"name": "day", "type": "timestamp"},
            {"name": "code", "type": "string"},
        ],
    }


def test_another_unique_column_that_grows_may_be_chosen(url: str) -> None:
    assert entry_of(url, "co2", by="at")["by"] == "at"
    assert entry_of(url, "shown", by="id")["by"] == "id"


@pytest.mark.parametrize(
    ("table", "more", "said"),
    [
        ("co", {}, "there is no table `table_entry.co`"),
        ('"a', {}, 'there is no table `table_entry."a`'),
        ("co2", {"time": "att"}, "--time: no column `att`; did you mean `at`"),
        ("co2", {"by": "idd"}, "--by: no column `idd`; did you mean `id`"),
        ("co2", {"key": ["cod"]}, "--key: no column `cod`; did you mean `code`"),
        ("co2", {"by": "ppm"}, "--by: `ppm` may have a value twice"),
        ("co2", {"by": "code"}, "--by: `code` may have a value twice"),
        ("loose", {}, "--by is missing: `table_entry.loose` has no column"),
        ("loose", {"by": "n"}, "--by: `n` may have a value twice"),
        ("shown", {}, "--by is missing"),
    ],
)
def test_what_cannot_be_read_is_refused(
    url: str, table: str, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError) as caught:
        entry_of(url, table, **more)
    assert said in str(caught.value)


def test_a_secret_that_is_not_there_is_named(url: str) -> None:
    with pytest.raises(UserError, match="there is no secret `other`: amml secret set other"):
        entry_of(url.replace("secret:here", "secret:other"), "co2")


def test_a_database_that_does_not_answer_is_told_without_its_password(url: str) -> None:
    with pytest.raises(AmmlError, match="the database cannot be asked") as caught:
        entry_of("postgresql://amml:${secret:here}@127.0.0.1:1/x", "co2")
    assert "amml:" not in str(caught.value)
