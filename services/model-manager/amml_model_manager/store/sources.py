"""The source catalogue."""

from typing import Any

from amml_model_manager.database import Row, Transaction, as_json
from amml_model_manager.documents import revision
from amml_model_manager.errors import Conflict, NotFound
from amml_model_manager.store.audit import record

_ADDED = ("name", "revision", "created", "updated")


def put(transaction: Transaction, actor: str, name: str, document: dict[str, Any]) -> Row:
    """Add a source or change it; the same again changes nothing."""
    body = {key: value for key, value in document.items() if key not in _ADDED}
    changed = transaction.run(
        """INSERT INTO source (name, body, revision) VALUES (%(name)s, %(body)s, %(revision)s)
           ON CONFLICT (name) DO UPDATE
           SET body = EXCLUDED.body, revision = EXCLUDED.revision, updated = clock_timestamp()
           WHERE source.revision <> EXCLUDED.revision""",
        name=name,
        body=as_json(body),
        revision=revision(body),
    )
    if changed:
        record(transaction, actor, "source.put", f"source {name}", revision=revision(body))
    return get(transaction, name)


def get(transaction: Transaction, name: str) -> Row:
    """One source.

    Errors: NotFound, with the names there are.
    """
    row = transaction.row("SELECT * FROM source WHERE name = %(name)s", name=name)
    if row is None:
        known = [row["name"] for row in transaction.rows("SELECT name FROM source ORDER BY name")]
        there = f"there are {', '.join(known[:20])}" if known else "there are none yet"
        text = f"source `{name}` does not exist; {there}"
        raise NotFound("no_source", text, f"Add it: amml source add {name} ...")
    return _shown(row)


def every(transaction: Transaction) -> list[Row]:
    """All sources, by name."""
    return [_shown(row) for row in transaction.rows("SELECT * FROM source ORDER BY name")]


def delete(transaction: Transaction, actor: str, name: str) -> None:
    """Remove a source.

    Errors: NotFound; Conflict while a running workflow reads it.
    """
    # The lock meets the one of a deploy, so that no workflow starts with it in between.
    transaction.row("SELECT 1 FROM source WHERE name = %(name)s FOR UPDATE", name=name)
    get(transaction, name)
    users = transaction.rows(
        """SELECT w.name FROM workflow w JOIN workflow_version v USING (name, version)
           WHERE w.desired = 'running' AND %(name)s = ANY (v.sources) ORDER BY w.name""",
        name=name,
    )
    if users:
        names = ", ".join(row["name"] for row in users)
        text = f"source `{name}` is read by running workflows: {names}"
        raise Conflict("source_in_use", text, "Undeploy or stop them first.")
    transaction.run("DELETE FROM source WHERE name = %(name)s", name=name)
    record(transaction, actor, "source.delete", f"source {name}")


def _shown(row: Row) -> Row:
    return row["body"] | {key: row[key] for key in _ADDED}
