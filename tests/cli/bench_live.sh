#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub bench live on small farms: every figure is there, every share is answered, what it
# records holds; and what it refuses. How fast anything is depends on the machine: no time is judged
# here.
. "$(dirname "$0")/../tools/checks.sh"

bench() {
    status=0
    "$HOST_STUB" bench live "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
}

refused() { # SENTENCE ARGUMENT...
    local sentence=$1
    shift
    bench "$@"
    [ "$status" -eq 2 ] || fail "bench live $* ends with $status, not 2"
    grep -qF -- "$sentence" "$SCRATCH/err" || fail "bench live $*: no '$sentence' in $(cat "$SCRATCH/err")"
}

# By Noise, with a recording: the shares are real ones.
bench --connections 4,20 --shares 5 --seconds 1.5 --json "$SCRATCH/rows" --frames "$SCRATCH/frames"
[ "$status" -eq 0 ] || fail "bench live ends with $status: $(cat "$SCRATCH/err")"
grep -q '^Noise, 2 channels a connection' "$SCRATCH/out" || fail "it does not say what it measures: $(cat "$SCRATCH/out")"
for size in '4 *8' '20 *40'; do
    grep -qE "^ *$size [ 0-9.|]*\$" "$SCRATCH/out" || fail "no row of $size: $(cat "$SCRATCH/out")"
done
[ "$(ls "$SCRATCH"/frames/conn-*.hex | wc -l)" -eq 20 ] || fail "not 20 recordings of the last size"
"$HOST_STUB" check --verify "$SCRATCH"/frames/*.hex >"$SCRATCH/check" || fail "the recording: $(cat "$SCRATCH/check")"

if PYTHON=$(first_command python3) && [ -n "$PYTHON" ]; then
    "$PYTHON" - "$SCRATCH/rows" <<'PY' || fail "the rows: $(cat "$SCRATCH/rows")"
import json
import sys

rows = json.load(open(sys.argv[1]))
assert [r["connections"] for r in rows] == [4, 20]
for r in rows:
    assert r["channels"] == 2 * r["connections"] and r["shares_per_second"] == 5 * r["channels"]
    assert r["lost"] == 0 and r["rss_peak"] >= r["rss_ready"] > 0 and r["ready_secs"] > 0
    assert r["idle"]["submitted"] == 0
    for name, share in (("full", 1.0), ("half", 0.5)):
        phase = r[name]
        due = share * r["shares_per_second"] * phase["seconds"]
        assert 0.8 * due <= phase["submitted"] + phase["late"] <= 1.2 * due + 5, (name, due, phase)
        assert phase["submitted"] == phase["accepted"] + phase["refused"] + phase["unanswered"], phase
        assert phase["unanswered"] == 0 and phase["cpu_pct"] > 0, phase
        assert 0 < phase["p50_ms"] <= phase["p99_ms"] <= phase["most_ms"], phase
PY
fi

# In the plain, and nothing but the rows.
bench --connections 3 --channels 1 --shares 10 --seconds 0.5 --plain --json -
[ "$status" -eq 0 ] || fail "bench live --plain ends with $status: $(cat "$SCRATCH/err")"
[ "$(head -c 1 "$SCRATCH/out")" = '[' ] || fail "--json - prints more than its rows"

# What is not good enough is said, and by the status.
bench --connections 2 --shares 100 --seconds 0.5 --plugin "$LIB/bench_live_none.so"
[ "$status" -eq 2 ] && grep -q 'do not start: ' "$SCRATCH/err" || fail "a plugin that is not there: $status, $(cat "$SCRATCH/err")"
refused '--connections takes one to eight whole numbers from 1 to 50000' --connections 0
refused '--connections takes one to eight whole numbers' --connections 1,2,3,4,5,6,7,8,9
refused '--channels' --channels 17
refused "there is no option '--fast'" --fast
echo "bench live: every figure is there, and its recording holds"
