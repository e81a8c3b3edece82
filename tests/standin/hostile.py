# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Faults of the stage RESPONSE: hostile or invalid responses, made from the response that was due.

A document is corrupted at its first object of interest (the first result, the token, the credential,
or the whole), so that the same faults serve every service.
"""

from __future__ import annotations

import functools
import json
import struct
import zlib
from email.utils import formatdate
from typing import Any

from .faults import RESPONSE, fault
from .request_log import Request
from .api_errors import SHAPES, ApiError
from .wire import Response

MIB = 1 << 20
STRANGER = "ffffffff-ffff-4fff-8fff-ffffffffjb99"
# Names that break a metric's path, a line of a log or a line of collectd's text protocol.
NAMES = [
    "../../etc/passwd", "a/b", "a b", 'a"b', "a=b;c=d", "a\nb", "a.b.c", "", "%n%s", "\u00fc\u4e2d",
    "x" * 300, "-1",
]


def _document(response: Response) -> tuple[Any, dict]:
    """The response's document and its first object of interest."""
    try:
        document = json.loads(response.body)
    except ValueError:
        document = {}
    for name in ("token", "credential", "error"):
        if isinstance(document.get(name), dict):
            return document, document[name]
    results = document.get("results") or document.get("jobs")
    return document, results[0] if results else document


def _json(response: Response, document: Any) -> Response:
    return Response(response.status, json.dumps(document).encode(), dict(response.headers))


def _with_raw(response: Response, name: str, raw: bytes) -> Response:
    """A member whose value stands as these bytes, which need not be JSON."""
    document, subject = _document(response)
    subject[name] = "@raw@"
    corrupted = _json(response, document)
    corrupted.body = corrupted.body.replace(b'"@raw@"', raw)
    return corrupted


