# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A real VictoriaMetrics with its scraper and its listeners, and what it has stored."""

import json
import urllib.parse
import urllib.request

from .process import HANG, Daemon, free_port, listens


class VictoriaMetrics(Daemon):
    """The single program; `scrape` is a file in the form of prometheus.yml."""

    name = "victoria-metrics"

    def __init__(self, scrape: str = "") -> None:
        super().__init__()
        self.port, self.graphite_port, self.opentsdb_port = free_port(), free_port(), free_port()
        self._scrape = scrape

    def configure(self) -> None:
        (self.folder / "scrape.yml").write_text(self._scrape)

    def command(self) -> list[str]:
        return ["/usr/bin/victoria-metrics", f"-storageDataPath={self.folder}/data",
                f"-httpListenAddr=127.0.0.1:{self.port}",
                f"-graphiteListenAddr=127.0.0.1:{self.graphite_port}",
                f"-opentsdbListenAddr=127.0.0.1:{self.opentsdb_port}",
                f"-promscrape.config={self.folder}/scrape.yml"]

    def ready(self) -> bool:
        return all(map(listens, (self.port, self.graphite_port, self.opentsdb_port)))

    def export(self, selector: str) -> list[dict]:
        """Each series of the selector with all its values: {"metric", "values", "timestamps"} (in milliseconds)."""
        # What has just come is not exported before it is flushed.
        self._get("/internal/force_flush")
        text = self._get("/api/v1/export?" + urllib.parse.urlencode({"match[]": selector}))
        return [json.loads(line) for line in text.splitlines()]

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=HANG) as response:
            return response.read().decode()
