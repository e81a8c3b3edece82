# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Signatures of access keys, SDK-HMAC-SHA256: computed anew from what came, and the keys' lockout.

This is written from the description of the algorithm alone, so that it can check whether another
implementation is right.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import quote, unquote_to_bytes

from .clock import Clock
from .request_log import Request
from .api_errors import ApiError
from .service import client_error

ALGORITHM = "SDK-HMAC-SHA256"
SKEW = 15 * 60.0
AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Access=([^,\s]+), ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{{64}})"
)


def canonical_uri(path: str) -> str:
    """Each segment encoded anew, and a slash at the end."""
    segments = [quote(unquote_to_bytes(segment), safe="-_.~") for segment in path.split("/")]
    uri = "/".join(segments)
    return uri if uri.endswith("/") else uri + "/"


def canonical_query(query: str) -> str:
    """Names and values encoded anew, in order of the encoded names, then values."""
    pairs = []
    for part in query.split("&") if query else []:
        name, _, value = part.partition("=")
        encoded = [quote(unquote_to_bytes(text), safe="-_.~") for text in (name, value)]
        pairs.append((encoded[0], encoded[1]))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def canonical_request(
    method: str, path: str, query: str, headers: dict[str, str], signed: list[str], body: bytes
) -> str:
    """The text that stands for a request; `headers` has its names in lower case."""
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in signed)
    digest = hashlib.sha256(body).hexdigest()
    parts = (method, canonical_uri(path), canonical_query(query), lines, ";".join(signed), digest)
    return "\n".join(parts)


def string_to_sign(date: str, canonical: str) -> str:
    return "\n".join((ALGORITHM, date, hashlib.sha256(canonical.encode()).hexdigest()))


def signature(secret: str, to_sign: str) -> str:
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


@dataclass
class Key:
    """An access key; a temporary one has a security token and an end."""

    secret: str
    security_token: str | None = None
    expires: float | None = None
    failures: int = 0  # rejected in a row
    locked_until: float = 0.0
    lockouts: int = 0
    tries: int = 0


class KeyRing:
    """The keys that the cloud knows; more than `lock_after` rejections in a row lock one."""

    def __init__(self, clock: Clock):
        self.clock = clock
        self.keys: dict[str, Key] = {}
        self.lock_after = 5
        self.lock_seconds = 300.0
        self._lock = threading.Lock()

    def add(
        self, access: str, secret: str, security_token: str | None = None,
        expires: float | None = None,
    ) -> Key:
        self.keys[access] = Key(secret, security_token, expires)
        return self.keys[access]

    def check(self, request: Request, project_id: str) -> Iterator[ApiError]:
        """Refuses a signature that is not right, and a key that is locked."""
        match = AUTHORIZATION.fullmatch(request.headers["authorization"])
        if not match:
            yield rejected(request, "malformed Authorization")
            return
        access, signed, given = match[1], match[2].split(";"), match[3]
        key = self.keys.get(access)
        if key is None:
            yield rejected(request, f"unknown access key {access}")
            return
        with self._lock:
            now = self.clock.now()
            key.tries += 1
            if now < key.locked_until:
                yield ApiError("APIG.0301", detail="AK access failed to reach the limit,forbidden")
                return
            problem = self._problem(request, key, signed, given, now)
            self._count(key, bool(problem), now)
        if problem:
            yield rejected(request, problem)
        elif request.headers.get("x-project-id", project_id) != project_id:
            yield client_error(request, "X-Project-Id is not the path's", "DRS.M00261")

    def _count(self, key: Key, failed: bool, now: float) -> None:
        key.failures = key.failures + 1 if failed else 0
        if key.failures > self.lock_after:
            key.locked_until = now + self.lock_seconds
            key.lockouts += 1
            key.failures = 0

    @staticmethod
    def _problem(request: Request, key: Key, signed: list[str], given: str, now: float) -> str:
        """What is wrong with a signature, if anything."""
        headers = request.headers
        missing = [name for name in signed if name not in headers]
        if missing or "x-sdk-date" not in signed:
            return f"signed headers {';'.join(signed)}, of which {missing} are missing"
        if signed != sorted(set(signed)):
            return "the signed headers are not in order"
        if abs(moment(headers["x-sdk-date"]) - now) > SKEW:
            return f"X-Sdk-Date {headers['x-sdk-date']} is too far from the server's clock"
        if key.expires is not None and key.expires <= now:
            return "the key has ended"
        if headers.get("x-security-token") != key.security_token:
            return "X-Security-Token is not the key's"
        canonical = canonical_request(
            request.method, request.path, request.query, headers, signed, request.body
        )
        right = signature(key.secret, string_to_sign(headers["x-sdk-date"], canonical))
        if not hmac.compare_digest(right, given):
            return "verify aksk signature fail"
        return ""


def moment(date: str) -> float:
    """X-Sdk-Date in seconds since the epoch; an unreadable one is long ago."""
    if not re.fullmatch(r"\d{8}T\d{6}Z", date):
        return 0.0
    try:
        return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return 0.0


def rejected(request: Request, problem: str) -> ApiError:
    return client_error(request, problem, "APIG.0301", detail=problem)
