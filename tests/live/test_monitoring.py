# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The rules and thresholds of monitoring/, by the tools that they are for."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from support.alerts import chain_of, hurried
from support.blocks import JOB, OTHER_JOB, project
from daemons import HANG, Collectd, Prometheus, Smtp, free_port, wait_until
from daemons.collectd import INTERVAL
from support.ordinary_day import DAY, a_day
from support.fake_clock import PRELOAD
from support.pipelines import body, pipeline
from support.installed_paths import MONITORING
from support.requirements import need_prometheus
from standin import BadJob, Comparison
from standin.rpo_and_rto_item import rpo_and_rto


def thresholds(hits: int = 3) -> str:
    """The part of the file that needs no program and no mail server, with these hits in place of days."""
    text = body(MONITORING / "collectd-alerts.conf")
    text = text[text.index("LoadPlugin threshold"):text.index("LoadPlugin exec")]
    return re.sub(r"\bHits \d+", f"Hits {hits}", text)


def notified(daemon: Collectd, metric: str, severity: str, expected: str = "That is ") -> list[str]:
    """The messages of the threshold plugin about a metric."""
    kind, instance = metric.split("-")
    return [one["message"] for one in daemon.notifications()
            if (one["type"], one["type_instance"], one["severity"]) == (kind, instance, severity)
            and expected in one["message"]]


