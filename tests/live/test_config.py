# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Valid and invalid configurations in real `collectd -T`: one line for an invalid block, and everything else works."""

from typing import NamedTuple

import pytest
from support.blocks import JOB, OTHER_JOB, PROJECT_ID, TOKEN, project
from daemons import Collectd
from daemons.collectd import HOST
from support.build_module import build


class Bad(NamedTuple):
    """A block that cannot work: the invalid lines, the option to be named, what is expected."""

    what: str
    option: str
    lines: list[str]
    wanted: str
    without: tuple[str, ...] = ()


LONG = "x" * 128

LOGIN = ['IdentityEndpoint "https://iam.example.com/v3"', 'DomainName "d"', 'User "u"', 'Password "p"']

BAD_BLOCKS = [
    # what is missing
    Bad("no endpoint", "Endpoint", [], "required", without=("Endpoint",)),
    Bad("no project id", "ProjectID", [], "required", without=("ProjectID",)),
    Bad("no credential", "Token", [], "required, or TokenFile, IdentityEndpoint, AccessKey or Agency",
        without=("Token",)),
    Bad("a key without its certificate", "ClientKey", ['ClientKey "/etc/ssl/me.key"'], "requires ClientCert"),
    # what is too much
    Bad("an unknown option", "Endpiont", ['Endpiont "https://drs.example.com"'], "unknown option"),
    Bad("an option of another plugin", "URL", ['URL "https://drs.example.com"'], "unknown option"),
    Bad("a block in the block", "Instance", ['<Instance "a">', 'Type "gauge"', "</Instance>"], "unknown option"),
    Bad("an option as a block", "Job", [f'<Job "{JOB}">', 'Name "a"', "</Job>"], "expected a value, got a block"),
    Bad("two credentials", "TokenFile", ['TokenFile "/etc/collectd/token"', f'Token "{TOKEN}"'],
        "configure one of them"),
    Bad("an endpoint twice", "Endpoint", ['Endpoint "https://a.example.com"'] * 2, "may be given only once"),
    Bad("a number twice", "BatchSize", ["BatchSize 10", "BatchSize 20"], "may be given only once"),
    Bad("a token twice", "Token", [f'Token "{TOKEN}"'] * 2, "may be given only once"),
    Bad("two values for a text", "Endpoint", ['Endpoint "https://a.example.com" "https://b"'],
        "expected one quoted string, got 2 values"),
    Bad("two values for a number", "Timeout", ["Timeout 100 200"], "expected one unquoted integer, got 2 values"),
    Bad("two values for a switch", "SelfMetrics", ["SelfMetrics true false"], "expected true or false, got 2 values"),
    Bad("three values for a job", "Job", [f'Job "{JOB}" "orders" "db"'], 'expected "ID" or "ID" "NAME"'),
    # two credentials, or half of one
    Bad("a token and a login", "User", ['User "u"'], "configure exactly one kind of credential"),
    Bad("a token and a key", "AccessKey", ['AccessKey "AK"'], "configure exactly one kind of credential"),
    Bad("a token and an agency", "Agency", ["Agency true"], "configure exactly one kind of credential"),
    Bad("a token and a password's file", "PasswordFile", ['PasswordFile "/p"'],
        "configure exactly one kind of credential"),
    Bad("a login and a key", "SecretKey", [*LOGIN, 'SecretKey "s"'], "configure exactly one kind of credential",
        without=("Token",)),
    Bad("a login without a domain", "DomainName", [LOGIN[0], *LOGIN[2:]], "required with",
        without=("Token",)),
    Bad("a login without a user", "User", [*LOGIN[:2], LOGIN[3]], "required with",
        without=("Token",)),
    Bad("a login without a password", "Password", LOGIN[:3], "required with IdentityEndpoint (or PasswordFile)",
        without=("Token",)),
    Bad("a login without its service", "IdentityEndpoint", LOGIN[1:], "required with",
        without=("Token",)),
    Bad("two passwords", "PasswordFile", [*LOGIN, 'PasswordFile "/p"'], "configure one of them",
        without=("Token",)),
    Bad("a key without its secret", "SecretKey", ['AccessKey "AK"'], "required with AccessKey (or SecretKeyFile)",
        without=("Token",)),
    Bad("a secret without its key", "AccessKey", ['SecretKey "s"'], "required with",
        without=("Token",)),
    Bad("no agency", "Token", ["Agency false"], "AccessKey or Agency", without=("Token",)),
    Bad("a metadata service alone", "Agency", ['MetadataEndpoint "http://m"'], "required with",
        without=("Token",)),
    Bad("an identity service of another version", "IdentityEndpoint",
        ['IdentityEndpoint "https://iam.example.com/v2.0"', *LOGIN[1:]], "expected a URL that ends in /v3",
        without=("Token",)),
    Bad("a password that is empty", "Password", [*LOGIN[:3], 'Password ""'], "is empty",
        without=("Token",)),
    # the wrong kind of value
    Bad("a number for an endpoint", "Endpoint", ["Endpoint 443"], "expected one quoted string, got a number"),
    Bad("a switch for a project id", "ProjectID", ["ProjectID true"], "expected one quoted string, got true or false"),
    Bad("a number for a token", "Token", ["Token 12345"], "expected one quoted string, got a number"),
    Bad("no job", "Job", [], "required, or JobsFile or DiscoverJobs", without=("Job",)),
    Bad("no job and none discovered", "Job", ["DiscoverJobs false"], "required, or JobsFile", without=("Job",)),
    Bad("a text for a discovery", "DiscoverJobs", ['DiscoverJobs "perhaps"'], "expected true or false, got "),
    Bad("a discovery all the time", "DiscoverInterval", ["DiscoverInterval 0"], "0.1 to 86400"),
    Bad("a text for a discovery's interval", "DiscoverInterval", ['DiscoverInterval "1h"'],
        "expected one unquoted number of seconds, got a quoted string"),
    Bad("a relative file of jobs", "JobsFile", ['JobsFile "drs-jobs"'], "expected an absolute path"),
    Bad("an empty file of jobs", "JobsFile", ['JobsFile ""'], "is empty"),
    Bad("a switch for a file of jobs", "JobsFile", ["JobsFile true"], "expected one quoted string, got "),
    Bad("two files of jobs", "JobsFile", ['JobsFile "/a"', 'JobsFile "/b"'], "may be given only once"),
    Bad("a number for a job", "Job", ["Job 8"], 'expected "ID" or "ID" "NAME"'),
    Bad("a number for a job's name", "Job", [f'Job "{JOB}" 8'], 'expected "ID" or "ID" "NAME"'),
    Bad("a number for a host", "Host", ["Host 1"], "expected one quoted string, got "),
    Bad("a text for an interval", "Interval", ['Interval "60"'],
        "expected one unquoted number of seconds, got a quoted string"),
    Bad("a text for a timeout", "Timeout", ['Timeout "fast"'], "expected one unquoted integer, got "),
    Bad("a switch for a batch size", "BatchSize", ["BatchSize true"], "expected one unquoted integer, got "),
    Bad("a text for a switch", "VerifyPeer", ['VerifyPeer "perhaps"'], "expected true or false, got "),
    Bad("a number for a switch", "VerifyHost", ["VerifyHost 1"], "expected true or false, got "),
    Bad("a text for notifications", "Notify", ['Notify "failures"'], "expected true or false, got "),
    Bad("a word for meta data", "MetaData", ['MetaData "none"'], "expected true or false, got "),
    Bad("a number for self-metrics", "SelfMetrics", ["SelfMetrics 0"], "expected true or false, got "),
    Bad("a switch for a certificate", "CACert", ["CACert true"], "expected one quoted string, got "),
    Bad("a number for a proxy", "Proxy", ["Proxy 3128"], "expected one quoted string, got "),
    # an empty value
    Bad("an empty endpoint", "Endpoint", ['Endpoint ""'], "is empty"),
    Bad("an empty project id", "ProjectID", ['ProjectID ""'], "is empty"),
    Bad("an empty token", "Token", ['Token ""'], "is empty"),
    Bad("an empty token file", "TokenFile", ['TokenFile ""'], "is empty", without=("Token",)),
    Bad("an empty job", "Job", ['Job ""'], "expected 1 to 127 ASCII letters"),
    Bad("an empty name of a job", "Job", [f'Job "{JOB}" ""'], "is empty"),
    Bad("an empty host", "Host", ['Host ""'], "is empty"),
    # out of range
    Bad("a negative delay that is ready", "ReadyDelay", ["ReadyDelay -1"], "0 to 86400"),
    Bad("an interval of nothing", "Interval", ["Interval 0"], "0.1 to 86400"),
    Bad("a negative interval", "Interval", ["Interval -10"], "0.1 to 86400"),
    Bad("an interval that is too short", "Interval", ["Interval 0.05"], "0.1 to 86400"),
    Bad("an interval that is too long", "Interval", ["Interval 86401"], "0.1 to 86400"),
    Bad("a timeout of nothing", "Timeout", ["Timeout 0"], "expected one unquoted integer from 1 to 600000, got 0"),
    Bad("a negative timeout", "Timeout", ["Timeout -1"], "1 to 600000"),
    Bad("a timeout beyond all numbers", "Timeout", ["Timeout 99999999999999"], "1 to 600000"),
    Bad("a batch of nothing", "BatchSize", ["BatchSize 0"], "1 to 10000"),
    Bad("a batch that is too large", "BatchSize", ["BatchSize 10001"], "1 to 10000"),
    Bad("a batch of two and a half", "BatchSize", ["BatchSize 2.5"],
        "expected one unquoted integer from 1 to 10000, got 2.5"),
    Bad("no request at once", "MaxParallel", ["MaxParallel 0"], "1 to 100"),
    Bad("too many requests at once", "MaxParallel", ["MaxParallel 101"], "1 to 100"),
    Bad("a language nobody speaks", "Language", ['Language "de-de"'], 'expected "en-us" or "zh-cn"'),
    # endpoints
    Bad("an endpoint without a scheme", "Endpoint", ['Endpoint "drs.example.com"'], "https://HOST[:PORT][/PATH]"),
    Bad("an endpoint for ftp", "Endpoint", ['Endpoint "ftp://drs.example.com"'], "https://HOST[:PORT][/PATH]"),
    Bad("an endpoint with a user", "Endpoint", ['Endpoint "https://me:pw@drs.example.com"'],
        "https://HOST[:PORT][/PATH]"),
    Bad("an endpoint with a query", "Endpoint", ['Endpoint "https://drs.example.com/?a=b"'],
        "https://HOST[:PORT][/PATH]"),
    Bad("an endpoint with a fragment", "Endpoint", ['Endpoint "https://drs.example.com/#a"'],
        "https://HOST[:PORT][/PATH]"),
    Bad("an endpoint without a host", "Endpoint", ['Endpoint "https:///drs"'], "the URL's host is not a name"),
    Bad("an endpoint with a space", "Endpoint", ['Endpoint "https://drs.example.com/a b"'], "must be percent-encoded"),
    *(Bad(f"an endpoint with {what}", "Endpoint", [f'Endpoint "https://{rest}"'], wanted) for what, rest, wanted in (
        ("a port beyond all ports", "drs.example.com:99999", "the URL's port is not a number from 1 to 65535"),
        ("a port that is a word", "drs.example.com:abc", "the URL's port is not a number from 1 to 65535"),
        ("half an address", "[::1", "the URL's host is not a name or an address"),
        ("a semicolon in its host", "drs.example.com;x", "the URL's host is not a name or an address"),
        ("the version", "drs.example.com/v3", "expected a URL without /v3"),
        ("the path of a request", f"drs.example.com/v3/{PROJECT_ID}/jobs", "expected a URL without /v3"))),
    Bad("an identity service with half an address", "IdentityEndpoint",
        ['IdentityEndpoint "https://[::1/v3"', *LOGIN[1:]], "the URL's host is not a name", without=("Token",)),
    Bad("a metadata service with no port", "MetadataEndpoint",
        ["Agency true", 'MetadataEndpoint "http://m:"'], "the URL's port is not a number", without=("Token",)),
    # proxies, whose password no line has
    *(Bad(f"a proxy with {what}", "Proxy", [f'Proxy "{url}"'], wanted) for what, url, wanted in (
        ("an unknown scheme", f"foo://user:{TOKEN}@proxy:3128", "expected a proxy of the scheme http"),
        ("a fragment in its password", f"http://user:#{TOKEN}@proxy:3128", "special characters of user and password"),
        ("a slash in its password", f"http://user:{TOKEN}/1@proxy:3128", "special characters of user and password"),
        ("a sign in its password", f"http://user:{TOKEN}@1@proxy:3128", "special characters of user and password"),
        ("no host", f"http://user:{TOKEN}@", "the URL's host is not a name"),
        ("no host and no sign", f"http://user:{TOKEN}", "the URL's port is not a number"))),
    Bad("a host that is too long", "Host", [f'Host "{LONG}"'], "is longer than 127 bytes"),
    # what would break out of a path, a header or a name
    Bad("a project id with a slash", "ProjectID", [f'ProjectID "{PROJECT_ID}/jobs"'],
        "expected 1 to 127 ASCII letters"),
    Bad("a project id with a query", "ProjectID", [f'ProjectID "{PROJECT_ID}?a"'], "expected 1 to 127 ASCII letters"),
    Bad("a token with a line break", "Token", ['Token "abc\ndef"'], "has a control character or a line break"),
    Bad("a language with a line break", "Language", ['Language "en-us\nX-Evil: 1"'],
        "has a control character or a line break"),
    Bad("a job with a quote", "Job", [r'Job "a\"b"'], "expected 1 to 127 ASCII letters"),
    Bad("a job with a line break", "Job", ['Job "a\nb"'], "expected 1 to 127 ASCII letters"),
    Bad("a job with a slash", "Job", ['Job "a/b"'], "expected 1 to 127 ASCII letters"),
    Bad("a job with a space", "Job", ['Job "a b"'], "expected 1 to 127 ASCII letters"),
    Bad("a job with a control character", "Job", ['Job "a\x01b"'], "expected 1 to 127 ASCII letters"),
    Bad("a job with an umlaut", "Job", ['Job "ä"'], "expected 1 to 127 ASCII letters"),
    Bad("a job that is too long", "Job", [f'Job "{LONG}"'], "expected 1 to 127 ASCII letters"),
]

