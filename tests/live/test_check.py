# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""tools/drs-check against the stand-in: a table of mistakes, and what it reports of each.

Of each mistake there is one line that fails, at the right stage, with what to do, and the exit status
of its kind. Tools that people know report the same mistakes like this, for comparison (curl_json of
collectd 5.12 run, Telegraf's inputs.http with --test read from its source):

misspelt option
    drs-check  config, 3: the option, the block; other blocks go on
    curl_json  "Option 'Hedaer' not allowed here.", collectd does not start
    telegraf   line number, "configuration specified the fields [...], but they were not used", the agent does not start
expired token
    drs-check  auth, 7: the service's code and text
    curl_json  "failed with response code 403 (URL)"
    telegraf   "received status code 403 (Forbidden), expected any value out of [200]. body: ..."
success with status 202
    drs-check  values
    curl_json  fails, and the interval doubles
    telegraf   fails until success_status_codes is set
untrusted certificate
    drs-check  tls, 6
    curl_json  libcurl's text, number and URL
    telegraf   "x509: certificate signed by unknown authority"
wrong job ids
    drs-check  job, 12: each id
    curl_json  nothing
    telegraf   nothing
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from support.blocks import JOB, OTHER_JOB, PROJECT_ID, TOKEN, write_secret
from support.checked_folder import LOAD, Place, project
from daemons import HANG, wait_until
from daemons.collectd import MODULE_DIR, TOP
from drs_check import Problem
from drs_check.accounts import Account, Pauses
from drs_check.jobs import Job
from drs_check.options import parser
from drs_check.report import job_as_json
from drs_check.results import Results
from drs_check.stages import KINDS, stages_of, status_of
from support.installed_paths import CHECK, IN_TREE
from support.raw_server import full_port
from support.resolver import needs_root
from standin import BadJob, Certificates, StandIn

STAGES = ["configuration", "name resolution", "connection", "TLS", "credential", "project", "service", "jobs"]
CONFIG, RESOLVE, CONNECT, TLS, AUTH, PROJECT, THROTTLED, HTTP, RESPONSE, JOBS = range(3, 13)
LOCAL, PAUSED, NOTHING = 13, 14, 15


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def failures(done: subprocess.CompletedProcess) -> list[tuple[str, str]]:
    """The stages that failed, and the line of each."""
    return [tuple(line.strip().split(": FAILED: ", 1)) for line in done.stdout.splitlines()
            if ": FAILED: " in line]


def states(done: subprocess.CompletedProcess) -> dict[str, str]:
    """The stages that did not fail, with "ok", "not used" or "not known"."""
    pairs = [line.strip().split(": ", 1) for line in done.stdout.splitlines()
             if line.startswith("  ") and ": " in line]
    return {stage: state for stage, state in pairs if stage in STAGES and ": " not in state}


class Mistake(NamedTuple):
    """Lines of a project, what it is without, what the cloud does; exit status and words of the report."""

    status: int
    expected: str
    lines: list[str] = []
    without: list[str] = []
    cloud: Callable[[StandIn], object] = lambda cloud: None


KEY = ['AccessKey "AK"', 'SecretKey "SK"']
LOGIN = ['IdentityEndpoint "{identity}"', 'DomainName "d"', 'User "u"', 'Password "wrong"']


def clock_off(cloud: StandIn) -> None:
    cloud.keys.add("AK", "SK")
    cloud.clock.advance(3600)


MISTAKES = {
    "misspelt option": Mistake(CONFIG, "Endpont", ['Endpont "x"']),
    "misspelt in lower case": Mistake(CONFIG, "endpont", ['endpont "x"']),
    "interval with a unit": Mistake(CONFIG, "Interval", ["Interval 60s"]),
    "interval of zero": Mistake(CONFIG, "Interval", ["Interval 0"]),
    "quoted number": Mistake(CONFIG, "Timeout", ['Timeout "10"']),
    "number out of range": Mistake(CONFIG, "BatchSize", ["BatchSize 0"]),
    "word for a boolean": Mistake(CONFIG, "VerifyPeer", ['VerifyPeer "perhaps"']),
    "no endpoint": Mistake(CONFIG, "Endpoint", without=["Endpoint"]),
    "endpoint without scheme": Mistake(CONFIG, "Endpoint", ['Endpoint "drs.example.org"']),
    "endpoint with version": Mistake(CONFIG, "without /v3", ['Endpoint "http://{host}/v3"']),
    "no project id": Mistake(CONFIG, "ProjectID", without=["ProjectID"]),
    "no credential": Mistake(CONFIG, "Token", without=["Token"]),
    "two credentials": Mistake(CONFIG, "AccessKey", KEY),
    "token twice": Mistake(CONFIG, "TokenFile", ['TokenFile "/etc/token"']),
    "key without secret": Mistake(CONFIG, "SecretKey", ['AccessKey "AK"'], ["Token"]),
    "identity without version": Mistake(
        CONFIG, "/v3", ['IdentityEndpoint "https://iam.example.org"', *LOGIN[1:]], ["Token"]),
    "no jobs": Mistake(CONFIG, "Job", without=["Job"]),
    "job of three words": Mistake(CONFIG, "Job", [f'Job "{JOB}" "a" "b"']),
    "relative jobs file": Mistake(CONFIG, "absolute", ['JobsFile "jobs"']),
    "unknown language": Mistake(CONFIG, "en-us", ['Language "de"']),
    "host name that is none": Mistake(
        RESOLVE, "https://no-such-host.invalid: ", ['Endpoint "https://no-such-host.invalid"']),
    "nothing at the port": Mistake(CONNECT, "http://127.0.0.1:1: ", ['Endpoint "http://127.0.0.1:1"']),
    "proxy that is down": Mistake(CONNECT, "to the proxy", ['Proxy "http://127.0.0.1:9"']),
    "no token file": Mistake(AUTH, "/no/such/file", ['TokenFile "/no/such/file"'], ["Token"]),
    "empty token file": Mistake(AUTH, "empty", ['TokenFile "{folder}/empty"'], ["Token"]),
    "expired token": Mistake(AUTH, "DRS.M00100", ['Token "MIIexpired"']),
    "wrong access key": Mistake(AUTH, "access key", KEY, ["Token"]),
    "clock": Mistake(AUTH, "clock", KEY, ["Token"], clock_off),
    "wrong password": Mistake(AUTH, "user u", LOGIN, ["Token"]),
    "wrong project id": Mistake(PROJECT, "DRS.M00261", ['ProjectID "0000"']),
    "no permission": Mistake(PROJECT, "DRS.M00102", cloud=lambda cloud: cloud.inject("error", code="DRS.M00102")),
    "throttled": Mistake(
        THROTTLED, "HTTP 429", ["Interval 3"], cloud=lambda cloud: cloud.inject("error", code="APIG.0308")),
    "path of its own": Mistake(HTTP, "HTTP 404", ['Endpoint "http://{host}/nowhere"']),
    "service error": Mistake(HTTP, "HTTP 500", cloud=lambda cloud: cloud.inject("error", status=500)),
    "page of a portal": Mistake(RESPONSE, "JSON", cloud=lambda cloud: cloud.inject("html")),
    "unknown job, rejected": Mistake(JOBS, OTHER_JOB, [f'Job "{JOB}"', f'Job "{OTHER_JOB}"'],
                                     cloud=lambda cloud: setattr(cloud.drs, "unknown_job", BadJob("reject"))),
    "unknown job, left out": Mistake(JOBS, OTHER_JOB, [f'Job "{JOB}"', f'Job "{OTHER_JOB}"'],
                                     cloud=lambda cloud: setattr(cloud.drs, "unknown_job", BadJob("omit"))),
    "unknown job, as an item": Mistake(JOBS, OTHER_JOB, [f'Job "{JOB}"', f'Job "{OTHER_JOB}"'],
                                       cloud=lambda cloud: setattr(cloud.drs, "unknown_job", BadJob("item"))),
    "unknown jobs alone": Mistake(JOBS, OTHER_JOB, [f'Job "{OTHER_JOB}"'],
                                  cloud=lambda cloud: setattr(cloud.drs, "unknown_job", BadJob("item"))),
}
STAGE_OF = {CONFIG: "configuration", RESOLVE: "name resolution", CONNECT: "connection", TLS: "TLS",
            AUTH: "credential", PROJECT: "project", THROTTLED: "service", HTTP: "service",
            RESPONSE: "service", JOBS: "jobs"}


TRANSPORT = {"endpoint with version", "host name that is none", "nothing at the port", "proxy that is down"}


@pytest.mark.parametrize("mistake", [
    pytest.param(name, marks=pytest.mark.installed(10 if name in TRANSPORT else 3)) for name in MISTAKES])
def test_each_mistake_fails_at_its_stage(cloud, place, mistake):
    status, expected, lines, without, change = MISTAKES[mistake]
    (place.folder / "empty").touch(mode=0o600)
    change(cloud)
    lines = [line.format(identity=cloud.identity_endpoint, folder=place.folder,
                         host=cloud.endpoint.partition("//")[2]) for line in lines]
    place.write(project("prod", cloud, *lines, without=without))
    done = place.check()
    assert done.returncode == status
    [(stage, text)] = failures(done)
    assert stage == STAGE_OF[status] and expected in text
    assert done.stdout.count("to do: ") == 1
    later = STAGES[STAGES.index(stage) + 1:]
    assert not [name for name, state in states(done).items() if name in later and state != "not known"]
    for request in cloud.requests:
        request.problems.clear()


@pytest.mark.installed(3)
def test_everything_passes(cloud, place):
    place.write(project("prod", cloud, f'Job "{JOB}" "orders"'))
    done = place.check()
    assert done.returncode == 0 and not failures(done)
    assert states(done) == dict.fromkeys(STAGES, "ok") | {"TLS": "not used"}
    assert f"  orders ({JOB}): FULL_TRANSFER_STARTED, 50 %" in done.stdout.splitlines()


def test_values_do_not_depend_on_self_metrics(cloud, place):
    place.write(project("prod", cloud, "SelfMetrics false"))
    done = place.check()
    assert done.returncode == 0 and 'project "prod"' in done.stdout


# The certificate of the server, further lines, the state of the stage TLS.
SERVERS = {
    "trusted": ("good", ['CACert "{ca}"'], "ok"),
    "not trusted": ("good", [], "FAILED"),
    "of another host": ("wrong-name", ['CACert "{ca}"'], "FAILED"),
    "expired": ("expired", ['CACert "{ca}"'], "FAILED"),
}


@pytest.mark.installed(4)
@pytest.mark.parametrize("server", SERVERS)
def test_certificates(place, server):
    kind, lines, state = SERVERS[server]
    certificates = Certificates(place.folder / "certificates")
    with StandIn(PROJECT_ID, TOKEN, tls=certificates.server(kind)) as cloud:
        cloud.jobs[JOB] = {"job_id": JOB, "transfer_status": "FULL_TRANSFER_STARTED"}
        place.write(project("prod", cloud, *(line.format(ca=certificates.ca) for line in lines)))
        done = place.check()
    if state == "ok":
        assert done.returncode == 0 and states(done)["TLS"] == "ok"
    else:
        assert done.returncode == TLS
        assert [stage for stage, _ in failures(done)] == ["TLS"] and states(done)["connection"] == "ok"


@pytest.mark.installed(3)
def test_http_at_a_port_with_tls(place):
    certificates = Certificates(place.folder / "certificates")
    with StandIn(PROJECT_ID, TOKEN, tls=certificates.server()) as cloud:
        endpoint = cloud.endpoint.replace("https", "http")
        place.write(project("prod", cloud, f'Endpoint "{endpoint}"'))
        done = place.check()
    assert done.returncode == HTTP
    assert states(done)["TLS"] != "ok" and states(done)["credential"] == "not known"


# What the included file is, and the line about it; collectd itself logs what is wrong here.
FILES = {
    "LoadPlugin is missing": (
        "<Plugin drs>\n{project}</Plugin>\n", "nothing before the <Plugin drs> block loads the plugin"),
    "LoadPlugin after the block": ("<Plugin drs>\n{project}</Plugin>\nLoadPlugin drs\n", "move it behind that line"),
    "nothing of drs": ("LoadPlugin cpu\n", "the configuration has nothing of drs"),
    "no block of the plugin": ("LoadPlugin drs\n", "<Project"),
    "no block of a project": ("LoadPlugin drs\n<Plugin drs>\n</Plugin>\n", "<Project"),
    "option outside of a project": ('LoadPlugin drs\n<Plugin drs>\nEndpoint "x"\n</Plugin>\n', "Endpoint"),
    "no closing tag": ("LoadPlugin drs\n<Plugin drs>\n{project}", "drs.conf"),
    "semicolon comment": ('LoadPlugin drs\n; "a comment"\n', "drs.conf"),
    "typographic quotes": (
        LOAD + "<Plugin drs>\n<Project p>\nEndpoint \u201chttps://x.org\u201d\n</Project>\n</Plugin>\n", "drs.conf"),
    "double slash comment": ("LoadPlugin drs\n// a comment\n", "drs.conf"),
    "another plugin is missing": (
        "LoadPlugin no_such_plugin\n" + LOAD + "<Plugin drs>\n{project}</Plugin>\n", "no_such_plugin"),
    "blank in the name": (LOAD + '<Plugin drs>\n<Project "Prod EU">\n</Project>\n</Plugin>\n', "name"),
    "name twice": (LOAD + "<Plugin drs>\n{project}{project}</Plugin>\n", "name"),
}


@pytest.mark.installed(4)
@pytest.mark.parametrize("file", FILES)
def test_a_configuration_that_does_not_run_the_plugin(cloud, place, file):
    text, expected = FILES[file]
    place.included.write_text(text.format(project=project("prod", cloud)), encoding="utf-8")
    done = place.check("--timeout", "60")
    assert done.returncode == CONFIG
    found = failures(done)
    assert {stage for stage, _ in found} == {"configuration"}
    assert any(expected in text for _, text in found), found
    assert len(found) == 1 or file == "another plugin is missing"


@pytest.mark.installed(4)
def test_a_syntax_error_has_the_line_that_collectd_counts(place):
    place.main.write_text("LoadPlugin drs\n\n// a comment\n")
    [(_, text)] = failures(place.check())
    assert f"`{place.main}', line 3 near" in text


def test_a_module_that_is_missing(cloud, place, tmp_path):
    place.write(project("prod", cloud))
    done = place.check("--drs-dir", tmp_path)
    assert done.returncode == CONFIG and 'Could not find plugin "drs"' in done.stdout


def test_a_file_that_is_missing(place):
    place.main.unlink()
    done = place.check()
    assert done.returncode == 2
    assert f"{place.main}: No such file" in done.stderr


# What is only worth a warning.
WARNINGS = {
    "job twice": ([f'Job "{JOB}"', f'Job "{JOB}"'], JOB),
    "quoted boolean": (['VerifyPeer "yes"'], "VerifyPeer"),
    "token file for all to read": (['TokenFile "{folder}/token"'], "chmod 600"),
}


@pytest.mark.installed(4)
@pytest.mark.parametrize("warning", WARNINGS)
def test_a_warning_is_no_failure(cloud, place, warning):
    lines, expected = WARNINGS[warning]
    write_secret(place.folder / "token", TOKEN)
    (place.folder / "token").chmod(0o644)
    lines = [line.format(folder=place.folder) for line in lines]
    place.write(project("prod", cloud, *lines, without=["Token"] if "TokenFile" in lines[0] else []))
    done = place.check()
    assert done.returncode == 0 and not failures(done)
    assert [line for line in done.stdout.splitlines() if "warning: " in line and expected in line]
    assert states(done).keys() == set(STAGES) and "not known" not in states(done).values()


def test_one_project_that_fails_leaves_the_other_alone(cloud, place):
    place.write(project("bad", cloud, "Interval 0") + project("prod", cloud))
    done = place.check()
    assert done.returncode == CONFIG
    assert len(failures(done)) == 1 and "  jobs reported: 1 of 1" in done.stdout


def login(cloud: StandIn, *lines: str, user: str = "u") -> list[str]:
    """Lines of a project with a user of the stand-in's identity service."""
    return [f'IdentityEndpoint "{cloud.identity_endpoint}"', 'DomainName "d"', f'User "{user}"', *lines]


@pytest.mark.installed(6)
def test_a_rejected_login_is_not_repeated(cloud, place):
    place.write(project("prod", cloud, *login(cloud, 'Password "wrong"'), without=["Token"]))
    done = place.check()
    assert done.returncode == AUTH
    # Nothing was sent to DRS.
    assert states(done)["configuration"] == "ok" and states(done)["connection"] == "not known"
    assert len(cloud.iam.requests) == 1
    for _ in range(7):
        done = place.check()
        assert done.returncode == PAUSED and "--force" in done.stderr
    assert len(cloud.iam.requests) == 1
    assert place.check("--force").returncode == AUTH
    assert len(cloud.iam.requests) == 2
    [state] = (place.folder / "state").iterdir()
    assert "wrong" not in state.read_text() and state.parent.stat().st_mode & 0o77 == 0
    [entry] = json.loads(state.read_text()).values()
    assert entry["failures"] == 2


# What a second configuration has, and whether it is the account that was rejected in the first.
OTHERS = {
    "another project, another password": ("other", "u", "", True),
    "another spelling of the service": ("prod", "u", "UPPER", True),
    "another user": ("prod", "v", "", False),
}


@pytest.mark.installed(6)
@pytest.mark.parametrize("other", OTHERS)
def test_a_pause_is_one_of_the_account(cloud, place, tmp_path, other):
    name, user, spelling, paused = OTHERS[other]
    place.write(project("prod", cloud, *login(cloud, 'Password "wrong"'), without=["Token"]))
    assert place.check().returncode == AUTH
    second = tmp_path / "second.conf"
    block = project(name, cloud, *login(cloud, 'Password "another"', user=user), without=["Token"])
    if spelling:
        block = block.replace(cloud.identity_endpoint, cloud.identity_endpoint.replace("http", "HTTP"))
    second.write_text(f"FQDNLookup false\n{LOAD}<Plugin drs>\n{block}</Plugin>\n")
    done = place.check("-C", second)
    assert done.returncode == (PAUSED if paused else AUTH)
    assert len(cloud.iam.requests) == (1 if paused else 2)
    assert not paused or f'project "{name}"' in done.stderr


def test_two_projects_of_a_user_are_one_failure(cloud, place):
    place.write("".join(project(name, cloud, f'Host "{name}"', *login(cloud, 'Password "wrong"'), without=["Token"])
                        for name in ("one", "two")))
    assert place.check().returncode == AUTH
    assert len(cloud.iam.requests) == 1
    [entry] = json.loads((place.folder / "state/accounts.json").read_text()).values()
    assert entry["failures"] == 1


@pytest.mark.parametrize("kind", ["user", "access key"])
def test_a_secret_s_file_that_was_replaced_is_tried_at_once(cloud, place, kind):
    cloud.iam.add_user("u", "right", "d", PROJECT_ID)
    cloud.keys.add("AK", "right")
    secret = place.folder / "secret"
    write_secret(secret, "wrong")
    lines = {"user": login(cloud, f'PasswordFile "{secret}"'),
             "access key": ['AccessKey "AK"', f'SecretKeyFile "{secret}"']}[kind]
    place.write(project("prod", cloud, *lines, without=["Token"]))
    assert [place.check().returncode for _ in range(2)] == [AUTH, PAUSED]
    write_secret(secret, "right")
    assert [place.check().returncode for _ in range(2)] == [0, 0]
    assert json.loads((place.folder / "state/accounts.json").read_text()) == {}
    for request in cloud.requests:
        request.problems.clear()


def test_only_three_files_in_an_hour_end_the_pause(cloud, place):
    secret = place.folder / "secret"
    write_secret(secret, "wrong")
    place.write(project("prod", cloud, *login(cloud, f'PasswordFile "{secret}"'), without=["Token"]))
    results = []
    for number in range(5):
        results.append(place.check().returncode)
        write_secret(secret, f"wrong {number}")
    assert results == [AUTH] * 4 + [PAUSED]


def test_a_rejected_token_locks_nobody_and_makes_no_pause(cloud, place):
    place.write(project("prod", cloud, 'Token "MIIexpired"'))
    assert [place.check().returncode for _ in range(2)] == [AUTH, AUTH]
    place.write(project("prod", cloud))
    assert place.check().returncode == 0
    for request in cloud.requests:
        request.problems.clear()


def test_a_credential_that_works_ends_the_pause(cloud, place):
    cloud.keys.add("AK", "SK")
    place.write(project("prod", cloud, 'AccessKey "AK"', 'SecretKey "wrong"', without=["Token"]))
    assert [place.check().returncode for _ in range(2)] == [AUTH, PAUSED]
    place.write(project("prod", cloud, *KEY, without=["Token"]))
    assert place.check("--force").returncode == 0
    assert place.check().returncode == 0
    for request in cloud.requests:
        request.problems.clear()


def test_a_run_without_a_response_leaves_the_pause(cloud, place):
    place.write(project("prod", cloud, *login(cloud, 'Password "wrong"'), without=["Token"]))
    assert place.check().returncode == AUTH
    unreachable = login(cloud, 'Password "wrong"', 'Proxy "http://127.0.0.1:9"')
    place.write(project("prod", cloud, *unreachable, without=["Token"]))
    assert place.check("--force").returncode == CONNECT
    assert place.check().returncode == PAUSED


def test_a_pause_is_not_kept_where_another_user_can_write(cloud, place):
    place.write(project("prod", cloud, *KEY, without=["Token"]))
    (place.folder / "state").symlink_to(place.folder)
    done = place.check()
    assert done.returncode == 2 and "--state-dir" in done.stderr


def results(*records: dict) -> Results:
    """What drs-check makes of some records."""
    made = Results()
    for record in records:
        made.take(record)
    return made


def error(project: str, kind: str, text: str = "why") -> dict:
    return {"kind": "error", "project": project, "severity": "error", "error": kind, "text": text}


def test_without_a_proof_nothing_is_ok():
    made = results({"kind": "project", "project": "prod", "endpoint": "https://h", "up": 0, "jobs": 1, "answered": 0,
                    "token_requests": 1}, error("prod", "config"))
    assert {stage.state for stage in stages_of(made.projects["prod"])[1:]} == {"not known"}


def test_the_exit_status_is_that_of_the_first_stage():
    records = [error("a", "job"), error("a", "tls")]
    for order in (records, records[::-1]):
        assert status_of(results(*order).projects["a"]) == TLS


def test_records_of_later_versions_are_passed_over():
    made = results({"kind": "new"}, {"kind": "module", "version": "9", "more": [1]}, error("a", "new-kind"))
    assert made.version == "9" and status_of(made.projects["a"]) == LOCAL


def test_each_kind_of_the_plugin_has_a_stage():
    """Those of base/err.c."""
    names = re.findall(r'\[ERR_\w+\] = "([\w-]+)"', (TOP / "src/base/err.c").read_text())
    assert len(names) > 10 and not set(names) - {"none"} - KINDS.keys()


def test_a_folder_of_another_user_holds_no_state(tmp_path, monkeypatch):
    account = {"prod": Account("0" * 32, "")}
    Pauses(tmp_path, account, 1).release()
    monkeypatch.setattr("os.geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(Problem, match="another user"):
        Pauses(tmp_path, account, 1)


def test_json(cloud, place):
    place.write(project("prod", cloud, f'Job "{JOB}" "orders"') + project("bad", cloud, "Interval 0"))
    done = place.check("--json")
    report = json.loads(done.stdout)
    assert report["exit_status"] == done.returncode == CONFIG
    by_name = {one["name"]: one for one in report["projects"]}
    assert by_name["prod"]["exit_status"] == 0 and by_name["prod"]["endpoint"] == cloud.endpoint
    assert [stage["state"] for stage in by_name["bad"]["stages"]] == ["failed"] + ["not known"] * 7
    assert [job["name"] for job in report["jobs"]] == ["orders"]


def test_the_manual_has_every_option_and_every_record():
    manual = (TOP / "man/drs-check.8").read_text(encoding="utf-8")
    options = [one for action in parser()._actions if action.help != "==SUPPRESS==" for one in action.option_strings]
    assert not [one for one in options if one.startswith("--") and one != "--help" and f"Fl {one[1:]}" not in manual]
    kinds = {name.removeprefix("_take_") for name in vars(Results) if name.startswith("_take_")}
    kinds |= {"begin", "configured", "body"}
    channel = manual[manual.index(".Sh CHANNEL"):]
    assert not [kind for kind in kinds if not re.search(rf"^\.It Cm .*\b{kind}\b", channel, re.MULTILINE)]
    keys = job_as_json(Job("")).keys()
    assert not [key for key in keys if not re.search(rf"^\.It Cm .*\b{key}\b", manual, re.MULTILINE)]


def test_version():
    done = subprocess.run([CHECK, "--version"], capture_output=True, text=True, check=True)
    [version] = re.findall(r"^AC_INIT\(\[collectd-drs\], \[(.*)\]\)", (TOP / "configure.ac").read_text(), re.MULTILINE)
    assert done.stdout == f"drs-check {version}\n"


# What ends drs-check early, and odd surroundings


class Started(NamedTuple):
    """A drs-check under way, and where it puts its temporary folder."""

    process: subprocess.Popen
    temporary: Path

    def left(self) -> list[str]:
        """What still runs of it, and what it has not removed."""
        found = subprocess.run(["pgrep", "--full", str(self.temporary)], capture_output=True, text=True, check=False)
        return [*found.stdout.split(), *(path.name for path in self.temporary.iterdir())]


@pytest.fixture
def start(place, tmp_path):
    """Starts drs-check, not waited for."""
    begun = []

    def start(*arguments: str | Path) -> Started:
        temporary = tmp_path / f"temporary-{len(begun)}"
        temporary.mkdir()
        process = subprocess.Popen(
            [CHECK, "-C", place.main, *IN_TREE, "--state-dir", place.folder / "state", *arguments], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"TMPDIR": str(temporary)})
        begun.append(process)
        return Started(process, temporary)

    yield start
    for process in begun:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
@pytest.mark.parametrize("arguments", [[], ["--watch"], ["--json"]], ids=["once", "watch", "json"])
def test_a_signal_ends_it_and_leaves_nothing(cloud, place, start, number, arguments):
    fault = cloud.inject("black-hole")
    place.write(project("prod", cloud, "Interval 3600", "Timeout 600000"))
    run = start(*arguments)
    fault.wait_for_hits(1)
    run.process.send_signal(number)
    output, errors = run.process.communicate(timeout=HANG)
    assert run.process.returncode == 128 + number and "Traceback" not in errors
    assert run.left() == []


def test_signals_that_come_together_are_one(cloud, place, start):
    fault = cloud.inject("black-hole")
    place.write(project("prod", cloud, "Interval 3600", "Timeout 600000"))
    run = start()
    fault.wait_for_hits(1)
    numbers = [signal.SIGSTOP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGCONT]
    for number in numbers:
        run.process.send_signal(number)
    _, errors = run.process.communicate(timeout=HANG)
    assert run.process.returncode - 128 in numbers and errors == ""
    assert run.left() == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("arguments", [[], ["--json"], ["--nagios"], ["--list"]], ids="".join)
def test_a_collectd_that_is_ended_is_no_success(cloud, place, start, number, arguments):
    fault = cloud.inject("black-hole", path="/batch-progress")
    place.write(project("hung", cloud, "Interval 3600", "Timeout 600000"))
    run = start(*arguments)
    fault.wait_for_hits(1)
    found = subprocess.run(["pgrep", "--parent", str(run.process.pid)], capture_output=True, text=True, check=True)
    os.kill(int(found.stdout), number)
    output, _ = run.process.communicate(timeout=HANG)
    assert run.process.returncode == (3 if "--nagios" in arguments else 2), output
    assert "everything works" not in output and "OK" not in output


def test_a_kill_leaves_no_collectd(cloud, place, start):
    fault = cloud.inject("black-hole")
    place.write(project("prod", cloud, "Interval 3600", "Timeout 600000"))
    run = start()
    fault.wait_for_hits(1)
    run.process.kill()
    run.process.communicate()
    wait_until(lambda: len(run.left()) == 1, HANG, "the end of collectd")  # the folder


def rejections(cloud: StandIn) -> int:
    return len(cloud.iam.requests)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_attempt_is_noted_before_it_is_made(cloud, place, start, number):
    """Whatever ends drs-check after it, the account has its pause."""
    hung = cloud.inject("black-hole", service="drs")
    place.write(project("hung", cloud, "Interval 3600", "Timeout 600000")
                + project("prod", cloud, 'Host "b"', *login(cloud, 'Password "wrong"'), without=["Token"]))
    run = start()
    hung.wait_for_hits(1)
    wait_until(lambda: rejections(cloud), HANG, "the login")
    run.process.send_signal(number)
    run.process.communicate(timeout=HANG)
    assert place.check().returncode == PAUSED
    assert rejections(cloud) == 1


def test_a_time_limit_keeps_the_pause_and_shows_what_is_known(cloud, place):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f'Endpoint "http://127.0.0.1:{silent.getsockname()[1]}"'
        place.write(project("hung", cloud, endpoint, "Interval 3600", "Timeout 600000")
                    + project("good", cloud, 'Host "b"', f'Job "{JOB}" "orders"')
                    + project("prod", cloud, 'Host "c"', *login(cloud, 'Password "wrong"'), without=["Token"]))
        done = place.check("--timeout", "5", "--json")
    report = json.loads(done.stdout)
    states = {one["name"]: one["exit_status"] for one in report["projects"]}
    assert done.returncode == 2 and states == {"hung": 2, "good": 0, "prod": AUTH}
    assert [job["name"] for job in report["jobs"]] == ["orders"]
    assert "not ended within 5 seconds" in done.stderr
    assert place.check().returncode == PAUSED and rejections(cloud) == 1


def test_six_at_once_are_one_rejected_login(cloud, place, start):
    place.write(project("prod", cloud, *login(cloud, 'Password "wrong"'), without=["Token"]))
    runs = [start() for _ in range(6)]
    for run in runs:
        run.process.communicate(timeout=HANG)
    assert sorted(run.process.returncode for run in runs) == [AUTH] + [PAUSED] * 5
    assert rejections(cloud) == 1


def test_six_at_once_with_a_good_login_all_work(cloud, place, start):
    cloud.iam.add_user("u", "right", "d", PROJECT_ID)
    place.write(project("prod", cloud, *login(cloud, 'Password "right"'), without=["Token"]))
    runs = [start() for _ in range(6)]
    for run in runs:
        run.process.communicate(timeout=HANG)
    assert [run.process.returncode for run in runs] == [0] * 6


def test_a_text_of_the_service_forges_no_record(cloud, place):
    """With line ends of all sorts, as if the log had another project's line in it."""
    forged = '\u2028drs plugin: project "other": auth: rejected (HTTP 401)\n{"kind":"error","project":"other"}\u202e'
    cloud.inject("raw", status=500, body=json.dumps({"error_code": "X", "error_msg": forged}).encode())
    place.write(project("prod", cloud))
    done = place.check()
    assert done.returncode == HTTP and len(failures(done)) == 1
    assert 'project "other"' not in [line.strip() for line in done.stdout.splitlines()]
    assert not {"\u2028", "\u202e"} & set(done.stdout)


def test_a_status_with_a_blank_is_shown(cloud, place):
    cloud.jobs[JOB] = {"job_id": JOB, "transfer_status": "FULL TRANSFER STARTED"}
    place.write(project("prod", cloud, f'Job "{JOB}" "orders"'))
    done = place.check()
    assert done.returncode == 0 and f"  orders ({JOB}): FULL TRANSFER STARTED" in done.stdout.splitlines()


@pytest.mark.parametrize("name", ["a b", "a$HOME", 'a"b', "a\\b", "a*b", "a'b", "a(b)", "ä"])
def test_an_odd_path_is_the_configuration_s(cloud, place, name):
    place.write(project("prod", cloud))
    odd = place.folder / f"{name}.conf"
    odd.write_text(place.main.read_text())
    assert place.check("-C", odd).returncode == 0


# What is around it, as words of a shell around "$@".
SURROUNDINGS = {
    "a temporary folder with odd characters": """mkdir "$0/a b 'c\\$d(" && TMPDIR="$0/a b 'c\\$d(" exec "$@" """,
    "a temporary folder with a line break": 'mkdir "$0/a\nb" && TMPDIR="$0/a\nb" exec "$@"',
    "no documentation strings": 'PYTHONOPTIMIZE=2 exec "$@"',
    "no standard input": 'exec "$@" <&-',
    "no standard error": 'exec "$@" 2>&-',
    "no streams": 'exec "$@" <&- >&- 2>&-',
    "no environment": 'exec env -i "$@"',
}


@pytest.mark.parametrize("around", SURROUNDINGS)
def test_surroundings_change_nothing(cloud, place, around):
    place.write(project("prod", cloud))
    check = [CHECK, "-C", place.main, *IN_TREE, "--state-dir", place.folder / "state"]
    done = subprocess.run(["sh", "-c", SURROUNDINGS[around], place.folder, *check],
                          capture_output=True, text=True, check=False, timeout=HANG)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_a_configuration_that_is_a_fifo_is_a_line(place):
    os.mkfifo(place.folder / "fifo")
    done = place.check("-C", place.folder / "fifo")
    assert (done.returncode, done.stderr) == (2, f"drs-check: {place.folder / 'fifo'}: not a regular file\n")


@pytest.mark.parametrize("limit", ["nan", "inf", "0", "-1", "x"])
def test_a_time_limit_has_to_be_one(place, limit):
    done = place.check("--timeout", limit)
    assert done.returncode == 2 and "--timeout" in done.stderr


def test_a_full_output_is_a_line(cloud, place):
    place.write(project("prod", cloud))
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([CHECK, "-C", place.main, *IN_TREE, "--state-dir", place.folder / "state"],
                              stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=HANG)
    assert done.returncode == 2
    assert done.stderr == "drs-check: the output: No space left on device\n"


@pytest.mark.parametrize("text", [
    "[]", '{"x": 1}', '{"x": {"failures": "a"}}', "\0", "[" * 100_000, '{"x": {"tries": []}}',
    '{"x": {"failures": 10000000000, "until": 1, "tries": [1], "files": {}}}'])
def test_an_odd_file_of_accounts_is_a_line(cloud, place, text):
    place.write(project("prod", cloud, *login(cloud, 'Password "p"'), without=["Token"]))
    state = place.folder / "state"
    state.mkdir(mode=0o700)
    (state / "accounts.json").write_text(text)
    done = place.check()
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert str(state / "accounts.json") in line and not cloud.iam.requests
    (state / "accounts.json").unlink()
    os.mkfifo(state / "accounts.json")
    done = place.check()
    assert done.returncode == 2 and "not a regular file" in done.stderr


@needs_root
def test_a_temporary_folder_without_execution_is_passed_over(cloud, place, start, tmp_path):
    place.write(project("prod", cloud))
    run_in = tmp_path / "noexec"
    run_in.mkdir()
    script = f'mount -t tmpfs -o noexec tmpfs "{run_in}" && exec "$@"'
    check = [CHECK, "-C", place.main, *IN_TREE, "--state-dir", place.folder / "state"]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *check],
        capture_output=True, text=True, check=False, timeout=HANG, env=os.environ | {"TMPDIR": str(run_in)})
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout


