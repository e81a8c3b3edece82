# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Real Keystone, the identity service of OpenStack, on SQLite: domains, projects, users, tokens."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from contextlib import closing
from getpass import getuser
from importlib.metadata import version
from pathlib import Path

from .process import HANG, Daemon, free_port, listens

BUILD = Path(__file__).resolve().parents[2] / "build"

# The cheapest hash, and no stack trace for a rejected login.
CONFIGURATION = """\
[DEFAULT]
default_log_levels = keystone=CRITICAL
[identity]
password_hash_rounds = 4
[database]
connection = sqlite:///{folder}/keystone.db
[token]
provider = fernet
expiration = {token_life}
[fernet_tokens]
key_repository = {folder}/fernet
[credential]
key_repository = {folder}/credential
[security_compliance]
lockout_failure_attempts = {lockout}
lockout_duration = 1800
"""

ADMIN_PASSWORD = "a password for tests"
# Keystone ignores the query; it distinguishes these logins from those of a test.
ADMIN_LOGIN = "auth/tokens?of=admin"


def _prepared() -> Path:
    """A folder with a database and keys, which take minutes to make: once for each release of Keystone."""
    folder = BUILD / f"keystone-{version('keystone')}"
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "keystone.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other workers wait for it
        if not folder.exists():
            draft = Path(tempfile.mkdtemp(prefix="keystone-", dir=BUILD))
            _prepare(draft)
            draft.rename(folder)
    return folder


def _prepare(folder: Path) -> None:
    """Make the database and the keys."""
    configuration = folder / "keystone.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, token_life=3600, lockout=5))
    owner = [f"--keystone-user={getuser()}", f"--keystone-group={getuser()}"]

    def manage(*arguments: str) -> None:
        subprocess.run([sys.executable, "/usr/bin/keystone-manage", f"--config-file={configuration}", *arguments],
                       cwd=folder, check=True, capture_output=True, text=True, timeout=10 * HANG)

    for name in ("fernet", "credential"):
        (folder / name).mkdir(mode=0o700)
    manage("db_sync")
    with closing(sqlite3.connect(folder / "keystone.db")) as database:
        # Keystone reads on one connection while it writes on another.
        database.execute("PRAGMA journal_mode=WAL")
    manage("fernet_setup", *owner)
    manage("credential_setup", *owner)
    manage("bootstrap", f"--bootstrap-password={ADMIN_PASSWORD}")


class Keystone(Daemon):
    """A fresh identity service; `endpoint` ends in /v3.

    Tokens live for `token_life` seconds, and a user is locked after `lockout` rejected logins.
    """

    name = "keystone"

    def __init__(self, token_life: int = 3600, lockout: int = 5) -> None:
        super().__init__()
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}/v3"
        self._settings = {"folder": self.folder, "token_life": token_life, "lockout": lockout}
        self._admin_token = ""

    def configure(self) -> None:
        shutil.copytree(_prepared(), self.folder, dirs_exist_ok=True)
        (self.folder / "keystone.conf").write_text(CONFIGURATION.format(**self._settings))

    def command(self) -> list[str]:
        return [sys.executable, "/usr/bin/keystone-wsgi-public", "--host=127.0.0.1",
                f"--port={self.port}"]

    def environment(self) -> dict[str, str]:
        configuration = str(self.folder / "keystone.conf")
        return {**super().environment(), "OS_KEYSTONE_CONFIG_FILES": configuration}

    def ready(self) -> bool:
        return listens(self.port)

    def create_domain(self, name: str) -> str:
        return self._post("domains", {"domain": {"name": name}})["domain"]["id"]

    def create_project(self, name: str, domain: str) -> str:
        project = {"name": name, "domain_id": domain}
        return self._post("projects", {"project": project})["project"]["id"]

    def create_user(self, name: str, password: str, domain: str) -> str:
        user = {"name": name, "password": password, "domain_id": domain}
        return self._post("users", {"user": user})["user"]["id"]

    def grant(self, user: str, project: str, role: str = "reader") -> None:
        """Give a user a role in a project; Keystone's own are reader, member, manager and admin."""
        known = self._call("GET", f"roles?name={role}")["roles"][0]["id"]
        self._call("PUT", f"projects/{project}/users/{user}/roles/{known}")

    def revoke(self, user: str, project: str, role: str = "reader") -> None:
        known = self._call("GET", f"roles?name={role}")["roles"][0]["id"]
        self._call("DELETE", f"projects/{project}/users/{user}/roles/{known}")

    def change_password(self, user: str, password: str) -> None:
        """Set a new one; tokens of before, and of the same second, are not valid any more."""
        self._call("PATCH", f"users/{user}", {"user": {"password": password}})

    def token_is_valid(self, token: str) -> bool:
        """Does Keystone validate this token, as for a service?"""
        request = self._request("GET", "auth/tokens",
                                headers={"X-Auth-Token": token, "X-Subject-Token": token})
        try:
            with urllib.request.urlopen(request, timeout=HANG):
                return True
        except urllib.error.HTTPError as rejected:
            assert rejected.code in (401, 404), rejected
            return False

    def logins(self) -> list[int]:
        """The status of every request for a token so far, the administrator's own apart.

        Keystone writes its log after its response: wait for what you expect.
        """
        requests = re.findall(r'"POST /v3/(auth/tokens\S*) HTTP/[\d.]+" (\d{3}) ', self.log_text())
        return [int(status) for path, status in requests if path != ADMIN_LOGIN]

    def _log_in_as_admin(self) -> str:
        domain = {"id": "default"}
        user = {"name": "admin", "password": ADMIN_PASSWORD, "domain": domain}
        body = {"auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": "admin", "domain": domain}}}}
        with urllib.request.urlopen(self._request("POST", ADMIN_LOGIN, body)) as response:
            return response.headers["X-Subject-Token"]

    def _post(self, path: str, body: dict) -> dict:
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: dict | None = None) -> dict:
        # The administrator's tokens are as short-lived as all others.
        self._admin_token = self._log_in_as_admin()
        with urllib.request.urlopen(self._request(method, path, body), timeout=HANG) as response:
            return json.loads(response.read() or "{}")

    def _request(self, method: str, path: str, body: dict | None = None,
                 headers: dict[str, str] | None = None) -> urllib.request.Request:
        return urllib.request.Request(
            f"{self.endpoint}/{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "X-Auth-Token": self._admin_token,
                     **(headers or {})})
