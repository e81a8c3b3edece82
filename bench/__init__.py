# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What is claimed about speed and size, as one command, ./bench/run: docs/internals/benchmarks.md explains it."""
