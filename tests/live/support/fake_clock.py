# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A clock of their own for programs under test, by libfaketime."""

PRELOAD = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
