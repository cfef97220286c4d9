"""Periodic work: what is to run when, and the runs, of which a schedule has one at a time.

PostgreSQL's clock is the only one: it says what is due, and when a lease is over.
"""

from datetime import datetime

from amml_model_manager.database import Row, Transaction, as_json
from amml_model_manager.errors import Conflict, NotFound
from amml_model_manager.store.audit import record

KEPT = 100  # runs of a schedule

# What decides when it is due; another command alone is no reason to count anew.
_RULE = ("every_ms", "cron", "tz", "start")
# A run whose scheduler died is lost when its lease ends, whether or not anybody wrote it down.
_OVER = "(state = 'running' AND leased < clock_timestamp())"
_RUN = f"""id, due, by, CASE WHEN {_OVER} THEN 'lost' ELSE state END AS state, started,
    CASE WHEN {_OVER} THEN leased ELSE ended END AS ended, exit_code, output"""
_SHOWN = "name, body, paused, anchor, last, asked, created, updated"


def now(transaction: Transaction) -> datetime:
    """What time it is."""
    row = transaction.row("SELECT clock_timestamp() AS now")
    assert row is not None
    return row["now"]


def put(transaction: Transaction, actor: str, name: str, body: Row) -> Row:
    """Add a schedule or change it; the same again changes nothing.

    One with another rule is counted from now: times that passed under the old one are settled.
    """
    found = _find(transaction, name, lock=True)
    if found is not None and found["body"] == body:
        return get(transaction, name)
    same_rule = found is not None and all(found["body"][key] == body[key] for key in _RULE)
    transaction.run(
        """INSERT INTO schedule (name, body, anchor, last)
           VALUES (%(name)s, %(body)s, coalesce(%(start)s, date_trunc('second', now())), now())
           ON CONFLICT (name) DO UPDATE SET body = EXCLUDED.body, updated = clock_timestamp(),
               anchor = CASE WHEN %(same)s THEN schedule.anchor ELSE EXCLUDED.anchor END,
               last = CASE WHEN %(same)s THEN schedule.last ELSE EXCLUDED.last END""",
        name=name,
        body=as_json(body),
        start=body["start"],
        same=same_rule,
    )
    record(transaction, actor, "schedule.put", f"schedule {name}", **body)
    return get(transaction, name)


def every(transaction: Transaction) -> list[Row]:
    """All schedules, by name, each with its newest run."""
    latest = {
        row.pop("schedule"): row
        for row in transaction.rows(
            f"SELECT DISTINCT ON (schedule) schedule, {_RUN} FROM schedule_run "
            "ORDER BY schedule, id DESC"
        )
    }
    rows = transaction.rows(f"SELECT {_SHOWN} FROM schedule ORDER BY name")
    return [_shown(row) | {"latest": latest.get(row["name"])} for row in rows]


def get(transaction: Transaction, name: str) -> Row:
    """One schedule with its runs, newest first.

    Errors: NotFound, with the names there are.
    """
    runs = transaction.rows(
        f"SELECT {_RUN} FROM schedule_run WHERE schedule = %(name)s ORDER BY id DESC", name=name
    )
    return _shown(_found(transaction, name)) | {"runs": runs}


def pause(transaction: Transaction, actor: str, name: str, paused: bool) -> None:
    """Hold a schedule, or let it go on; what passed meanwhile is settled. Errors: NotFound."""
    if _found(transaction, name, lock=True)["paused"] == paused:
        return
    transaction.run(
        """UPDATE schedule SET paused = %(paused)s, last = clock_timestamp()
           WHERE name = %(name)s""",
        name=name,
        paused=paused,
    )
    record(transaction, actor, "schedule.pause", f"schedule {name}", paused=paused)


def ask(transaction: Transaction, actor: str, name: str) -> datetime:
    """Want a run now, or after the one under way; the time it is due at. Errors: NotFound."""
    _found(transaction, name, lock=True)
    row = transaction.row(
        """UPDATE schedule SET asked = coalesce(asked, clock_timestamp())
           WHERE name = %(name)s RETURNING asked""",
        name=name,
    )
    assert row is not None
    record(transaction, actor, "schedule.ask", f"schedule {name}", due=row["asked"].isoformat())
    return row["asked"]


def delete(transaction: Transaction, actor: str, name: str) -> None:
    """Remove a schedule and its history.

    Errors: NotFound; Conflict while it runs.
    """
    _found(transaction, name, lock=True)
    if running := _running(transaction, name):
        text = f"schedule `{name}` is running since {running['started']:%Y-%m-%d %H:%M:%S}"
        raise Conflict("schedule_runs", text, "Pause it, and delete it when the run has ended.")
    transaction.run("DELETE FROM schedule WHERE name = %(name)s", name=name)
    record(transaction, actor, "schedule.delete", f"schedule {name}")


