"""No row is lost when transactions commit out of order, on the real servers."""

from contextlib import closing
from urllib.parse import urlsplit

import psycopg2
import pytest

from amml_deploy.platform.home import Platform

from .java_tests import JavaTests
from .mariadb import MariaDb
from .own_postgres import OwnPostgres


def environment(database: str) -> dict[str, str]:
    """What tells a Java test where PostgreSQL is."""
    url = urlsplit(database)
    return {
        "AMML_TEST_POSTGRES": f"jdbc:postgresql://{url.hostname}:{url.port}{url.path}",
        "AMML_TEST_USER": url.username or "",
        "AMML_TEST_PASSWORD": url.password or "",
    }


@pytest.mark.platform
@pytest.mark.long
def test_postgresql_loses_no_row(java_tests: JavaTests, platform: Platform) -> None:
    failed = java_tests.run("--include-tag=postgres", environment=environment(platform.database))
    assert not failed, failed


@pytest.mark.long
def test_a_prepared_transaction_loses_no_row(
    java_tests: JavaTests, own_postgres: OwnPostgres
) -> None:
    where = environment(own_postgres.platform.database)
    failed = java_tests.run("--include-tag=prepared", environment=where)
    assert not failed, failed


def test_a_standby_cannot_promise_that_and_is_refused(
    java_tests: JavaTests, own_postgres: OwnPostgres
) -> None:
    with closing(psycopg2.connect(own_postgres.platform.database)) as connection, connection:
        connection.cursor().execute("CREATE TABLE air (at timestamptz NOT NULL)")
    own_postgres.become_standby()
    where = environment(own_postgres.platform.database)
    failed = java_tests.run("--include-tag=standby", environment=where)
    assert not failed, failed


@pytest.mark.long
def test_mariadb_loses_no_row(java_tests: JavaTests, mariadb: MariaDb) -> None:
    where = {
        "AMML_TEST_MARIADB": mariadb.jdbc,
        "AMML_TEST_USER": mariadb.user,
        "AMML_TEST_PASSWORD": mariadb.password,
    }
    failed = java_tests.run("--include-tag=mariadb", environment=where)
    assert not failed, failed
