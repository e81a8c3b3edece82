# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The fault matrix: every row is a way in which a service, its network or this machine goes wrong."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import NamedTuple

from support.blocks import JOB, PROJECT_ID
from support.fault_runner import Row, Scene, Start, Stop
from standin import CODES, SHAPES, BadJob

MIB = 1 << 20
SLOW = "Timeout 1000"


class Group(NamedTuple):
    """Rows that play together, and the interval of their projects."""

    interval: float
    rows: list[Row]


def fault(name: str, **options) -> Start:
    """A fault of the stand-in."""
    return lambda scene: scene.cloud.inject(name, **options).stop


def http(name: str, start: Start, text: str, **more) -> Row:
    """An outage: no response, or a service error."""
    return Row(name, start, "http", text, **more)


def reply(name: str, start: Start, text: str, **more) -> Row:
    """A response that the API does not document."""
    return Row(name, start, "reply", text, **more)


def auth(name: str, start: Start, text: str, **more) -> Row:
    """The service rejects the credential."""
    return Row(name, start, "auth", text, **more)


def harmless(name: str, start: Start, **more) -> Row:
    """Odd, and no reason to lose a value or to log a line."""
    return Row(name, start, values=True, lines=(), **({"notifications": ()} | more))


def slow(_: Scene) -> list[str]:
    return [SLOW]


def compress(scene: Scene) -> list[str]:
    """The service compresses where it may."""
    scene.cloud.drs.gzip = True
    return []


TRANSPORT = [
    http("connection refused", fault("refused"), "onnect"),
    http("reset at accept", fault("reset-at-accept"), "reset"),
    http("never accepts a request", fault("silent"), "timed out", options=slow),
    http("never responds", fault("black-hole"), "timed out", options=slow),
    http("reset after the request", fault("reset-after-request"), "reset"),
    http("closed after the request", fault("close-after-request"), "without a response"),
    http("reset in the header", fault("reset-in-header"), "reset"),
    http("reset in the body", fault("reset-in-body"), "reset"),
    http("the header drips", fault("header-drips"), "timed out", options=slow),
    http("the header never ends", fault("header-endless"), "timed out", options=slow),
    reply("the header is a mebibyte", fault("header-endless", pace=0), "256 KiB"),
    http("the body stalls", fault("body-stalls"), "timed out", options=slow),
    http("the body drips", fault("body-drips"), "timed out", options=slow),
    http("the body is short", fault("body-short"), "before the response was complete"),
    http("the chunks are cut", fault("chunks-cut"), "before the response was complete"),
    http("a chunk has no size", fault("chunks-bad"), "hex"),
    reply("not HTTP", fault("not-http"), "is not HTTP"),
]

# --- what is in the body ---

EXAMPLE = (b'{"count":1,"results":[{"job_id":"%s","progress":"50",'
           b'"progress_map":{"data":{"completed":"94%%"}}}]}' % JOB.encode())

CUTS = {
    "at the first brace": b"{",
    "in the first key": b'{"cou',
    "after a colon": b'{"count":',
    "in a number": b'{"count":1',
    "after a comma": b'{"count":1,',
    "after the opening of the results": b'{"count":1,"results":[',
    "in an id": b'{"count":1,"results":[{"job_id":"8d0e',
    "in an escape": b'{"count":1,"results":[{"job_id":"8d0e\\u00',
    "in a UTF-8 character": b'{"count":1,"results":[{"job_id":"8d0e\xe4\xb8',
    "in a word": b'{"count":1,"results":[{"progress":nul',
    "in a map": EXAMPLE[:EXAMPLE.index(b"completed")],
    "before the end of the item": EXAMPLE[:-3],
}

