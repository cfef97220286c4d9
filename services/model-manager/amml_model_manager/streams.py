"""Bytes in and out of a request, in chunks, from the thread that an endpoint runs on."""

import re
from collections.abc import Iterator

from anyio import from_thread
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from amml_model_manager.errors import NoSuchRange, Unavailable
from amml_model_manager.hdfs import FileStore


def body_chunks(request: Request) -> Iterator[bytes]:
    """The chunks of a request's body as they arrive."""
    stream = request.stream()

    async def following() -> bytes:
        return await anext(stream, b"")

    while chunk := from_thread.run(following):
        yield chunk


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The half-open range that `Range` asks of a file, or None for all of it.

    Several ranges and other units are ignored, as HTTP allows.

    Errors: NoSuchRange when it lies outside.

    >>> byte_range("bytes=-2", 10), byte_range("bytes=3-", 10), byte_range("bytes=0-99", 10)
    ((8, 10), (3, 10), (0, 10))
    """
    match = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", header or "")
    if not match or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last) + 1 if last else size, size)
        if last and int(last) < int(first):
            return None
    else:
        start, end = max(size - int(last), 0), size
    if start >= size or start >= end:
        raise NoSuchRange("no_such_range", f"`{header}` lies outside the file's {size} bytes")
    return start, end


def send_file(store: FileStore, path: str, size: int, sha256: str, request: Request) -> Response:
    """A file of HDFS as an answer, whole or the range asked for; a HEAD gets the headers only."""
    wanted = None if request.method == "HEAD" else byte_range(request.headers.get("range"), size)
    start, end = wanted or (0, size)
    headers = {
        "content-length": str(end - start),
        "accept-ranges": "bytes",
        "etag": f'"{sha256}"',
        "x-amml-sha256": sha256,
    }
    if wanted:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    kind = "application/octet-stream"
    if request.method == "HEAD":
        return Response(headers=headers, media_type=kind)
    try:
        chunks = store.read(path, start, end - start)
    except FileNotFoundError as error:
        text = f"{path} is noted in the database, but gone from HDFS"
        raise Unavailable("file_missing", text, "GET /doctor lists all such files.") from error
    return StreamingResponse(chunks, 206 if wanted else 200, headers, kind)
