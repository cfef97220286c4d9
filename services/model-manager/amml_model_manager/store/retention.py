"""How long data sets and topics are kept, and every deletion: said before, and again after it."""

from typing import Any

from amml_model_manager.database import Row, Transaction, as_json
from amml_model_manager.errors import Conflict, NotFound
from amml_model_manager.store.audit import record

KEPT = 20  # deletions that a rule is shown with

_RULE = "thing, body, updated"
_NOTHING: Row = {"max_age_ms": None, "max_bytes": None, "hold": None}


def change(transaction: Transaction, actor: str, thing: str, more: Row) -> Row:
    """Change parts of the rule of a thing, which has one from then on."""
    found = _find(transaction, thing, lock=True)
    body = (found["body"] if found else _NOTHING) | more
    if found is None or body != found["body"]:
        transaction.run(
            """INSERT INTO retention_rule (thing, body) VALUES (%(thing)s, %(body)s)
               ON CONFLICT (thing) DO UPDATE
               SET body = EXCLUDED.body, updated = clock_timestamp()""",
            thing=thing,
            body=as_json(body),
        )
        record(transaction, actor, "retention.set", thing, **body)
    return get(transaction, thing)


def every(transaction: Transaction) -> list[Row]:
    """All rules, by what they are for."""
    rows = transaction.rows(f"SELECT {_RULE} FROM retention_rule ORDER BY thing")
    return [_shown(row) for row in rows]


def get(transaction: Transaction, thing: str) -> Row:
    """The rule of a thing, with its newest deletions; one that has only begun comes first.

    Errors: NotFound, with those there are.
    """
    deletions = transaction.rows(
        """SELECT plan, state, actor, detail, begun, ended FROM deletion WHERE thing = %(thing)s
           ORDER BY state = 'begun' DESC, begun DESC LIMIT %(kept)s""",
        thing=thing,
        kept=KEPT,
    )
    return _shown(_found(transaction, thing)) | {"deletions": deletions}


def delete(transaction: Transaction, actor: str, thing: str) -> None:
    """Remove a rule: the thing is kept for ever.

    Errors: NotFound; Conflict under a hold.
    """
    found = _found(transaction, thing, lock=True)
    if hold := found["body"]["hold"]:
        text = f"`{thing}` is held: {hold}"
        raise Conflict("held", text, f"amml retention set {thing} --release")
    transaction.run("DELETE FROM retention_rule WHERE thing = %(thing)s", thing=thing)
    record(transaction, actor, "retention.unset", thing)


def say(
    transaction: Transaction, actor: str, thing: str, plan: str, state: str, detail: Row
) -> Row:
    """Note how far a deletion is; the same may be said again.

    Parameters:
        detail: what goes, by which rule, which it must still have when it begins.
    Errors: NotFound without a rule; Conflict, a hold or another rule has come meanwhile, or it is
        over.
    """
    found = _found(transaction, thing, lock=True)
    told = {"thing": thing, "plan": plan, "state": state}
    before = transaction.row(
        "SELECT state FROM deletion WHERE thing = %(thing)s AND plan = %(plan)s",
        thing=thing,
        plan=plan,
    )
    if before is not None and before["state"] == state:
        return told
    if state == "begun":
        _may_begin(found, detail, before)
    elif before is None or before["state"] != "begun":
        text = f"deletion {plan} of `{thing}` has not begun, or is over"
        raise Conflict("deletion_not_begun", text)
    _write(transaction, actor, thing, plan, state, detail)
    record(transaction, actor, f"retention.{state}", thing, plan=plan, **detail)
    return told


def _may_begin(rule: Row, detail: Row, before: Row | None) -> None:
    thing, body = rule["thing"], rule["body"]
    if before is not None and before["state"] == "done":
        raise Conflict("deletion_is_over", f"that deletion of `{thing}` is done")
    if body["hold"] and not detail.get("forced"):
        raise Conflict("held", f"`{thing}` is held: {body['hold']}")
    if detail.get("rule") != body:
        text = f"the rule of `{thing}` has changed since the deletion was planned"
        raise Conflict("rule_changed", text, "Nothing was deleted. Plan it again.")


def _write(
    transaction: Transaction, actor: str, thing: str, plan: str, state: str, detail: Row
) -> None:
    transaction.run(
        """INSERT INTO deletion (thing, plan, state, actor, detail)
           VALUES (%(thing)s, %(plan)s, %(state)s, %(actor)s, %(detail)s)
           ON CONFLICT (thing, plan) DO UPDATE
           SET state = EXCLUDED.state, detail = EXCLUDED.detail,
               ended = CASE WHEN EXCLUDED.state <> 'begun' THEN clock_timestamp() END""",
        thing=thing,
        plan=plan,
        state=state,
        actor=actor,
        detail=as_json(detail),
    )


def _find(transaction: Transaction, thing: str, lock: bool = False) -> Row | None:
    held = " FOR UPDATE" if lock else ""
    query = f"SELECT {_RULE} FROM retention_rule WHERE thing = %(thing)s{held}"
    return transaction.row(query, thing=thing)


def _found(transaction: Transaction, thing: str, lock: bool = False) -> Row:
    found = _find(transaction, thing, lock)
    if found is None:
        query = "SELECT thing FROM retention_rule ORDER BY thing"
        known = [row["thing"] for row in transaction.rows(query)]
        there = f"there are rules for {', '.join(known[:20])}" if known else "there are no rules"
        text = f"`{thing}` has no rule: it is kept for ever; {there}"
        raise NotFound("no_rule", text, f"Set one: amml retention set {thing} --max-age 90d")
    return found


def _shown(row: Row) -> dict[str, Any]:
    return {"thing": row["thing"], **row["body"], "updated": row["updated"]}
