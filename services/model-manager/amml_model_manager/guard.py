"""What every request passes before any route: the host it names, the token, its size."""

import base64
import binascii
import hmac
import re

import anyio
from fastapi import HTTPException
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from amml_model_manager.errors import ApiError, BadRequest, TooLarge, Unauthorized
from amml_model_manager.settings import Settings

JSON_LIMIT = 4 * 1024**2
FILE_LIMIT = 64 * 1024**3
_OPEN = {"/health"}
_PAGES = {"/docs", "/openapi.json"}  # a browser may ask for the token, as a password
_FILES = re.compile(r"/files/[^/]+|/models/.+/(artefacts|checkpoints)/[^/]+")
_DRAIN_BYTES, _DRAIN_SECONDS = 32 * 1024**2, 5
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._token = settings.token.encode()
        self._hosts = settings.hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        body = _Body(receive, _limit(scope))
        answer = _Answer(send, body)
        try:
            self._check(scope["path"], Headers(scope=scope), body.limit)
        except ApiError as error:
            response = JSONResponse(error.body(), error.status)
            if isinstance(error, Unauthorized):
                page = scope["path"] in _PAGES
                response.headers["www-authenticate"] = 'Basic realm="AMML"' if page else "Bearer"
            await response(scope, body.receive, answer.send)
        else:
            await self._app(scope, body.receive, answer.send)

    def _check(self, path: str, headers: Headers, limit: int) -> None:
        """Host first: a page that rebinds its name to 127.0.0.1 learns nothing, not even health."""
        host = re.sub(r":[0-9]*$", "", headers.get("host", ""))
        if len(headers.getlist("host")) != 1 or host.lower() not in self._hosts:
            text = f"`Host` names `{host[:80]}`, which is not this server"
            raise BadRequest(
                "wrong_host", text, "Names beside loopback go into AMML_ALLOWED_HOSTS."
            )
        if path not in _OPEN and not self._knows_token(headers, basic=path in _PAGES):
            text = "the token is missing or wrong"
            raise Unauthorized("unauthorized", text, "Send `Authorization: Bearer <token>`.")
        length = headers.get("content-length", "0")
        if length.isascii() and length.isdecimal() and int(length) > limit:
            raise TooLarge("too_large", f"the body has {length} bytes, expected at most {limit}")

    def _knows_token(self, headers: Headers, basic: bool) -> bool:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return hmac.compare_digest(value.strip().encode(errors="surrogateescape"), self._token)
        if basic and scheme.lower() == "basic":
            return hmac.compare_digest(_password(value), self._token)
        return False


class _Body:
    """Counts a body as it arrives; a chunked one says its size only so."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._bytes = 0
        self.limit = limit
        self.ended = False

    async def receive(self) -> Message:
        message = await self._receive()
        self.ended = self.ended or not message.get("more_body", False)
        self._bytes += len(message.get("body", b""))
        if self._bytes > self.limit:  # HTTPException: the one thing that FastAPI hands through
            raise HTTPException(413, f"the body has more than {self.limit} bytes")
        return message

    async def drain(self) -> None:
        """Read on after an early error: a sender that meets a closed door never sees the answer."""
        seen = 0
        with anyio.move_on_after(_DRAIN_SECONDS):
            while not self.ended and seen < _DRAIN_BYTES:
                message = await self._receive()
                seen += len(message.get("body", b""))
                self.ended = not message.get("more_body", False)


class _Answer:
    """Adds the headers that every answer has."""

    def __init__(self, send: Send, body: _Body) -> None:
        self._send = send
        self._body = body

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] >= 400:
                await self._body.drain()
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await self._send(message)


def _limit(scope: Scope) -> int:
    is_file = scope["method"] == "PUT" and _FILES.fullmatch(scope["path"])
    return FILE_LIMIT if is_file else JSON_LIMIT


def _password(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""
