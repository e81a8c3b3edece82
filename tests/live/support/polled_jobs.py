# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Which jobs a project in real collectd watches, and the lines of the plugin."""

from daemons import Collectd


def watched(daemon: Collectd) -> set[str]:
    """The names of the jobs that the last complete read had values for."""
    reads = daemon.reads()
    last = reads[-1] if reads else {}
    return {name.partition("/")[0] for name in last if name.endswith("/percent-total")}


def wait_until_watched(daemon: Collectd, *names: str) -> None:
    """Wait for a read of exactly these jobs; for none of them, for a read without any."""
    daemon.wait_until(lambda: daemon.reads() and watched(daemon) == set(names),
                      f"values of {names or 'nothing'}")


def log_lines(daemon: Collectd) -> list[str]:
    """The lines of the plugin, apart from its start."""
    lines = [line.text.removeprefix("drs plugin: ") for line in daemon.lines("drs plugin: ")]
    return [line for line in lines if not line.startswith("version ")]
