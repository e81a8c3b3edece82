# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A real Prometheus that scrapes collectd's write_prometheus plugin, and what it has stored."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from .process import HANG, Daemon, free_port, listens

GLOBAL = """\
global:
  scrape_interval: 1s
  evaluation_interval: 1s
"""
SCRAPE = """\
scrape_configs:
  - job_name: collectd
    honor_labels: true
    honor_timestamps: false
    static_configs:
      - targets: ["127.0.0.1:{scraped}"]
"""
RULES = """\
rule_files: ["{rules}"]
"""


class Prometheus(Daemon):
    """Prometheus, which looks every second; `configuration` goes into collectd's file, `rules` is a file of alerts.

    `scrape` is another scrape_configs, with {scraped} in place of the port.
    """

    name = "prometheus"

    def __init__(self, scrape: str = SCRAPE, rules: Path | None = None, lookback: str = "5m") -> None:
        super().__init__()
        self.scrape = scrape
        self.rules = rules
        self.lookback = lookback  # for how long a series without a new value is still there
        self.port = free_port()
        self.scraped_port = free_port()

    @property
    def configuration(self) -> str:
        return f"""
LoadPlugin write_prometheus
<Plugin write_prometheus>
  Host "127.0.0.1"
  Port "{self.scraped_port}"
</Plugin>
"""

    def configure(self) -> None:
        (self.folder / "prometheus.yml").write_text(
            GLOBAL + self.scrape.format(scraped=self.scraped_port)
            + (RULES.format(rules=self.rules) if self.rules else ""))

    def command(self) -> list[str]:
        return ["/usr/bin/prometheus", f"--config.file={self.folder}/prometheus.yml",
                f"--storage.tsdb.path={self.folder}/data", "--log.level=warn",
                f"--query.lookback-delta={self.lookback}",
                f"--web.listen-address=127.0.0.1:{self.port}"]

    def ready(self) -> bool:
        if not listens(self.port):
            return False
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=HANG):
                return True
        except urllib.error.HTTPError:
            return False

    def query(self, expression: str) -> list[dict]:
        """The result of an expression now, through the API: {"metric": labels, "values": ...}."""
        query = urllib.parse.urlencode({"query": expression})
        url = f"http://127.0.0.1:{self.port}/api/v1/query?{query}"
        with urllib.request.urlopen(url, timeout=HANG) as response:
            return json.load(response)["data"]["result"]
