"""The control API put together: routes, errors, the guard around them, and the server."""

import logging
import signal
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from amml_model_manager import docs_page
from amml_model_manager.connect.connectors import Connectors
from amml_model_manager.connect.worker import Worker
from amml_model_manager.context import Context
from amml_model_manager.database import Database
from amml_model_manager.errors import ApiError, Unavailable
from amml_model_manager.guard import Guard
from amml_model_manager.hdfs import FileStore
from amml_model_manager.routes import (
    alerts,
    aliases,
    audit,
    connectors,
    datasets,
    files,
    health,
    models,
    retention,
    runs,
    schedules,
    secrets,
    sources,
    workflows,
)
from amml_model_manager.secret_store import SecretStore
from amml_model_manager.settings import Settings

_LOG = logging.getLogger(__name__)
_GROUPS = (
    *(workflows, sources, connectors, secrets, files, models, aliases, runs, alerts, audit),
    *(datasets, retention, schedules, health),
)
_CODES = {404: "no_such_route", 405: "wrong_method", 413: "too_large"}


def create_app(settings: Settings) -> FastAPI:
    """The application; it starts whether or not PostgreSQL and HDFS answer yet."""
    secret_store = SecretStore(settings.secrets)
    context = Context(
        Database(settings.database),
        FileStore(settings.hdfs, settings.hdfs_root, settings.hdfs_user),
        secret_store,
        _connectors(settings, secret_store),
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        threading.Thread(target=_wait_for, args=(context,), daemon=True).start()
        yield
        context.stopping.set()
        context.database.close()
        context.files.close()
        if context.connectors is not None:
            context.connectors.close()

    app = FastAPI(
        title="AMML control API",
        description="Workflows, sources, models, runs and alerts. All but /health need the token.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.context = context
    for group in _GROUPS:
        app.include_router(group.router)
    _add_docs(app)
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(StarletteHTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected_error)
    app.add_middleware(Guard, settings=settings)
    return app


def _connectors(settings: Settings, store: SecretStore) -> Connectors | None:
    if settings.connect is None:
        return None
    return Connectors(Worker(settings.connect), store, settings.connect_classes)


def serve(settings: Settings) -> None:
    """Listen until told to stop by SIGTERM or Ctrl-C."""
    # uvicorn stops, then raises the signal again for whoever had it before: so that is 0, not -15.
    signal.signal(signal.SIGTERM, _end)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("hdfs").setLevel(logging.WARNING)  # it tells of every call
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=256,
        timeout_graceful_shutdown=5,
    )
    _Server(config, app.state.context.stopping).run()


class _Server(uvicorn.Server):
    """Ends long polls as soon as it is told to stop; they would hold it up."""

    def __init__(self, config: uvicorn.Config, stopping: threading.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping.set()
        super().handle_exit(sig, frame)


def _end(*_: object) -> None:
    sys.exit(0)


def _wait_for(context: Context) -> None:
    """Reach both servers, so that the tables are there before the first request."""
    wait = 0.1
    for check in (context.database.check, context.files.check):
        while not context.stopping.is_set():
            try:
                check()
                break
            except Unavailable as error:
                _LOG.warning("%s; trying again", error)
            context.stopping.wait(wait)
            wait = min(wait * 2, 5)
    _LOG.info("ready")


def _add_docs(app: FastAPI) -> None:
    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(docs_page.render(app.openapi()))


def _api_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return JSONResponse(error.body(), error.status)


def _validation_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = [_problem(entry) for entry in error.errors()]
    more = problems if len(problems) > 1 else []
    answer = ApiError("invalid", problems[0], "See /docs.", **({"problems": more} if more else {}))
    return JSONResponse(answer.body(), 422)


def _problem(entry: dict[str, Any]) -> str:
    """One sentence from what pydantic found: where, expected, found."""
    place = ".".join(str(part) for part in entry["loc"])
    cause = entry.get("ctx", {}).get("error")
    if isinstance(cause, ValueError):
        return f"{place}: {cause}"
    found = "" if entry["type"] == "missing" else f", found {ascii(entry.get('input'))[:80]}"
    return f"{place}: {entry['msg']}{found}"


def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException | StarletteHTTPException)
    text = f"{request.method} {ascii(request.url.path)[1:-1][:200]}: {error.detail}"
    answer = ApiError(_CODES.get(error.status_code, "refused"), text, "See /docs.")
    return JSONResponse(answer.body(), error.status_code, error.headers)


def _unexpected_error(request: Request, error: Exception) -> JSONResponse:
    answer = ApiError("internal", "the control API failed", "Its log has the reason.")
    return JSONResponse(answer.body(), 500)
