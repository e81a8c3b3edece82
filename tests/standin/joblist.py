# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The task list of DRS: POST /v3/{project_id}/jobs, one use type at a time, in pages."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .journal import Request
from .migration import Migration
from .refusals import Refusal
from .service import wrong
from .wire import Reply

if TYPE_CHECKING:
    from .drs import Drs

USE_TYPES = ("migration", "sync", "cloudDataGuard")
MEMBERS = {"cur_page", "per_page", "db_use_type"}


def answer(drs: "Drs", request: Request, document: Any) -> Reply:
    for refusal in check(request, document):
        raise refusal
    if drs.list_refusal:
        # A setting is raised again and again: without the traces of the last times.
        raise drs.list_refusal.with_traceback(None)
    wanted = document["db_use_type"]
    entries = [
        {"id": job_id, "name": drs.names.get(job_id, f"DRS-{job_id[:4]}"), "status": status,
         "description": "", "create_time": "1608188903063", "engine_type": "mysql",
         "net_type": "eip", "billing_tag": False, "job_direction": "up", "db_use_type": wanted}
        for job_id, status in statuses(drs)
        if drs.use_types.get(job_id, "migration") == wanted
    ]
    page, size = document["cur_page"], document["per_page"]
    if drs.list_in_pages:
        page = page or 1
    shown = entries[(page - 1) * size: page * size] if page and size else entries
    return Reply.of(200, {"total_record": len(entries), "jobs": shown})


def check(request: Request, document: Any) -> Iterator[Refusal]:
    """Whether the body is what the operation asks for."""
    if not isinstance(document, dict) or set(document) != MEMBERS:
        yield wrong(request, f"members other than {sorted(MEMBERS)}", "DRS.M00202", detail="body")
        return
    page, size = document["cur_page"], document["per_page"]
    if type(page) is not int or page < 0:
        yield wrong(request, f"cur_page {page!r}", "DRS.M00202", detail="cur_page")
    if type(size) is not int or not 0 <= size <= 100:
        yield wrong(request, f"per_page {size!r}", "DRS.M00202", detail="per_page")
    if document["db_use_type"] not in USE_TYPES:
        use_type = document["db_use_type"]
        yield wrong(request, f"db_use_type {use_type!r}", "DRS.M00202", detail="db_use_type")


def statuses(drs: "Drs") -> Iterator[tuple[str, str]]:
    """Every job that exists, with its status."""
    for job_id, job in list(drs.jobs.items()):
        if isinstance(job, Migration):
            yield job_id, drs.jobs.state(job)["transfer_status"]
        elif isinstance(job, dict):
            yield job_id, job.get("transfer_status", "")
