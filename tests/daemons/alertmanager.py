# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A real Alertmanager, its alerts, and the pages that a receiver of the tests gets."""

from __future__ import annotations

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from .process import HANG, Daemon, free_port, listens

if TYPE_CHECKING:
    from typing import Self


class Alertmanager(Daemon):
    """Alertmanager with this configuration; {RECEIVER} in it is where `pages` come from, with ?NAME behind it."""

    name = "alertmanager"

    def __init__(self, configuration: str) -> None:
        super().__init__()
        self.configuration = configuration
        self.port = free_port()
        self._receiver = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
        self._receiver.pages = []
        self._thread = threading.Thread(target=self._receiver.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def file(self) -> str:
        return f"{self.folder}/alertmanager.yml"

    def configure(self) -> None:
        receiver = f"http://127.0.0.1:{self._receiver.server_port}/"
        (self.folder / "alertmanager.yml").write_text(self.configuration.replace("{RECEIVER}", receiver))

    def command(self) -> list[str]:
        return ["/usr/bin/prometheus-alertmanager", f"--config.file={self.file}", f"--storage.path={self.folder}/data",
                f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address=", "--log.level=warn"]

    def ready(self) -> bool:
        return listens(self.port)

    def alerts(self) -> dict[tuple[str, str], str]:
        """Of each alert that is not over, by its name and severity: "active" or "suppressed"."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=HANG) as response:
            return {(one["labels"]["alertname"], one["labels"]["severity"]): one["status"]["state"]
                    for one in json.load(response)}

    def post(self, *alerts: dict[str, str]) -> None:
        """Alerts with these labels."""
        body = json.dumps([{"labels": labels} for labels in alerts]).encode()
        request = urllib.request.Request(f"{self.url}/api/v2/alerts", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=HANG).close()

    def pages(self) -> list[tuple[str, str, str]]:
        """The receiver, "firing" or "resolved", and the name of each alert that was sent."""
        return list(self._receiver.pages)

    def __enter__(self) -> Self:
        self._thread.start()
        return super().__enter__()

    def __exit__(self, *arguments: object) -> None:
        super().__exit__(*arguments)
        self._receiver.shutdown()
        self._receiver.server_close()


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        group = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.pages += [(group["receiver"], one["status"], one["labels"]["alertname"]) for one in group["alerts"]]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """A test has no use for a line a request."""
