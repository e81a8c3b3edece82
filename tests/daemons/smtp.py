# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A real mail server, which keeps what it is sent in its log."""

import sys

from .process import Daemon, free_port, listens


class Smtp(Daemon):
    """aiosmtpd on `port`."""

    name = "smtp"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()

    def command(self) -> list[str]:
        return [sys.executable, "-u", "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{self.port}"]

    def ready(self) -> bool:
        return listens(self.port)

    def mails(self) -> list[str]:
        """Every mail so far, header and text."""
        end = "------------ END MESSAGE ------------"
        return self.log_text().split(end)[:-1]
