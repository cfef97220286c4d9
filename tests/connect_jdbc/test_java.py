"""The JDBC source's own unit tests, which need no server."""

from .java_tests import JavaTests


def test_the_java_unit_tests_pass(java_tests: JavaTests) -> None:
    failed = java_tests.run("--exclude-tag=postgres", "--exclude-tag=mariadb")
    assert not failed, failed