def test_sixty_projects_do_not_wait_for_each_other(cloud, place):
    """All are under way at once: with the stagger of a daemon no two would be."""
    gate = cloud.inject("black-hole", service="drs")
    place.write("".join(project(f"p{number}", cloud, f'Host "{number}"', "Interval 3600", "Timeout 600000")
                        for number in range(60)))
    process = subprocess.Popen([CHECK, "-C", place.main, *IN_TREE, "--state-dir", place.folder / "state"],
                               stdout=subprocess.DEVNULL)
    gate.wait_for_hits(60)
    process.terminate()
    assert process.wait(HANG) == 128 + signal.SIGTERM


# Mistakes and what to do about them, beyond the stage


class Advice(NamedTuple):
    """Lines of a project, what it is without; exit status, words of the report, and words that it must not have."""

    status: int
    expected: str
    lines: list[str]
    without: list[str] = []
    unwanted: str = "no such words"


AGENCY = ["Agency true", 'MetadataEndpoint "http://127.0.0.1:1"']
ADVICE = {
    "jobs file with quotes": Advice(
        CONFIG, "one ID [NAME] a line, without quotes or commas", ['JobsFile "{folder}/jobs.csv"'], ["Job"], "memory"),
    "identity service of another host": Advice(
        HTTP, "check IdentityEndpoint", ['IdentityEndpoint "{endpoint}/v3"', *LOGIN[1:]], ["Token"]),
    "token file with a byte-order mark": Advice(
        AUTH, "byte-order mark", ['TokenFile "{folder}/bom"'], ["Token"], "--force"),
    "token file with the header's name": Advice(
        AUTH, "header's name", ['TokenFile "{folder}/header"'], ["Token"], "--force"),
    "token file in quotes": Advice(
        AUTH, "begins with a quote", ['TokenFile "{folder}/quotes"'], ["Token"], "--force"),
    "literal password": Advice(AUTH, "drs-check --force", LOGIN, ["Token"]),
    "agency outside of the cloud": Advice(CONNECT, "use another credential", AGENCY, ["Token"], "firewall"),
    "file of authorities that is missing": Advice(
        TLS, "CACert is /no/such/ca", ['CACert "/no/such/ca"', 'Endpoint "https://{host}"']),
}
SECRETS = {"bom": "\ufeff" + TOKEN, "header": f"X-Subject-Token: {TOKEN}", "quotes": f'"{TOKEN}"'}