def claim(transaction: Transaction, name: str, by: str, due: datetime, lease: float) -> Row:
    """Take the run that is due; it is the caller's for `lease` seconds, and as long as it says so.

    Parameters:
        by: the scheduler.
        due: a time that has come and is not settled, or the one that was asked for.
    Errors: NotFound; Conflict when it is another's, is settled, or is not due yet.
    """
    _found(transaction, name, lock=True)
    transaction.run(
        f"""UPDATE schedule_run SET state = 'lost', ended = leased
            WHERE schedule = %(name)s AND {_OVER}""",
        name=name,
    )
    # The two unique indexes decide; the lock above only spares the loser an error.
    run = transaction.row(
        f"""INSERT INTO schedule_run (schedule, due, by, leased)
            SELECT name, %(due)s, %(by)s, clock_timestamp() + %(lease)s * interval '1 second'
            FROM schedule WHERE name = %(name)s AND %(due)s <= clock_timestamp()
                AND (asked = %(due)s OR (NOT paused AND last < %(due)s))
            ON CONFLICT DO NOTHING RETURNING {_RUN}""",
        name=name,
        due=due,
        by=by,
        lease=lease,
    )
    if run is None:
        text = f"schedule `{name}`: the run due at {due.isoformat()} is not to be had"
        raise Conflict("not_claimed", text)
    transaction.run(
        """UPDATE schedule SET last = CASE WHEN asked = %(due)s THEN last ELSE %(due)s END,
               asked = nullif(asked, %(due)s) WHERE name = %(name)s""",
        name=name,
        due=due,
    )
    _forget_old(transaction, name)
    return run


def renew(transaction: Transaction, name: str, run: int, by: str, lease: float) -> None:
    """Go on with a run for `lease` more seconds. Errors: Conflict, it is not the caller's."""
    renewed = transaction.run(
        """UPDATE schedule_run SET leased = clock_timestamp() + %(lease)s * interval '1 second'
           WHERE schedule = %(name)s AND id = %(run)s AND by = %(by)s AND state = 'running'""",
        name=name,
        run=run,
        by=by,
        lease=lease,
    )
    if not renewed:
        raise _not_yours(name, run)


def end(transaction: Transaction, name: str, run: int, by: str, how: Row) -> None:
    """Say how a run has ended; the same may be said again.

    Parameters:
        how: its `state`, `exit_code` and the end of its `output`.
    Errors: Conflict, it is not the caller's, or has ended otherwise.
    """
    ended = transaction.run(
        """UPDATE schedule_run SET state = %(state)s, exit_code = %(exit_code)s,
               output = %(output)s::text[], ended = coalesce(ended, clock_timestamp())
           WHERE schedule = %(name)s AND id = %(run)s AND by = %(by)s
               AND state IN ('running', %(state)s)""",
        **how,
        name=name,
        run=run,
        by=by,
    )
    if not ended:
        raise _not_yours(name, run)


def _not_yours(name: str, run: int) -> Conflict:
    return Conflict("not_yours", f"run {run} of schedule `{name}` is not yours, or has ended")


def _running(transaction: Transaction, name: str) -> Row | None:
    return transaction.row(
        f"""SELECT started FROM schedule_run
            WHERE schedule = %(name)s AND state = 'running' AND NOT {_OVER}""",
        name=name,
    )


def _forget_old(transaction: Transaction, name: str) -> None:
    transaction.run(
        """DELETE FROM schedule_run WHERE schedule = %(name)s AND id NOT IN (
               SELECT id FROM schedule_run WHERE schedule = %(name)s
               ORDER BY id DESC LIMIT %(kept)s)""",
        name=name,
        kept=KEPT,
    )


def _find(transaction: Transaction, name: str, lock: bool = False) -> Row | None:
    held = " FOR UPDATE" if lock else ""
    query = f"SELECT {_SHOWN} FROM schedule WHERE name = %(name)s{held}"
    return transaction.row(query, name=name)


def _found(transaction: Transaction, name: str, lock: bool = False) -> Row:
    found = _find(transaction, name, lock)
    if found is None:
        known = [row["name"] for row in transaction.rows("SELECT name FROM schedule ORDER BY name")]
        there = f"there are {', '.join(known[:20])}" if known else "there are none yet"
        text = f"schedule `{name}` does not exist; {there}"
        raise NotFound("no_schedule", text, f"Add it: amml schedule add {name} ...")
    return found


def _shown(row: Row) -> Row:
    """The body's keys beside the others; what is under way is found among the runs."""
    return {"name": row["name"]} | row["body"] | {k: v for k, v in row.items() if k != "body"}
