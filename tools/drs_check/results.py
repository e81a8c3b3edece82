# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What one run of collectd has told, record by record; drs-check(8) describes them under CHANNEL."""

from __future__ import annotations

from dataclasses import dataclass, field

from .jobs import Job

SCHEMA = 1
ERROR = 3  # a severity of syslog


@dataclass
class Message:
    """An error or a warning of the plugin."""

    kind: str
    text: str
    is_error: bool
    option: str = ""


@dataclass
class Response:
    """The outcome of a request to DRS; status 0: none came."""

    path: str
    status: int
    classified: str
    kind: str


@dataclass
class Project:
    """A <Project> block: its messages, the responses to its requests, and how its cycle ended."""

    name: str
    messages: list[Message] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    known: list[Message] = field(default_factory=list)  # messages of the cycles before
    ended: bool = False
    next_begins: bool = False  # its newest cycle has ended, so the next response is of another
    endpoint: str = ""
    up: bool = False
    jobs: int = 0
    answered: int = 0
    token_requests: int = 0

    @property
    def errors(self) -> list[Message]:
        return [message for message in self.messages if message.is_error]


class Results:
    """Everything that is known so far."""

    def __init__(self) -> None:
        self.accounts: dict[str, dict[str, str]] = {}  # the options of each block that name an account or a file
        self.projects: dict[str, Project] = {}
        self.general: list[Message] = []  # of the plugin as a whole
        self.collectd: list[str] = []  # collectd's own errors
        self.items: list[tuple[str, str]] = []  # the configuration's loads, blocks and plugin folders, in their order
        self.jobs: dict[tuple[str, str], Job] = {}  # by project and id
        self.version = ""  # of the plugin; "": it was not loaded
        self._values: dict[str, dict[str, dict]] = {}  # by name and host

    def take(self, record: dict) -> None:
        """A record of the channel. Kinds and members that are not known are for later versions."""
        handler = getattr(self, f"_take_{record.get('kind')}", None)
        if handler is not None:
            handler(record)

    def _take_load(self, record: dict) -> None:
        if not record["plugin"].startswith("drs_check"):  # our own
            self.items.append(("load", record["plugin"]))

    def _take_block(self, record: dict) -> None:
        self.items.append(("block", record["plugin"]))

    def _take_plugin_dir(self, record: dict) -> None:
        self.items.append(("plugin_dir", record["path"]))

    def _take_account(self, record: dict) -> None:
        self.accounts.setdefault(record["project"], record)

    def _take_module(self, record: dict) -> None:
        self.version = record["version"]

    def _take_log(self, record: dict) -> None:
        if record["severity"] <= ERROR:
            self.collectd.append(record["text"])

    def _project(self, record: dict) -> Project:
        return self.projects.setdefault(record["project"], Project(record["project"]))

    def _take_error(self, record: dict) -> None:
        message = Message(record["error"], record["text"], record["severity"] == "error", record.get("option", ""))
        messages = self._project(record).messages if "project" in record else self.general
        if message not in messages:
            messages.append(message)

    def _take_response(self, record: dict) -> None:
        project = self._project(record)
        if project.next_begins:
            project.responses.clear()
            project.next_begins = False
        project.responses.append(Response(record["path"], record["status"], record["class"], record["error"]))

    def _take_project(self, record: dict) -> None:
        project = self._project(record)
        project.ended, project.endpoint, project.up = True, record["endpoint"], bool(record["up"])
        project.jobs, project.answered = record["jobs"], record["answered"]
        project.token_requests = record["token_requests"]
        if project.up:  # errors are told when they begin: those from before are over
            project.messages = [one for one in project.messages if not (one.is_error and one in project.known)]
        project.known, project.next_begins = list(project.messages), True

    def _take_job(self, record: dict) -> None:
        key = record["project"], record["id"]
        job = self.jobs.setdefault(key, Job(record["name"], record["id"], record["project"]))
        job.name, job.missing = record["name"], record.get("missing", "")
        job.failed_reason = record.get("failed_reason", "")

    def _take_value(self, record: dict) -> None:
        values = self._values.setdefault(record["name"], {}).setdefault(record["host"], {})
        if values.get("time") != record["time"]:
            values.clear()
            values["time"] = record["time"]
        values[record["type"], record["type_instance"]] = record

    def _values_of(self, job: Job) -> dict:
        """Where two hosts have a job of one name, the block says which is meant."""
        found = self._values.get(job.name, {})
        if len(found) < 2:
            return next(iter(found.values()), {})
        host = self.accounts.get(job.project, {}).get("Host", "")
        named = {one.get("Host", "") for one in self.accounts.values()}
        others = [values for other, values in found.items() if other not in named]
        return found.get(host) or next(iter(others or found.values()), {})

    def all_jobs(self) -> list[Job]:
        """Every job with what was reported of it, the worst first."""
        for job in self.jobs.values():
            job.clear()
            for key, record in self._values_of(job).items():
                if key != "time":
                    job.take(record["type"], record["type_instance"], record.get("value"), record.get("meta", {}))
        return sorted(self.jobs.values(), key=Job.rank)
