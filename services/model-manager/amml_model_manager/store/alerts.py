"""Alerts, each under its id once, however often it is sent; what people did about them."""

from collections.abc import Iterable
from datetime import datetime

from amml_model_manager.database import Row, Transaction, as_json
from amml_model_manager.errors import Conflict, NotFound
from amml_model_manager.store.audit import record

SHORTEST = 6  # letters of an id that may stand for it
_COLUMNS = "workflow, id, step, key, state, severity, time, value, message, src"
_SHOWN = f"{_COLUMNS}, received, acknowledged, acknowledged_by, silenced_until, silenced_by"
_ALERTS = f"""SELECT {_SHOWN} FROM alert LEFT JOIN LATERAL (
        SELECT until AS silenced_until, actor AS silenced_by FROM alert_silence
        WHERE workflow = alert.workflow AND step = alert.step
            AND key IS NOT DISTINCT FROM alert.key AND until > clock_timestamp()
    ) silence ON true"""
# The order in which an alert goes through its states; it never goes back.
_RANK = "coalesce(array_position(ARRAY['pending', 'firing', 'resolved'], {}), 0)"
# An alert and the earlier ones of its key that are still open: what is said of it, holds for them.
_UP_TO = """workflow = %(workflow)s AND step = %(step)s AND key IS NOT DISTINCT FROM %(key)s
    AND (id = %(id)s OR (state <> 'resolved' AND time <= %(time)s))"""


def put(transaction: Transaction, alerts: Iterable[Row]) -> int:
    """Keep alerts; how many said something new.

    Under a known id a later state does, or a later `time` in the same state: so neither a replay
    nor a message that was late takes anything back.
    """
    # In one order everywhere, so that two senders of the same alerts cannot block each other.
    ordered = sorted(alerts, key=lambda alert: (alert["workflow"], alert["id"], alert["time"]))
    return sum(_put_one(transaction, alert) for alert in ordered)


def newest(
    transaction: Transaction, workflow: str | None, state: str | None, open: bool, limit: int
) -> list[Row]:
    """The latest alerts, newest first: of one workflow, in one state, or not resolved."""
    return transaction.rows(
        f"""{_ALERTS}
            WHERE (%(workflow)s IS NULL OR workflow = %(workflow)s)
              AND (%(state)s IS NULL OR state = %(state)s)
              AND (NOT %(open)s OR state <> 'resolved')
            ORDER BY time DESC, received DESC, id LIMIT %(limit)s""",
        workflow=workflow,
        state=state,
        open=open,
        limit=limit,
    )


def get(transaction: Transaction, id: str, workflow: str | None) -> Row:
    """One alert with its history, the oldest first.

    Parameters:
        id: the whole of it, or its first letters where no other alert begins with them.
    Errors: NotFound; Conflict, several alerts are meant.
    """
    alert = _find(transaction, id, workflow)
    history = transaction.rows(
        """SELECT at, what, actor, detail FROM alert_change
           WHERE workflow = %(workflow)s AND id = %(id)s ORDER BY number""",
        workflow=alert["workflow"],
        id=alert["id"],
    )
    return alert | {"history": history}


def acknowledge(transaction: Transaction, actor: str, id: str, workflow: str | None) -> None:
    """Somebody has seen an alert, and so the earlier open ones of its key. Errors: as `get`."""
    alert = _find(transaction, id, workflow)
    transaction.run(
        f"""WITH seen AS (
                UPDATE alert SET acknowledged = clock_timestamp(), acknowledged_by = %(actor)s
                WHERE {_UP_TO} AND acknowledged IS NULL RETURNING workflow, id)
            INSERT INTO alert_change (workflow, id, what, actor)
            SELECT workflow, id, 'acknowledged', %(actor)s FROM seen""",
        **_place(alert),
        actor=actor,
    )
    record(transaction, actor, "alert.acknowledge", _thing(alert))


