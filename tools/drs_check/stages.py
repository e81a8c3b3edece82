# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The stages of a poll: which of them a response has proven, which failed, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from .options import TOP
from .results import Message, Project, Results

# In the order in which a poll meets them.
STAGES = ["configuration", "name resolution", "connection", "TLS", "credential", "project", "service", "jobs"]


class Kind(NamedTuple):
    """A kind of error: its stage, the exit status, what to do."""

    stage: str
    status: int
    advice: str


NOTHING_TO_MONITOR = 15
NOTHING_ADVICE = "name tasks with Job or JobsFile, or check DiscoverSelect, DiscoverIgnore and the tasks of the project"

KINDS = {
    "config": Kind("configuration", 3, "correct the option that the line names; collectd-drs(5) has all of them"),
    "resolve": Kind("name resolution", 4, "correct the host of Endpoint, or the resolver of this machine"),
    "connect": Kind("connection", 5, "check Endpoint (host, port), and the firewall and the proxy on the way there"),
    "tls": Kind("TLS", 6, "check CACert, ClientCert, VerifyHost, and that the port speaks TLS"),
    "auth": Kind("credential", 7, "check the credential and its file"),
    "project": Kind("project", 8, "check ProjectID, the region of Endpoint, and the policy (DRS ReadOnlyAccess)"),
    "throttled": Kind("service", 9, "wait; if it recurs, use a longer Interval or a smaller MaxParallel"),
    "http": Kind("service", 10, "check Endpoint (scheme, port, path); if it is right, wait for the service"),
    "response": Kind("service", 11, "check that Endpoint is DRS and that no proxy or portal answers in its place"),
    "job": Kind("jobs", 12, "remove jobs that were deleted, and correct misspelt ids"),
    "local": Kind("service", 13, "look at this machine: memory, files, limits"),
    "no-jobs": Kind("jobs", NOTHING_TO_MONITOR, NOTHING_ADVICE),
    "late": Kind("service", 2, "allow more time with --timeout, or look at the log of the daemon"),
}
FILE_ADVICE = "correct the JobsFile: one ID [NAME] a line, without quotes or commas, # before a comment"
LITERAL_ADVICE = "; after correcting it in the configuration itself, run drs-check --force"
AGENCY_ADVICE = "outside of the cloud there is no agency: use another credential"
COLLECTD_ADVICE = "correct what collectd reports; collectd.conf(5) has its options"
# Classes of responses that prove a stage to work, beyond TLS.
PROVEN = {"credential": "credential", "permission": "project", "none": "jobs", "job": "jobs", "empty": "jobs"}
TLS_FILE = ": the file of "  # in the text of an error about CACert, ClientCert or ClientKey
SECRET_FILES = ("TokenFile", "PasswordFile", "SecretKeyFile")


class Stage(NamedTuple):
    """A stage, "ok", "not known", "not used", "failed" or "warning", and the lines about it."""

    name: str
    state: str
    messages: list[str]


def kind_of(project: Project, message: Message) -> str:
    """The kind, with the refusals of a project told from those of a credential, and a file of jobs from the rest."""
    classes = {one.classified for one in project.responses}
    if message.kind == "auth" and "permission" in classes and "credential" not in classes:
        return "project"
    if message.option == "JobsFile":
        return "config"
    return message.kind if message.kind in KINDS else "local"  # of a later version


def proven(project: Project) -> int:
    """How many stages work, from the first: what a response of DRS proves, or an error on the way to it."""
    answered = [one for one in project.responses if one.status > 0]
    if answered:
        return max(STAGES.index(PROVEN.get(one.classified, "credential")) for one in answered)
    # Without its own files nothing is sent.
    lacks_file = any(one.kind == "tls" and TLS_FILE in one.text for one in project.errors)
    on_the_way = [one.kind for one in project.responses
                  if one.kind in ("resolve", "connect") or one.kind == "tls" and not lacks_file]
    if on_the_way:
        return max(STAGES.index(KINDS[kind].stage) for kind in on_the_way)
    return 0 if any(kind_of(project, one) == "config" for one in project.errors) else 1


