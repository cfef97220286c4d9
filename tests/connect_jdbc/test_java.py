"""The JDBC source's own unit tests, which need no server."""

from .java_tests import JavaTests


def test_the_java_unit_tests_pass(java_tests: JavaTests) -> None:
    servers = ("postgres", "mariadb", "prepared", "standby")
    failed = java_tests.run(*(f"--exclude-tag={server}" for server in servers))
    assert not failed, failed
