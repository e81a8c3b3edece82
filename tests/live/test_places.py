# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Every option that names a file, and every kind of thing that may stand in its place."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.blocks import JOB, PROJECT_ID, TOKEN, project
from daemons import Collectd
from standin import Certificates, StandIn
from support.stops import check_stop

USER, PASSWORD, DOMAIN = "collectd", "the-right-password", "OTC"
ACCESS, SECRET = "QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"
TLS = ["CACert", "ClientCert", "ClientKey"]
OPTIONS = ["TokenFile", "PasswordFile", "SecretKeyFile", "JobsFile", *TLS]


def link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def make_huge(path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.truncate(1 << 30)


# What is there, and what is logged.
PLACES = {
    "fifo": (os.mkfifo, "is not a regular file"),
    "zero": (link_to("/dev/zero"), "is not a regular file"),
    "terminal": (link_to("/dev/ptmx"), "is not a regular file"),
    "folder": (Path.mkdir, "is not a regular file"),
    "huge": (make_huge, "is longer than 1048576 bytes"),
    "endless": (link_to("/proc/self/pagemap"), ""),  # longer than each limit, and odd sizes cannot be read
    "memory": (link_to("/proc/self/mem"), "cannot be read"),
    "nothing": (lambda _: None, "cannot be opened: No such file"),
}


@pytest.fixture
def clouds(cloud, certificates):
    """Stand-ins without and with TLS, which know all credentials."""
    cloud.iam.add_user(USER, PASSWORD, DOMAIN, PROJECT_ID)
    cloud.keys.add(ACCESS, SECRET)
    with StandIn(PROJECT_ID, TOKEN, tls=certificates.server(wants_client=True)) as secure:
        secure.jobs[JOB] = {"job_id": JOB, "progress": "50"}
        yield cloud, secure


def good(option: str, certificates: Certificates) -> str:
    """What the file of an option has in it where all is well."""
    return {"TokenFile": TOKEN, "PasswordFile": PASSWORD, "SecretKeyFile": SECRET, "JobsFile": f"{JOB}\n",
            "CACert": certificates.ca.read_text(), "ClientCert": certificates.certificate("client").read_text(),
            "ClientKey": certificates.key("client").read_text()}[option]


def block(name: str, option: str, path: Path, clouds, certificates: Certificates) -> str:
    """A project whose option names this path."""
    cloud, secure = clouds
    more, without = {
        "PasswordFile": ([f'IdentityEndpoint "{cloud.identity_endpoint}"', f'DomainName "{DOMAIN}"', f'User "{USER}"'],
                         ["Token"]),
        "SecretKeyFile": ([f'AccessKey "{ACCESS}"'], ["Token"]),
        "TokenFile": ([], ["Token"]), "JobsFile": ([], ["Job"]),
    }.get(option, ([f'{other} "{usual}"' for other, usual in {
        "CACert": certificates.ca, "ClientCert": certificates.certificate("client"),
        "ClientKey": certificates.key("client")}.items() if other != option], []))
    return project(name, secure if option in TLS else cloud, f'Host "{name}"', f'{option} "{path}"', *more,
                   without=without)


def test_no_place_holds_the_daemon(clouds, certificates, tmp_path):
    """From the start. The good project goes on, each other one says why it does not, and the daemon stops at once."""
    config = project("good", clouds[0], 'Host "good"')
    paths = {}
    for option in OPTIONS:
        for place, (make, _) in PLACES.items():
            path = paths[option, place] = tmp_path / f"{option}-{place}"
            make(path)
            config += block(path.name, option, path, clouds, certificates)

    def check(daemon: Collectd) -> None:
        daemon.wait_for_reads(3, "good")
        daemon.wait_for_reads(3, *(path.name for path in paths.values()))
        text = [line.text for line in daemon.lines("drs plugin: ") if line.level == "error"]
        for (option, place), path in paths.items():
            [line] = [line for line in text if f'project "{path.name}": ' in line]
            assert f"{path}" in line and PLACES[place][1] in line, (option, place)
        assert daemon.reads("good")[-1]["good/bool-up"] == 1

    check_stop(config, check)


@pytest.mark.parametrize("place", ["fifo", "zero"])
def test_a_file_that_becomes_something_else_and_is_back(clouds, certificates, tmp_path, place):
    """Secrets and jobs stay as they were meanwhile, and nothing is held."""
    config = ""
    paths = {option: tmp_path / option for option in OPTIONS}
    for option, path in paths.items():
        path.write_text(good(option, certificates))
        path.chmod(0o600)
        config += block(option, option, path, clouds, certificates)

    def all_are_up(daemon: Collectd, *options: str) -> bool:
        reads = {option: daemon.reads(option) for option in options}
        return all(read and read[-1][f"{option}/bool-up"] == 1 for option, read in reads.items())

    def replace() -> None:
        for path in paths.values():
            new = path.with_suffix(".new")
            PLACES[place][0](new)
            new.rename(path)

    with Collectd(config) as daemon:
        daemon.wait_until(lambda: all_are_up(daemon, *OPTIONS), "values of all")
        replace()
        clouds[1].listeners["drs"].drop()
        daemon.wait_for_new_reads(3, "TokenFile")
        assert all_are_up(daemon, *set(OPTIONS) - set(TLS))
        for option, path in paths.items():
            new = path.with_suffix(".new")
            new.write_text(good(option, certificates))
            new.chmod(0o600)
            new.rename(path)
        daemon.wait_for_new_reads(3, "CACert")
        daemon.wait_until(lambda: all_are_up(daemon, *OPTIONS), "values of all")


def keep_writing(path: Path, over: threading.Event, seconds: int, whole: threading.Event) -> None:
    """Write a password byte by byte, on a file system whose clock stands still."""
    for size in range(len(PASSWORD) + 1):
        with path.open("r+", encoding="utf-8") as file:
            file.write(PASSWORD[:size])
            file.flush()
            os.utime(path, times=(seconds, seconds))
        if size == len(PASSWORD):
            whole.set()
        elif over.wait(0.3):
            return


@pytest.mark.parametrize("seconds", [-3600, 0, 3600])
def test_a_half_written_password_is_not_tried_whatever_the_clock(clouds, certificates, tmp_path, seconds):
    user = clouds[0].iam.users[DOMAIN, USER]
    path = tmp_path / "password"
    path.touch(mode=0o600)
    over, whole = threading.Event(), threading.Event()
    writer = threading.Thread(target=keep_writing, args=(path, over, int(time.time()) + seconds, whole))
    writer.start()
    try:
        with Collectd(block("prod", "PasswordFile", path, clouds, certificates)) as daemon:
            daemon.wait_until(lambda: daemon.reads("prod") and daemon.reads("prod")[-1]["prod/bool-up"] == 1, "a login")
            assert whole.is_set()
    finally:
        over.set()
        writer.join()
    assert user.tries == 1 and user.lockouts == 0
