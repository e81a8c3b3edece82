# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A real rsyslogd that listens on TCP, and the lines that it has written."""

from .process import Daemon, free_port, listens

CONFIGURATION = """\
global(workDirectory="{folder}")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="{port}")
template(name="whole" type="string" string="%rawmsg%\\n")
*.* action(type="omfile" file="{folder}/lines" template="whole")
"""


class Rsyslog(Daemon):
    """rsyslogd with one listener and one file."""

    name = "rsyslog"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()

    def configure(self) -> None:
        (self.folder / "rsyslog.conf").write_text(
            CONFIGURATION.format(folder=self.folder, port=self.port))

    def command(self) -> list[str]:
        return ["/usr/sbin/rsyslogd", "-n", "-f", str(self.folder / "rsyslog.conf"),
                "-i", str(self.folder / "rsyslog.pid")]

    def ready(self) -> bool:
        return listens(self.port)

    def lines(self) -> list[str]:
        """Each message that has been written, whole."""
        path = self.folder / "lines"
        return path.read_text(errors="replace").splitlines() if path.exists() else []
