#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The plugin's Prometheus text: every family with HELP and TYPE before its samples, counters and only
# those end in _total, the labels are upstream and model and nothing else; and promtool, where it is.
. "$(dirname "$0")/../tools/checks.sh"

check() { # FILE
    python3 - "$1" <<'PYTHON'
import re
import sys

help_of, type_of, seen, last = {}, {}, set(), None
for number, line in enumerate(open(sys.argv[1], encoding="utf-8"), 1):
    line = line.rstrip("\n")
    where = "line %d: %s" % (number, line)
    comment = re.fullmatch(r"# (HELP|TYPE) (hashmux_[a-z_]+) (.+)", line)
    sample = re.fullmatch(r'(hashmux_[a-z_]+)(?:\{(upstream|model)="([a-z0-9_-]+)"\})? (-?[0-9.]+(?:e[+-][0-9]+)?)', line)
    if comment:
        kept = help_of if comment[1] == "HELP" else type_of
        if comment[2] in kept:
            sys.exit("told twice, " + where)
        kept[comment[2]] = comment[3]
        last = comment[2]
    elif sample:
        if sample[1] != last or last not in help_of or last not in type_of:
            sys.exit("no HELP and TYPE before it, " + where)
        if (sample[1], sample[3]) in seen:
            sys.exit("told twice, " + where)
        seen.add((sample[1], sample[3]))
        float(sample[4])
    else:
        sys.exit("neither a comment nor a sample, " + where)
for name, kind in type_of.items():
    if kind not in ("gauge", "counter") or (kind == "counter") != name.endswith("_total"):
        sys.exit("%s is a %s" % (name, kind))
    if re.search(r"_(pct|percent|secs?|ms|ns|points|ths)(_|$)", name):
        sys.exit("%s is not in base units" % name)
if len(seen) < 200:
    sys.exit("only %d samples" % len(seen))
print("%d families, %d samples" % (len(type_of), len(seen)))
PYTHON
}

"$HOST_STUB" simulate --quiet --scenario outage --hours 1 --metrics "$SCRATCH/metrics" || fail "simulate"
check "$SCRATCH/metrics" || fail "the metrics are not in order"
grep -q '^hashmux_upstream_accepted_shares_total{upstream="a"} [1-9]' "$SCRATCH/metrics" || fail "a has no shares"
if command -v promtool >/dev/null; then
    promtool check metrics <"$SCRATCH/metrics" || fail "promtool finds something"
fi

# A text that is not in order is seen.
for change in '/^# HELP hashmux_mode /d' 's/^# TYPE hashmux_mode gauge/# TYPE hashmux_mode counter/' \
    's/{upstream="a"}/{channel="1"}/' 's/hashmux_deadband_ratio/hashmux_deadband_pct/'; do
    sed "$change" "$SCRATCH/metrics" >"$SCRATCH/bad"
    check "$SCRATCH/bad" >/dev/null 2>&1 && fail "metrics changed by $change pass"
done
status=0
"$HOST_STUB" simulate --quiet --scenario outage --hours 0.1 --plugin "$LIB/good_min.so" \
    --metrics "$SCRATCH/none" 2>"$SCRATCH/err" || status=$?
[ "$status" -eq 2 ] && grep -q 'this plugin has none to write' "$SCRATCH/err" || fail "$status: $(cat "$SCRATCH/err")"
[ ! -e "$SCRATCH/none" ] || fail "a file without metrics"
echo "the metrics are in order"
