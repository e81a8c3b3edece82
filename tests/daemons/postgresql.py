# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A real PostgreSQL with the tables that come with collectd, and what is stored in them."""

import csv
import shutil
import subprocess
from pathlib import Path

from .process import HANG, Daemon, free_port, listens

TABLES = Path("/usr/share/doc/collectd-core/examples/postgresql/collectd_insert.sql")
USER = "postgres"  # it does not run as root


def find_programs() -> Path:
    """Where initdb and postgres are, which are not on the PATH; empty: there is none."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path())


class PostgreSQL(Daemon):
    """A cluster of its own, with one database."""

    name = "postgresql"
    database = "collectd"
    user = USER

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self._programs = find_programs()

    def configure(self) -> None:
        shutil.chown(self.folder, USER)
        subprocess.run(self._as_user("initdb", "-D", f"{self.folder}/data", "-A", "trust", "--no-sync"),
                       check=True, cwd=self.folder, stdout=subprocess.DEVNULL, timeout=HANG)

    def _as_user(self, program: str, *arguments: str) -> list[str]:
        return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups",
                str(self._programs / program), *arguments]

    def command(self) -> list[str]:
        return self._as_user("postgres", "-D", f"{self.folder}/data", "-p", str(self.port),
                             "-h", "127.0.0.1", "-k", "", "-F")

    def ready(self) -> bool:
        return listens(self.port) and "ready to accept connections" in self.log_text()

    def create(self) -> None:
        """Make the database and its tables."""
        self._run("postgres", f"CREATE DATABASE {self.database}")
        self._run(self.database, TABLES.read_text())

    def rows(self, statement: str) -> list[dict[str, str]]:
        """The rows of a SELECT, columns by name."""
        output = self._run(self.database, f"COPY ({statement}) TO STDOUT WITH CSV HEADER")
        return [*csv.DictReader(output.splitlines())]

    def _run(self, database: str, statements: str) -> str:
        done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
                               "-p", str(self.port), "-U", USER, database], input=statements,
                              capture_output=True, text=True, timeout=HANG, check=True)
        return done.stdout
