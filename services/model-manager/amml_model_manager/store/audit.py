"""Who did what: the table only grows."""

from typing import Any

from amml_model_manager.database import Row, Transaction, as_json


def record(transaction: Transaction, actor: str, action: str, thing: str, **detail: Any) -> None:
    """Note a change, in the transaction that makes it.

    Parameters:
        actor: who asked for it.
        action: what was done, as `source.put`.
        thing: to what, as `source ett`.
        detail: what else is worth knowing later; never a secret.
    """
    transaction.run(
        """INSERT INTO audit (actor, action, object, detail)
           VALUES (%(actor)s, %(action)s, %(thing)s, %(detail)s)""",
        actor=actor,
        action=action,
        thing=thing,
        detail=as_json(detail),
    )


def newest(transaction: Transaction, limit: int) -> list[Row]:
    """The last changes, newest first."""
    return transaction.rows(
        "SELECT id, at, actor, action, object, detail FROM audit ORDER BY id DESC LIMIT %(limit)s",
        limit=limit,
    )
