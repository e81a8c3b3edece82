# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Plugins of the tests' own, built from the C files beside this one, for real collectd."""

import subprocess
from pathlib import Path

HEADERS = ["-DHAVE_CONFIG_H", "-I/usr/include/collectd"]


def build(name: str, folder: Path) -> Path:
    """Compile NAME.c to a module in a folder."""
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run(["gcc", "-shared", "-fPIC", *HEADERS, "-o", folder / f"{name}.so", source, "-ldl"], check=True)
    return folder / f"{name}.so"


def load(name: str, folder: Path) -> str:
    """Compile NAME.c; the lines of a configuration that load it."""
    build(name, folder)
    return f'PluginDir "{folder}"\nLoadPlugin {name}\n'