@pytest.mark.parametrize("advice", ADVICE)
def test_the_advice_names_what_is_to_be_done(cloud, place, advice):
    status, expected, lines, without, unwanted = ADVICE[advice]
    (place.folder / "jobs.csv").write_text('id,name\n"x","orders"\n')
    for name, text in SECRETS.items():
        write_secret(place.folder / name, text)
    lines = [line.format(identity=cloud.identity_endpoint, folder=place.folder, endpoint=cloud.endpoint,
                         host=cloud.endpoint.partition("//")[2]) for line in lines]
    place.write(project("prod", cloud, *lines, without=without))
    done = place.check()
    assert done.returncode == status
    assert expected in done.stdout and unwanted not in done.stdout and TOKEN not in done.stdout
    for request in cloud.requests:
        request.problems.clear()


@pytest.mark.parametrize("option", ["Endpoint", "IdentityEndpoint"])
def test_a_firewall_that_drops_packets_is_named_at_a_short_interval(cloud, place, option):
    """The host and the option; Timeout is not below Interval by default."""
    with full_port() as port:
        lines = {"Endpoint": [f'Endpoint "http://127.0.0.1:{port}"'],
                 "IdentityEndpoint": [f'IdentityEndpoint "http://127.0.0.1:{port}/v3"', *LOGIN[1:]]}[option]
        place.write(project("prod", cloud, *lines, "Interval 2", f'Job "{JOB}"', f'Job "{OTHER_JOB}"',
                            without=["Token"] if option == "IdentityEndpoint" else []))
        done = place.check()
    assert done.returncode == CONNECT
    [(stage, text)] = failures(done)
    assert stage == "connection"
    assert f"http://127.0.0.1:{port}" in text and "timed out after 1300 ms, connecting" in text
    assert f"  to do: check {option} (host, port), and the firewall" in done.stdout


