# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The identity service: Keystone v3's token operation for IAM users, with its lockout.

It takes what Keystone takes: users and projects by id or by name, members that it does not know,
and a query that includes or omits the catalog.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone

from . import strict_json
from .clock import Clock
from .request_log import Request
from .api_errors import ApiError
from .service import Service
from .wire import Response

TOKENS = "/v3/auth/tokens"
# Without a query Keystone adds the catalog.
QUERIES = ("", "nocatalog", "nocatalog=true")
NO_ENTRY = "The request you have made requires authentication."


@dataclass
class User:
    """An IAM user. `tries` counts all logins, `failures` those rejected since the last good one."""

    name: str
    password: str
    domain: str
    projects: set[str] = field(default_factory=set)  # where the user has a role
    tries: int = 0
    failures: int = 0
    locked_until: float = 0.0
    lockouts: int = 0

    @property
    def id(self) -> str:
        return f"id-of-{self.name}"


@dataclass
class Issued:
    """A token and what it is good for."""

    project_id: str
    user: str
    expires: float
    rejected_with: str = ""  # a code, once revoked


def instant(seconds: float) -> str:
    """A time as Keystone writes it: 2015-11-09T01:42:57.527363Z."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Identity(Service):
    """POST /v3/auth/tokens, and GET /v3 for clients that request the version first.

    Settings are plain attributes.
    """

    name = "iam"

    def __init__(self, clock: Clock, log: Callable[[str], None] | None = None):
        super().__init__(clock, log)
        self.users: dict[tuple[str, str], User] = {}
        self.issued: dict[str, Issued] = {}
        self.token_size = 1500  # characters
        self.token_life = 86400.0  # seconds
        self.lock_after = 5  # rejected logins in a row
        self.lock_seconds = 900.0
        self.region = "eu-de"  # the name of every project
        self.catalog: list[dict] = []  # as Keystone writes it
        self.scheme = "http"
        self.no_role_status = 403  # for a project in which the user has no role; Keystone's is 401
        self._lock = threading.Lock()

    def add_user(self, name: str, password: str, domain: str, project_id: str) -> User:
        user = User(name, password, domain, {project_id})
        self.users[domain, name] = user
        return user

    def revoke(self, code: str) -> None:
        """Every token issued so far is rejected from now on, with this code."""
        with self._lock:
            for token in self.issued.values():
                token.rejected_with = code

    def handle(self, request: Request) -> Response:
        path = request.path.removesuffix("/")
        if (request.method, path, request.query) == ("GET", "/v3", ""):
            return self._version(request)
        self._check_form(request)
        auth = strict_json.decode(request.body)["auth"]
        wanted = auth["identity"]["password"]["user"]
        with self._lock:
            user = self._find_user(wanted)
            if user is None:
                raise keystone_error(401, NO_ENTRY)
            self._log_in(user, wanted["password"])
            project_id = self._find_project(user, auth["scope"]["project"])
            if project_id is None:
                raise keystone_error(self.no_role_status, "The user has no role in this project.")
            return self._issue(user, project_id, with_catalog=not request.query)

    def _version(self, request: Request) -> Response:
        """The version document, where clients look for the address of version 3."""
        address = f"{self.scheme}://{request.headers.get('host', '')}/v3/"
        version = {
            "id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
            "links": [{"rel": "self", "href": address}],
            "media-types": [{"base": "application/json",
                             "type": "application/vnd.openstack.identity-v3+json"}],
        }
        return Response.of(200, {"version": version})

    def _check_form(self, request: Request) -> None:
        if request.path != TOKENS:
            request.problems.append(f"no such path: {request.target}")
            raise keystone_error(404, "Could not find the resource.")
        if request.method != "POST" or request.query not in QUERIES:
            request.problems.append(f"not a POST with a known query: {request.method}")
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            request.problems.append("Content-Type is not application/json")
        if "x-auth-token" in request.headers or "authorization" in request.headers:
            request.problems.append("credentials in the header of a login")
        try:
            problem = login_problem(strict_json.decode(request.body))
        except ValueError as error:
            problem = f"the body is not JSON: {error}"
        if problem:
            request.problems.append(problem)
        if request.problems:
            raise keystone_error(400, "; ".join(request.problems))

    def _find_user(self, wanted: dict) -> User | None:
        if "id" in wanted:
            return next((user for user in self.users.values() if user.id == wanted["id"]), None)
        domain = wanted["domain"]
        return self.users.get((domain.get("name", domain.get("id")), wanted["name"]))

    def _find_project(self, user: User, wanted: dict) -> str | None:
        """The id of a project in which the user has a role."""
        if "id" in wanted:
            return wanted["id"] if wanted["id"] in user.projects else None
        return min(user.projects, default=None) if wanted["name"] == self.region else None

    def _log_in(self, user: User, password: str) -> None:
        now = self.clock.now()
        user.tries += 1
        if now < user.locked_until:
            raise keystone_error(401, f"The account is locked for user: {user.name}.")
        if password != user.password:
            user.failures += 1
            if user.failures >= self.lock_after:
                user.locked_until = now + self.lock_seconds
                user.lockouts += 1
                user.failures = 0
            raise keystone_error(401, NO_ENTRY)
        user.failures = 0

    def _issue(self, user: User, project_id: str, with_catalog: bool) -> Response:
        now = self.clock.now()
        token = ("MII" + secrets.token_urlsafe(self.token_size))[: self.token_size]
        self.issued[token] = Issued(project_id, user.name, now + self.token_life)
        domain = {"name": user.domain, "id": user.domain}
        document = {
            "expires_at": instant(now + self.token_life),
            "issued_at": instant(now),
            "methods": ["password"],
            "project": {"id": project_id, "name": self.region, "domain": domain},
            "roles": [{"id": "0", "name": "drs_readonly"}],
            "user": {"name": user.name, "id": user.id, "domain": domain},
        }
        if with_catalog:
            document["catalog"] = self.catalog
        return Response.of(201, {"token": document}, X_Subject_Token=token)


def login_problem(document: object) -> str:
    """The first place at which a document is no login; an empty string where there is none."""
    try:
        auth = member(document, "auth", "the body")
        identity = member(auth, "identity", "auth")
        if identity.get("methods") != ["password"]:
            return "methods is not [password]"
        user = member(member(identity, "password", "identity"), "user", "password")
        text(user, "password", "user")
        check_named(user, "user")
        check_named(member(member(auth, "scope", "auth"), "project", "scope"), "project")
    except ValueError as problem:
        return str(problem)
    return ""


def member(container: object, name: str, where: str) -> dict:
    found = container.get(name) if isinstance(container, dict) else None
    if not isinstance(found, dict):
        raise ValueError(f"{where} has no object {name}")
    return found


def text(container: dict, name: str, where: str) -> str:
    found = container.get(name)
    if not isinstance(found, str) or not found:
        raise ValueError(f"{where} has no string {name}")
    return found


def check_named(container: dict, where: str) -> None:
    """An id, or a name and the domain that it is unique in."""
    if "id" in container:
        text(container, "id", where)
        return
    text(container, "name", where)
    domain = member(container, "domain", where)
    text(domain, "id" if "id" in domain else "name", f"{where}.domain")


def keystone_error(status: int, message: str) -> ApiError:
    """An error as Keystone writes it."""
    return ApiError("", status=status, message=message, shape="keystone")
