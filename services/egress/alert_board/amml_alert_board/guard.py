"""What every request to the page passes first: the host it names, the token, where it is from."""

import base64
import binascii
import hmac
import re
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

USER: web.RequestKey[str] = web.RequestKey("user", str)
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_OPEN = {"/health"}
_BROWSER = {"www-authenticate": 'Basic realm="AMML alerts"'}


def guard(token: str, hosts: frozenset[str]) -> Middleware:
    """A middleware that lets through who has the token, as a bearer or as a browser's password."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = _refusal(request, token, hosts) or await _answer(request, handler)
        answer.headers.update(HEADERS)
        return answer

    return check


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status, text=error.text, headers=_moved(error))


def _moved(error: web.HTTPException) -> dict[str, str]:
    return {"location": error.headers["location"]} if "location" in error.headers else {}


def _refusal(request: web.Request, token: str, hosts: frozenset[str]) -> web.Response | None:
    """Host first: a page that rebinds its name to 127.0.0.1 learns nothing, not even health."""
    host = re.sub(r":[0-9]*$", "", request.headers.get("host", "")).lower()
    if host not in hosts:
        return web.Response(status=400, text="`Host` names another server\n")
    if request.path in _OPEN:
        return None
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    user, given = _user_and_token(scheme.lower(), value.strip())
    if not hmac.compare_digest(given, token.encode()):
        text = "the token is missing or wrong; a browser gives it as the password, with any name\n"
        return web.Response(status=401, text=text, headers=_BROWSER)
    if request.method != "GET" and scheme.lower() == "basic" and not _is_own(request):
        return web.Response(status=403, text="this form comes from another page\n")
    request[USER] = user
    return None


def _user_and_token(scheme: str, value: str) -> tuple[str, bytes]:
    if scheme == "bearer":
        return "alert-board", value.encode(errors="surrogateescape")
    if scheme != "basic":
        return "", b""
    try:
        user, _, password = base64.b64decode(value, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return "", b""
    return user.decode(errors="replace") or "alert-board", password


def _is_own(request: web.Request) -> bool:
    """A browser sends its password with the forms of other pages, too, but says where from."""
    return urlsplit(request.headers.get("origin", "")).netloc == request.headers["host"]
