"""Alerts."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from amml_model_manager.context import Body, Db, WorkflowName
from amml_model_manager.documents import storable
from amml_model_manager.store import alerts

router = APIRouter(prefix="/alerts", tags=["alerts"])
# Records decide what is in an alert: what cannot be stored is escaped, never refused.
Word = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(storable)]
Message = Annotated[str, Field(max_length=10_000), BeforeValidator(storable)]
Anything = Annotated[Any, BeforeValidator(storable)]


class Alert(BaseModel):
    """Something a workflow wants somebody to know; `id` makes it one, however often it is sent."""

    model_config = ConfigDict(extra="forbid")
    workflow: WorkflowName
    step: Word
    key: Message | None = None
    id: Word
    state: Word
    severity: Word
    time: AwareDatetime
    value: Anything = None
    message: Message = ""
    src: Anything = None


@router.post("")
def post_alerts(body: Alert | Annotated[list[Alert], Field(max_length=1000)], db: Db) -> Body:
    """Keep one alert or up to 1,000; a known id with no later time changes nothing."""
    given = body if isinstance(body, list) else [body]
    with db.transaction() as transaction:
        new = alerts.put(transaction, [alert.model_dump() for alert in given])
    return {"received": len(given), "changed": new}


@router.get("")
def get_alerts(
    db: Db,
    workflow: WorkflowName | None = None,
    state: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[Body]:
    """The latest alerts, newest first."""
    with db.transaction() as transaction:
        return alerts.newest(transaction, workflow, storable(state), limit)
