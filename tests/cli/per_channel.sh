#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub proxy --upstream per-channel: each miner has a channel of its own at each pool. Names
# that are no templates are refused, at the start and later; then three pools, nine miners, and a
# split that is turned round in the middle: every share is where it belongs, under its own name, the
# moves cost no connection, and the recordings keep the rules.
. "$(dirname "$0")/../tools/checks.sh"

PYTHON=$(first_command python3)
[ -n "$PYTHON" ] || skip "python3 is not here"

PIDS=()
end_all() {
    for pid in "${PIDS[@]}"; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    rm -rf "$SCRATCH"
}
trap end_all EXIT

address() { sed -n 's/^listening //p' "$SCRATCH/$1.out"; }

# write_config NAME-OF-C PERCENTAGE...: of a, b and c.
write_config() {
    local name i=0 names=("acc-a.%w" "%u" "$1")
    shift
    printf '[controller]\nevaluation_interval_secs = 1\nmin_reassignment_interval_secs = 1\nmeasurement_window_secs = 10\ntuning_model = aggressive\ndeadband_points = 1\n' >"$SCRATCH/f.ini"
    for name in a b c; do
        printf '[upstream.%s]\naddress = 127.0.0.1\nport = %d\nuser_identity = %s\npercentage = %d\npriority = %d\n' \
            "$name" $((i + 1)) "${names[$i]}" "$1" $((i + 1)) >>"$SCRATCH/f.ini"
        i=$((i + 1))
        shift
    done
}

# start NAME OPTION...: a proxy.
start() {
    local name=$1
    shift
    "$HOST_STUB" proxy --config "$SCRATCH/f.ini" --plugin "$LIB/hashmux.so" "$@" \
        >"$SCRATCH/$name.out" 2>"$SCRATCH/$name.err" </dev/null &
    PROXY=$!
    PIDS+=("$PROXY")
}

# refused SENTENCE ARGUMENT...
refused() {
    local sentence=$1 status=0
    shift
    "$HOST_STUB" proxy --config "$SCRATCH/f.ini" --plugin "$LIB/hashmux.so" "$@" \
        >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
    [ "$status" -eq 2 ] || fail "proxy $* ends with $status, not 2"
    grep -qF -- "$sentence" "$SCRATCH/err" || fail "proxy $*: no '$sentence' in $(cat "$SCRATCH/err")"
}

write_config 'acc-c.%w' 60 30 10
refused "pool a: user_identity 'acc-a.%w': %w stands for a miner, and all miners are in one channel"
refused "pool a: user_identity 'acc-a.%w'" --upstream aggregated
refused "with --upstream per-channel the pool makes a target for each miner" --upstream per-channel \
    --miner-shares-per-minute 60
refused '--upstream' --upstream sideways
write_config 'acc-c.%x' 60 30 10
refused "pool c: user_identity 'acc-c.%x': behind % comes u, w or another %" --upstream per-channel

for name in a b c; do
    "$HOST_STUB" pool --name "$name" --prefix "$name$name" --tip-secs 5 --refresh-secs 2 --one-tip-seed 1 \
        --shares-per-minute 120 --json "$SCRATCH/$name.json" >"$SCRATCH/$name.out" 2>&1 </dev/null &
    PIDS+=($!)
    wait_for "$SCRATCH/$name.out" '^listening '
done
POOLS=("${PIDS[@]}")
write_config 'acc-c.%w' 60 30 10
start proxy --upstream per-channel --pool "a=$(address a)" --pool "b=$(address b)" --pool "c=$(address c)" \
    --plain a --plain b --plain c --frames "$SCRATCH/frames" --json "$SCRATCH/proxy.json"
for name in a b c; do
    wait_for "$SCRATCH/proxy.out" "pool $name is up"
done
"$HOST_STUB" miner --connect "$(address proxy)" --kind mixed --count 9 --rate 2000 --name farm.rig \
    --seconds 20 --json "$SCRATCH/miner.json" >"$SCRATCH/miner.out" 2>&1 </dev/null &