def test_a_missing_file_of_authorities_proves_no_connection(cloud, place):
    place.write(project("prod", cloud, 'CACert "/no/such/ca"', 'Endpoint "https://127.0.0.1:9"'))
    done = place.check()
    assert done.returncode == TLS and "TLS: FAILED" in done.stdout
    assert [states(done)[stage] for stage in ("name resolution", "connection")] == ["not known", "not known"]


def test_the_case_of_names_is_collectd_s(cloud, place):
    place.write(project("prod", cloud, f'Endpoint "{cloud.endpoint.replace("http", "HTTP")}"'), load="LoadPlugin DRS\n")
    done = place.check()
    assert done.returncode == 0 and states(done)["TLS"] == "not used"


def test_a_folder_of_plugins_in_the_configuration_is_named_and_runs_nothing(cloud, place, tmp_path):
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    shutil.copy(MODULE_DIR / "drs.so", plugins)
    for name in ("logfile", "csv", "exec", "unixsock"):
        shutil.copy(f"/usr/lib/collectd/{name}.so", plugins)
    place.write(project("prod", cloud))
    place.main.write_text(f'PluginDir "{plugins}"\n{place.main.read_text()}')
    without = [one for one in IN_TREE if one not in ("--drs-dir", MODULE_DIR)]
    done = subprocess.run([CHECK, "-C", place.main, *without, "--state-dir", place.folder / "state"],
                          capture_output=True, text=True, check=False, timeout=HANG)
    assert done.returncode == 0
    assert f"drs is loaded from {plugins}/drs.so" in done.stdout
    assert not {path.name for path in place.folder.iterdir()} & {"log", "csv", "notified", "socket"}


