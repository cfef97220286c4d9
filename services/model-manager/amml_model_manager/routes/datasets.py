"""The data sets of the lake: what the lake says of them, and what people say."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from amml_model_manager.context import Actor, Body, DatasetName, Db
from amml_model_manager.documents import Document, Text, canonical
from amml_model_manager.errors import TooLarge
from amml_model_manager.store import datasets

LIMIT = 2 * 1024**2
router = APIRouter(prefix="/datasets", tags=["data sets"])
Unit = Annotated[Text, Field(max_length=40)]
Column = Annotated[Text, Field(min_length=1, max_length=200)]


class Change(BaseModel):
    """A document, and the revision that it goes on from; null: there was none."""

    model_config = ConfigDict(extra="forbid")
    document: Document
    revision: str | None = None


class About(BaseModel):
    """What people say of a data set; a unit of null takes the one there is away."""

    model_config = ConfigDict(extra="forbid")
    text: Annotated[Text, Field(max_length=2000)] | None = None
    units: Annotated[dict[Column, Unit | None], Field(max_length=1000)] = {}


@router.get("")
def get_datasets(db: Db) -> list[Body]:
    """All data sets, by name; their folders and history are told of one only."""
    with db.transaction() as transaction:
        return datasets.every(transaction)


@router.get("/{name}")
def get_dataset(name: DatasetName, db: Db) -> Body:
    """One data set: its `document` and that one's `revision`, and `about`: a text, and units."""
    with db.transaction() as transaction:
        return datasets.get(transaction, name)


@router.put("/{name}")
def put_dataset(name: DatasetName, body: Change, db: Db, actor: Actor) -> Body:
    """Keep the document of a data set; 409 if another has changed it since `revision`."""
    if len(canonical(body.document)) > LIMIT:
        raise TooLarge("too_large", f"data set `{name}`: expected at most {LIMIT} bytes of JSON")
    with db.transaction() as transaction:
        return datasets.put(transaction, actor, name, body.document, body.revision)


@router.patch("/{name}")
def describe_dataset(name: DatasetName, body: About, db: Db, actor: Actor) -> Body:
    """Say what a data set is, and in which units its columns are; the rest stays."""
    change = body.model_dump(exclude_unset=True)
    with db.transaction() as transaction:
        return datasets.describe(transaction, actor, name, change)


@router.delete("/{name}")
def delete_dataset(name: DatasetName, db: Db, actor: Actor) -> Body:
    """Forget what is known of a data set; its rows stay in the lake."""
    with db.transaction() as transaction:
        datasets.delete(transaction, actor, name)
    return {"name": name, "deleted": True}
