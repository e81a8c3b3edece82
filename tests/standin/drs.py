# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The progress operation of DRS and its task list, as strict as the API's page.

What no document tells (what a bad id does, how many ids fit, ...) is a setting, so that tests can
play every possibility.
"""

import random
from collections import UserDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from . import joblist, strict_json
from .clock import Clock
from .gate import Gate
from .journal import Request
from .migration import Migration
from .refusals import Refusal
from .service import Service, wrong
from .wire import Reply

LANGUAGES = ("en-us", "zh-cn")


@dataclass(frozen=True)
class BadJob:
    """What an id does that the service does not like.

    `how` is "refuse" (the whole batch; `shape` and `named` say how), "omit" (left out of the
    results) or "item" (an item with an error code among the good ones).
    """

    how: str = "refuse"
    code: str = "DRS.M05004"
    shape: str = "flat"
    named: bool = False  # with shape "envelope": the refusal tells which id was bad


class JobTable(UserDict):
    """Jobs by id: a literal item (dict), a Migration, or a BadJob."""

    def __init__(self, time_passes: Clock, wall: Clock):
        super().__init__()
        self._time_passes = time_passes
        self._wall = wall

    def __setitem__(self, job_id: str, job: dict | Migration | BadJob) -> None:
        if isinstance(job, Migration) and job.began is None:
            job.began, job.born = self._time_passes.now(), self._wall.now()
        super().__setitem__(job_id, job)

    def state(self, migration: Migration) -> dict:
        return migration.at(self._time_passes.now() - migration.began)


class Drs(Service):
    """The service. Settings are plain attributes."""

    name = "drs"

    def __init__(
        self, project_id: str, prefix: str, gate: Gate, jobs: JobTable, clock: Clock,
        log: Callable[[str], None] | None = None,
    ):
        super().__init__(clock, log)
        self.project_id = project_id
        self.prefix = prefix
        self.gate = gate
        self.jobs = jobs
        self.success_status = 202  # or 200
        self.order = "request"  # or "reversed", "shuffled"
        self.numbers = "strings"  # or "numbers": how a Migration's figures are written
        self.progress_map = "object"  # or "array"
        self.unknown_job = BadJob()  # what an id does that is not in `jobs`
        self.empty = "results"  # or "refuse": no results at all is DRS.M00002
        self.most_ids: int | None = None  # ids in one request; more are ...
        self.too_many = Refusal("DRS.M00299")  # ... refused like this
        self.names: dict[str, str] = {}  # for the task list: names by id ...
        self.use_types: dict[str, str] = {}  # ... and db_use_type, "migration" if not told
        self.list_refusal: Refusal | None = None  # the task list is refused like this
        self.list_in_pages = False  # page 0 is no more than the first page

    def handle(self, request: Request) -> Reply:
        if request.problems:  # those that the reading of the request found
            raise Refusal("APIG.0201")
        operation = self._operation(request)
        refusals = [
            *self.gate.check(request, self.project_id),
            *self._check_headers(request),
            *self._check_project(request),
        ]
        document = self._decode(request, refusals)
        if refusals:
            raise refusals[0]
        return operation(request, document)

    def _operation(self, request: Request) -> Callable[[Request, Any], Reply]:
        """The operation behind a path; the gateway knows no others."""
        base, _, rest = request.path.removeprefix(self.prefix).partition("/jobs")
        operations = {"/batch-progress": self._progress, "": self._list}
        parts = base.split("/")
        known = request.path.startswith(self.prefix + "/v3/") and len(parts) == 3 and parts[2]
        if not known or rest not in operations or request.query:
            raise wrong(request, f"no such path: {request.target}", "APIG.0101")
        if request.method != "POST":
            raise wrong(request, f"method {request.method}", "APIG.0101")
        return operations[rest]

    def _check_headers(self, request: Request) -> Iterator[Refusal]:
        content_type = request.headers.get("content-type", "")
        kind, _, parameters = content_type.partition(";")
        utf8 = parameters.strip().lower() in ("", "charset=utf-8")
        if kind.strip().lower() != "application/json" or not utf8:
            problem = f"Content-Type {content_type!r}"
            yield wrong(request, problem, "DRS.M00202", detail="Content-Type")
        language = request.headers.get("x-language", LANGUAGES[0])
        if language not in LANGUAGES:
            yield wrong(request, f"X-Language {language!r}", "DRS.M00202", detail="X-Language")

    def _check_project(self, request: Request) -> Iterator[Refusal]:
        project = request.path.removeprefix(self.prefix).split("/")[2]
        if project != self.project_id:
            yield wrong(request, f"project {project!r}", "DRS.M00261")

    @staticmethod
    def _decode(request: Request, refusals: list[Refusal]) -> Any:
        try:
            return strict_json.decode(request.body)
        except ValueError as error:
            problem = f"the body is not JSON: {error}"
            refusals.append(wrong(request, problem, "DRS.M00202", detail="the body"))
            return None

    def _list(self, request: Request, document: Any) -> Reply:
        return joblist.answer(self, request, document)

    def _progress(self, request: Request, document: Any) -> Reply:
        for refusal in self._check_ids(request, document):
            raise refusal
        ids = document["jobs"]
        if self.most_ids is not None and len(ids) > self.most_ids:
            # A setting is raised again and again: without the traces of the last times.
            raise self.too_many.with_traceback(None)
        results = [item for item in map(self._item, ids) if item is not None]
        if not results and self.empty == "refuse":
            raise Refusal("DRS.M00002")
        if self.order == "reversed":
            results.reverse()
        elif self.order == "shuffled":
            random.shuffle(results)
        return Reply.of(self.success_status, {"count": len(results), "results": results})

    @staticmethod
    def _check_ids(request: Request, document: Any) -> Iterator[Refusal]:
        if not isinstance(document, dict) or set(document) != {"jobs"}:
            yield wrong(request, 'the body is not {"jobs":[...]}', "DRS.M00202", detail="the body")
            return
        ids = document["jobs"]
        if not isinstance(ids, list) or not all(isinstance(i, str) and i for i in ids):
            yield wrong(request, "jobs is no list of ids", "DRS.M00202", detail="jobs")
        elif not ids:
            yield wrong(request, "jobs is empty", "DRS.M00201", detail="jobs")
        elif len(set(ids)) != len(ids):
            yield wrong(request, "an id twice", "DRS.M00301")

    def _item(self, job_id: str) -> dict | None:
        job = self.jobs.get(job_id, self.unknown_job)
        if isinstance(job, Migration):
            return self._written(job_id, self.jobs.state(job))
        if not isinstance(job, BadJob):
            return job
        refusal = Refusal(job.code, shape=job.shape, job_id=job_id if job.named else None)
        if job.how == "refuse":
            raise refusal
        if job.how == "omit":
            return None
        return {"job_id": job_id, "error_code": refusal.code, "error_msg": refusal.message}

    def _written(self, job_id: str, state: dict) -> dict:
        """A migration's state in the form that the service is set to."""
        item = {"job_id": job_id, **state}
        phases = item.pop("progress_map", None)
        if self.numbers == "strings":
            item = {name: str(value) for name, value in item.items()}
        if phases is not None:
            written = {name: self._phase(phase) for name, phase in phases.items()}
            as_array = self.progress_map == "array"
            item["progress_map"] = list(written.values()) if as_array else written
        return item

    def _phase(self, phase: dict) -> dict:
        if self.numbers == "numbers":
            return phase
        left = phase["remaining_time"]
        return {
            "completed": f"{phase['completed']}%",
            "remaining_time": None if left is None else str(left),
        }