@pytest.mark.parametrize("lines, without", [
    (["DiscoverJobs true", 'DiscoverSelect "name" "^nothing$"'], ["Job"]),
    (['JobsFile "{folder}/empty"'], ["Job"])])
def test_nothing_to_monitor_is_not_all_works(cloud, place, lines, without):
    (place.folder / "empty").write_text("# none yet\n")
    place.write(project("prod", cloud, *[line.format(folder=place.folder) for line in lines], without=without))
    done = place.check()
    assert done.returncode == NOTHING and "everything works" not in done.stdout and "nothing to monitor" in done.stdout
    assert place.check("--nagios").returncode == 1


# Of the jobs below, as reports print them.
DELAYED_JOB = "job-43 (8d0e8e36-a618-490d-8a46-8c61ac9jb043): INCRE_TRANSFER_STARTED, 100 %, 43 s behind"
FAILED_JOB = ("job-44 (8d0e8e36-a618-490d-8a46-8c61ac9jb044): FULL_TRANSFER_FAILED, 40 %: "
              "DRS.M00001 the source is gone")


def many_jobs(cloud: StandIn, count: int = 45) -> list[str]:
    """Jobs that replicate, and one that has failed; the options that name them."""
    ids = [f"8d0e8e36-a618-490d-8a46-8c61ac9jb{number:03}" for number in range(count)]
    for number, one in enumerate(ids):
        cloud.jobs[one] = {"job_id": one, "transfer_status": "INCRE_TRANSFER_STARTED", "progress": "100",
                           "incre_trans_delay": str(number)}
    cloud.jobs[ids[-1]] = {"job_id": ids[-1], "transfer_status": "FULL_TRANSFER_FAILED", "progress": "40",
                           "error_code": "DRS.M00001", "error_msg": "the source is gone"}
    return [f'Job "{one}" "job-{number}"' for number, one in enumerate(ids)]