def resolve(transaction: Transaction, actor: str, id: str, workflow: str | None) -> None:
    """An alert is over, and so the earlier open ones of its key. Errors: as `get`."""
    alert = _find(transaction, id, workflow)
    transaction.run(
        f"""WITH over AS (
                UPDATE alert SET state = 'resolved'
                WHERE {_UP_TO} AND state <> 'resolved' RETURNING workflow, id)
            INSERT INTO alert_change (workflow, id, what, actor)
            SELECT workflow, id, 'resolved', %(actor)s FROM over""",
        **_place(alert),
        actor=actor,
    )
    record(transaction, actor, "alert.resolve", _thing(alert))


def silence(
    transaction: Transaction, actor: str, id: str, workflow: str | None, until: datetime
) -> None:
    """Nobody is told of the alerts of this one's key before `until`. Errors: as `get`."""
    alert = _find(transaction, id, workflow)
    transaction.run(
        """INSERT INTO alert_silence (workflow, step, key, until, actor)
           VALUES (%(workflow)s, %(step)s, %(key)s, %(until)s, %(actor)s)
           ON CONFLICT (workflow, step, (key IS NULL), coalesce(key, ''))
           DO UPDATE SET until = EXCLUDED.until, actor = EXCLUDED.actor""",
        **_place(alert),
        until=until,
        actor=actor,
    )
    told = {"until": until.isoformat()}
    transaction.run(
        """INSERT INTO alert_change (workflow, id, what, actor, detail)
           VALUES (%(workflow)s, %(id)s, 'silenced', %(actor)s, %(detail)s)""",
        **_place(alert),
        actor=actor,
        detail=as_json(told),
    )
    record(transaction, actor, "alert.silence", _thing(alert), **told)


def _put_one(transaction: Transaction, alert: Row) -> int:
    rank = _RANK.format
    kept = transaction.rows(
        f"""WITH before AS (
                SELECT state FROM alert WHERE workflow = %(workflow)s AND id = %(id)s),
            kept AS (
                INSERT INTO alert ({_COLUMNS})
                VALUES (%(workflow)s, %(id)s, %(step)s, %(key)s, %(state)s, %(severity)s,
                        %(time)s, %(value)s, %(message)s, %(src)s)
                ON CONFLICT (workflow, id) DO UPDATE SET step = EXCLUDED.step, key = EXCLUDED.key,
                    state = EXCLUDED.state, severity = EXCLUDED.severity, time = EXCLUDED.time,
                    value = EXCLUDED.value, message = EXCLUDED.message, src = EXCLUDED.src
                WHERE ({rank("EXCLUDED.state")}, EXCLUDED.time) > ({rank("alert.state")},
                    CASE WHEN EXCLUDED.state = alert.state THEN alert.time ELSE '-infinity' END)
                RETURNING workflow, id, state, time),
            noted AS (
                INSERT INTO alert_change (workflow, id, what, detail)
                SELECT workflow, id, state, jsonb_build_object('time', time) FROM kept
                WHERE state IS DISTINCT FROM (SELECT state FROM before))
            SELECT id FROM kept""",
        **alert | {"value": as_json(alert["value"]), "src": as_json(alert["src"])},
    )
    return len(kept)


def _find(transaction: Transaction, id: str, workflow: str | None) -> Row:
    begins = "starts_with(id, %(id)s)" if len(id) >= SHORTEST else "false"
    found = transaction.rows(
        f"""{_ALERTS} WHERE (id = %(id)s OR {begins})
                AND (%(workflow)s IS NULL OR workflow = %(workflow)s)
            ORDER BY id <> %(id)s, time DESC LIMIT 10""",
        id=id,
        workflow=workflow,
    )
    exact = [each for each in found if each["id"] == id] or found
    if not exact:
        raise NotFound("no_alert", f"there is no alert `{id[:80]}`", "`amml alerts` shows them.")
    if len(exact) > 1:
        names = ", ".join(f"{each['id']} of {each['workflow']}" for each in exact)
        raise Conflict("several_alerts", f"`{id[:80]}` may be one of {names}", "Give more of it.")
    return exact[0]


def _place(alert: Row) -> Row:
    return {name: alert[name] for name in ("workflow", "id", "step", "key", "time")}


def _thing(alert: Row) -> str:
    return f"alert {alert['workflow']}/{alert['id']}"
