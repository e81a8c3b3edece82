# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The operations of DRS, as strict as the API's page and as lenient as the service has been seen.

What no document specifies (what a bad id does, how many ids fit, ...) is a setting, so that tests can
play every possibility.
"""

from __future__ import annotations

import random
from collections import UserDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from . import comparisons, details, progress_item, rpo_and_rto_item, strict_json, task_list
from .clock import Clock
from .comparisons import Comparison
from .authorization import Gate
from .request_log import Request
from .migration import Migration, State
from .api_errors import ApiError
from .service import Service, client_error
from .wire import Response

LANGUAGES = ("en-us", "zh-cn")
# What a user needs for a path behind /jobs, by the vendors' permission names; which of several is checked is not
# published, so all are. No page has one for RPO and RTO.
ACTIONS = {
    "/batch-progress": ("drs:migrationJobs:getProgress", "drs:migrationJob:getSpecifiedProgress"),
    "/batch-rpo-and-rto": (),
    "/batch-detail": ("drs:migrationJob:get",),
    "/query-compare-result": tuple(f"drs:compareJob:{name}" for name in (
        "list", "getResult", "getOverview", "getLineOverview", "getContentOverview")),
    "": ("drs:migrationJob:list",),
}


@dataclass(frozen=True)
class BadJob:
    """What an id does that the service does not like.

    `how` is "reject" (the whole batch; `shape` and `named` define how), "omit" (left out of the
    results) or "item" (an item with an error code among the good ones).
    """

    how: str = "reject"
    code: str = "DRS.M05003"
    shape: str = "flat"
    named: bool = False  # with shape "envelope": the error names the bad id


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

    def state(self, migration: Migration) -> State:
        return migration.at(self._time_passes.now() - migration.began)

    def wall(self, migration: Migration, seconds: float) -> float:
        """The time of the wall clock so many seconds after a migration's beginning."""
        return migration.born + seconds * self._wall.speed / self._time_passes.speed


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
        self.actions: set[str] | None = None  # that the user may do; None: all
        self.success_status = 202  # or 200
        self.order = "request"  # or "reversed", "shuffled"
        self.guesses = False  # a Migration also reports what the service was never seen to send
        self.numbers = "strings"  # or "numbers": how a Migration's figures are written
        self.progress_map = "object"  # or "array"
        self.unknown_job = BadJob()  # what an id does that is not in `jobs`
        self.empty = "results"  # or "reject": no results at all is DRS.M00002
        self.most_ids: int | None = None  # ids in one request; more are ...
        self.too_many = ApiError("DRS.M00299")  # ... rejected like this
        self.rpo_and_rto: dict[str, dict | BadJob] = {}  # by id, in place of what `jobs` has
        self.rpo_and_rto_error: ApiError | None = None  # every such request is rejected like this
        self.details: dict[str, dict | BadJob] = {}  # by id: members that replace the usual ones
        self.details_error: ApiError | None = None  # every such request is rejected like this
        self.comparisons: dict[str, list[Comparison]] = {}  # by id, in place of those that DRS makes itself
        self.comparisons_are_listed = True  # also where no id of a comparison is given
        self.comparison_error: ApiError | None = None  # every such request is rejected like this
        self.names: dict[str, str] = {}  # for the task list: names by id ...
        self.use_types: dict[str, str] = {}  # ... db_use_type, "migration" by default ...
        self.task_fields: dict[str, dict] = {}  # ... members that replace or add to the usual ...
        self.tags: dict[str, dict[str, str]] = {}  # ... and tags, to select by
        self.children: dict[str, list[str]] = {}  # sub-tasks in the list, ids in `jobs`, by the id of their parent
        self.child_job: BadJob | None = None  # what the id of a sub-task does in a batch; None: as of any job
        self.list_error: ApiError | None = None  # the task list is rejected like this
        self.list_errors: dict[str, ApiError] = {}  # ... that of one use type like this
        self.list_in_pages = False  # page 0 is no more than the first page

    def handle(self, request: Request) -> Response:
        if request.problems:  # those that the reading of the request found
            raise ApiError("APIG.0201")
        operation = self._operation(request)
        errors = [
            *self.gate.check(request, self.project_id),
            *self._check_headers(request),
            *self._check_project(request),
            *self._check_actions(request),
        ]
        document = self._decode(request, errors)
        if errors:
            raise errors[0]
        return operation(request, document)

    def _operation(self, request: Request) -> Callable[[Request, Any], Response]:
        """The operation behind a path; the gateway knows no others."""
        base, _, rest = request.path.removeprefix(self.prefix).partition("/jobs")
        operations = {
            "/batch-progress": self._progress, "/batch-rpo-and-rto": self._rpo_and_rto,
            "/batch-detail": self._details,
            "/query-compare-result": self._comparisons,
            "": self._list,
        }
        parts = base.split("/")
        known = request.path.startswith(self.prefix + "/v3/") and len(parts) == 3 and parts[2]
        if not known or rest not in operations or request.query:
            raise client_error(request, f"no such path: {request.target}", "APIG.0101")
        if request.method != "POST":
            raise client_error(request, f"method {request.method}", "APIG.0101")
        return operations[rest]

    def _check_headers(self, request: Request) -> Iterator[ApiError]:
        content_type = request.headers.get("content-type", "")
        kind, _, parameters = content_type.partition(";")
        utf8 = parameters.strip().lower() in ("", "charset=utf-8")
        if kind.strip().lower() != "application/json" or not utf8:
            problem = f"Content-Type {content_type!r}"
            yield client_error(request, problem, "DRS.M00202", detail="Content-Type")
        language = request.headers.get("x-language", LANGUAGES[0])
        if language not in LANGUAGES:
            yield client_error(request, f"X-Language {language!r}", "DRS.M00202", detail="X-Language")

    def _check_project(self, request: Request) -> Iterator[ApiError]:
        project = request.path.removeprefix(self.prefix).split("/")[2]
        if project != self.project_id:
            yield client_error(request, f"project {project!r}", "DRS.M00261")

    def _check_actions(self, request: Request) -> Iterator[ApiError]:
        needed = ACTIONS[request.path.removeprefix(self.prefix).partition("/jobs")[2]]
        if self.actions is not None and not self.actions.issuperset(needed):
            yield ApiError("DRS.M00102")

    @staticmethod
    def _decode(request: Request, errors: list[ApiError]) -> Any:
        try:
            return strict_json.decode(request.body)
        except ValueError as error:
            problem = f"the body is not JSON: {error}"
            errors.append(client_error(request, problem, "DRS.M00202", detail="the body"))
            return None

    def _list(self, request: Request, document: Any) -> Response:
        return task_list.respond(self, request, document)

    def _progress(self, request: Request, document: Any) -> Response:
        return self._batch(request, document, self._progress_item)

    def _rpo_and_rto(self, request: Request, document: Any) -> Response:
        if self.rpo_and_rto_error:
            raise self.rpo_and_rto_error.with_traceback(None)
        return self._batch(request, document, self._rpo_and_rto_item)

    def _comparisons(self, request: Request, document: Any) -> Response:
        return comparisons.respond(self, request, document)

    def _details(self, request: Request, document: Any) -> Response:
        if self.details_error:
            raise self.details_error.with_traceback(None)
        results = details.on_page(self._items(request, document, self._details_item), document)
        for error in details.check(request, document):
            raise error
        return Response.of(200, {"count": len(document["jobs"]), "results": results})

    def parent(self, job_id: str) -> str:
        """The id of the task whose sub-task this is, or ""."""
        return next((parent for parent, children in self.children.items() if job_id in children), "")

    def _job(self, job_id: str) -> dict | Migration | BadJob:
        if self.child_job and self.parent(job_id):
            return self.child_job
        return self.jobs.get(job_id, self.unknown_job)

    def _details_item(self, job_id: str) -> dict | None:
        own = self.details.get(job_id, {})
        job = self._job(job_id)
        for bad in (own, job):
            if isinstance(bad, BadJob):
                return self._bad_item(job_id, bad)
        own = {"parent_id": self.parent(job_id)} | own
        if not isinstance(job, Migration):
            return details.written(job_id, None, self.clock.now(), own)
        state = self.jobs.state(job)
        moments = {"actual_start_time": state.moved, "full_transfer_complete_time": state.copied}
        times = {name: details.milliseconds(self.jobs.wall(job, seconds))
                 for name, seconds in moments.items() if seconds is not None}
        return details.written(job_id, state, job.born, times | own)

    def _batch(
        self, request: Request, document: Any, item: Callable[[str], dict | None]
    ) -> Response:
        results = self._items(request, document, item)
        return Response.of(self.success_status, {"count": len(results), "results": results})

    def _items(
        self, request: Request, document: Any, item: Callable[[str], dict | None]
    ) -> list[dict]:
        """The items of a list of ids, one for each."""
        for error in self._check_ids(request, document):
            raise error
        ids = document["jobs"]
        if self.most_ids is not None and len(ids) > self.most_ids:
            # A setting is raised again and again: without the traces of the last times.
            raise self.too_many.with_traceback(None)
        results = [found for found in map(item, ids) if found is not None]
        if not results and self.empty == "reject":
            raise ApiError("DRS.M00002")
        if self.order == "reversed":
            results.reverse()
        elif self.order == "shuffled":
            random.shuffle(results)
        return results

    @staticmethod
    def _check_ids(request: Request, document: Any) -> Iterator[ApiError]:
        # Members that it does not know mean nothing to the service.
        if not isinstance(document, dict) or "jobs" not in document:
            yield client_error(request, 'the body has no "jobs"', "DRS.M00202", detail="the body")
            return
        ids = document["jobs"]
        if not isinstance(ids, list) or not all(isinstance(i, str) and i for i in ids):
            yield client_error(request, "jobs is no list of ids", "DRS.M00202", detail="jobs")
        elif not ids:
            yield client_error(request, "jobs is empty", "DRS.M00201", detail="jobs")
        elif len(set(ids)) != len(ids):
            yield client_error(request, "an id twice", "DRS.M00301")

    def _progress_item(self, job_id: str) -> dict | None:
        job = self._job(job_id)
        if isinstance(job, BadJob):
            return self._bad_item(job_id, job)
        if not isinstance(job, Migration):
            return job
        item = progress_item.written(
            job_id, self.jobs.state(job), self.clock.now(), guesses=self.guesses,
            as_array=self.progress_map == "array",
        )
        return progress_item.as_numbers(item) if self.numbers == "numbers" else item

    def _rpo_and_rto_item(self, job_id: str) -> dict | None:
        own = self.rpo_and_rto.get(job_id)
        job = self._job(job_id) if own is None else own
        if isinstance(job, BadJob):
            return self._bad_item(job_id, job)
        if own is not None:
            return own
        now = self.clock.now()
        if isinstance(job, Migration):
            return rpo_and_rto_item.written(job_id, self.jobs.state(job), now)
        return rpo_and_rto_item.rpo_and_rto(job_id, now=now)

    @staticmethod
    def _bad_item(job_id: str, job: BadJob) -> dict | None:
        error = ApiError(job.code, shape=job.shape, job_id=job_id if job.named else None)
        if job.how == "reject":
            raise error
        if job.how == "omit":
            return None
        return {"job_id": job_id, "error_code": error.code, "error_msg": error.message}
