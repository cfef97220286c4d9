"""Rows out of a database into pods, by the Connect worker of helm/amml."""

import base64
import json
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.kubernetes, pytest.mark.long]

Site = Any  # what the fixture of conftest.py gives, which tests do not import
TABLE = """CREATE TABLE hall (id serial PRIMARY KEY, co2 double precision);
    INSERT INTO hall (co2) VALUES (900), (1100), (1300)"""


def secret(site: Site, name: str, key: str) -> str:
    found = site.kubectl("get", "secret", name, "-o", f"jsonpath={{.data.{key}}}")
    return base64.b64decode(found).decode()


def upgrade(site: Site, *settings: str) -> None:
    words = [word for each in settings for word in ("--set", each)]
    site.helm("upgrade", "amml", "helm/amml", "--reuse-values", *words, "--wait", "--timeout", "4m")


@pytest.fixture
def worker(site: Site) -> Generator[None]:
    """A worker that knows the secret `hall`; afterwards the platform is as it was."""
    password = secret(site, "amml-postgres", "password")
    site.kubectl("create", "secret", "generic", "passwords", f"--from-literal=hall={password}")
    upgrade(site, "connect.development.enabled=true", "connect.secret=passwords")
    yield
    upgrade(site, "connect.development.enabled=false", "connect.secret=")
    site.kubectl("delete", "secret", "passwords")


def sql(site: Site, statement: str) -> None:
    login = secret(site, "amml-postgres", "url")
    psql = ("psql", login, "--quiet", "-c", statement)
    site.kubectl("exec", "statefulset/amml-postgres", "--", *psql)


def test_rows_of_a_table_come_to_a_workflow_in_pods(
    site: Site, worker: None, tmp_path: Path
) -> None:
    sql(site, TABLE)
    config = {
        "connector.class": "amml.connect.jdbc.JdbcSourceConnector",
        "connection.url": "jdbc:postgresql://amml-postgres/amml",
        "connection.user": "amml",
        "connection.password": "${secret:hall}",
        "mode": "incrementing",
        "incrementing.column.name": "id",
        "table.whitelist": "hall",
        "topic.prefix": "pods.",
        "poll.interval.ms": "500",
    }
    file = tmp_path / "hall.json"
    file.write_text(json.dumps({"name": "hall", "config": config}), encoding="utf-8")
    added = site.amml("connect", "add", str(file))
    assert added.code == 0, added.err
    plain = {**config, "connection.password": secret(site, "amml-postgres", "password")}
    file.write_text(json.dumps({"name": "other", "config": plain}), encoding="utf-8")
    refused = site.amml("connect", "add", str(file))
    assert refused.code == 2 and "has no folder of secrets" in refused.err
    assert site.amml("source", "add", "hall", "--connect", "hall").code == 0
    text = 'source id="hall" | filter cond = co2 > 1000 | print'
    options = ("--target", "kubernetes", "--set", "source.from=start", "--wait")
    deployed = site.amml("deploy", "hall", text, *options)
    assert deployed.code == 0, deployed.err
    sql(site, "INSERT INTO hall (co2) VALUES (1), (5000)")
    try:
        end = time.monotonic() + 60
        while (count := site.amml("logs", "hall.print").out.count('"co2":')) < 3:
            assert time.monotonic() < end, f"{count} of 3 rows have come"
            time.sleep(1)
    finally:
        site.amml("undeploy", "hall", "--yes")
        site.amml("connect", "delete", "hall", "--yes")
