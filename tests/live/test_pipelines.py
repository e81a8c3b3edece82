# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Every way that values go, on the real thing with stock configuration: read back from the store."""

import re
import shutil
import subprocess

import pytest
from support.blocks import JOB, project
from daemons import Carbon, Collectd, InfluxDB, Prometheus, VictoriaMetrics, free_port
from daemons.kafka import Kafka
from support.examples import METRICS, items, metrics
from support.pipelines import FOLDER, TOP, body, pipeline
from standin import BadJob

HOST = "127.0.0.1"
Values = dict[tuple[str, str], float]  # by plugin instance, and type with type instance


@pytest.fixture
def expected(cloud) -> Values:
    """What the two examples of the API's page are as values; the stand-in responds with them."""
    values = {}
    for example in METRICS:
        cloud.jobs.update(items(example))
        values |= {tuple(name.split("/")): value for name, value in metrics(example).items()}
    return values


def watching(cloud, *extra: str) -> str:
    """A project with the jobs of the examples."""
    jobs = [f'Job "{job}"' for job in cloud.jobs]
    return project("prod", cloud, *jobs, *extra, without=["Job"])


def wait_for(daemon: Collectd, read, expected: Values, plugin: str = "") -> None:
    """Wait until the store has each of the values."""
    def arrived() -> bool:
        if plugin:
            daemon.flush(plugin)
        return expected.items() <= read().items()
    daemon.wait_until(arrived, "the values in the store")


def in_carbon(carbon: Carbon) -> Values:
    found = {}
    for name, values in carbon.values().items():
        _, instance, metric = name.split(".")
        found |= {(instance.removeprefix("drs-"), metric): value for value in values}
    return found


def test_graphite(cloud, expected):
    with Carbon() as carbon:
        stock = pipeline("graphite.conf", GRAPHITE_HOST=HOST, GRAPHITE_PORT=carbon.port)
        with Collectd(watching(cloud), stock) as daemon:
            wait_for(daemon, lambda: in_carbon(carbon), expected, "write_graphite")


def test_an_agent_and_a_central_collectd(cloud, expected, tmp_path):
    port, secret = free_port(), "a secret between the two"
    auth = tmp_path / "auth"
    auth.touch(mode=0o600)
    auth.write_text(f"agents: {secret}\n")
    places = {"CENTRAL_HOST": HOST, "CENTRAL_PORT": port}
    agent_stock = pipeline("agent.conf", **places, USER="agents", PASSWORD=secret)
    central_stock = pipeline("central.conf", **places, AUTH_FILE=auth)
    with Carbon() as carbon:
        central_stock += pipeline("graphite.conf", GRAPHITE_HOST=HOST, GRAPHITE_PORT=carbon.port)
        with (Collectd(stock=central_stock, host="central") as central,
              Collectd(watching(cloud), agent_stock, host="agent") as agent):
            def read() -> Values:
                agent.flush("network")
                return in_carbon(carbon)
            wait_for(central, read, expected, "write_graphite")
        assert {name.partition(".")[0] for name in carbon.names()} == {"agent"}


def test_influxdb(cloud, expected):
    places = {"INFLUXDB_HOST": HOST, "INFLUXDB_PORT": free_port()}
    with InfluxDB(pipeline("influxdb.toml", **places)) as influxdb:
        def read() -> Values:
            rows = influxdb.query("SELECT * FROM drs_value")
            return {(row["instance"], f"{row['type']}-{row['type_instance']}"): row["value"]
                    for row in rows}
        with Collectd(watching(cloud), pipeline("influxdb.conf", **places)) as daemon:
            wait_for(daemon, read, expected, "network")


def test_prometheus(cloud, expected):
    with Prometheus() as prometheus:
        stock = pipeline("prometheus.conf", COLLECTD_HOST=HOST,
                         COLLECTD_PORT=prometheus.scraped_port)

        def read() -> Values:
            found = {}
            for one in prometheus.query('{__name__=~"collectd_drs_.+"}'):
                labels = one["metric"]
                kind = labels["__name__"].removeprefix("collectd_drs_")
                found[labels["drs"], f"{kind}-{labels['type']}"] = float(one["value"][1])
            return found
        with Collectd(watching(cloud), stock) as daemon:
            wait_for(daemon, read, expected)


@pytest.mark.parametrize("ended", ["job", "daemon"])
def test_what_has_ended_is_a_gap_in_prometheus(cloud, ended):
    """With the time stamps of write_prometheus the last value is there for five minutes, longer than the test waits."""
    with Prometheus(pipeline("prometheus.yml", COLLECTD_HOST=HOST, COLLECTD_PORT="{scraped}")) as prometheus:
        def values(drs: str) -> list[dict]:
            return prometheus.query(f'{{__name__=~"collectd_drs_.+", drs="{drs}"}}')
        stock = pipeline("prometheus.conf", COLLECTD_HOST=HOST, COLLECTD_PORT=prometheus.scraped_port)
        config = project("prod", cloud, f'Job "{JOB}" "orders"', "Interval 1")
        with Collectd(config, stock) as daemon:
            daemon.wait_until(lambda: values("orders"), "a job")
            if ended == "job":
                cloud.drs.unknown_job = BadJob("omit")
                del cloud.jobs[JOB]
                daemon.wait_until(lambda: not values("orders"), "the end of the job's series")
                assert values("prod")
        prometheus.wait_until(lambda: not values("prod"), "the end of the daemon's series")