BODIES = {
    "a page of HTML": (b"<html><body>Welcome</body></html>", "JSON"),
    "white space": (b"   \r\n  ", "JSON"),
    "null": (b"null", "no results"),
    "a number": (b"42", "no results"),
    "a string": (b'"results"', "no results"),
    "an array": (b'[{"job_id":"x"}]', "no results"),
    "no results": (b'{"count":0}', "no results"),
    "results that are null": (b'{"count":0,"results":null}', "no results"),
    "results that are a word": (b'{"results":"none"}', "no results"),
    "two documents": (b'{"count":0}{"count":0}', "JSON"),
    "not UTF-8": (b'{"count":"\xff\xfe"}', "no results"),
    "a NUL": (b'{"count":\x00}', "JSON"),
    "arrays of arrays": (b"[" * 10_000 + b"]" * 10_000, "nested deeper"),
    "objects of objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nested deeper"),
    "binary": (bytes(range(256)) * 16, "JSON"),
}


def redirect(status: int) -> Row:
    """To a port of another service of the same host, which may get no request."""
    def start(scene: Scene) -> Stop:
        other = scene.cloud.metadata
        fault = scene.cloud.inject("redirect", to=scene.cloud.metadata_endpoint, status=status)

        def stop() -> None:
            fault.stop()
            assert other.requests == [], "the redirect was followed"
        return stop
    return http(f"redirect {status}", start, f"HTTP {status}")


def left_out(name: str, start: Start, text: str) -> Row:
    """A response without the job."""
    return Row(name, start, "", text, notifications=(("WARNING", "gauge-status"), ("OKAY", "gauge-status")))


def forget(scene: Scene) -> Stop:
    """The service leaves the job out."""
    item = scene.cloud.jobs[JOB]
    scene.cloud.jobs[JOB] = BadJob("omit")
    return lambda: scene.cloud.jobs.__setitem__(JOB, item)


CONTENT = [
    *(reply(f"cut {where}", fault("raw", body=body), "JSON") for where, body in CUTS.items()),
    *(reply(f"the body is {what}", fault("raw", body=body), text)
      for what, (body, text) in BODIES.items()),
    reply("the body is empty", fault("empty"), "JSON"),
    reply("the status is 204", fault("empty", status=204), "JSON"),
    reply("deep in an item", fault("json-deep"), "nested deeper"),
    reply("a stray NUL in a string", fault("bad-text", kind="raw-nul"), "JSON"),
    reply("stray control characters in a string", fault("bad-text", kind="raw-controls"), "JSON"),
    *(redirect(status) for status in (301, 302, 303, 307, 308)),
    left_out("a job is left out", forget, "missing from the responses"),
]

# A first item of another job, or of none, is an error of the kind "reply".
ODD = [
    reply("jobs that were not requested", fault("strangers"), "not requested", values=True, notifications=()),
    reply("the same job twice", fault("same-twice"), "twice", values=True, notifications=()),
    harmless("NUL in a string", fault("bad-text", kind="nul")),
    harmless("control characters in a string", fault("bad-text", kind="controls")),
    harmless("invalid UTF-8 in a string", fault("bad-text", kind="invalid-utf8")),
    harmless("overlong UTF-8 in a string", fault("bad-text", kind="overlong-utf8")),
    harmless("half a surrogate in a string", fault("bad-text", kind="half-surrogate")),
    harmless("text from right to left", fault("bad-text", kind="bidi")),
    harmless("names that break paths and lines", fault("bad-names"),
             notifications=(("WARNING", "gauge-status"), ("FAILURE", "bool-error"),
                            ("OKAY", "gauge-status"), ("OKAY", "bool-error"))),
    harmless("a clock of yesterday", fault("wrong-date", seconds=-86400)),
    harmless("a clock of tomorrow", fault("wrong-date", seconds=86400)),
    harmless("a status of 60 KB", fault("long-string", size=60000, member="transfer_status"),
             notifications=(("WARNING", "gauge-status"), ("OKAY", "gauge-status"))),
    harmless("a message of 60 KB", fault("long-string", size=60000)),
    harmless("an unknown field of 64 digits", fault("long-number", size=64, member="surprise")),
    harmless("a count that is none", fault("value", member="count", raw=b'"many"')),
    harmless("a delay that is an object", fault("value", member="incre_trans_delay", raw=b"{}")),
    harmless("phases that are a word", fault("value", member="progress_map", raw=b'"data"')),
]

