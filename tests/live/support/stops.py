# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""How fast daemons stop."""

from daemons import Collectd

PROMISED = 0.2  # seconds
MOST_STOPS = 20


def check_stop(config: str, wait, start=Collectd) -> None:
    """Stop daemons, each when `wait` has seen the moment come, until one stops as fast as is promised.

    A busy machine delays some of them; a plugin that waits for anything delays them all.
    """
    seconds = []
    while not seconds or seconds[-1] >= PROMISED:
        assert len(seconds) < MOST_STOPS, seconds
        with start(config) as daemon:
            wait(daemon)
            seconds.append(daemon.stop())
