# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Values through write_graphite into the whisper files of a real carbon-cache."""

import whisper
from support.blocks import JOB, project
from daemons import Carbon, Collectd
from support.examples import METRICS, SELF_METRICS, items, metrics
from support.pipelines import FOLDER, body


def test_the_examples_arrive_in_carbon_value_for_value(cloud):
    expected = {}
    for example in METRICS:
        cloud.jobs.update(items(example))
        expected |= {f"test-host.drs-{name.replace('/', '.')}": {value}
                     for name, value in metrics(example).items()}
    self_metrics = {f"test-host.drs-prod.{metric}" for metric in SELF_METRICS}
    config = project("prod", cloud, *[f'Job "{job}"' for job in cloud.jobs])

    with Carbon() as carbon, Collectd(config, carbon.configuration) as daemon:
        def stored() -> bool:
            daemon.flush("write_graphite")
            values = carbon.values()
            return {name for name in values if values[name]} >= {*expected, *self_metrics}

        daemon.wait_until(stored, "a value of every metric in carbon")
        values = carbon.values()

    assert {*values} == {*expected, *self_metrics}
    assert {name: values[name] for name in expected} == expected
    assert values["test-host.drs-prod.bool-up"] == {1}
    assert values["test-host.drs-prod.count-answered"] == {3}


def test_a_metric_that_carbon_is_creating_has_no_values_yet():
    carbon = Carbon()
    path = carbon.folder / "whisper/created.wsp"
    path.parent.mkdir()
    whisper.create(str(path), [(1, 600)])
    whole = path.read_bytes()
    for size in (*range(50), len(whole)):  # the header has 28 bytes, a point 12
        path.write_bytes(whole[:size])
        assert carbon.values() == {"created": set()}, size


def test_carbon_keeps_values_as_documented(cloud):
    text = {name: body(FOLDER / f"storage-{name}.conf") for name in ("schemas", "aggregation")}
    with Carbon(**text) as carbon, Collectd(project("prod", cloud), carbon.configuration) as daemon:
        names = {metric: f"test-host.drs-{instance}.{metric}" for instance, metric in (
            (JOB, "percent-total"), (JOB, "gauge-status"), (JOB, "bool-error"), ("prod", "bool-up"))}

        def stored() -> bool:
            daemon.flush("write_graphite")
            return carbon.names() >= set(names.values())

        daemon.wait_until(stored, "the metrics in carbon")
        layouts = {metric: carbon.layout(name) for metric, name in names.items()}
    archives = [(60, 14 * 1440), (300, 90 * 288), (3600, 365 * 24)]
    assert layouts == {"percent-total": (archives, "average"), "gauge-status": (archives, "last"),
                       "bool-error": (archives, "last"), "bool-up": (archives, "last")}