# What stands before or after the good block, and how the line about it begins.
BAD_FILES = {
    "a project without a name": ("<Project>\nBatchSize 10\n</Project>", 'config: name: expected '),
    "a project with two names": ('<Project "a" "b">\n</Project>', 'config: name: expected '),
    "a project with a number for a name": ("<Project 5>\n</Project>", 'config: name: expected '),
    "a project with an empty name": ('<Project "">\n</Project>', 'config: name: expected '),
    "a project with a slash in its name": ('<Project "a/b">\n</Project>', 'config: name: expected '),
    "a project with a space in its name": ('<Project "a b">\n</Project>', 'config: name: expected '),
    "a project that is no block": ('Project "bad"', 'project "bad": config: Endpoint: required'),
    "an unknown block": ('<Tenant "bad">\n</Tenant>', "config: Tenant: unknown option; expected <Project"),
    "an option outside of the blocks": ("BatchSize 10", "config: BatchSize: unknown option; expected <Project"),
}

GOOD_LINES = {
    "nothing but what is needed": [],
    "every option": [
        "Interval 60", 'Host "db-host"', "Timeout 2000", "BatchSize 10000",
        "MaxParallel 100", 'Language "zh-cn"',
        "VerifyPeer true", "VerifyHost true", 'CACert "/etc/ssl/certs/ca.crt"',
        'ClientCert "/etc/ssl/me.crt"', 'ClientKey "/etc/ssl/me.key"', "MetaData false", "SelfMetrics false",
        "ReadyDelay 0.5", "Details false", "Comparisons false",
        "Notify false", "DiscoverJobs false", "DiscoverInterval 60"],
    "options in other letters": ['host "a"', "TIMEOUT 2000", "batchsize 1", "verifypeer true"],
    "a fraction of a second": ["Interval 2.5"],
    "a job with a name": [f'Job "{JOB}" "orders db"'],
}


