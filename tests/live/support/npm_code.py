# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Code of others for Node.js, installed by npm when a test needs it.

oracle/ is the cloud vendor's signer and client, grafana/ Grafana's. FOLDER/package-lock.json pins every package with
its checksum; they go to build/FOLDER.
"""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from daemons.collectd import TOP

PINS = ("package.json", "package-lock.json")
# npm's words for a registry that cannot be reached (through a proxy, or with the authorities that
# this machine knows), as opposed to a package that is not right.
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH",
               "EHOSTUNREACH", "E403", "E407", "E502", "E503", "ERR_SOCKET_TIMEOUT",
               "SELF_SIGNED_CERT", "UNABLE_TO_GET_ISSUER_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE")
HANG = 300


def program(name: str) -> str:
    """The path of a program, or the test is skipped."""
    return shutil.which(name) or pytest.skip(f"no {name}: the code of others is not compared with")


def install(sources: Path, place: Path) -> None:
    """Install the pinned packages, unless they are there. Other processes that need them wait."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install_once(sources, place)


def install_once(sources: Path, place: Path) -> None:
    done = place / "installed"
    pins = b"".join((sources / name).read_bytes() for name in PINS)
    if done.exists() and done.read_bytes() == pins:
        return
    npm = program("npm")
    for name in PINS:
        shutil.copy(sources / name, place)
    npm_ci = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"],
        cwd=place, check=False, capture_output=True, text=True, timeout=HANG)
    if npm_ci.returncode:
        found = [code for code in UNREACHABLE if code in npm_ci.stderr]
        if found:
            pytest.skip(f"npm cannot fetch the code of others: {found[0]}")
        raise AssertionError(f"npm ci: {npm_ci.stderr}")
    done.write_bytes(pins)


class NpmCode:
    """Runs a script of a folder with a JSON document on each end."""

    def __init__(self, folder: str = "oracle") -> None:
        self._node = program("node")
        self._sources = Path(__file__).parents[1] / folder
        self._place = TOP / "build" / folder
        install(self._sources, self._place)

    def run(self, script: str, document: Any) -> Any:
        environment = os.environ | {"NODE_PATH": str(self._place / "node_modules")}
        done = subprocess.run([self._node, str(self._sources / script)], input=json.dumps(document),
                              env=environment, cwd=self._place, check=False, capture_output=True,
                              text=True, timeout=HANG)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
