# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""batch-detail of DRS: an item by the vendors' pages, its addresses, users and passwords included.

Nobody has published a recorded response. `SECRET` stands in every member that a client has no use for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .api_errors import ApiError
from .request_log import Request
from .migration import State
from .service import client_error

SECRET = "S3cret-of-a-database"
PER_PAGE = 5  # unless asked for


def check(request: Request, document: Any) -> Iterator[ApiError]:
    """Whether the page is one that the operation takes; `jobs` is checked elsewhere."""
    page = document.get("page_req", {})
    size, current = page.get("per_page", PER_PAGE), page.get("cur_page", 1)
    if type(size) is not int or not 0 <= size <= 100:
        yield client_error(request, f"per_page {size!r}", "DRS.M00202", detail="per_page")
    elif type(current) is not int or not 1 <= current <= pages(document, size):
        yield client_error(request, f"cur_page {current!r}", "DRS.M00202", detail="cur_page")


def pages(document: Any, size: int) -> int:
    ids = len(document["jobs"])
    return 1 if size == 0 else max(1, -(-ids // size))


def on_page(results: list[dict], document: Any) -> list[dict]:
    """The items of the page that was asked for."""
    page = document.get("page_req", {})
    size, current = page.get("per_page", PER_PAGE), page.get("cur_page", 1)
    return results if size == 0 else results[(current - 1) * size: current * size]


def milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))


def written(job_id: str, state: State | None, born: float, own: dict) -> dict:
    """The item of a job; `own` replaces members."""
    item = {
        "id": job_id, "parent_id": "", "master_job_id": "", "name": f"DRS-{job_id[:4]}",
        "status": state.status if state else "", "description": SECRET,
        "create_time": milliseconds(born), "update_time": milliseconds(born),
        "task_type": "FULL_INCR_TRANS", "job_direction": "up", "db_use_type": "migration",
        "source_endpoint": endpoint("mysql"), "target_endpoint": endpoint("mysql"),
        "kafka_security_config": {"key_password": SECRET, "trust_store_password": SECRET,
                                  "trust_store_key": SECRET},
        "alarm_notify": {
            "topic_urn": SECRET, "delay_time": 300, "rpo_delay": 120, "rto_delay": 180, "alarm_to_user": True,
            "subscriptions": [{"endpoints": [SECRET], "protocol": "sms", "delay_time": 5}]},
        "inst_info": {
            "engine_type": "mysql", "ip": SECRET, "publicIp": SECRET, "volume_size": 100, "start_time": SECRET},
        "subnet_id": SECRET, "vpc_id": SECRET, "security_group_id": SECRET, "project_id": SECRET,
        "user_id": SECRET, "is_target_readonly": False, "error_message": SECRET,
        "object_info": [{"source_db_name": SECRET}], "tags": {SECRET: SECRET}, SECRET: SECRET,
    }
    if state is not None and state.error:
        item["failed_reason"] = state.error[1]
    return item | own


def endpoint(kind: str) -> dict:
    secrets = ("ip", "db_user", "db_password", "db_name", "ssl_cert_password", "ssl_cert_key", "ssl_cert_check_sum",
               "instance_id", "instance_name", "vpc_id", "subnet_id", "safe_mode", "mongo_ha_mode", "topic",
               "failed_reason", "actual_start_time", "full_transfer_complete_time")
    return {"db_type": kind, "id": "x", "db_port": 3306, "ssl_link": True, **{name: SECRET for name in secrets}}