def log_lines(lines, level: str) -> list[str]:
    """The lines of the plugin, without those of collectd."""
    return [line.text for line in lines
            if line.level == level and line.text.startswith("drs plugin: ")]


def requested(cloud) -> set[str]:
    """The ids that were requested."""
    return {job for request in cloud.requests for job in request.jobs}


@pytest.mark.parametrize("bad", BAD_BLOCKS, ids=lambda bad: bad.what)
def test_a_bad_block_gets_one_line_and_the_other_works(cloud, bad):
    # Each of its options that the row does not change is valid; the job is its own.
    lines = bad.lines if bad.option == "Job" else [*bad.lines, f'Job "{OTHER_JOB}"']
    config = project("bad", cloud, *lines, without=bad.without) + project("good", cloud)
    result = Collectd(config).test_read()

    [line] = [line for line in log_lines(result.lines, "error") if ": config: " in line]
    start = f'drs plugin: project "bad": config: {bad.option}: '
    assert line.startswith(start)
    assert bad.wanted in line.removeprefix(start)
    assert TOKEN not in line
    assert result.status != 0
    assert [request.jobs for request in cloud.requests] == [[JOB]]


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_mistake_outside_of_a_block_is_one_line(cloud, what):
    text, start = BAD_FILES[what]
    result = Collectd(f'{text}\n{project("good", cloud)}').test_read()
    [line] = log_lines(result.lines, "error")
    assert line.startswith(f"drs plugin: {start}")
    assert result.status != 0
    assert requested(cloud) == {JOB}


