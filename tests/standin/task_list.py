# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The task list of DRS: POST /v3/{project_id}/jobs, one use type at a time, in pages."""

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .request_log import Request
from .migration import Migration
from .api_errors import ApiError
from .service import client_error
from .wire import Response

if TYPE_CHECKING:
    from .drs import Drs

USE_TYPES = ("migration", "sync", "cloudDataGuard")
REQUIRED = ("cur_page", "per_page", "db_use_type")
# Optional members that narrow the list; other unknown members mean nothing to the service.
FILTERS = ("engine_type", "net_type", "status")
CREATED = datetime(2026, 6, 26, 17, 8, 57, tzinfo=timezone.utc)
ACTIONS = (
    "CREATE", "CHOOSE_OBJECT", "PRE_CHECK", "CHANGE_MODE", "FREE_RESOURCE", "MODIFY_DB_CONFIG",
    "RESET_DB_PWD", "MODIFY_CONFIGURATION", "PAUSE", "START", "CHANGE", "RETRY", "RESET", "DELETE",
    "QUERY_PRE_CHECK", "SWITCH_OVER", "START_INCR", "MODIFY_TASK_NUMBER", "CONTINUE", "STOP",
    "CONTINUE_JOB", "STOP_JOB", "CONTINUE_CAPTURE", "STOP_CAPTURE", "CONTINUE_APPLY", "STOP_APPLY",
    "PAY_ORDER", "UNSUBSCRIBE", "TO_PERIOD", "TO_RENEW", "ORDER_INFO", "CHANGE_FLAVOR", "CLONE",
)


def respond(drs: "Drs", request: Request, document: Any) -> Response:
    for error in check(request, document):
        raise error
    if drs.list_error:
        # A setting is raised again and again: without the traces of the last times.
        raise drs.list_error.with_traceback(None)
    if error := drs.list_errors.get(document["db_use_type"]):
        raise error.with_traceback(None)
    entries = [entry for entry in tasks(drs, document["db_use_type"])
               if selected(entry, drs.tags.get(entry["id"], {}), document)]
    page, size = document["cur_page"], document["per_page"]
    if drs.list_in_pages:
        page = page or 1
    shown = entries[(page - 1) * size: page * size] if page and size else entries
    return Response.of(200, {"jobs": shown, "total_record": len(entries)})


def check(request: Request, document: Any) -> Iterator[ApiError]:
    """Whether the body has what the operation requires."""
    missing = [name for name in REQUIRED if not isinstance(document, dict) or name not in document]
    if missing:
        yield client_error(request, f"no {', '.join(missing)}", "DRS.M00202", detail="body")
        return
    page, size = document["cur_page"], document["per_page"]
    if type(page) is not int or page < 0 or (size == 0 and page > 1):
        yield client_error(request, f"cur_page {page!r}", "DRS.M00202", detail="cur_page")
    if type(size) is not int or not 0 <= size <= 100:
        yield client_error(request, f"per_page {size!r}", "DRS.M00202", detail="per_page")
    if document["db_use_type"] not in USE_TYPES:
        use_type = document["db_use_type"]
        yield client_error(request, f"db_use_type {use_type!r}", "DRS.M00202", detail="db_use_type")


def selected(entry: dict, tags: dict[str, str], document: dict) -> bool:
    """Whether a task passes the filters; `name` is part of a name, or ids with commas between."""
    for member in FILTERS:
        if document.get(member) and document[member] != entry[member]:
            return False
    name = document.get("name")
    if name and name not in entry["name"] and entry["id"] not in name.split(","):
        return False
    return (document.get("tags") or {}).items() <= tags.items()


def tasks(drs: "Drs", use_type: str) -> Iterator[dict]:
    """Every task of a use type, written as the service writes it, with its sub-tasks where it has some."""
    exist = {job_id: (job_id, status, created) for job_id, status, created in statuses(drs)}
    for job_id, job in exist.items():
        if drs.use_types.get(job_id, "migration") != use_type or drs.parent(job_id):
            continue
        task = common(drs, use_type, *job) | {
            "job_action": {"available_actions": list(ACTIONS[:7]),
                           "unavailable_actions": list(ACTIONS[7:]), "current_action": None}}
        if job_id in drs.children:
            children = [common(drs, use_type, *exist[child]) for child in drs.children[job_id] if child in exist]
            task["children"] = [child | {"error_msg": ""} | drs.task_fields.get(child["id"], {}) for child in children]
        yield task | drs.task_fields.get(job_id, {})


def common(drs: "Drs", use_type: str, job_id: str, status: str, created: datetime) -> dict:
    """The members that a task and a sub-task have by the vendors' pages."""
    return {
        "id": job_id, "name": drs.names.get(job_id, f"DRS-{job_id[:4]}"), "status": status,
        "description": "", "create_time": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "engine_type": "mysql", "net_type": "eip", "billing_tag": False, "job_direction": "up",
        "db_use_type": use_type, "task_type": "FULL_INCR_TRANS", "node_newFramework": False,
    }


def statuses(drs: "Drs") -> Iterator[tuple[str, str, datetime]]:
    """Every job that exists, with its status and the time of its creation."""
    for job_id, job in list(drs.jobs.items()):
        if isinstance(job, Migration):
            born = datetime.fromtimestamp(job.born, timezone.utc)
            yield job_id, drs.jobs.state(job).status, born
        elif isinstance(job, dict):
            yield job_id, job.get("transfer_status", ""), CREATED