@pytest.mark.skipif(not shutil.which("victoria-metrics"), reason="this release has no victoria-metrics")
def test_victoria_metrics_scrapes(cloud, expected):
    """By the file for Prometheus; and what a job that is gone had is not stored again."""
    port = free_port()
    scrape = pipeline("prometheus.yml", COLLECTD_HOST=HOST, COLLECTD_PORT=port).replace("10s", "1s")
    with VictoriaMetrics(scrape) as store:
        def series() -> dict[tuple[str, str], dict]:
            return {(one["metric"]["drs"],
                     f"{one['metric']['__name__'][len('collectd_drs_'):]}-{one['metric']['type']}"): one
                    for one in store.export('{__name__=~"collectd_drs_.+"}')}

        def read() -> Values:
            return {name: one["values"][-1] for name, one in series().items()}
        stock = pipeline("prometheus.conf", COLLECTD_HOST=HOST, COLLECTD_PORT=port)
        with Collectd(watching(cloud, "Interval 1"), stock) as daemon:
            wait_for(daemon, read, expected)
            cloud.drs.unknown_job = BadJob("omit")
            del cloud.jobs[JOB]
            daemon.wait_for_new_reads(4, "prod")
            ended = series()[JOB, "percent-total"]["timestamps"]
            daemon.wait_for_new_reads(2, "prod")
            assert series()[JOB, "percent-total"]["timestamps"] == ended


def test_rrdtool(cloud, expected, tmp_path):
    stock = pipeline("rrdtool.conf", RRD_FOLDER=tmp_path)

    def read() -> Values:
        found = {}
        for path in tmp_path.glob("*/drs-*/*.rrd"):
            result = subprocess.run(["rrdtool", "lastupdate", path], capture_output=True, text=True,
                                    check=False)
            info = result.stdout.split()
            # The file is being created, or nothing is known yet.
            if result.returncode == 0 and info[-1] != "U":
                found[path.parent.name.removeprefix("drs-"), path.stem] = float(info[-1])
        return found
    # The stock step is the interval, and rrdtool knows whole seconds.
    with Collectd(watching(cloud, "Interval 1"), stock) as daemon:
        wait_for(daemon, read, expected, "rrdtool")


def test_kafka(cloud, expected):
    with Kafka() as kafka:
        def read() -> Values:
            return {(one["plugin_instance"], f"{one['type']}-{one['type_instance']}"):
                    one["values"][0] for one in kafka.documents() if one["plugin"] == "drs"}
        with Collectd(watching(cloud), pipeline("kafka.conf", BROKERS=kafka.brokers)) as daemon:
            wait_for(daemon, read, expected)
            expected = {one["meta"]["transfer_status"] for one in kafka.documents()
                        if one["plugin"] == "drs" and one["type_instance"] == "status"}
    assert expected == {"INCRE_TRANSFER_STARTED", "FULL_TRANSFER_COMPLETE"}


def test_the_page_shows_the_files_that_are_tested():
    page = (TOP / "docs/pipelines.md").read_text()
    shown = re.findall(r"^`(\S+)`:\n\n```\n(.*?)```\n", page, re.DOTALL | re.MULTILINE)
    assert dict(shown) == {path.name: body(path) for path in FOLDER.iterdir()}


def test_stores_that_are_down_find_the_interval_of_the_project_and_the_name_of_the_plugin(cloud):
    """collectd hands on the plugin's context; write_graphite asks it for the interval at each try to connect."""
    nodes = "\n".join(f'<Node "n{number}">\n  Host "{HOST}"\n  Port "{free_port()}"\n</Node>' for number in range(3))
    stock = f"""
    LoadPlugin write_graphite
    <Plugin write_graphite>
    {nodes}
    </Plugin>
    LoadPlugin write_tsdb
    <Plugin write_tsdb>
      <Node "t"> \n Host "{HOST}" \n Port "{free_port()}" \n </Node>
    </Plugin>
    LoadPlugin write_syslog
    <Plugin write_syslog>
      <Node "s"> \n Host "{HOST}" \n Port "{free_port()}" \n </Node>
    </Plugin>
    LoadPlugin write_http
    <Plugin write_http>
      <Node "h"> \n URL "http://{HOST}:{free_port()}/" \n BufferSize 1024 \n </Node>
    </Plugin>
    LoadPlugin exec
    <Plugin exec>
      NotificationExec "no-such-user" "/bin/true"
    </Plugin>
    """
    with Collectd(watching(cloud), stock) as daemon:
        daemon.wait_for_reads(2, "prod")
        cloud.jobs[JOB] |= {"error_code": "DRS.M05004"}
        daemon.wait_until(lambda: "no-such-user" in daemon.log_text(), "the notification")
        daemon.wait_for_new_reads(4, "prod")
        log = daemon.log_text()
    assert "write_graphite plugin: Connecting to" in log
    assert "Unable to determine" not in log
    assert "UNKNOWN plugin" not in log
