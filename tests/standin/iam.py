# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The identity service: Keystone v3's token operation for IAM users, with its lockout."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone

from . import strict_json
from .clock import Clock
from .journal import Request
from .refusals import Refusal
from .service import Service
from .wire import Reply

NO_ENTRY = "The request you have made requires authentication."


@dataclass
class User:
    """An IAM user. `tries` counts all logins, `failures` those refused since the last good one."""

    name: str
    password: str
    domain: str
    projects: set[str] = field(default_factory=set)  # where the user has a role
    tries: int = 0
    failures: int = 0
    locked_until: float = 0.0
    lockouts: int = 0


@dataclass
class Issued:
    """A token and what it is good for."""

    project_id: str
    user: str
    expires: float
    refused_with: str = ""  # a code, once revoked


def instant(seconds: float) -> str:
    """A time as Keystone writes it: 2015-11-09T01:42:57.527363Z."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Identity(Service):
    """POST /v3/auth/tokens?nocatalog=true. Settings are plain attributes."""

    name = "iam"

    def __init__(self, clock: Clock, log: Callable[[str], None] | None = None):
        super().__init__(clock, log)
        self.users: dict[tuple[str, str], User] = {}
        self.issued: dict[str, Issued] = {}
        self.token_size = 1500  # characters
        self.token_life = 86400.0  # seconds
        self.lock_after = 5  # refused logins in a row
        self.lock_seconds = 900.0
        self.no_role_status = 403  # for a project in which the user has no role; Keystone's is 401
        self._lock = threading.Lock()

    def add_user(self, name: str, password: str, domain: str, project_id: str) -> User:
        user = User(name, password, domain, {project_id})
        self.users[domain, name] = user
        return user

    def revoke(self, code: str) -> None:
        """Every token issued so far is refused from now on, with this code."""
        with self._lock:
            for token in self.issued.values():
                token.refused_with = code

    def handle(self, request: Request) -> Reply:
        self._check_form(request)
        auth = strict_json.decode(request.body)["auth"]
        asked = auth["identity"]["password"]["user"]
        project_id = auth["scope"]["project"]["id"]
        with self._lock:
            user = self.users.get((asked["domain"]["name"], asked["name"]))
            if user is None:
                raise refused(401, NO_ENTRY)
            self._log_in(user, asked["password"])
            if project_id not in user.projects:
                raise refused(self.no_role_status, "The user has no role in this project.")
            return self._issue(user, project_id)

    def _check_form(self, request: Request) -> None:
        if request.path != "/v3/auth/tokens":
            request.problems.append(f"no such path: {request.target}")
            raise refused(404, "Could not find the resource.")
        if request.method != "POST" or request.query != "nocatalog=true":
            request.problems.append(f"not a POST with ?nocatalog=true: {request.method}")
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            request.problems.append("Content-Type is not application/json")
        if "x-auth-token" in request.headers or "authorization" in request.headers:
            request.problems.append("credentials in the header of a login")
        try:
            problem = deviation(strict_json.decode(request.body), LOGIN, "the body")
        except ValueError as error:
            problem = f"the body is not JSON: {error}"
        if problem:
            request.problems.append(problem)
        if request.problems:
            raise refused(400, "; ".join(request.problems))

    def _log_in(self, user: User, password: str) -> None:
        now = self.clock.now()
        user.tries += 1
        if now < user.locked_until:
            raise refused(401, f"The account is locked for user: {user.name}.")
        if password != user.password:
            user.failures += 1
            if user.failures >= self.lock_after:
                user.locked_until = now + self.lock_seconds
                user.lockouts += 1
                user.failures = 0
            raise refused(401, NO_ENTRY)
        user.failures = 0

    def _issue(self, user: User, project_id: str) -> Reply:
        now = self.clock.now()
        token = ("MII" + secrets.token_urlsafe(self.token_size))[: self.token_size]
        self.issued[token] = Issued(project_id, user.name, now + self.token_life)
        document = {
            "token": {
                "expires_at": instant(now + self.token_life),
                "issued_at": instant(now),
                "methods": ["password"],
                "project": {"id": project_id, "name": "eu-de", "domain": {"name": user.domain}},
                "roles": [{"id": "0", "name": "drs_readonly"}],
                "user": {"name": user.name, "id": "u1", "domain": {"name": user.domain}},
            }
        }
        return Reply.of(201, document, X_Subject_Token=token)


# The body of a login: None stands for a non-empty string, anything else for itself.
LOGIN = {
    "auth": {
        "identity": {
            "methods": ["password"],
            "password": {"user": {"name": None, "password": None, "domain": {"name": None}}},
        },
        "scope": {"project": {"id": None}},
    }
}


def deviation(found, wanted, where: str) -> str:
    """The first place at which a document is not of a form; an empty string where there is none."""
    if wanted is None:
        return "" if isinstance(found, str) and found else f"{where} is no string"
    if not isinstance(wanted, dict):
        return "" if found == wanted else f"{where} is not {wanted}"
    if not isinstance(found, dict) or set(found) != set(wanted):
        return f"{where} has not just {', '.join(wanted)}"
    for name, inner in wanted.items():
        problem = deviation(found[name], inner, f"{where}.{name}")
        if problem:
            return problem
    return ""


def refused(status: int, message: str) -> Refusal:
    """A refusal as Keystone writes it."""
    return Refusal("", status=status, message=message, shape="keystone")
