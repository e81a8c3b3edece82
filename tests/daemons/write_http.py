# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The receiving end of collectd's write_http plugin: every value with its interval and meta data."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self


class WriteHttp:
    """Keeps the JSON documents that collectd posts; `configuration` goes into collectd's file."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
        self._server.documents = []
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"

    @property
    def configuration(self) -> str:
        return f"""
LoadPlugin write_http
<Plugin write_http>
  <Node "test">
    URL "{self.url}"
    Format JSON
    BufferSize 1024
  </Node>
</Plugin>
"""

    def documents(self, plugin: str) -> list[dict]:
        """The documents of one plugin: host, plugin_instance, time, interval, values, meta, ..."""
        return [one for one in list(self._server.documents) if one["plugin"] == plugin]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.documents += json.loads(body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """A test has no use for a line a request."""
