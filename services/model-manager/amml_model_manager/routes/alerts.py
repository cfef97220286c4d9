"""Alerts."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from amml_model_manager.context import Actor, Body, Db, WorkflowName
from amml_model_manager.documents import storable
from amml_model_manager.store import alerts

router = APIRouter(prefix="/alerts", tags=["alerts"])
# Records decide what is in an alert: what cannot be stored is escaped, never refused.
Word = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(storable)]
Message = Annotated[str, Field(max_length=10_000), BeforeValidator(storable)]
Anything = Annotated[Any, BeforeValidator(storable)]


def _in_utc(time: datetime) -> datetime:
    """As it is read back: the years 0 and 10000 of UTC can be stored, and not read any more."""
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError("expected a time within the years 1 to 9999 of UTC") from None


Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Alert(BaseModel):
    """Something a workflow wants somebody to know; `id` makes it one, however often it is sent."""

    model_config = ConfigDict(extra="forbid")
    workflow: WorkflowName
    step: Word
    key: Message | None = None
    id: Word
    state: Literal["pending", "firing", "resolved"]
    severity: Word
    time: Time
    value: Anything = None
    message: Message = ""
    src: Anything = None


class Change(BaseModel):
    """What somebody does about an alert."""

    model_config = ConfigDict(extra="forbid")
    acknowledged: Literal[True] | None = None
    resolved: Literal[True] | None = None
    silenced_until: Time | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> "Change":
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError("expected one of acknowledged, resolved and silenced_until")
        return self


@router.post("")
def post_alerts(body: Alert | Annotated[list[Alert], Field(max_length=1000)], db: Db) -> Body:
    """Keep one alert or up to 1,000; nothing takes a known id back to an earlier state or time."""
    given = body if isinstance(body, list) else [body]
    with db.transaction() as transaction:
        new = alerts.put(transaction, [alert.model_dump() for alert in given])
    return {"received": len(given), "changed": new}


@router.get("")
def get_alerts(
    db: Db,
    workflow: WorkflowName | None = None,
    state: str | None = None,
    open: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[Body]:
    """The latest alerts, newest first; `open` are those that are not resolved."""
    with db.transaction() as transaction:
        return alerts.newest(transaction, workflow, storable(state), open, limit)


# The id comes from records, too: it may hold a slash.
@router.get("/{id:path}")
def get_alert(id: str, db: Db, workflow: WorkflowName | None = None) -> Body:
    """One alert with its history; the first letters of its id are enough where they are its own."""
    with db.transaction() as transaction:
        return alerts.get(transaction, storable(id), workflow)


@router.patch("/{id:path}")
def patch_alert(
    id: str, body: Change, db: Db, actor: Actor, workflow: WorkflowName | None = None
) -> Body:
    """Acknowledge or resolve an alert and the earlier ones of its key, or silence its key."""
    id = storable(id)
    with db.transaction() as transaction:
        if body.acknowledged:
            alerts.acknowledge(transaction, actor, id, workflow)
        elif body.resolved:
            alerts.resolve(transaction, actor, id, workflow)
        elif body.silenced_until is not None:
            alerts.silence(transaction, actor, id, workflow, body.silenced_until)
        return alerts.get(transaction, id, workflow)
