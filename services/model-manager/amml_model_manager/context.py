"""What an endpoint asks for by the type of an argument: database, files, who calls, names."""

import re
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Header, Path, Request
from pydantic import AfterValidator

from amml_model_manager.connect.connectors import Connectors
from amml_model_manager.database import Database
from amml_model_manager.errors import Conflict
from amml_model_manager.hdfs import FileStore
from amml_model_manager.names import check, check_reference
from amml_model_manager.paths import RunKey
from amml_model_manager.secret_store import SecretStore


@dataclass(frozen=True)
class Context:
    """The servers behind this one, its secrets, and whether it is about to stop."""

    database: Database
    files: FileStore
    secrets: SecretStore
    connectors: Connectors | None
    stopping: threading.Event = field(default_factory=threading.Event)


def _context(request: Request) -> Context:
    return request.app.state.context


# `async`, so that these cost no thread of their own.
async def _database(request: Request) -> Database:
    return _context(request).database


async def _files(request: Request) -> FileStore:
    return _context(request).files


async def _secrets(request: Request) -> SecretStore:
    return _context(request).secrets


async def _connectors(request: Request) -> Connectors:
    connectors = _context(request).connectors
    if connectors is None:
        text = "this control API knows no Kafka Connect worker"
        raise Conflict("no_worker", text, "amml up --connect, or name one with AMML_CONNECT.")
    return connectors


async def _some_connectors(request: Request) -> Connectors | None:
    return _context(request).connectors


async def _raw(request: Request) -> bytes:
    return await request.body()


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
Secrets: TypeAlias = Annotated[SecretStore, Depends(_secrets)]
Registered: TypeAlias = Annotated[Connectors, Depends(_connectors)]
SomeConnectors: TypeAlias = Annotated[Connectors | None, Depends(_some_connectors)]
# A body that may hold a secret is read by hand: an answer to a wrong one never quotes it.
Raw: TypeAlias = Annotated[bytes, Depends(_raw)]
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
ConnectorName: TypeAlias = Annotated[str, AfterValidator(partial(check, "connector"))]
PluginName: TypeAlias = Annotated[str, AfterValidator(partial(check, "plugin"))]
SecretName: TypeAlias = Annotated[str, AfterValidator(partial(check, "secret"))]
ScheduleName: TypeAlias = Annotated[str, AfterValidator(partial(check, "schedule"))]
DatasetName: TypeAlias = Annotated[str, AfterValidator(partial(check, "dataset"))]
Retained: TypeAlias = Annotated[str, AfterValidator(partial(check, "retained"))]
DeletionId: TypeAlias = Annotated[str, AfterValidator(partial(check, "deletion"))]
Epoch: TypeAlias = Annotated[int, Path(ge=0, le=999_999)]
Body: TypeAlias = dict[str, Any]


async def _run_key(model: ModelName, version: Version, run: Run) -> RunKey:
    return RunKey(model, version, run)


Key: TypeAlias = Annotated[RunKey, Depends(_run_key)]
