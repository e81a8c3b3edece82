# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The rules of monitoring/ in a hurry, and the whole chain of a collectd that alerts."""

import os
import re
from collections.abc import Callable
from getpass import getuser
from pathlib import Path

from support.installed_paths import MONITORING
from support.pipelines import body, fill_in

IN_PACKAGE = "/usr/libexec/collectd-drs/drs-notify"
SECONDS = {"m": 60, "h": 3600, "d": 86400}


def hurried(rules: str) -> str:
    """The rules with no time to wait, and with ranges and offsets of four seconds to two minutes."""
    def shorter(found: re.Match) -> str:
        return f"{max(4, int(found[1]) * SECONDS[found[2]] // 300)}s"
    expressions = re.sub(r"for: \w+", "for: 0s", rules)
    return re.sub(r"(?<=\[)(\d+)([mhd])(?=\])", shorter, re.sub(r"(?<=offset )(\d+)([mhd])", shorter, expressions))


def chain_of(folder: Path, smtp_port: int, hits: Callable[[int], int] = lambda _: 3) -> str:
    """The whole file, with drs-notify from this folder, and other hits."""
    text = body(MONITORING / "collectd-alerts.conf")
    assert f'"{IN_PACKAGE}"' in text
    # env: the exec plugin hands on the daemon's environment, which has no state directory for us.
    text = text.replace(f'"{IN_PACKAGE}"', f'"/usr/bin/env" "DRS_NOTIFY_STATE={folder}/state" "{folder}/drs-notify"')
    return fill_in(re.sub(r"\bHits (\d+)", lambda found: f"Hits {hits(int(found[1]))}", text), {
        "EXEC_USER": "nobody" if os.geteuid() == 0 else getuser(), "PAGER": folder / "pager",
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": smtp_port, "RECIPIENT": "oncall@example.org"})
