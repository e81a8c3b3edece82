# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Real nginx with TLS and HTTP/2 in front of a plain HTTP server."""

import getpass
import json
import re
import subprocess

from standin import Certificates

from .process import Daemon, free_port, listens

CONFIGURATION = """\
daemon off;
user {user};
worker_processes {workers};
pid {folder}/pid;
error_log stderr notice;
events {{ }}
http {{
  log_format facts escape=json '{{"protocol": "$server_protocol", "status": $status, '
    '"connection": $connection, "request": "$request", "tls_reused": "$ssl_session_reused", '
    '"client": "$ssl_client_s_dn"}}';
  access_log {folder}/access.log facts;
  client_body_temp_path {folder}/client;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl{http2};
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_client_certificate {ca};
    ssl_verify_client {verify_client};
    ssl_protocols {tls};
    ssl_session_cache shared:sessions:1m;
    client_max_body_size 0;
    keepalive_timeout {idle};
    keepalive_requests {requests};
    location / {{
      proxy_pass http://127.0.0.1:{upstream_port};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
    }}
  }}
}}
"""


def has_error_log_option() -> bool:
    """nginx before 1.19.5, as on Debian 11, opens the log of its package before it reads the configuration."""
    version = subprocess.run(["/usr/sbin/nginx", "-v"], stderr=subprocess.PIPE, text=True, check=True).stderr
    return tuple(map(int, re.findall(r"\d+", version)[:3])) >= (1, 19, 5)


class Nginx(Daemon):
    """nginx at `endpoint`, in front of `upstream_port`; it shows a certificate of this `kind`.

    It closes a connection that is idle for so many seconds, or has had so many requests. Debian's own configuration has
    "auto" `workers`, one for each core.
    """

    name = "nginx"

    def __init__(self, upstream_port: int, certificates: Certificates, kind: str = "good",
                 http2: bool = True, wants_client: bool = False, idle: int = 75,
                 requests: int = 1_000_000, tls: str = "TLSv1.2 TLSv1.3", workers: str = "1") -> None:
        super().__init__()
        self.port = free_port()
        self.endpoint = f"https://127.0.0.1:{self.port}"
        self._settings = {
            "folder": self.folder, "port": self.port, "user": getpass.getuser(),
            "upstream_port": upstream_port, "http2": " http2" if http2 else "",
            "certificate": certificates.certificate(kind), "key": certificates.key(kind),
            "ca": certificates.ca, "verify_client": "on" if wants_client else "off",
            "idle": idle, "requests": requests, "tls": tls, "workers": workers}

    def configure(self) -> None:
        (self.folder / "nginx.conf").write_text(CONFIGURATION.format(**self._settings))

    def command(self) -> list[str]:
        own_log = ["-e", "stderr"] if has_error_log_option() else []
        return ["/usr/sbin/nginx", "-p", str(self.folder), "-c", "nginx.conf", *own_log]

    def ready(self) -> bool:
        return listens(self.port)

    def requests(self) -> list[dict]:
        """The requests so far: protocol, status, connection, request, tls_reused, client."""
        log = self.folder / "access.log"
        return [json.loads(line) for line in log.read_text().splitlines()]
