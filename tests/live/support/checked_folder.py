# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Configurations for drs-check, each in a folder of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Collection
from pathlib import Path

from standin import StandIn
from support import blocks
from support.installed_paths import CHECK, IN_TREE

LOAD = "LoadPlugin drs\n"


def project(name: str, cloud: StandIn, *lines: str, without: Collection[str] = ()) -> str:
    """A block whose poll is not cut short by the end of a test's interval."""
    interval = [] if any(line.startswith("Interval") for line in lines) else ["Interval 60"]
    return blocks.project(name, cloud, *interval, *lines, without=without)


class Place:
    """A configuration in a folder of its own that includes another, as Debian's does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.main = folder / "collectd.conf"
        self.included = folder / "conf.d/drs.conf"
        self.included.parent.mkdir()
        # The other plugins would print, write and listen, if they were run.
        self.main.write_text(
            'FQDNLookup false\nInterval 1\nTypesDB "/usr/share/collectd/types.db"\n'
            f'LoadPlugin logfile\n<Plugin logfile>\n  File "{folder}/log"\n</Plugin>\n'
            f'LoadPlugin csv\n<Plugin csv>\n  DataDir "{folder}/csv"\n</Plugin>\n'
            'LoadPlugin exec\n<Plugin exec>\n'
            f'  NotificationExec "nobody" "/usr/bin/touch" "{folder}/notified"\n</Plugin>\n'
            f'LoadPlugin unixsock\n<Plugin unixsock>\n  SocketFile "{folder}/socket"\n</Plugin>\n'
            f'<Include "{folder}/conf.d">\n  Filter "*.conf"\n</Include>\n')

    def write(self, blocks: str, load: str = LOAD) -> None:
        self.included.write_text(f"{load}<Plugin drs>\n{blocks}</Plugin>\n")

    def check(self, *arguments: str | Path) -> subprocess.CompletedProcess:
        """drs-check on it, which leaves nothing but its state."""
        done = subprocess.run(
            [CHECK, "-C", self.main, *IN_TREE, "--state-dir", self.folder / "state", *arguments],
            capture_output=True, text=True, check=False, timeout=300)
        print(done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        left = {path.name for path in self.folder.iterdir()} & {"log", "csv", "notified", "socket"}
        assert not left, "another plugin has run"
        return done
