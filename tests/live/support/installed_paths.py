# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The files under test: of the tree or, with DRS_INSTALLED=1, of the package that is installed."""

import gzip
import os
from pathlib import Path

from daemons.collectd import MODULE_DIR, TOP

INSTALLED = os.environ.get("DRS_INSTALLED") == "1"
SHARED = Path("/usr/share/collectd-drs")
LIBEXEC = Path("/usr/libexec/collectd-drs")
MONITORING = SHARED / "monitoring" if INSTALLED else TOP / "monitoring"
NOTIFY = LIBEXEC / "drs-notify" if INSTALLED else MONITORING / "drs-notify"
CHECK = Path("/usr/sbin/drs-check") if INSTALLED else TOP / "tools/drs-check"
# Where drs-check finds what is not beside it.
IN_TREE = [] if INSTALLED else ["--drs-dir", MODULE_DIR,
                                "--observer", MODULE_DIR.parents[1] / "tools/.libs/drs_check_observer.so"]


def page(name: str) -> str:
    """A page of docs/, which Debian may compress."""
    if not INSTALLED:
        return (TOP / "docs" / name).read_text(encoding="utf-8")
    [path] = Path("/usr/share/doc/collectd-drs/docs").glob(f"{name}*")
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