@fault("raw", RESPONSE)
def _raw(
    response: Response, _request: Request, body: bytes = b"", status: int | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """These very bytes as the body, with any status and headers."""
    kept = response.headers if headers is None else headers
    return Response(response.status if status is None else status, body, dict(kept))


@fault("error", RESPONSE)
def _error(
    _response: Response, request: Request, code: str = "DRS.M00004", status: int | None = None,
    shape: str = "flat", job_id: str | None = None, headers: dict[str, str] | None = None,
) -> Response:
    """Any code with its own or any other status, in any shape of body; see api_errors.py."""
    request.code = code
    return ApiError(code, status=status, shape=shape, job_id=job_id, headers=headers).response()


@fault("html", RESPONSE)
def _html(_response: Response, _request: Request, status: int = 200) -> Response:
    """A gateway's page with a good status."""
    kind, page = SHAPES["html"](ApiError("", status=status))
    return Response(status, page, {"Content-Type": kind})


@fault("empty", RESPONSE)
def _empty(response: Response, _request: Request, status: int | None = None) -> Response:
    """No body at all with a good status."""
    return Response(status or response.status, b"", dict(response.headers))


@fault("json-cut", RESPONSE)
def _json_cut(response: Response, _request: Request, at: int) -> Response:
    """The document ends at this offset, with the Content-Length of what is left."""
    return Response(response.status, response.body[:at], dict(response.headers))


@fault("json-deep", RESPONSE)
def _json_deep(response: Response, _request: Request, depth: int = 10_000, member: str = "deep") -> Response:
    """Arrays in arrays."""
    return _with_raw(response, member, b"[" * depth + b"]" * depth)


@fault("json-wide", RESPONSE)
def _json_wide(response: Response, _request: Request, size: int = 17 * MIB) -> Response:
    """A valid document of this size, most of it white space."""
    padding = b" " * max(0, size - len(response.body))
    return Response(response.status, response.body[:-1] + padding + response.body[-1:], dict(response.headers))


@fault("long-string", RESPONSE)
def _long_string(
    response: Response, _request: Request, size: int = 20 * MIB, member: str = "error_msg"
) -> Response:
    """A string of 20 MiB."""
    return _with_raw(response, member, b'"' + b"x" * size + b'"')


@fault("long-number", RESPONSE)
def _long_number(
    response: Response, _request: Request, size: int = 20 * MIB, member: str = "progress"
) -> Response:
    """A number of 20 million digits."""
    return _with_raw(response, member, b"9" * size)


@fault("value", RESPONSE)
def _value(response: Response, _request: Request, member: str, raw: bytes) -> Response:
    """One member of the first object with this raw JSON as its value."""
    return _with_raw(response, member, raw)


@fault("repeated-keys", RESPONSE)
def _repeated_keys(response: Response, _request: Request) -> Response:
    """Every member of the first object twice, with another value the second time."""
    document, subject = _document(response)
    again = "".join(f", {json.dumps(name)}: null" for name in subject)
    subject["@end@"] = 0
    corrupted = _json(response, document)
    corrupted.body = corrupted.body.replace(b', "@end@": 0', again.encode())
    return corrupted


@fault("strangers", RESPONSE)
def _strangers(response: Response, request: Request, count: int = 3, known: tuple[str, ...] = ()) -> Response:
    """Items of jobs that were not requested, before the right ones: of unknown or of `known` jobs."""
    document, _ = _document(response)
    jobs = known or [f"{STRANGER}{i}" for i in range(count)]
    strangers = [{"job_id": job, "progress": "99"} for job in jobs if job not in request.jobs]
    document["results"] = strangers + document.get("results", [])
    return _json(response, document)


@fault("same-twice", RESPONSE)
def _same_twice(response: Response, _request: Request) -> Response:
    """The first item again at the end, with another progress."""
    document, subject = _document(response)
    document["results"] = document.get("results", []) + [{**subject, "progress": "1"}]
    return _json(response, document)


@fault("bad-text", RESPONSE)
def _bad_text(
    response: Response, _request: Request, kind: str = "nul", member: str = "error_msg"
) -> Response:
    """A string that holds what no text should: see the kinds."""
    kinds = {
        "nul": rb'"a\u0000b"',
        "raw-nul": b'"a\x00b"',
        "controls": rb'"a\u0001\u001b[31m\r\n\t\u007fb"',
        "raw-controls": b'"a\x01\x1b[31m\r\nb"',
        "invalid-utf8": b'"a\xff\xfe\xc3(b"',
        "overlong-utf8": b'"a\xc0\xafb"',
        "half-surrogate": rb'"a\ud800b"',
        "bidi": '"a\u202eb"'.encode(),
    }
    return _with_raw(response, member, kinds[kind])


@fault("bad-names", RESPONSE)
def _bad_names(response: Response, _request: Request, names: list[str] | None = None) -> Response:
    """Names that would break a metric path or a line of a log, wherever the service gives names."""
    document, subject = _document(response)
    names = NAMES if names is None else names
    subject["progress_map"] = {name: {"completed": "5%", "remaining_time": "7"} for name in names}
    subject["transfer_status"] = subject["task_mode"] = names[0]
    subject["error_code"] = subject["error_msg"] = "\n".join(names)
    return _json(response, document)


@fault("redirect", RESPONSE)
def _redirect(_response: Response, request: Request, to: str, status: int = 302) -> Response:
    """To the same path on another host and port."""
    return Response(status, b"", {"Location": to + request.target})


@fault("wrong-date", RESPONSE)
def _wrong_date(response: Response, request: Request, seconds: float = 86400.0) -> Response:
    """A Date header that is off by so many seconds, forward or back."""
    date = formatdate(request.time + seconds, usegmt=True)
    return Response(response.status, response.body, {**response.headers, "Date": date})


@fault("gzip-bomb", RESPONSE)
def _gzip_bomb(response: Response, _request: Request, size: int = 256 * MIB) -> Response:
    """A few hundred kilobytes that become a string of `size` bytes."""
    headers = {**response.headers, "Content-Encoding": "gzip"}
    return Response(response.status, _bomb(size), headers)


@functools.lru_cache(maxsize=2)
def _bomb(size: int) -> bytes:
    """The compressed form of a document with one string; one flushed block, again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    opening, filler, closing = b'{"count":0,"padding":"', b"x" * MIB, b'"}'
    first = packer.compress(opening) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(filler) + packer.flush(zlib.Z_FULL_FLUSH)
    last = packer.compress(closing) + packer.flush(zlib.Z_FINISH)
    crc = zlib.crc32(opening)
    for _ in range(size // MIB):
        crc = zlib.crc32(filler, crc)
    total = len(opening) + size // MIB * MIB + len(closing)
    tail = struct.pack("<II", zlib.crc32(closing, crc), total % (1 << 32))
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + first + block * (size // MIB) + last + tail
