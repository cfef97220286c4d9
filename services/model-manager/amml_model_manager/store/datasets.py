"""The documents of the lake's data sets, and what people say of them."""

from typing import Any

from amml_model_manager.database import Row, Transaction, as_json
from amml_model_manager.documents import revision
from amml_model_manager.errors import Conflict, NotFound
from amml_model_manager.store.audit import record

_SHOWN = "name, document, revision, about, created, updated"
# Of a list, only what does not grow with the data set.
_SHORT = "document - 'folders' - 'history' - 'cursor' AS document"


def put(
    transaction: Transaction, actor: str, name: str, document: dict[str, Any], seen: str | None
) -> Row:
    """Keep a document; the same again changes nothing.

    Not noted in the audit but when it is new: it follows from the lake, with every commit.

    Parameters:
        seen: the revision that it goes on from; None: there was none.
    Errors: Conflict, there is another by now.
    """
    found = _find(transaction, name, lock=True)
    new = revision(document)
    if found is not None and found["revision"] == new:
        return found
    if (found["revision"] if found else None) != seen or not _written(
        transaction, name, document, new, seen
    ):
        text = f"data set `{name}`: its document has changed since you saw it"
        raise Conflict("stale_document", text, "Read it again, and go on from there.")
    if found is None:
        record(transaction, actor, "dataset.put", f"dataset {name}", lake=document.get("lake"))
    return get(transaction, name)


def describe(transaction: Transaction, actor: str, name: str, change: dict[str, Any]) -> Row:
    """Change what people say of a data set: a text, and units by column; None takes one away.

    Errors: NotFound.
    """
    about = get(transaction, name, lock=True)["about"]
    units = about.get("units", {}) | change.get("units", {})
    changed = about | change | {"units": {name: unit for name, unit in units.items() if unit}}
    if changed == about:
        return get(transaction, name)
    transaction.run(
        "UPDATE dataset SET about = %(about)s WHERE name = %(name)s",
        name=name,
        about=as_json(changed),
    )
    record(transaction, actor, "dataset.describe", f"dataset {name}", **change)
    return get(transaction, name)


def get(transaction: Transaction, name: str, lock: bool = False) -> Row:
    """One data set.

    Errors: NotFound, with the names there are.
    """
    found = _find(transaction, name, lock)
    if found is None:
        known = [row["name"] for row in transaction.rows("SELECT name FROM dataset ORDER BY name")]
        there = f"there are {', '.join(known[:20])}" if known else "there are none yet"
        text = f"data set `{name}` is not known; {there}"
        raise NotFound("no_dataset", text, "What the lake has is found by: amml datasets sync")
    return found


def every(transaction: Transaction) -> list[Row]:
    """All data sets by name, without what grows with them."""
    query = f"SELECT {_SHOWN} FROM dataset ORDER BY name"
    return transaction.rows(query.replace("document", _SHORT, 1))


def delete(transaction: Transaction, actor: str, name: str) -> None:
    """Forget a data set's document and what was said of it; the lake keeps its rows.

    Errors: NotFound.
    """
    get(transaction, name)
    transaction.run("DELETE FROM dataset WHERE name = %(name)s", name=name)
    record(transaction, actor, "dataset.delete", f"dataset {name}")


def _written(
    transaction: Transaction, name: str, document: dict[str, Any], new: str, seen: str | None
) -> bool:
    """Whether ours was the first: no row is locked before there is one."""
    return bool(
        transaction.run(
            """INSERT INTO dataset (name, document, revision)
               VALUES (%(name)s, %(document)s, %(new)s)
               ON CONFLICT (name) DO UPDATE SET document = EXCLUDED.document,
                   revision = EXCLUDED.revision, updated = clock_timestamp()
               WHERE dataset.revision = %(seen)s""",
            name=name,
            document=as_json(document),
            new=new,
            seen=seen,
        )
    )


def _find(transaction: Transaction, name: str, lock: bool = False) -> Row | None:
    held = " FOR UPDATE" if lock else ""
    query = f"SELECT {_SHOWN} FROM dataset WHERE name = %(name)s{held}"
    return transaction.row(query, name=name)
