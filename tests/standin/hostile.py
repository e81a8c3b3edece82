# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Faults of the stage REPLY: hostile or foolish answers, made from the answer that was due.

A document is spoilt at its first object of interest (the first result, the token, the credential,
or the whole), so that the same faults serve every service.
"""

from __future__ import annotations

import functools
import json
import struct
import zlib
from email.utils import formatdate
from typing import Any

from .faults import REPLY, fault
from .journal import Request
from .refusals import SHAPES, Refusal
from .wire import Reply

MIB = 1 << 20
STRANGER = "ffffffff-ffff-4fff-8fff-ffffffffjb99"
# Names that break a metric's path, a line of a log or a line of collectd's text protocol.
NAMES = [
    "../../etc/passwd", "a/b", "a b", 'a"b', "a=b;c=d", "a\nb", "a.b.c", "", "%n%s", "\u00fc\u4e2d",
    "x" * 300, "-1",
]


def _document(reply: Reply) -> tuple[Any, dict]:
    """The answer's document and its first object of interest."""
    try:
        document = json.loads(reply.body)
    except ValueError:
        document = {}
    for name in ("token", "credential", "error"):
        if isinstance(document.get(name), dict):
            return document, document[name]
    results = document.get("results") or document.get("jobs")
    return document, results[0] if results else document


def _json(reply: Reply, document: Any) -> Reply:
    return Reply(reply.status, json.dumps(document).encode(), dict(reply.headers))


def _with_raw(reply: Reply, name: str, raw: bytes) -> Reply:
    """A member whose value stands as these bytes, which need not be JSON."""
    document, subject = _document(reply)
    subject[name] = "@raw@"
    spoilt = _json(reply, document)
    spoilt.body = spoilt.body.replace(b'"@raw@"', raw)
    return spoilt


@fault("raw", REPLY)
def _raw(
    reply: Reply, _request: Request, body: bytes = b"", status: int | None = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    """These very bytes as the body, with any status and headers."""
    kept = reply.headers if headers is None else headers
    return Reply(reply.status if status is None else status, body, dict(kept))


@fault("refusal", REPLY)
def _refusal(
    _reply: Reply, request: Request, code: str = "DRS.M00004", status: int | None = None,
    shape: str = "flat", job_id: str | None = None, headers: dict[str, str] | None = None,
) -> Reply:
    """Any code with its own or any other status, in any shape of body; see refusals.py."""
    request.code = code
    return Refusal(code, status=status, shape=shape, job_id=job_id, headers=headers).reply()


@fault("html", REPLY)
def _html(_reply: Reply, _request: Request, status: int = 200) -> Reply:
    """A gateway's page with a good status."""
    kind, page = SHAPES["html"](Refusal("", status=status))
    return Reply(status, page, {"Content-Type": kind})


@fault("empty", REPLY)
def _empty(reply: Reply, _request: Request, status: int | None = None) -> Reply:
    """No body at all with a good status."""
    return Reply(status or reply.status, b"", dict(reply.headers))


@fault("json-cut", REPLY)
def _json_cut(reply: Reply, _request: Request, at: int) -> Reply:
    """The document ends at this offset, with the Content-Length of what is left."""
    return Reply(reply.status, reply.body[:at], dict(reply.headers))


@fault("json-deep", REPLY)
def _json_deep(reply: Reply, _request: Request, depth: int = 10_000, member: str = "deep") -> Reply:
    """Arrays in arrays."""
    return _with_raw(reply, member, b"[" * depth + b"]" * depth)


@fault("json-wide", REPLY)
def _json_wide(reply: Reply, _request: Request, size: int = 17 * MIB) -> Reply:
    """A valid document of this size, most of it white space."""
    padding = b" " * max(0, size - len(reply.body))
    return Reply(reply.status, reply.body[:-1] + padding + reply.body[-1:], dict(reply.headers))


@fault("long-string", REPLY)
def _long_string(
    reply: Reply, _request: Request, size: int = 20 * MIB, member: str = "error_msg"
) -> Reply:
    """A string of 20 MiB."""
    return _with_raw(reply, member, b'"' + b"x" * size + b'"')


@fault("long-number", REPLY)
def _long_number(
    reply: Reply, _request: Request, size: int = 20 * MIB, member: str = "progress"
) -> Reply:
    """A number of 20 million digits."""
    return _with_raw(reply, member, b"9" * size)


@fault("value", REPLY)
def _value(reply: Reply, _request: Request, member: str, raw: bytes) -> Reply:
    """One member of the first object with this raw JSON as its value."""
    return _with_raw(reply, member, raw)


@fault("repeated-keys", REPLY)
def _repeated_keys(reply: Reply, _request: Request) -> Reply:
    """Every member of the first object twice, with another value the second time."""
    document, subject = _document(reply)
    again = "".join(f", {json.dumps(name)}: null" for name in subject)
    subject["@end@"] = 0
    spoilt = _json(reply, document)
    spoilt.body = spoilt.body.replace(b', "@end@": 0', again.encode())
    return spoilt


@fault("strangers", REPLY)
def _strangers(reply: Reply, _request: Request, count: int = 3) -> Reply:
    """Items of jobs that nobody asked for, before the right ones."""
    document, _ = _document(reply)
    strangers = [{"job_id": f"{STRANGER}{i}", "progress": "50"} for i in range(count)]
    document["results"] = strangers + document.get("results", [])
    return _json(reply, document)


@fault("same-twice", REPLY)
def _same_twice(reply: Reply, _request: Request) -> Reply:
    """The first item again at the end, with another progress."""
    document, subject = _document(reply)
    document["results"] = document.get("results", []) + [{**subject, "progress": "1"}]
    return _json(reply, document)


@fault("bad-text", REPLY)
def _bad_text(
    reply: Reply, _request: Request, kind: str = "nul", member: str = "error_msg"
) -> Reply:
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
    return _with_raw(reply, member, kinds[kind])


@fault("bad-names", REPLY)
def _bad_names(reply: Reply, _request: Request, names: list[str] | None = None) -> Reply:
    """Names that would break a metric path or a line of a log, wherever the service gives names."""
    document, subject = _document(reply)
    names = NAMES if names is None else names
    subject["progress_map"] = {name: {"completed": "5%", "remaining_time": "7"} for name in names}
    subject["transfer_status"] = subject["task_mode"] = names[0]
    subject["error_code"] = subject["error_msg"] = "\n".join(names)
    return _json(reply, document)


@fault("redirect", REPLY)
def _redirect(_reply: Reply, request: Request, to: str, status: int = 302) -> Reply:
    """To the same path on another host and port."""
    return Reply(status, b"", {"Location": to + request.target})


@fault("wrong-date", REPLY)
def _wrong_date(reply: Reply, request: Request, seconds: float = 86400.0) -> Reply:
    """A Date header that is off by so many seconds, forward or back."""
    date = formatdate(request.time + seconds, usegmt=True)
    return Reply(reply.status, reply.body, {**reply.headers, "Date": date})


@fault("gzip-bomb", REPLY)
def _gzip_bomb(reply: Reply, _request: Request, size: int = 256 * MIB) -> Reply:
    """A few hundred kilobytes that become a string of `size` bytes."""
    headers = {**reply.headers, "Content-Encoding": "gzip"}
    return Reply(reply.status, _bomb(size), headers)


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
