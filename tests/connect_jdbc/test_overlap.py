"""No row is lost when transactions commit out of order, on the real servers."""

from urllib.parse import urlsplit

import pytest

from amml_deploy.platform.home import Platform

from .java_tests import JavaTests
from .mariadb import MariaDb


@pytest.mark.platform
def test_postgresql_loses_no_row(java_tests: JavaTests, platform: Platform) -> None:
    url = urlsplit(platform.database)
    environment = {
        "AMML_TEST_POSTGRES": f"jdbc:postgresql://{url.hostname}:{url.port}{url.path}",
        "AMML_TEST_USER": url.username or "",
        "AMML_TEST_PASSWORD": url.password or "",
    }
    failed = java_tests.run("--include-tag=postgres", environment=environment)
    assert not failed, failed


def test_mariadb_loses_no_row(java_tests: JavaTests, mariadb: MariaDb) -> None:
    environment = {
        "AMML_TEST_MARIADB": mariadb.jdbc,
        "AMML_TEST_USER": mariadb.user,
        "AMML_TEST_PASSWORD": mariadb.password,
    }
    failed = java_tests.run("--include-tag=mariadb", environment=environment)
    assert not failed, failed