# --- headers that steer a client ---

RUNNING = (b'{"count":1,"results":[{"job_id":"%s","progress":"50","transfer_status":"FULL_TRANSFER_STARTED"}]}'
           % JOB.encode())


def headed(name: str, value: str) -> Row:
    """A good response with one more header, which changes nothing."""
    return harmless(f"header {name}: {value}", fault("raw", body=RUNNING, headers={name: value}))


def encoded(name: str, value: str) -> Row:
    """A good body that claims to be encoded."""
    return reply(f"header {name}: {value}", fault("raw", body=RUNNING, headers={name: value}), name)


HEADERS = [
    headed("Location", "http://127.0.0.1:1/"),
    headed("Retry-After", "3600"),
    headed("Retry-After", "-1"),
    headed("Date", "Fri, 31 Dec 9999 23:59:59 GMT"),
    headed("Date", "yesterday"),
    headed("Connection", "close"),
    headed("Connection", "upgrade"),
    headed("Content-Encoding", "identity"),
    headed("Alt-Svc", 'h2="127.0.0.1:1"'),
    headed("Strict-Transport-Security", "max-age=3600"),
    headed("Set-Cookie", "a=b"),
    headed("WWW-Authenticate", "Negotiate"),
    *(encoded("Content-Encoding", value) for value in ("gzip", "br", "identity, gzip", "gzip, gzip")),
]

# --- too much ---

HEAVY = [
    reply("the body never ends", fault("body-endless"), "not requested"),
    # A job is reported as soon as it is decoded.
    reply("the body is 17 MiB", fault("json-wide"), "16 MiB", values=True, notifications=()),
    reply("a string of 20 MiB", fault("long-string"), "64 KiB"),
    reply("a number of 20 MiB", fault("long-number"), "64 KiB"),
    reply("a key of 20 MiB", fault("raw", body=b'{"' + b"k" * (20 * MIB) + b'":1}'), "64 KiB"),
    reply("compressed white space", fault("json-wide"), "16 MiB", options=compress, values=True,
          notifications=()),
    reply("compressed to a bomb", fault("gzip-bomb"), "Content-Encoding"),
]

# --- errors of the API ---

KINDS = {
    "DRS.M00100": "auth", "APIG.0301": "auth", "APIG.0307": "auth", "APIGW.0301": "auth",
    "APIGW.0307": "auth", "DRS.M00102": "auth", "DRS.M00103": "auth", "DRS.M00261": "auth",
    "DRS.M01503": "throttled", "APIG.0308": "throttled", "APIGW.0308": "throttled",
    "IAM.0012": "throttled",
    "DRS.M00289": "job", "DRS.M05003": "job", "DRS.M05004": "job", "DRS.10000010": "job",
}
GATEWAY = (413, 414, 494, 500, 502, 504)


def api_error(code: str, status: int | None = None, shape: str = "flat") -> Row:
    """One code as the facts have it, or with another status or in another shape."""
    kind = KINDS.get(code, "http")
    name = " ".join(str(part) for part in ("error", code, status or "", shape) if part)
    headers = {"Retry-After": "1"} if kind == "throttled" else None
    start = fault("error", code=code, status=status, shape=shape, headers=headers)
    if kind == "job":
        return left_out(name, start, code)
    if code == "DRS.M00002":
        return left_out(name, start, "missing from the responses")
    return Row(name, start, kind, code, at_once=kind != "throttled")


API_ERRORS = [
    *(api_error(code) for code in CODES),
    *(api_error("APIG.0201", status) for status in GATEWAY),
]


def bare(status: int, counter: str, shape: str, **more) -> Row:
    """A status, and no code that one could know."""
    name = f"status {status} {shape}"
    return Row(name, fault("error", code="", status=status, shape=shape), counter,
               f"HTTP {status}", **more)


