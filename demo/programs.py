# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The programs that the demo runs, beyond those of the tests: the stand-in, and collectd itself."""

import os
import sys
import sysconfig

from daemons import Collectd, Daemon

from .settings import Settings

HOST = "demo-host"
# Of the package faketime.
FAST_CLOCK = f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/faketime/libfaketimeMT.so.1"


class StandInProgram(Daemon):
    """The stand-in DRS with the demo's migrations, at `endpoint` once it has started."""

    name = "stand-in"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._port_file = self.folder / "port"

    def command(self) -> list[str]:
        settings = self._settings
        return [sys.executable, "-m", "standin", "--scenario", "demo",
                "--project", settings.project_id, "--token", settings.token,
                "--speed", str(settings.speed), "--behind", str(settings.behind), "--port-file", str(self._port_file)]

    def ready(self) -> bool:
        return self._port_file.exists()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port_file.read_text().strip()}"


class DemoCollectd(Collectd):
    """collectd that watches the demo's jobs, at the stand-in's endpoint or at the real one."""

    def __init__(self, settings: Settings, endpoint: str, stock: str) -> None:
        super().__init__(stock=stock, interval=settings.interval, host=HOST)
        self._settings = settings
        token_file = self.folder / "token"
        self.drs = settings.options(endpoint, str(token_file))
        descriptor = os.open(token_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(settings.token)

    def environment(self) -> dict[str, str]:
        """The way to a real service may lead through the environment's proxy; a token stays here."""
        settings = self._settings
        if settings.fast_clock:
            fast = {"LD_PRELOAD": FAST_CLOCK, "FAKETIME": f"-{settings.behind} x{settings.speed:g}"}
            return super().environment() | fast
        if not settings.real:
            return super().environment()
        kept = {name: value for name, value in os.environ.items() if name != "DRS_TOKEN"}
        return kept | {"no_proxy": "127.0.0.1"}

    def plugin_lines(self) -> list[str]:
        """The lines of the plugin in the log."""
        return [line.text for line in self.lines("drs plugin: ")]
