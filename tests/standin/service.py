# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What the services of the cloud have in common: a record of requests, faults, a latency."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

from .clock import Clock
from .faults import FaultBoard
from .request_log import Journal, Request
from .api_errors import ApiError
from .throttle import Throttle
from .wire import Response


class Service:
    """One service behind one port. Its settings may be changed at any time by a test."""

    name = "service"

    def __init__(self, clock: Clock, log: Callable[[str], None] | None = None):
        self.clock = clock
        self.journal = Journal(log)
        self.faults = FaultBoard()
        self.throttle: Throttle | None = None
        self.latency = 0.0  # seconds from the request to its response, at least
        self.gzip = False  # compress, where the client accepts it
        self.chunked = False  # no Content-Length

    @property
    def requests(self) -> list[Request]:
        return self.journal.requests

    def handle(self, request: Request) -> Response:
        """The service's own logic; raises Refusal."""
        raise NotImplementedError

    def respond(self, request: Request) -> Response:
        try:
            if self.throttle:
                self.throttle.check(self.clock.now())
            return self.handle(request)
        except ApiError as error:
            request.code = error.code
            return error.response()
        except Exception as error:  # a mistake of the stand-in must show in the test that met it
            traceback.print_exc(file=sys.stderr)
            request.problems.append(f"the stand-in broke: {error!r}")
            return ApiError("DRS.M00004", message="the stand-in broke").response()


def client_error(request: Request, problem: str, code: str, **details) -> ApiError:
    """An error that the client caused, noted in the record."""
    request.problems.append(problem)
    return ApiError(code, **details)
