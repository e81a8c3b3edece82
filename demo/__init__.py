# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The plugin at work, in one command: what ./demo/run shows and draws."""