@pytest.mark.installed(1)
def test_the_rules_pass_their_own_tests():
    need_prometheus()
    for arguments in (["check", "rules", "prometheus-alerts.yml"],
                      ["test", "rules", "prometheus-alerts-test.yml"]):
        done = subprocess.run(["promtool", *arguments], cwd=MONITORING, capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stdout + done.stderr


# Series that a job does not have at once.
NEED_TIME_OR_OPTIONS = {
    ("collectd_drs_bool", "ready"), ("collectd_drs_bool", "consistent"), ("collectd_drs_gauge", "started"),
    *(("collectd_drs_delay", f"{kind}threshold") for kind in ("", "rpo_", "rto_"))}


def test_the_rules_use_series_that_prometheus_has(cloud):
    cloud.jobs[JOB] |= {"incre_trans_delay": "3", "apply_rows_rate": 12, "apply_bytes_rate": 3400,
                        "src_offset": "mysql-bin.000007:4", "dst_offset": "mysql-bin.000005:4",
                        "progress_map": {"data": {"completed": "47", "remaining_time": "0"}}}
    wanted = set(re.findall(r'(collectd_drs_\w+)\{type="(\w+)"\}',
                            (MONITORING / "prometheus-alerts.yml").read_text())) - NEED_TIME_OR_OPTIONS
    assert len(wanted) >= 10
    with Prometheus() as prometheus:
        stock = pipeline("prometheus.conf", COLLECTD_HOST="127.0.0.1",
                         COLLECTD_PORT=prometheus.scraped_port)
        with Collectd(project("prod", cloud, "RPOAndRTO true"), stock) as daemon:
            def stored() -> bool:
                found = prometheus.query('{__name__=~"collectd_drs_.+"}')
                return wanted <= {(one["metric"]["__name__"], one["metric"]["type"])
                                  for one in found if one["metric"]["instance"] == "test-host"}
            daemon.wait_until(stored, f"all of {wanted}")


# What the job's item becomes, the metric, and the severity of the threshold plugin's notification.
BREACHES = {
    "paused": ({"transfer_status": "PAUSING"}, "gauge-status", "WARNING"),
    "not started": ({"transfer_status": "CONFIGURATION"}, "gauge-status", "WARNING"),
    "behind": ({"incre_trans_delay": "301"}, "delay-incremental", "WARNING"),
    "not read": ({"rpo": 301000}, "delay-rpo", "WARNING"),
    "not replayed": ({"rto": 301000}, "delay-rto", "WARNING"),
}
RECOVERY = ("rpo", "rto")


def play(cloud, job: str, item: dict) -> None:
    """A job with this item, and with these delays of RPO and RTO in milliseconds."""
    cloud.jobs[job] = {"job_id": job, "progress": "50", "transfer_status": "FULL_TRANSFER_STARTED"} | {
        key: value for key, value in item.items() if key not in RECOVERY}
    cloud.drs.rpo_and_rto[job] = rpo_and_rto(
        job, **{key: item[key] for key in RECOVERY if key in item})


@pytest.mark.parametrize("breach", BREACHES)
def test_each_threshold_fires(cloud, breach):
    item, metric, severity = BREACHES[breach]
    play(cloud, JOB, item)
    config = project("prod", cloud, "Notify false", "RPOAndRTO true")
    with Collectd(config, thresholds(), interval=INTERVAL) as daemon:
        daemon.wait_until(lambda: notified(daemon, metric, severity), f"{severity} of {metric}")


def test_the_thresholds_wait_for_their_hits(cloud):
    cloud.jobs[JOB] |= {"transfer_status": "PAUSING", "incre_trans_delay": "400"}
    config = project("prod", cloud, "Notify false")
    with Collectd(config, thresholds(hits=1000), interval=INTERVAL) as daemon:
        daemon.wait_for_reads(5)
        assert not notified(daemon, "gauge-status", "WARNING")
        assert not notified(daemon, "delay-incremental", "WARNING")


@pytest.mark.parametrize("block", ["unreachable", "invalid"])
def test_a_project_that_is_not_monitored_breaks_its_threshold(cloud, block):
    if block == "unreachable":
        cloud.inject("error", status=500)
    config = project("prod", cloud, "Notify false", *(["BatchSize 0"] if block == "invalid" else []))
    with Collectd(config, thresholds(), interval=INTERVAL) as daemon:
        daemon.wait_until(lambda: notified(daemon, "bool-up", "WARNING"), "a warning of bool-up")


def test_a_daemon_that_is_gone_is_one_event_on_the_central_one(cloud):
    """One for its project, and none for each value of each job."""
    cloud.jobs[JOB] |= {"incre_trans_delay": "3"}
    server = f'"127.0.0.1" "{free_port()}"'
    central_stock = f"LoadPlugin network\n<Plugin network>\n  Listen {server}\n</Plugin>\n{thresholds()}"
    agent_stock = f"LoadPlugin network\n<Plugin network>\n  Server {server}\n</Plugin>"
    with Collectd(stock=central_stock, interval=INTERVAL, host="central") as central:
        with Collectd(project("prod", cloud), agent_stock, interval=INTERVAL) as agent:
            agent.wait_until(
                lambda: agent.flush("network") or f"test-host/drs-{JOB}/delay-incremental" in central.names(),
                "values on the central one")
        central.wait_until(lambda: notified(central, "bool-up", "FAILURE", "has not been updated"), "the end")
        central.wait_until(lambda: not [name for name in central.names() if "/drs-" in name], "the end of all values")
        assert len([one for one in central.notifications() if "has not been updated" in one["message"]]) == 1


INCREMENTAL = "INCRE_TRANSFER_STARTED"
# By the alert, the item of a job that it is about.
ALERTS = {
    "DrsTaskFailed": {"transfer_status": "FULL_TRANSFER_FAILED"},
    "DrsTaskHasError": {"error_code": "DRS.M05010", "error_msg": "it failed"},
    "DrsTaskPaused": {"transfer_status": "PAUSING"},
    "DrsTaskNotConfigured": {"transfer_status": "CONFIGURATION"},
    "DrsDelayHigh": {"transfer_status": INCREMENTAL, "incre_trans_delay": "301"},
    "DrsRpoHigh": {"transfer_status": INCREMENTAL, "rpo": 301000},
    "DrsRtoHigh": {"transfer_status": INCREMENTAL, "rto": 301000},
    "DrsRateZero": {"apply_rows_rate": 0, "apply_bytes_rate": 0},
    "DrsNoProgress": {"apply_rows_rate": 0, "progress": "95"},
}


@pytest.mark.installed(2)
def test_each_alert_fires_on_what_the_module_publishes(cloud, tmp_path):
    """All rules but those that need an option or a delay that rises."""
    need_prometheus()
    rules = hurried((MONITORING / "prometheus-alerts.yml").read_text())
    (tmp_path / "rules.yml").write_text(rules)
    jobs = {alert: f"{JOB[:-3]}{number:03}" for number, alert in enumerate(ALERTS, 100)}
    for alert, item in ALERTS.items():
        play(cloud, jobs[alert], item)
    cloud.drs.unknown_job = BadJob("omit")
    lines = [f'Job "{job}" "{alert}"' for alert, job in jobs.items()]
    with Prometheus(rules=tmp_path / "rules.yml", lookback="15s") as prometheus:
        def fires(drs: str, alert: str) -> bool:
            return bool(prometheus.query(f'ALERTS{{alertname="{alert}", drs="{drs}", alertstate="firing"}}'))

        stock = pipeline("prometheus.conf", COLLECTD_HOST="127.0.0.1",
                         COLLECTD_PORT=prometheus.scraped_port)
        config = project("prod", cloud, *lines, f'Job "{OTHER_JOB}"', "RPOAndRTO true", "Interval 1")
        with Collectd(config, stock) as daemon:
            for alert in ALERTS:
                daemon.wait_until(lambda alert=alert: fires(alert, alert), alert)
            daemon.wait_until(lambda: fires("prod", "DrsJobsMissing"), "DrsJobsMissing")
            others = prometheus.query('ALERTS{alertname="DrsDelayHigh"}')
            assert {one["metric"]["drs"] for one in others} == {"DrsDelayHigh"}
        prometheus.wait_until(lambda: fires("prod", "DrsProjectSilent"), "DrsProjectSilent")


# A clock that runs sixty times as fast: ten good minutes in ten seconds.
FAST_CLOCK = {"LD_PRELOAD": PRELOAD, "FAKETIME": "+0 x60"}


def test_readiness_and_a_difference_fire_in_prometheus(cloud, tmp_path):
    """What the module makes of ten minutes, and of a comparison."""
    need_prometheus()
    cloud.jobs[JOB] = {"job_id": JOB, "progress": "100", "transfer_status": INCREMENTAL, "incre_trans_delay": "1"}
    cloud.jobs[OTHER_JOB] = cloud.jobs[JOB] | {"job_id": OTHER_JOB}
    cloud.drs.comparisons[OTHER_JOB] = [Comparison("lines", time.time() - 60, inconsistent=2)]
    (tmp_path / "rules.yml").write_text(hurried((MONITORING / "prometheus-alerts.yml").read_text()))
    with Prometheus(rules=tmp_path / "rules.yml") as prometheus:
        stock = pipeline("prometheus.conf", COLLECTD_HOST="127.0.0.1", COLLECTD_PORT=prometheus.scraped_port)
        config = project("prod", cloud, f'Job "{JOB}" "orders"', f'Job "{OTHER_JOB}" "customers"', "Interval 60",
                         "Comparisons true", "DiscoverInterval 60")
        with Collectd(config, stock, variables=FAST_CLOCK) as daemon:
            def firing() -> set[tuple[str, str]]:
                found = prometheus.query('ALERTS{alertname=~"DrsReadyForCutover|DrsDataDiffers", alertstate="firing"}')
                return {(one["metric"]["drs"], one["metric"]["alertname"]) for one in found}
            expected = {("orders", "DrsReadyForCutover"), ("customers", "DrsDataDiffers")}
            daemon.wait_until(lambda: firing() == expected, f"{expected}")
            cloud.jobs[JOB] |= {"incre_trans_delay": "400"}
            lost = 'collectd_drs_bool{drs="orders", type="ready"} == 0'
            wait_until(lambda: prometheus.query(lost), HANG, "bool-ready 0")


@pytest.mark.installed(2)
@pytest.mark.parametrize("block", ["unreachable", "invalid", "gone"])
def test_prometheus_fires_for_a_project_that_is_not_monitored(cloud, tmp_path, block):
    """The rules on what the module publishes, with no time to wait."""
    need_prometheus()
    rules = hurried((MONITORING / "prometheus-alerts.yml").read_text())
    wanted = "DrsNoData" if block == "gone" else "DrsProjectUnreachable"
    if block == "unreachable":
        cloud.inject("error", status=500)
    (tmp_path / "rules.yml").write_text(rules)
    with Prometheus(rules=tmp_path / "rules.yml") as prometheus:
        stock = pipeline("prometheus.conf", COLLECTD_HOST="127.0.0.1",
                         COLLECTD_PORT=prometheus.scraped_port)
        config = project("prod", cloud, *(["BatchSize 0"] if block == "invalid" else []))
        with Collectd(None if block == "gone" else config, stock) as daemon:
            def fires() -> bool:
                found = prometheus.query('ALERTS{alertstate="firing"}')
                return wanted in {one["metric"]["alertname"] for one in found}
            daemon.wait_until(fires, wanted)


@pytest.mark.installed(1)
def test_the_whole_chain_reaches_a_program_and_a_mailbox(cloud, open_folder):
    cloud.jobs[JOB] |= {"transfer_status": "FULL_TRANSFER_STARTED"}

    def pages() -> list[str]:
        file = open_folder / "pages"
        return file.read_text().splitlines() if file.exists() else []

    with Smtp() as smtp:
        config = project("prod", cloud, f'Job "{JOB}" "orders-db"')
        with Collectd(config, chain_of(open_folder, smtp.port), interval=INTERVAL) as daemon:
            def paged(*expected: str) -> bool:
                return any(line.startswith("FAILURE test-host: ") and all(word in line for word in expected)
                           for line in pages())

            def mailed(*expected: str) -> bool:
                return any("To: oncall@example.org" in mail and all(word in mail for word in expected)
                           for mail in smtp.mails())

            # The threshold plugin's OKAY for each metric goes out by mail, which has no filter.
            daemon.wait_until(lambda: mailed("within range again", "gauge"), "the first mail")
            cloud.jobs[JOB] |= {"transfer_status": "FULL_TRANSFER_FAILED"}
            expected = ("orders-db", "FULL_TRANSFER_FAILED")
            daemon.wait_until(lambda: paged(*expected), f"a page with {expected}")
            daemon.wait_until(lambda: mailed("FAILURE", *expected), f"a mail with {expected}")
            assert [line for line in pages() if line.startswith("OKAY")] == []
            cloud.jobs[JOB] |= {"transfer_status": "FULL_TRANSFER_STARTED"}
            daemon.wait_until(lambda: pages()[-1].startswith("OKAY"), "the end of it")


WORDS = {102: "CONFIGURATION", 201: "FULL_TRANSFER_STARTED", 203: "INCRE_TRANSFER_STARTED", 301: "PAUSING",
         401: "RELEASE_RESOURCE_STARTED", 501: "RELEASE_RESOURCE_COMPLETE"}
STEP = 20  # minutes of the day between two polls, which are a second apart


class TodaysJobs:
    """The stand-in's responses: one job has the ordinary day, a step a poll; the others replicate all day."""

    def __init__(self, cloud) -> None:
        self.cloud, self.minute = cloud, 0

    def get(self, job_id: str, _: object) -> dict:
        if job_id != JOB:
            return {"job_id": job_id, "progress": "100", "transfer_status": WORDS[203], "incre_trans_delay": "1"}
        self.minute += STEP
        if self.minute == 1240:
            self.cloud.inject("error", times=1, status=500)
        values = a_day(min(self.minute, DAY - 1))
        delay = {"incre_trans_delay": str(int(values["delay-incremental"]))} if "delay-incremental" in values else {}
        return {"job_id": job_id, "progress": str(int(values["percent-total"])),
                "transfer_status": WORDS[values["gauge-status"]]} | delay

    def state(self, job: dict) -> dict:
        return job


def test_an_ordinary_day_pages_for_the_long_pause_and_the_outage(cloud, open_folder):
    """The day of the rules' tests, in a minute, restarted between the pauses; one page for an outage of five jobs."""
    cloud.drs.jobs = today = TodaysJobs(cloud)
    lines = [f'Job "{JOB}" "orders"', *(f'Job "{JOB[:-1]}{number}" "other-{number}"' for number in range(3, 7))]
    config = project("prod", cloud, *lines, "Interval 1")

    def pages() -> list[str]:
        file = open_folder / "pages"
        return [page.split()[0] for page in file.read_text().splitlines()] if file.exists() else []

    with Smtp() as smtp:
        # collectd notifies at the second poll after so many hits: after the short pause, and within the long one.
        stock = chain_of(open_folder, smtp.port, lambda minutes: minutes // STEP)
        for until in (720, DAY + 3 * STEP):
            with Collectd(config, stock) as daemon:
                daemon.wait_until(lambda until=until: today.minute >= until, f"minute {until}")
        assert pages() == ["WARNING", "OKAY", "FAILURE", "OKAY"]


def notify(folder: Path, severity: str, metric: str = "gauge-status", plugin: str = "drs", text: str = "it is slow",
           **environment: str) -> str:
    """What drs-notify hands to a program, for a notification as the exec plugin writes it."""
    kind, instance = metric.split("-")
    given = (f"Severity: {severity}\nTime: 1.0\nHost: h\nPlugin: {plugin}\nPluginInstance: orders\n"
             f"Type: {kind}\nTypeInstance: {instance}\n\n{text}\n")
    done = subprocess.run([folder / "drs-notify", "echo"], input=given, text=True, capture_output=True,
                          check=True, env=os.environ | {"DRS_NOTIFY_STATE": str(folder / "state")} | environment)
    return done.stdout


def test_drs_notify_passes_on_migrations_alone(open_folder):
    assert notify(open_folder, "WARNING", plugin="cpu") == ""
    assert notify(open_folder, "WARNING") == "WARNING h: it is slow\n"


@pytest.mark.installed(7)
def test_drs_notify_drops_an_okay_that_ends_nothing(open_folder):
    okay = "OKAY h: it is slow\n"
    assert notify(open_folder, "OKAY") == ""
    assert notify(open_folder, "WARNING") and notify(open_folder, "FAILURE")
    assert notify(open_folder, "OKAY", "delay-incremental") == ""
    assert [notify(open_folder, "OKAY") for _ in range(2)] == [okay, ""]


def test_drs_notify_reports_the_same_once_a_day(open_folder):
    severities = ["WARNING", "WARNING", "FAILURE", "WARNING", "FAILURE"]
    assert [bool(notify(open_folder, one)) for one in severities] == [True, False, True, False, False]
    [mark] = (open_folder / "state").iterdir()
    os.utime(mark, (0, 0))
    assert notify(open_folder, "FAILURE")


@pytest.mark.parametrize("metric, text", [
    ("gauge-status", f"Job orders ({JOB}) went from INCRE_TRANSFER_STARTED to PAUSING"),
    ("gauge-status", f"Job orders ({JOB}) is PAUSING"),
    ("bool-ready", f"Job orders ({JOB}) is not ready any more: delay")])
def test_drs_notify_drops_what_a_planned_pause_brings(open_folder, metric, text):
    assert notify(open_folder, "WARNING", metric, text=text) == ""
    assert notify(open_folder, "OKAY", metric, text=text) == ""
    assert notify(open_folder, "FAILURE", metric, text=text)


@pytest.mark.parametrize("place", ["missing", "link", "file"])
def test_drs_notify_without_its_state_forwards_problems(open_folder, place):
    state = open_folder / "elsewhere"
    if place == "link":
        (open_folder / "target").mkdir()
        state.symlink_to(open_folder / "target")
    elif place == "file":
        state.touch()
    else:
        state = open_folder / "no/such/folder"
    where = {"DRS_NOTIFY_STATE": str(state)}
    assert notify(open_folder, "FAILURE", **where) == "FAILURE h: it is slow\n"
    assert notify(open_folder, "OKAY", **where) == ""