STATUSES = [
    *(bare(status, counter, shape)
      for status, counter in ((400, "http"), (401, "auth"), (403, "auth"), (404, "http"),
                              (500, "http"))
      for shape in ("keystone", "html", "empty")),
    *(bare(status, "http", "html") for status in (405, 408, 413, 414, 422, 494, 502, 503, 504)),
    *(api_error(code, shape=shape) for code in ("DRS.M00100", "DRS.M00004")
      for shape in SHAPES if shape not in ("flat", "html", "empty", "keystone")),
]

# --- TLS ---


def show(certificates, kind: str) -> Start:
    """The service shows another certificate to new connections."""
    def start(scene: Scene) -> Stop:
        listener = scene.cloud.listeners["drs"]

        def become(context) -> None:
            listener.tls = context
            listener.drop()
        become(certificates.server(kind))
        return partial(become, certificates.server())
    return start


def tls(certificates) -> list[Row]:
    """Rows for a service that speaks TLS."""
    def trust(_: Scene) -> list[str]:
        return [f'CACert "{certificates.ca}"']

    def trust_for_a_while(_: Scene) -> list[str]:
        return [f'CACert "{certificates.ca}"', SLOW]

    def lose_authority(scene: Scene) -> Stop:
        path = scene.folder / "ca.pem"
        path.rename(scene.folder / "away")
        scene.cloud.listeners["drs"].drop()
        return lambda: (scene.folder / "away").rename(path)

    def own_authority(scene: Scene) -> list[str]:
        path = scene.folder / "ca.pem"
        path.write_bytes(Path(certificates.ca).read_bytes())
        return [f'CACert "{path}"']

    more = {"tls": certificates.server, "options": trust}
    return [
        *(http(f"certificate: {kind}", show(certificates, kind), "certificate", **more)
          for kind in ("wrong-name", "expired", "self-signed")),
        http("the handshake is cut", fault("tls-cut"), "handshake", **more),
        http("no TLS at all", fault("tls-plain"), "TLS packet", **more),
        http("the handshake hangs", fault("silent"), "in the TLS handshake",
             **(more | {"options": trust_for_a_while})),
        http("the authority's file is gone", lose_authority, "cannot be opened", **(more | {"options": own_authority})),
    ]


# --- names ---

HOST_NAME = "drs.fault-matrix.test"


def own_name(scene: Scene) -> list[str]:
    return [f'Endpoint "http://{HOST_NAME}:{scene.cloud.port}"', "Timeout 2000"]


def unknown_name(scene: Scene) -> Stop:
    """nss_wrapper knows the names of a file; curl remembers a good one, so it is bad at first."""
    hosts = scene.folder / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    scene.environment |= {"LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_HOSTS": str(hosts)}
    return lambda: hosts.write_text(f"127.0.0.1 localhost {HOST_NAME}\n")


NAMES = [http("the name is not known", unknown_name, "resolve", options=own_name, from_start=True,
              at_once=False)]

# --- files ---


def token_file(scene: Scene) -> list[str]:
    path = scene.folder / "token"
    _write(path, scene.cloud.token)
    return [f'TokenFile "{path}"']


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def becomes(text: str) -> Start:
    """The token's file has another content."""
    def start(scene: Scene) -> Stop:
        _write(scene.folder / "token", text)
        return partial(_write, scene.folder / "token", scene.cloud.token)
    return start


def replaced(make) -> Start:
    """There is something else where the file was."""
    def start(scene: Scene) -> Stop:
        path = scene.folder / "token"
        path.unlink()
        make(path)

        def stop() -> None:
            if path.is_dir():
                path.rmdir()
            path.unlink(missing_ok=True)
            _write(path, scene.cloud.token)
        return stop
    return start


def absent(scene: Scene) -> Stop:
    (scene.folder / "token").unlink()
    return partial(_write, scene.folder / "token", scene.cloud.token)


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _nothing(_: Path) -> None:
    pass


