# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The metadata service of an ECS server: temporary keys of its agency."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable

from .clock import Clock
from .iam import instant
from .request_log import Request
from .api_errors import ApiError
from .service import Service
from .signing import KeyRing
from .wire import Response

TOKEN_PATH = "/meta-data/latest/api/token"
KEY_PATH = "/openstack/latest/securitykey"
LONGEST = 21600


class Metadata(Service):
    """A session token where it is offered, and a new key at every request for one."""

    name = "metadata"

    def __init__(self, clock: Clock, keys: KeyRing, log: Callable[[str], None] | None = None):
        super().__init__(clock, log)
        self.offers_token: bool | int = True  # or the status of the error: 404, 405, 503
        self.needs_token = False  # no key without a session token
        self.agency = True  # False: the server has none
        self.key_life = 6 * 3600.0
        self.keys_end: float | None = None  # or all keys end at this time
        self.token_tail = ""  # what a session token ends in
        self.keys_given: list[str] = []  # access keys in order of issue
        self._keys = keys
        self._sessions: dict[str, float] = {}
        self._lock = threading.Lock()

    def handle(self, request: Request) -> Response:
        operation = {TOKEN_PATH: self._token, KEY_PATH: self._key}.get(request.path)
        if operation is None or request.query:
            request.problems.append(f"no such path: {request.target}")
            raise ApiError("", status=404, shape="html")
        return operation(request)

    def _token(self, request: Request) -> Response:
        if self.offers_token is not True:
            raise ApiError("", status=int(self.offers_token), shape="html")
        if request.method != "PUT":
            request.problems.append(f"method {request.method}")
            raise ApiError("", status=405, shape="html")
        life = request.headers.get("x-metadata-token-ttl-seconds", "")
        if not (life.isascii() and life.isdigit() and 0 < int(life) <= LONGEST):
            request.problems.append(f"X-Metadata-Token-Ttl-Seconds {life!r}")
            raise ApiError("", status=400, shape="html")
        token = secrets.token_urlsafe(32) + self.token_tail
        with self._lock:
            self._sessions[token] = self.clock.now() + int(life)
        return Response(200, token.encode(), {"Content-Type": "text/plain"})

    def _key(self, request: Request) -> Response:
        if request.method != "GET":
            request.problems.append(f"method {request.method}")
            raise ApiError("", status=405, shape="html")
        self._check_session(request)
        if not self.agency:
            message = b"Please configure Cloud Service Agency first"
            return Response(401, message, {"Content-Type": "text/plain"})
        return Response.of(200, {"credential": self._new_key()})

    def _check_session(self, request: Request) -> None:
        token = request.headers.get("x-metadata-token")
        if token is None:
            if self.needs_token:
                raise ApiError("", status=401, shape="html")
            return
        with self._lock:
            good = self._sessions.get(token, 0.0) > self.clock.now()
        if not good:
            request.problems.append("a session token that is not good")
            raise ApiError("", status=401, shape="html")

    def _new_key(self) -> dict[str, str]:
        access = secrets.token_hex(10).upper()
        secret, token = secrets.token_urlsafe(30), secrets.token_urlsafe(400)
        expires = self.keys_end or self.clock.now() + self.key_life
        with self._lock:
            self._keys.add(access, secret, token, expires)
            self.keys_given.append(access)
        return {
            "access": access, "secret": secret, "securitytoken": token,
            "expires_at": instant(expires),
        }
