#!/bin/bash
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
# The same polling as a program of collectd's exec plugin, with curl and jq, eight at once:
# exec_curl_jq.sh URL JOBS-FILE INTERVAL
set -u
url=$1 jobs=$2 interval=$3

# shellcheck disable=SC2016,SC2089,SC2090 # for jq
filter='.results[] | "PUTVAL bench/drs-\(.job_id)/" as $p
    | ($p + "percent-total N:" + .progress), ($p + "delay-incremental N:" + .incre_trans_delay),
      ($p + "timeleft-total N:" + .remaining_time), ($p + "gauge-process_time N:\(.process_time | tonumber / 1000)"),
      ($p + "gauge-task_mode N:3"), ($p + "gauge-status N:201"), ($p + "bool-error N:0"),
      (.progress_map | to_entries[] | $p + "percent-" + .key + " N:" + (.value.completed | rtrimstr("%")))'
export url filter jobs

# Only whole lines may reach collectd, so one batch prints at a time.
poll_batch() {
    local lines
    lines=$(printf '"%s"\n' "$@" | paste -sd, | sed 's/.*/{"jobs":[&]}/' |
        curl -s -H 'Content-Type: application/json' -H 'X-Auth-Token: t0k3n' --data-binary @- "$url" |
        jq -r "$filter")
    {
        flock 9
        printf '%s\n' "$lines"
    } 9<"$jobs"
}
export -f poll_batch

while true; do
    begin=$EPOCHREALTIME
    xargs -P 8 -n 100 bash -c 'poll_batch "$@"' poll_batch <"$jobs"
    rest=$(awk -v b="$begin" -v e="$EPOCHREALTIME" -v i="$interval" 'BEGIN {r = i - (e - b); print (r > 0 ? r : 0)}')
    sleep "$rest"
done
