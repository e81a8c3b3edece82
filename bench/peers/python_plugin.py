# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The same polling as a module of collectd's python plugin: keep-alive and eight threads.

The best version that an operator would write in an afternoon. It does what the benchmark needs and
no more: no renewal of tokens, no division of batches, no errors.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import collectd
from polling import fetch, read_batches, values

settings = {}


def read():
    vl = collectd.Values(plugin="drs")
    with ThreadPoolExecutor(8) as pool:
        for results in pool.map(partial(fetch, settings["url"]), settings["batches"]):
            for item in results:
                for kind, instance, value in values(item):
                    vl.dispatch(plugin_instance=item["job_id"], type=kind, type_instance=instance,
                                values=[value])


def configure(block):
    settings.update({child.key.lower(): child.values[0] for child in block.children})
    settings["batches"] = read_batches(settings["jobs"])
    collectd.register_read(read, settings["interval"])


collectd.register_config(configure)
