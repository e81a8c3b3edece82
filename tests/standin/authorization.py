# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The gateway's check before any operation: a valid token or signature."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from .iam import Identity
from .request_log import Request
from .api_errors import ApiError
from .service import client_error
from .signing import KeyRing


class Gate:
    """Knows the configured token, the tokens that the identity service issued, and the keys."""

    def __init__(self, token: str | None, identity: Identity, keys: KeyRing):
        self.bad_token = "DRS.M00100"  # the code for a token that is not (or no longer) good
        self.knows: Callable[[str], bool] | None = None  # another identity service, consulted last
        self._lock = threading.Lock()
        self._token = token
        self._former: set[str] = set()
        self._identity = identity
        self._keys = keys

    @property
    def token(self) -> str | None:
        return self._token

    @token.setter
    def token(self, token: str | None) -> None:
        """The old one is rejected from now on, but its use is no client error."""
        with self._lock:
            if self._token is not None:
                self._former.add(self._token)
            self._token = token
            self._former.discard(token)

    def check(self, request: Request, project_id: str) -> Iterator[ApiError]:
        """The errors of a request without a valid credential."""
        token = request.headers.get("x-auth-token")
        signature = request.headers.get("authorization")
        if token is not None and signature is not None:
            yield client_error(request, "a token and a signature at once", "APIG.0301")
        elif signature is not None:
            yield from self._keys.check(request, project_id)
        elif not token:
            yield client_error(request, "no X-Auth-Token", "APIG.0301")
        else:
            yield from self._check_token(request, token, project_id)

    def _check_token(self, request: Request, token: str, project_id: str) -> Iterator[ApiError]:
        issued = self._identity.issued.get(token)
        with self._lock:
            good, former = token == self._token, token in self._former
        if issued:
            yield from self._check_issued(request, issued, project_id)
        elif former:
            yield ApiError(self.bad_token)
        elif not good and self.knows:
            if not self.knows(token):
                yield ApiError(self.bad_token)
        elif not good:
            yield client_error(request, "a token that was never good", self.bad_token)

    def _check_issued(self, request: Request, issued, project_id: str) -> Iterator[ApiError]:
        if issued.rejected_with:
            yield ApiError(issued.rejected_with)
        elif issued.expires <= self._identity.clock.now():
            yield client_error(request, "a token past its expires_at", self.bad_token)
        elif issued.project_id != project_id:
            yield client_error(request, "a token of another project", "DRS.M00261")
