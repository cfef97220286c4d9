"""Alerts, each under its id once, however often it is sent."""

from collections.abc import Iterable

from amml_model_manager.database import Row, Transaction, as_json

_COLUMNS = "workflow, id, step, key, state, severity, time, value, message, src"


def put(transaction: Transaction, alerts: Iterable[Row]) -> int:
    """Keep alerts; how many said something new.

    A later `time` under a known id updates it, so that a replay never takes a state back.
    """
    # In one order everywhere, so that two senders of the same alerts cannot block each other.
    ordered = sorted(alerts, key=lambda alert: (alert["workflow"], alert["id"], alert["time"]))
    return sum(_put_one(transaction, alert) for alert in ordered)


def newest(
    transaction: Transaction, workflow: str | None, state: str | None, limit: int
) -> list[Row]:
    """The latest alerts, newest first, of one workflow or in one state if that is asked."""
    return transaction.rows(
        f"""SELECT {_COLUMNS}, received FROM alert
            WHERE (%(workflow)s IS NULL OR workflow = %(workflow)s)
              AND (%(state)s IS NULL OR state = %(state)s)
            ORDER BY time DESC, received DESC, id LIMIT %(limit)s""",
        workflow=workflow,
        state=state,
        limit=limit,
    )


def _put_one(transaction: Transaction, alert: Row) -> int:
    return transaction.run(
        f"""INSERT INTO alert ({_COLUMNS})
            VALUES (%(workflow)s, %(id)s, %(step)s, %(key)s, %(state)s, %(severity)s, %(time)s,
                    %(value)s, %(message)s, %(src)s)
            ON CONFLICT (workflow, id) DO UPDATE SET step = EXCLUDED.step, key = EXCLUDED.key,
                state = EXCLUDED.state, severity = EXCLUDED.severity, time = EXCLUDED.time,
                value = EXCLUDED.value, message = EXCLUDED.message, src = EXCLUDED.src
            WHERE alert.time < EXCLUDED.time""",
        **alert | {"value": as_json(alert["value"]), "src": as_json(alert["src"])},
    )
