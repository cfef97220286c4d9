"""Who did what."""

from typing import Annotated

from fastapi import APIRouter, Query

from amml_model_manager.context import Body, Db
from amml_model_manager.store import audit

router = APIRouter(prefix="/audit", tags=["audit"])


@router.get("")
def get_audit(db: Db, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[Body]:
    """The last changes, newest first."""
    with db.transaction() as transaction:
        return audit.newest(transaction, limit)
