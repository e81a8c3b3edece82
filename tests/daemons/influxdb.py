# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A real InfluxDB with its listener for collectd's network plugin, and what it has stored."""

import json
import urllib.parse
import urllib.request

from .process import HANG, Daemon, free_port, listens

CONFIGURATION = """\
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
[http]
  bind-address = "127.0.0.1:{http}"
  log-enabled = false
{listener}
  batch-timeout = "100ms"
"""


class InfluxDB(Daemon):
    """InfluxDB with `listener`, the part of its file that is about collectd."""

    name = "influxdb"

    def __init__(self, listener: str) -> None:
        super().__init__()
        self._listener = listener
        self._http = free_port()

    def configure(self) -> None:
        (self.folder / "influxdb.conf").write_text(CONFIGURATION.format(
            folder=self.folder, rpc=free_port(), http=self._http, listener=self._listener))

    def command(self) -> list[str]:
        return ["/usr/bin/influxd", "-config", str(self.folder / "influxdb.conf")]

    def ready(self) -> bool:
        return listens(self._http) and "listening on UDP" in self.log_text().replace("L", "l")

    def query(self, statement: str, epoch: str = "") -> list[dict]:
        """The rows of a SELECT, all series together, tags and fields by name; times as numbers with an `epoch`."""
        query = urllib.parse.urlencode({"db": "collectd", "q": statement, "epoch": epoch})
        url = f"http://127.0.0.1:{self._http}/query?{query}"
        with urllib.request.urlopen(url, timeout=HANG) as response:
            [result] = json.load(response)["results"]
        return [dict(zip(series["columns"], row))
                for series in result.get("series", []) for row in series["values"]]
