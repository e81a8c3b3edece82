# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""API errors: every known error code with its status, and every shape of body one comes in."""

from __future__ import annotations

import json
from collections.abc import Callable

from .wire import Response

# code: status, message. %s is what was wrong, where the service names it.
CODES = {
    "DRS.M00002": (422, "The result is empty."),
    "DRS.M00004": (500, "Internal error."),
    "DRS.M00100": (403, "The token is invalid."),
    "DRS.M00102": (403, "You do not have the permission to perform this operation."),
    "DRS.M00103": (401, "Insufficient permissions."),
    "DRS.M00201": (400, "The %s parameter is empty."),
    "DRS.M00202": (400, "The value of %s is invalid."),
    "DRS.M00261": (403, "The project ID is incorrect."),
    "DRS.M00289": (400, "The task does not exist."),
    "DRS.M00299": (400, "Only one jobId is allowed."),
    "DRS.M00301": (400, "Duplicate job IDs exist."),
    "DRS.M01503": (400, "Operation too frequent."),
    "DRS.M01504": (202, "The operation failed."),
    "DRS.M05003": (400, "The task does not exist."),
    "DRS.M05004": (400, "The task has been deleted."),
    "DRS.10000010": (400, "The task does not exist."),
    "APIG.0101": (404, "The API does not exist or has not been published in the environment"),
    "APIG.0201": (400, "Bad gateway or request"),
    "APIG.0301": (401, "Incorrect IAM authentication information: %s"),
    "APIG.0307": (401, "The token must be updated."),
    "APIG.0308": (429, "The throttling threshold has been reached"),
    "APIGW.0301": (401, "Incorrect IAM authentication information: %s"),
    "APIGW.0307": (401, "The token must be updated."),
    "APIGW.0308": (429, "The throttling threshold has been reached"),
    "IAM.0012": (429, "The throttling threshold has been reached"),
}
REQUEST_ID = "f2b5a3d0c1e94b7e8a6d0123456789ab"


class ApiError(Exception):
    """An error response: raised by a service, or kept as a setting of what it shall raise."""

    def __init__(
        self,
        code: str,
        *,
        status: int | None = None,
        message: str | None = None,
        shape: str = "flat",
        job_id: str | None = None,
        detail: str = "authentication failed",
        headers: dict[str, str] | None = None,
    ):
        known_status, known_message = CODES.get(code, (400, "Refused: %s"))
        self.code = code
        self.status = known_status if status is None else status
        self.message = message or known_message.replace("%s", detail)
        self.shape = shape
        self.job_id = job_id
        self.headers = headers or {}
        if shape not in SHAPES:
            raise ValueError(f"shape {shape!r} is none of {', '.join(SHAPES)}")
        super().__init__(f"{self.status} {code}: {self.message}")

    def response(self) -> Response:
        kind, body = SHAPES[self.shape](self)
        headers = {"Content-Type": kind, "X-Request-Id": REQUEST_ID, **self.headers}
        return Response(self.status, body, {name: value for name, value in headers.items() if value})


def _json(document: dict) -> tuple[str, bytes]:
    return "application/json", json.dumps(document).encode()


def _flat(error: ApiError) -> tuple[str, bytes]:
    return _json({"error_code": error.code, "error_msg": error.message})


def _flat_with_request_id(error: ApiError) -> tuple[str, bytes]:
    return _json(
        {"error_code": error.code, "error_msg": error.message, "request_id": REQUEST_ID}
    )


def _envelope(error: ApiError) -> tuple[str, bytes]:
    """The envelope of a success around an error; it names the job where that is known."""
    item = {"error_code": error.code, "error_msg": error.message}
    if error.job_id is not None:
        item["job_id"] = error.job_id
    return _json({"count": 1, "results": [item]})


def _keystone(error: ApiError) -> tuple[str, bytes]:
    titles = {401: "Unauthorized", 403: "Forbidden", 429: "Too Many Requests"}
    title = titles.get(error.status, "Error")
    return _json(
        {"error": {"code": error.status, "message": error.message, "title": title}}
    )


def _code_message(error: ApiError) -> tuple[str, bytes]:
    return _json({"code": error.code, "message": error.message})


def _html(error: ApiError) -> tuple[str, bytes]:
    page = (
        f"<html>\r\n<head><title>{error.status} Error</title></head>\r\n<body>\r\n"
        f"<center><h1>{error.status} Error</h1></center>\r\n<hr><center>gateway</center>\r\n"
        "</body>\r\n</html>\r\n"
    )
    return "text/html", page.encode()


def _empty(error: ApiError) -> tuple[str, bytes]:
    return "", b""


SHAPES: dict[str, Callable[[ApiError], tuple[str, bytes]]] = {
    "flat": _flat,
    "flat-with-request-id": _flat_with_request_id,
    "envelope": _envelope,
    "keystone": _keystone,
    "code-message": _code_message,
    "html": _html,
    "empty": _empty,
}
