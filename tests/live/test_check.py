# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""tools/drs-check against the stand-in: what it says of each kind of trouble."""

import subprocess
from pathlib import Path

import pytest
from blocks import JOB, OTHER_JOB, PROJECT_ID, TOKEN, project
from daemons.collectd import MODULE_DIR, TOP
from standin import BadJob, Certificates, StandIn

KEY = ['AccessKey "AK"', 'SecretKey "SK"']


def check(folder: Path, text: str) -> subprocess.CompletedProcess:
    """Run it on a configuration that includes another, as Debian's does."""
    (folder / "conf.d").mkdir()
    (folder / "conf.d/drs.conf").write_text(f"LoadPlugin drs\n<Plugin drs>\n{text}</Plugin>\n")
    main = folder / "collectd.conf"
    main.write_text(f'LoadPlugin no_such_plugin\n<Include "{folder}/conf.d">\n'
                    '  Filter "*.conf"\n</Include>\n')
    done = subprocess.run([TOP / "tools/drs-check", "-C", main, "--drs-dir", MODULE_DIR],
                          capture_output=True, text=True, check=False, timeout=120)
    print(done.stdout, done.stderr)
    return done


def test_all_is_well(cloud, tmp_path):
    done = check(tmp_path, project("prod", cloud, f'Job "{JOB}" "orders"', "SelfMetrics false"))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == 'Project "prod"'
    assert "  credential: ok" in lines and "  jobs: 1 of 1 are answered for" in lines
    assert lines[-1] == "    orders: running, 50 % done"


def failed_stage(done: subprocess.CompletedProcess) -> tuple[str, str]:
    """The one stage that is neither well nor unknown, and what is said of it."""
    [line] = [line for line in done.stdout.splitlines()
              if line.startswith("  ") and not line.startswith("   ")
              and not line.endswith((": ok", ": not known")) and not line.startswith("  jobs:")]
    stage, _, words = line.strip().partition(": ")
    return stage, words


TROUBLES = [
    ("configuration", ["BatchSize 0"], (), "BatchSize: "),
    ("name", ['Endpoint "https://no-such-host.invalid"'], (), "resolve"),
    ("connection", ['Endpoint "http://127.0.0.1:1"'], (), "127.0.0.1"),
    ("credential", ['TokenFile "/no/such/file"'], ("Token",), "/no/such/file"),
    ("clock", KEY, ("Token",), "clock"),
    ("project", [], (), "not permitted"),
]


@pytest.mark.parametrize("stage, lines, without, words", TROUBLES, ids=[row[0] for row in TROUBLES])
def test_each_trouble_is_said_at_its_stage(cloud, tmp_path, stage, lines, without, words):
    if stage == "clock":
        cloud.keys.add("AK", "SK")
        cloud.clock.advance(3600)
    if stage == "project":
        cloud.answer_with("refusal", code="DRS.M00261")
    done = check(tmp_path, project("prod", cloud, *lines, without=without))
    assert done.returncode == 1
    found, said = failed_stage(done)
    assert found == stage and words in said
    for request in cloud.requests:
        request.problems.clear()


def test_a_certificate_that_is_not_trusted(tmp_path):
    certificates = Certificates(tmp_path / "certificates")
    with StandIn(PROJECT_ID, TOKEN, tls=certificates.server("good")) as cloud:
        done = check(tmp_path, project("prod", cloud))
    assert done.returncode == 1
    assert failed_stage(done)[0] == "TLS"


def test_a_job_that_is_not_known(cloud, tmp_path):
    cloud.drs.unknown_job = BadJob("refuse")
    done = check(tmp_path, project("prod", cloud, f'Job "{JOB}"', f'Job "{OTHER_JOB}"'))
    assert done.returncode == 1
    assert "  jobs: 1 of 2 are answered for" in done.stdout
    assert f"    job {OTHER_JOB}: " in done.stdout


def test_a_file_without_projects_is_said(tmp_path):
    (tmp_path / "collectd.conf").write_text("LoadPlugin cpu\n")
    done = subprocess.run([TOP / "tools/drs-check", "-C", tmp_path / "collectd.conf"],
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "no <Project" in done.stderr and "Traceback" not in done.stderr