def stages_of(project: Project) -> list[Stage]:
    """All stages of a project; "ok" is only what a response has proven."""
    errors = project.errors
    works = proven(project) if project.ended or project.responses else 0
    if project.up and project.jobs > 0 and not errors:
        works = len(STAGES)
    stages = []
    for index, name in enumerate(STAGES):
        about = [one for one in project.messages if KINDS[kind_of(project, one)].stage == name]
        state = "ok" if index < works else "not known"
        if name == "TLS" and project.endpoint.lower().startswith("http://") and state == "ok":
            state = "not used"
        if about:
            state = "failed" if any(one.is_error for one in about) else "warning"
        stages.append(Stage(name, state, [one.text for one in about]))
    if project.ended and project.jobs == 0 and not errors and not stages[-1].messages:
        stages[-1] = Stage("jobs", "warning", ["nothing to monitor"])
    return stages


def status_of(*projects: Project) -> int:
    """The exit status: of the first stage that failed, in any of them."""
    failed = [KINDS[kind_of(project, one)] for project in projects for one in project.errors]
    if failed:
        return min(failed, key=lambda kind: STAGES.index(kind.stage)).status
    return NOTHING_TO_MONITOR if any(project.ended and project.jobs == 0 for project in projects) else 0


# Advice


def is_elsewhere(project: Project) -> bool:
    """The error is of the identity or metadata service: nothing was sent to DRS."""
    return not project.responses


def oddity(begin: bytes) -> str:
    """What the beginning of a file has that no secret has."""
    if begin.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return "begins with a byte-order mark"
    if begin.strip()[:1] in (b'"', b"'"):
        return "begins with a quote"
    if begin.lower().startswith((b"x-subject-token:", b"x-auth-token:")):
        return "has the header's name before the token"
    return "has more than one word" if len(begin.split()) > 1 else ""


def look_at_secret(options: dict[str, str]) -> str:
    """What is odd about the file of a secret, without a word of what it holds."""
    for option in SECRET_FILES:
        if option not in options:
            continue
        try:
            with Path(options[option]).open("rb") as file:
                begin = file.read(4096)
        except (OSError, ValueError):
            return ""
        what = oddity(begin)
        if what:
            return f"{options[option]} {what}: {option} is to hold the bare secret"
    return ""


def advice(project: Project, message: Message, options: dict[str, str]) -> str:
    """What to do about an error."""
    kind = kind_of(project, message)
    text = KINDS[kind].advice
    if message.option == "JobsFile":
        return FILE_ADVICE
    if kind == "auth":
        is_literal = "AccessKey" in options or "User" in options
        has_file = any(one in options for one in SECRET_FILES)
        return look_at_secret(options) or text + (LITERAL_ADVICE if is_literal and not has_file else "")
    if is_elsewhere(project) and options.get("Agency", "").lower() in ("true", "yes", "on"):
        return AGENCY_ADVICE
    if is_elsewhere(project) and "IdentityEndpoint" in options:
        text = text.replace("Endpoint is DRS", "Endpoint is the identity service")
        return text.replace(" Endpoint", " IdentityEndpoint")
    if kind == "tls" and "CACert" in options:
        return f"{text} (CACert is {options['CACert']})"
    return text


# The configuration as a whole


def configuration_errors(results: Results, own: list[str], failed: bool) -> tuple[list[str], str]:
    """Why collectd would not run drs with this configuration, and what to do."""
    errors = [one.text for one in results.general if one.is_error]
    names = [(kind, name.lower()) for kind, name in results.items]
    has_block, is_loaded = ("block", "drs") in names, ("load", "drs") in names
    # Without a word of drs, collectd's own lines say why.
    if own and (not results.version or (failed and not results.projects)) and not errors:
        return own, COLLECTD_ADVICE
    if has_block and not results.version and not is_loaded:
        load = TOP / "share/collectd-drs/load.conf"
        return ([*errors, "nothing before the <Plugin drs> block loads the plugin"],
                "uncomment the Include line of drs.conf" + (f", which includes {load}" if load.is_file() else ""))
    if has_block and is_loaded and names.index(("block", "drs")) < names.index(("load", "drs")):
        errors.append("the <Plugin drs> block stands before the line that loads the plugin: move it behind that line")
    elif not is_loaded and not has_block:
        errors.append("the configuration has nothing of drs: "
                      "neither the Include line of drs.conf nor a <Plugin drs> block")
    elif results.version and not results.projects and not results.accounts and not errors:
        errors.append("the configuration has no <Project> block in <Plugin drs>")
    return errors, KINDS["config"].advice