def test_a_failed_job_is_never_beside_all_works(cloud, place):
    place.write(project("prod", cloud, *many_jobs(cloud)))
    done = place.check()
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and "everything works" not in done.stdout
    assert lines[lines.index("jobs") + 1] == f"  {FAILED_JOB}"
    assert lines[-1] == "the monitoring works; 1 of 45 jobs has failed: job-44"


def test_the_reason_of_a_failure_is_shown(cloud, place):
    """From a second call, which tells it after the job's values."""
    *lines, last = many_jobs(cloud, 2)
    cloud.drs.details["8d0e8e36-a618-490d-8a46-8c61ac9jb001"] = {"failed_reason": "the disk is full"}
    place.write(project("prod", cloud, *lines, last, "Details true"))
    [job] = [one for one in json.loads(place.check("--json").stdout)["jobs"] if one["state"] == "failed"]
    assert job["error"] == "DRS.M00001 the source is gone; the disk is full"


def test_a_list_has_every_job_the_worst_first_in_80_columns(cloud, place):
    place.write(project("prod", cloud, *many_jobs(cloud)))
    done = place.check("--list")
    heading, first, reason, second, *rest = done.stdout.splitlines()
    assert heading.split()[:3] == ["job", "phase", "total"] and "delay" in heading.split()
    assert first.startswith("job-44     failed ") and reason.strip() == "DRS.M00001 the source is gone"
    assert second.startswith("job-43     replicating ") and "43s" in second.split()
    assert len(rest) == 44 and max(map(len, done.stdout.splitlines())) <= 80