def test_the_second_project_of_a_name_is_rejected(cloud):
    config = project("good", cloud) + project("good", cloud, f'Job "{OTHER_JOB}"')
    result = Collectd(config).test_read()
    [line] = log_lines(result.lines, "error")
    assert line.startswith('drs plugin: project "good": config: name: already used')
    assert result.status != 0
    assert requested(cloud) == {JOB}


@pytest.mark.parametrize("word, verified", [
    ("false", False), ("No", False), ("off", False), ("TRUE", True), ("yes", True), ("on", True)])
def test_a_quoted_boolean_is_taken_with_a_warning(cloud, word, verified):
    """As collectd's own plugins take it."""
    result = Collectd(project("good", cloud, f'VerifyPeer "{word}"')).test_read()
    lines = log_lines(result.lines, "warning")
    taken = str(verified).lower()
    assert lines[0] == f'drs plugin: project "good": config: VerifyPeer: taken for {taken}; expected it without quotes'
    assert len(lines) == 2 - verified  # a peer that is not verified is a warning of its own
    assert result.status == 0


@pytest.mark.parametrize("lines, bad, expected", [
    ([], ["BatchSize 0"], "1 project, 1 job configured"),
    ([f'Job "{JOB}"', f'Job "{OTHER_JOB}"', f'Job "{JOB}"'], ["BatchSize 0"], "1 project, 2 jobs configured"),
    ([f'Job "{JOB}"', 'DiscoverJobs true'], None,
     "2 projects, 2 jobs configured, and those of files or the service's lists"),
    (['JobsFile "/nowhere"'], ["Nonsense 1"],
     "1 project, 0 jobs configured, and those of files or the service's lists"),
])
def test_the_first_line_counts_what_works(cloud, lines, bad, expected):
    without = ["Job"] if lines and not lines[0].startswith("Job ") else []
    config = project("good", cloud, *lines, without=without) + project("bad", cloud, *(bad or []), 'Host "b"')
    [line] = [line.text for line in Collectd(config).test_read().lines if "drs plugin: version " in line.text]
    assert line.partition(": ")[2].partition(": ")[2] == expected