FILE = {"options": token_file, "without": ("Token",)}
FILES = [
    auth("the token's file is missing from the start", absent, "cannot be opened", from_start=True, **FILE),
    auth("the token's file is empty", becomes(""), "is empty", second_look=True, **FILE),
    auth("the token's file is huge", becomes("x" * MIB), "longer than", second_look=True, **FILE),
    auth("the token's file has two lines", becomes("a\nb"), "line break", second_look=True, **FILE),
    auth("the token's file has another token", becomes("another"), "DRS.M00100", second_look=True,
         at_once=False, **FILE),
    auth("the token's file is a directory from the start", replaced(Path.mkdir), "not a regular",
         from_start=True, **FILE),
    auth("the token's file is a FIFO from the start", replaced(os.mkfifo), "not a regular", from_start=True, **FILE),
    harmless("the token's file is gone", replaced(_nothing), **FILE),
    harmless("the token's file becomes a directory", replaced(Path.mkdir), **FILE),
    harmless("the token's file becomes a FIFO", replaced(os.mkfifo), **FILE),
    harmless("the token's file cannot be reached", replaced(_loop), **FILE),
]


# --- the identity service ---


def login(scene: Scene) -> list[str]:
    """Who logs in; the tokens live for a day."""
    scene.cloud.iam.add_user("collectd", "secret", "domain", PROJECT_ID)
    return [f'IdentityEndpoint "{scene.cloud.identity_endpoint}"', 'DomainName "domain"',
            'User "collectd"', 'Password "secret"']


def slow_login(scene: Scene) -> list[str]:
    return [*login(scene), SLOW]


def identity_fault(name: str, revoked: bool = True, **options) -> Start:
    """The identity service has a fault, and with `revoked` the tokens are rejected."""
    def start(scene: Scene) -> Stop:
        fault = scene.cloud.inject(name, service="iam", **options)
        if revoked:
            scene.cloud.revoke_tokens()
        return fault.stop
    return start


# The pause after a failed login grows from one second on.
LOGIN = {"options": login, "without": ("Token",), "at_once": False}
IDENTITY = [
    harmless("identity: fails while DRS does not", identity_fault("error", revoked=False, status=500),
             **(LOGIN | {"at_once": True})),
    http("identity: does not fail while DRS does", fault("error", status=500), "HTTP 500",
         **(LOGIN | {"at_once": True})),
    http("identity: 500", identity_fault("error", status=500), "the identity service", **LOGIN),
    http("identity: a page of HTML", identity_fault("html", status=503), "the identity service", **LOGIN),
    http("identity: refused", identity_fault("refused"), "identity service: http://", **LOGIN),
    http("identity: hangs up", identity_fault("close-after-request"), "identity service: http://", **LOGIN),
    http("identity: never responds", identity_fault("black-hole"), "identity service: http://",
         **(LOGIN | {"options": slow_login})),
    http("identity: redirects", identity_fault("redirect", to="http://127.0.0.1:9"), "HTTP 302", **LOGIN),
    reply("identity: no token", identity_fault("raw", status=201, body=b"{}", headers={}), "no token", **LOGIN),
    reply("identity: a response of 17 MiB", identity_fault("json-wide"), "16 MiB", **LOGIN),
    Row("identity: throttles", identity_fault("error", code="IAM.0012", headers={"Retry-After": "1"}),
        "throttled", "HTTP 429", **LOGIN),
]


def groups(certificates) -> dict[str, Group]:
    """All rows; the interval is far longer than a cycle takes on a busy machine."""
    return {
        "heavy": Group(15, HEAVY),
        "transport": Group(3, TRANSPORT),
        "content": Group(3, CONTENT),
        "odd": Group(3, ODD),
        "headers": Group(3, HEADERS),
        "errors": Group(3, API_ERRORS),
        "statuses": Group(3, STATUSES),
        "tls": Group(3, tls(certificates)),
        "names": Group(3, NAMES),
        "files": Group(3, FILES),
        "identity": Group(6, IDENTITY),
    }
