# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Helpers of the live tests: what they start, what the machine must have, and what the rows of their tables do."""
