# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""query-compare-result of DRS: the comparisons of one task, and the results of those whose ids are given.

Nobody has published a recorded response. Whether the list comes without ids is a setting of the service.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .api_errors import ApiError
from .details import SECRET, milliseconds
from .request_log import Request
from .migration import Migration
from .service import client_error
from .wire import Response

if TYPE_CHECKING:
    from .drs import Drs

IDS = {"object_level_compare_id": "object_comparison", "line_compare_id": "lines", "content_compare_id": "contents"}


@dataclass(frozen=True)
class Comparison:
    """A comparison that was created at a time of the wall clock and takes some seconds."""

    kind: str  # object_comparison, lines, contents
    created: float
    seconds: float = 0.0
    inconsistent: int = 0  # objects that differ
    uncompared: int = 0
    outcome: str = "SUCCESSFUL"  # or FAILED, CANCELLED, TIMEOUT_INTERRUPT

    def id(self, job_id: str) -> str:
        return f"{job_id[:8]}-{self.kind}-{int(self.created)}"

    def status(self, now: float) -> str:
        return self.outcome if now >= self.created + self.seconds else "RUNNING"


def respond(drs: "Drs", request: Request, document: Any) -> Response:
    for error in check(request, document):
        raise error
    if drs.comparison_error:
        raise drs.comparison_error.with_traceback(None)
    job_id, now = document["job_id"], drs.clock.now()
    if job_id not in drs.jobs:
        raise ApiError("DRS.M05003")
    known = sorted(of_job(drs, job_id), key=lambda one: -one.created)
    answer: dict[str, Any] = {"job_id": job_id}
    asked = {kind: document[key] for key, kind in IDS.items() if document.get(key)}
    if drs.comparisons_are_listed or asked:
        answer["compare_task_list_results"] = listed(job_id, known, document, now)
    for one in known:
        if asked.get(one.kind) == one.id(job_id) and one.status(now) == "SUCCESSFUL":
            answer |= results(job_id, one)
    return Response.of(200, answer)


def check(request: Request, document: Any) -> Iterator[ApiError]:
    """Whether the body has what the operation requires: one job."""
    if not isinstance(document, dict) or not isinstance(document.get("job_id"), str) or not document["job_id"]:
        yield client_error(request, "no job_id", "DRS.M00202", detail="job_id")
        return
    for name, most in (("current_page", 1 << 31), ("per_page", 100)):
        value = document.get(name)
        if type(value) is not int or not 1 <= value <= most:
            yield client_error(request, f"{name} {value!r}", "DRS.M00202", detail=name)


def of_job(drs: "Drs", job_id: str) -> list[Comparison]:
    """Those that a test gave it; else those that DRS makes when a full copy is complete."""
    if job_id in drs.comparisons:
        return drs.comparisons[job_id]
    job = drs.jobs[job_id]
    if not isinstance(job, Migration):
        return []
    copied = drs.jobs.state(job).copied
    if copied is None:
        return []
    created = drs.jobs.wall(job, copied)
    return [Comparison("object_comparison", created, 4), Comparison("lines", created, 8)]


def listed(job_id: str, known: list[Comparison], document: Any, now: float) -> dict:
    """A page of the list, the newest first."""
    first = (document["current_page"] - 1) * document["per_page"]
    return {
        "compare_task_list_count": len(known),
        "compare_task_list": [
            {"compare_task_id": one.id(job_id), "compare_type": one.kind, "compare_task_status": one.status(now),
             "create_time": milliseconds(one.created),
             **({} if one.status(now) == "RUNNING" else {"end_time": milliseconds(one.created + one.seconds)})}
            for one in known[first:first + document["per_page"]]
        ],
    }


def results(job_id: str, one: Comparison) -> dict:
    """The overview of a comparison, and the details that a client has no use for."""
    states = (["INCONSISTENT"] * (one.inconsistent > 0 if one.kind == "object_comparison" else one.inconsistent)
              + ["CAN_NOT_COMPARE"] * one.uncompared + ["CONSISTENT"])
    if one.kind == "object_comparison":
        overview = [{"object_type": "TABLE", "object_compare_result": state, "source_count": 9, "target_count": 9,
                     "diff_count": one.inconsistent if state == "INCONSISTENT" else 0} for state in states]
        return {"object_level_compare_results": {
            "compare_task_id": one.id(job_id), "object_compare_overview": overview,
            "object_compare_details": {"DB": [{"source_db_value": SECRET}]}}}
    kind = "line" if one.kind == "lines" else "content"
    return {f"{kind}_compare_results": {
        "compare_task_id": one.id(job_id), f"{kind}_compare_overview_count": len(states),
        f"{kind}_compare_overview": [{"source_db_name": SECRET, f"{kind}_compare_result": state} for state in states],
        f"{kind}_compare_details": [{"source_table_name": SECRET}],
        "content_compare_diffs": [{"target_select_sql": SECRET}]}}