def test_sub_tasks_are_listed_where_the_service_reports_them(cloud, place):
    cloud.jobs[OTHER_JOB] = {"job_id": OTHER_JOB, "transfer_status": "FULL_TRANSFER_STARTED", "progress": "7"}
    cloud.drs.children, cloud.drs.names = {JOB: [OTHER_JOB]}, {JOB: "all", OTHER_JOB: "eu"}
    place.write(project("prod", cloud, "DiscoverJobs true", without=["Job"]))
    listed = place.check("--list").stdout.split()
    assert "all" in listed and "all-eu" in listed
    cloud.drs.child_job = BadJob()
    listed = place.check("--list").stdout.split()
    assert "all" in listed and "all-eu" not in listed
    done = place.check()
    assert done.returncode == 0
    assert "    warning: DiscoverJobs: the sub-tasks of the lists are set aside for a day: " in done.stdout


NAGIOS = {
    "delays below the limits": ([], 44, 0, "DRS OK: 44 jobs | jobs=44 failed=0 delay=43s;;;0"),
    "warning": (
        ["--warning-delay", "40"], 44, 1,
        f"DRS WARNING: 4 of 44 jobs: {DELAYED_JOB} | jobs=44 failed=0 delay=43s;40;;0"),
    "critical": (["--warning-delay", "40", "--critical-delay", "43"], 44, 2, "DRS CRITICAL: 1 of 44 jobs: job-43 "),
    "failed": ([], 45, 2, f"DRS CRITICAL: 1 of 45 jobs: {FAILED_JOB} | jobs=45 failed=1"),
}