MINER=$!
PIDS+=("$MINER")
sleep 4
write_config 'acc-c.%x' 10 30 60
kill -HUP "$PROXY"
wait_for "$SCRATCH/proxy.out" "pool c: user_identity 'acc-c.%x': behind % comes u, w or another %"
write_config 'acc-c.%w' 10 30 60
kill -HUP "$PROXY"
wait_for "$SCRATCH/proxy.out" 'the configuration is read again'
wait "$MINER" || fail "the miners end with $?: $(cat "$SCRATCH/miner.out")"
sleep 0.3 # what a pool has still to say to channels whose miners have gone
for pid in "$PROXY" "${POOLS[@]}"; do
    kill -TERM "$pid"
    wait "$pid" || fail "$pid ends with $?: $(cat "$SCRATCH"/*.err)"
done
"$HOST_STUB" check --verify "$SCRATCH"/frames/*.hex >"$SCRATCH/check" ||
    fail "the recordings: $(cat "$SCRATCH/check")"
"$PYTHON" - "$SCRATCH" <<'PY' || fail "it does not add up: $(cat "$SCRATCH/proxy.json" "$SCRATCH/proxy.out")"
import json
import sys

read = lambda name: json.load(open("%s/%s.json" % (sys.argv[1], name)))
proxy, miner, pools = read("proxy"), read("miner"), {name: read(name) for name in "abc"}
own = {row["name"]: row for row in miner["channels"]}
worker = lambda name: name.split(".", 1)[1]
names = {"a": lambda n: "acc-a." + worker(n), "b": lambda n: n, "c": lambda n: "acc-c." + worker(n)}
assert proxy["upstream"] == "per-channel"
assert len(own) == 9 and all(name.startswith("farm.rig.") for name in own), own.keys()
# Each pool sees the miners that worked there, each in one channel, under the name of the template.
seen = {name: 0 for name in own}
for pool, account in pools.items():
    by_name = {names[pool](name): name for name in own}
    users = [row["user"] for row in account["channels"]]
    assert len(set(users)) == len(users), (pool, users)
    assert account["connections"] == 1 and account["protocol_errors"] == 0, account
    for row in account["channels"]:
        assert row["user"] in by_name, (pool, row["user"])
        assert not row["open"], "the miner has gone"
        seen[by_name[row["user"]]] += row["accepted"]
# Acknowledgements are exact: what the pools accepted of a miner is what the miner was told.
for name, row in own.items():
    assert seen[name] == row["accepted"] and row["accepted"] > 0, (name, seen[name], row)
    assert row["submitted"] == row["accepted"] + sum(row["stale"][k] for k in ("tip", "move", "needless", "odd")), row
for row in proxy["pools"]:
    assert row["accepted"] == pools[row["id"]]["accepted"], row
    assert row["channels_granted"] == pools[row["id"]]["channels_opened"], row
    assert row["rejected"] == {} and row["rejected_local"] == {} and row["duplicates"] == 0, row
    assert row["not_forwarded"] == 0 and row["unanswered"] == 0, row
moves = proxy["moves"]
assert moves["applied"] >= 4, moves
assert moves["refused"] == moves["failed"] == moves["forced"] == moves["reopened"] == 0, moves
assert proxy["shares"]["lost"] == 0 and proxy["guard_violations"] == 0 and proxy["protocol_errors"] == 0
assert proxy["connections"] == miner["connections"] and miner["opens"] == 9, "nobody came again"
channels = sum(len(pool["channels"]) for pool in pools.values())
assert channels > 9, "somebody was at two pools"
print("%d shares of 9 miners in %d channels at three pools, %d moves" %
      (miner["submitted"], channels, moves["applied"]))
PY

"$HOST_STUB" e2e --upstream per-channel --miners 6 --seconds 4 --logs "$SCRATCH/logs" --frames "$SCRATCH/e2e" \
    >"$SCRATCH/out" 2>&1 || fail "e2e: $(cat "$SCRATCH/out")"
"$HOST_STUB" check --verify "$SCRATCH"/e2e/*.hex >"$SCRATCH/check" || fail "$(cat "$SCRATCH/check")"
grep -qE '"user": "pool_a\.(single|shared|rolling)\.[1-6]"' "$SCRATCH/logs/pool_a.json" ||
    fail "$(cat "$SCRATCH/logs/pool_a.json")"
tail -n 1 "$SCRATCH/out"
