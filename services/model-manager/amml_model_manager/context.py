"""What an endpoint asks for by the type of an argument: database, files, who calls, names."""

import re
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Header, Path, Request
from pydantic import AfterValidator

from amml_model_manager.database import Database
from amml_model_manager.hdfs import FileStore
from amml_model_manager.names import check, check_reference
from amml_model_manager.paths import RunKey


@dataclass(frozen=True)
class Context:
    """The two servers behind this one, and whether it is about to stop."""

    database: Database
    files: FileStore
    stopping: threading.Event = field(default_factory=threading.Event)


def _context(request: Request) -> Context:
    return request.app.state.context


# `async`, so that these cost no thread of their own.
async def _database(request: Request) -> Database:
    return _context(request).database


async def _files(request: Request) -> FileStore:
    return _context(request).files


async def _actor(x_amml_actor: Annotated[str, Header(max_length=1000)] = "unknown") -> str:
    return clean_actor(x_amml_actor)


def clean_actor(text: str) -> str:
    """Who calls, as the audit writes it: printable ASCII, at most 80 characters.

    >>> clean_actor("ada@laptop\\n"), clean_actor(" ")
    ('ada@laptop?', 'unknown')
    """
    return re.sub(r"[^ -~]", "?", text.strip(" "))[:80] or "unknown"


async def _stopping(request: Request) -> threading.Event:
    return _context(request).stopping


Db: TypeAlias = Annotated[Database, Depends(_database)]
Files: TypeAlias = Annotated[FileStore, Depends(_files)]
Stopping: TypeAlias = Annotated[threading.Event, Depends(_stopping)]
Actor: TypeAlias = Annotated[str, Depends(_actor)]

WorkflowName: TypeAlias = Annotated[str, AfterValidator(partial(check, "workflow"))]
SourceName: TypeAlias = Annotated[str, AfterValidator(partial(check, "source"))]
ModelName: TypeAlias = Annotated[str, AfterValidator(partial(check, "model"))]
Version: TypeAlias = Annotated[str, AfterValidator(partial(check, "version"))]
Alias: TypeAlias = Annotated[str, AfterValidator(partial(check, "alias"))]
Reference: TypeAlias = Annotated[str, AfterValidator(check_reference)]
Run: TypeAlias = Annotated[str, AfterValidator(partial(check, "run"))]
FileName: TypeAlias = Annotated[str, AfterValidator(partial(check, "file"))]
Sha256: TypeAlias = Annotated[str, AfterValidator(partial(check, "sha256"))]
Epoch: TypeAlias = Annotated[int, Path(ge=0, le=999_999)]
Body: TypeAlias = dict[str, Any]


async def _run_key(model: ModelName, version: Version, run: Run) -> RunKey:
    return RunKey(model, version, run)


Key: TypeAlias = Annotated[RunKey, Depends(_run_key)]