@pytest.mark.parametrize("limits", NAGIOS)
def test_a_nagios_plugin_ends_by_the_state(cloud, place, limits):
    arguments, count, status, expected = NAGIOS[limits]
    place.write(project("prod", cloud, *many_jobs(cloud)[:count]))
    done = place.check("--nagios", *arguments)
    [line] = done.stdout.splitlines()
    assert done.returncode == status and line.startswith(expected)


def test_a_nagios_plugin_does_not_know_where_it_could_not_look(cloud, place):
    place.write(project("prod", cloud, 'Token "MIIexpired"'))
    done = place.check("--nagios")
    assert done.returncode == 3 and done.stdout.startswith('DRS UNKNOWN: project "prod": credential: ')
    place.main.unlink()
    assert place.check("--nagios").returncode == 3
    for request in cloud.requests:
        request.problems.clear()


def test_watch_prints_a_table_a_cycle_where_there_is_no_terminal(cloud, place, start):
    place.write(project("prod", cloud, *many_jobs(cloud)[:3], "Interval 3600"))
    run = start("--watch", "1")
    tables = 0
    while tables < 3:
        line = run.process.stdout.readline()
        assert line, run.process.stderr.read()
        tables += line.startswith("job ")
    run.process.terminate()
    run.process.communicate(timeout=HANG)
    assert run.process.returncode == 128 + signal.SIGTERM
    assert len([one for one in cloud.requests if one.path.endswith("/batch-progress")]) >= 3


def test_watch_has_the_whole_terminal_and_follows_its_size(cloud, place):
    place.write(project("prod", cloud, *many_jobs(cloud)[:3]))
    main, terminal = pty.openpty()
    resize(terminal, 24, 80)
    process = subprocess.Popen(
        [CHECK, "-C", place.main, *IN_TREE, "--state-dir", place.folder / "state", "--watch", "60"],
        stdin=terminal, stdout=terminal, stderr=terminal, env=os.environ | {"TERM": "xterm"})
    os.close(terminal)
    try:
        seen = read_until(main, lambda text: "job-2" in text)
        assert seen.startswith("\033[?1049h") and "every 60 s" in seen
        resize(main, 24, 40)
        seen = read_until(main, lambda text: "job-0" in text.rpartition("\033[2J")[2] and "\033[2J" in text)
        assert max(map(len, plain_lines(seen.rpartition("\033[2J")[2]))) < 40
        process.send_signal(signal.SIGINT)
        assert "\033[?1049l" in read_until(main, lambda text: "\033[?1049l" in text)
        assert process.wait(HANG) == 128 + signal.SIGINT
    finally:
        process.kill()
        os.close(main)


def resize(terminal: int, lines: int, columns: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def plain_lines(text: str) -> list[str]:
    """Without escapes."""
    return re.sub(r"\033\[[0-9;?]*[A-Za-z]", "", text).splitlines() or [""]


def read_until(terminal: int, seen: Callable[[str], bool]) -> str:
    """What a terminal shows from now on."""
    text = ""
    while not seen(text):
        ready, _, _ = select.select([terminal], [], [], HANG)
        assert ready, text
        text += os.read(terminal, 4096).decode(errors="replace")
    return text