def test_a_rejected_project_is_not_up(cloud):
    with Collectd(project("bad", cloud, "BatchSize 0") + project("good", cloud)) as daemon:
        assert daemon.wait_for_reads(1, "bad")[0] == {"bad/bool-up": 0}
        assert daemon.wait_for_reads(1, "good")[0]["good/bool-up"] == 1


def test_an_id_given_twice_is_a_warning(cloud):
    result = Collectd(project("good", cloud, *[f'Job "{JOB}"'] * 2)).test_read()
    [line] = log_lines(result.lines, "warning")
    assert line.startswith('drs plugin: project "good": config: Job: ')
    assert JOB in line
    assert log_lines(result.lines, "error") == []
    assert result.status == 0
    assert [request.jobs for request in cloud.requests] == [[JOB]]


def test_an_endpoint_without_tls_is_a_warning_if_it_is_not_here(cloud):
    # A proxy that is not there: nobody looks for that host.
    lines = ['Endpoint "http://drs.example.com"', 'Proxy "http://127.0.0.1:1"']
    result = Collectd(project("good", cloud, *lines)).test_read()
    [line] = log_lines(result.lines, "warning")
    assert line.startswith('drs plugin: project "good": config: Endpoint: ')


@pytest.mark.installed(10)
@pytest.mark.parametrize("option, expected", [
    ("VerifyPeer", "false: any server can read the credentials"),
    ("VerifyHost", "false: any server with a certificate can read the credentials")])
