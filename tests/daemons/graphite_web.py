# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Real graphite-web over the whisper files of a carbon: where Grafana gets Graphite's data from."""

from __future__ import annotations

import json
import sys
import urllib.parse
import urllib.request
from pathlib import Path

from .process import HANG, Daemon, free_port, listens

SETTINGS = """\
from graphite.settings import *

SECRET_KEY = "a secret for tests"
STORAGE_DIR = LOG_DIR = "{folder}"
WHISPER_DIR = "{whisper}"
STANDARD_DIRS = [WHISPER_DIR]
INDEX_FILE = "{folder}/index"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "{folder}/graphite.db"}}}}
"""

# Without users there is nothing to look at, so the tables are made first.
SERVER = """\
import sys
import warnings
from wsgiref.simple_server import make_server

warnings.simplefilter("ignore")
from graphite.wsgi import application
from django.core.management import call_command

call_command("migrate", run_syncdb=True, verbosity=0)
make_server("127.0.0.1", int(sys.argv[1]), application).serve_forever()
"""


class GraphiteWeb(Daemon):
    """graphite-web, which reads the files below `whisper`."""

    name = "graphite-web"

    def __init__(self, whisper: Path) -> None:
        super().__init__()
        self._whisper = whisper
        self.port = free_port()

    def configure(self) -> None:
        (self.folder / "test_settings.py").write_text(
            SETTINGS.format(folder=self.folder, whisper=self._whisper))

    def command(self) -> list[str]:
        return [sys.executable, "-c", SERVER, str(self.port)]

    def environment(self) -> dict[str, str]:
        return super().environment() | {"DJANGO_SETTINGS_MODULE": "test_settings",
                                        "PYTHONPATH": str(self.folder)}

    def ready(self) -> bool:
        return listens(self.port)

    def _get(self, path: str, **query: str) -> list | dict:
        url = f"http://127.0.0.1:{self.port}/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=HANG) as response:
            return json.load(response)

    def render(self, target: str) -> dict[str, list[float]]:
        """By name, the values that each series of an expression has had in the last minutes."""
        series = self._get("render", target=target, format="json", **{"from": "-5min"})
        return {one["target"]: [value for value, _ in one["datapoints"] if value is not None]
                for one in series}

    def expand(self, pattern: str) -> list[str]:
        """The metrics whose names a pattern fits."""
        return self._get("metrics/expand", query=pattern, leavesOnly="1")["results"]
