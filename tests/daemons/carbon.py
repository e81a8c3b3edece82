# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A real carbon-cache, and what it has stored, read from its whisper files."""

import struct
import time
from pathlib import Path

import whisper

from .process import Daemon, free_port, listens

CARBON = """\
[cache]
STORAGE_DIR = {folder}/
LOCAL_DATA_DIR = {folder}/whisper/
CONF_DIR = {folder}/
LOG_DIR = {folder}/
PID_DIR = {folder}/
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = {port}
PICKLE_RECEIVER_PORT = 0
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = 0
ENABLE_LOGROTATION = False
MAX_CREATES_PER_MINUTE = inf
MAX_UPDATES_PER_SECOND = inf
WHISPER_AUTOFLUSH = True
CARBON_METRIC_INTERVAL = 0
"""

SCHEMAS = """\
[everything]
pattern = .*
retentions = 1s:10m
"""


class Carbon(Daemon):
    """carbon-cache with one slot a second; `configuration` goes into collectd's file."""

    name = "carbon"

    def __init__(self, schemas: str = SCHEMAS, aggregation: str = "") -> None:
        super().__init__()
        self.port = free_port()
        self.schemas = schemas
        self.aggregation = aggregation

    @property
    def configuration(self) -> str:
        return f"""
LoadPlugin write_graphite
<Plugin write_graphite>
  <Node "test">
    Host "127.0.0.1"
    Port "{self.port}"
    Protocol "tcp"
    LogSendErrors true
  </Node>
</Plugin>
"""

    def configure(self) -> None:
        (self.folder / "carbon.conf").write_text(
            CARBON.format(folder=self.folder, port=self.port))
        (self.folder / "storage-schemas.conf").write_text(self.schemas)
        (self.folder / "storage-aggregation.conf").write_text(self.aggregation)

    def command(self) -> list[str]:
        return ["/usr/bin/carbon-cache", f"--config={self.folder}/carbon.conf", "--debug", "start"]

    def ready(self) -> bool:
        return listens(self.port)

    def layout(self, name: str) -> tuple[list[tuple[int, int]], str]:
        """Seconds a slot and number of slots of each archive of a metric, and how they are aggregated."""
        info = whisper.info(str(self.folder / "whisper" / f"{name.replace('.', '/')}.wsp"))
        return [(one["secondsPerPoint"], one["points"]) for one in info["archives"]], info["aggregationMethod"]

    def names(self) -> set[str]:
        """Every metric that is stored, such as "test-host.drs-prod.bool-up"."""
        root = self.folder / "whisper"
        return {".".join(path.relative_to(root).with_suffix("").parts)
                for path in root.rglob("*.wsp")}

    def series(self, name: str, seconds: int = 300) -> list[tuple[int, float]]:
        """The stored values of a metric with the second of each, none older than so many seconds."""
        path = Path(self.folder / "whisper", *name.split(".")).with_suffix(".wsp")
        try:
            (start, end, step), values = whisper.fetch(str(path), int(time.time()) - seconds)
        except (whisper.CorruptWhisperFile, struct.error):  # carbon is just about to create it
            return []
        return [(at, value) for at, value in zip(range(start, end, step), values)
                if value is not None]

    def values(self) -> dict[str, set[float]]:
        """The values that each metric has had."""
        return {name: {value for _, value in self.series(name)} for name in self.names()}