def test_a_certificate_that_is_not_verified_is_a_warning(cloud, option, expected):
    result = Collectd(project("good", cloud, f"{option} false")).test_read()
    assert log_lines(result.lines, "warning") == [
        f'drs plugin: project "good": config: {option}: {expected}']
    assert result.status == 0


@pytest.mark.parametrize("first, second", [
    pytest.param(None, HOST, id="collectd's own, by name"),
    pytest.param("a/b", "a_b", id="one that collectd makes of the other"),
    pytest.param("/a", "a", id="one less its first slash")])
def test_hosts_that_become_one_are_one(cloud, first, second):
    """Two series of one name would write over each other."""
    lines = [f'Host "{host}"' for host in (first,) if host]
    config = project("first", cloud, *lines) + project("second", cloud, f'Host "{second}"')
    result = Collectd(config).test_read()
    [line] = log_lines(result.lines, "warning")
    assert line.startswith(f'drs plugin: project "second": local: Job: job {JOB} is polled as "{JOB}-{JOB[:8]}"')
    assert result.status == 0 and len(cloud.requests) == 2


def test_a_rejected_project_is_not_up_on_its_own_host(cloud):
    config = project("bad", cloud, "BatchSize 0", 'Host "db-host"') + project("good", cloud)
    with Collectd(config) as daemon:
        daemon.wait_for_reads(1, "good")
        daemon.wait_until(lambda: "db-host/drs-bad/bool-up" in daemon.series("drs"),
                          "the bool-up of the rejected block")
        assert "test-host/drs-bad/bool-up" not in daemon.series("drs")


@pytest.mark.parametrize("what", GOOD_LINES)
def test_a_good_configuration_works(cloud, what):
    result = Collectd(project("good", cloud, *GOOD_LINES[what])).test_read()
    assert log_lines(result.lines, "error") + log_lines(result.lines, "warning") == []
    assert result.status == 0
    assert requested(cloud) == {JOB}


def test_the_shortest_interval_works(cloud):
    """In some cycle: on a busy machine a response may take longer than the 65 ms that a request has then."""
    with Collectd(project("good", cloud, "Interval 0.1")) as daemon:
        daemon.wait_until(lambda: any(read["good/bool-up"] for read in daemon.reads("good")), "a cycle with a response")


def test_a_service_without_a_response_fails_the_test_read(cloud):
    with cloud.inject("refused"):
        result = Collectd(project("good", cloud)).test_read()
    assert result.status != 0
    assert len(log_lines(result.lines, "error")) == 1


def test_a_collectd_with_metric_families_is_rejected_in_one_line(cloud, tmp_path):
    """As version 6 has them, to which a module that was built for version 5 delivers nothing."""
    preload = {"LD_PRELOAD": str(build("metric_families", tmp_path))}
    result = Collectd(project("good", cloud), variables=preload).test_read()
    [line] = log_lines(result.lines, "error")
    assert line.startswith("drs plugin: local: built for collectd 5.")
    assert cloud.requests == []
