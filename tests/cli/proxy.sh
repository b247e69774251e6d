#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub proxy as a person runs it: two pools, a proxy and miners on loopback; a new
# configuration by SIGHUP, one that is refused, a pool that dies, a flood of garbage; the account,
# the recordings and the state at the end.
. "$(dirname "$0")/../tools/checks.sh"
. "$(dirname "$0")/../tools/odd_peers.sh"

PIDS=()
end_all() {
    for pid in "${PIDS[@]}"; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    rm -rf "$SCRATCH"
}
trap end_all EXIT

refused() {
    local sentence=$1 status=0
    shift
    "$HOST_STUB" proxy "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
    [ "$status" -eq 2 ] || fail "proxy $* ends with $status, not 2"
    grep -qF -- "$sentence" "$SCRATCH/err" || fail "proxy $*: no '$sentence' in $(cat "$SCRATCH/err")"
}

write_config() { # percentage of a, of b
    cat >"$SCRATCH/f.ini" <<INI
[controller]
evaluation_interval_secs = 1
min_reassignment_interval_secs = 1
measurement_window_secs = 10
[upstream.a]
address = 127.0.0.1
port = 1
percentage = $1
priority = 1
[upstream.b]
address = 127.0.0.1
port = 2
percentage = $2
priority = 2
INI
}

write_config 50 50
refused '--config FILE is needed'
refused "takes ID=HOST:PORT" --config "$SCRATCH/f.ini" --pool a
refused 'lists them' --config "$SCRATCH/f.ini" --frobnicate 1
refused "--plain: the configuration has no pool 'c'; it has a, b" --config "$SCRATCH/f.ini" --plain c
refused "--pool: the configuration has no pool 'c'; it has a, b" --config "$SCRATCH/f.ini" --pool c=127.0.0.1:3
refused 'does not start' --config "$SCRATCH/none.ini"
refused 'hmx_plugin_entry' --config "$SCRATCH/f.ini" --plugin "$(ldd "$HOST_STUB" | sed -n 's/.*=> \(.*jansson[^ ]*\) .*/\1/p')"

for name in a b; do
    "$HOST_STUB" pool --name "$name" --prefix "$name$name" --tip-secs 3 --refresh-secs 1 --shares-per-minute 240 \
        --json "$SCRATCH/$name.json" >"$SCRATCH/$name.out" 2>&1 </dev/null &
    PIDS+=($!)
done
for name in a b; do
    wait_for "$SCRATCH/$name.out" '^listening '
done
address() { sed -n 's/^listening //p' "$SCRATCH/$1.out"; }

"$HOST_STUB" proxy --config "$SCRATCH/f.ini" --plugin "$LIB/shuffle.so" --pool "a=$(address a)" \
    --pool "b=$(address b)" --plain a --plain b --frames "$SCRATCH/frames" --json "$SCRATCH/proxy.json" \
    >"$SCRATCH/proxy.out" 2>"$SCRATCH/proxy.err" </dev/null &
PROXY=$!
PIDS+=("$PROXY")
wait_for "$SCRATCH/proxy.out" 'pool b is up'
"$HOST_STUB" miner --connect "$(address proxy)" --kind mixed --count 6 --rate 2000 --seconds 7 \
    --json "$SCRATCH/miner.json" >"$SCRATCH/miner.out" 2>&1 </dev/null &
MINER=$!
PIDS+=("$MINER")
# Nobody else is disturbed by noise from a stranger.
host=$(address proxy)
head -c 100000 /dev/urandom >"/dev/tcp/${host%:*}/${host#*:}" 2>/dev/null || true
odd_peers "$host"
wait "$MINER" || fail "the miners end with $?: $(cat "$SCRATCH/miner.out")"
kill -TERM "$PROXY"
status=0
wait "$PROXY" || status=$?
[ "$status" -eq 0 ] || fail "the proxy ends with $status: $(cat "$SCRATCH/proxy.err")"
mapfile -t mined < <(grep -l 'SubmitShares' "$SCRATCH"/frames/conn-*.hex) # not the stranger's
[ "${#mined[@]}" -ge 3 ] || fail "too few recordings: ${mined[*]}"
"$HOST_STUB" check --verify "${mined[@]}" "$SCRATCH"/frames/up-*.hex >"$SCRATCH/check" ||
    fail "the recordings: $(cat "$SCRATCH/check")"
[ -s "$SCRATCH/frames/up-a.hex" ] || fail "no recording of pool a"

# Every share was accepted, or stale; none was lost, counted twice or of low difficulty; the miners,
# the proxy and the pools agree.
if PYTHON=$(first_command python3) && [ -n "$PYTHON" ]; then
    for pid in "${PIDS[@]:0:2}"; do
        kill -TERM "$pid"
        wait "$pid" || true
    done
    "$PYTHON" - "$SCRATCH" <<'PY' || fail "the account does not add up: $(cat "$SCRATCH/proxy.json")"
import json
import sys

read = lambda name: json.load(open("%s/%s.json" % (sys.argv[1], name)))
proxy, miner = read("proxy"), read("miner")
accepted = sum(p["accepted"] for p in proxy["pools"])
stale = sum(p["stale"] for p in proxy["pools"])
assert [p["id"] for p in proxy["pools"]] == ["a", "b"], proxy
assert proxy["moves"]["applied"] >= 10, proxy["moves"]
assert proxy["moves"]["hard"] + proxy["moves"]["soft"] == proxy["moves"]["applied"]
assert proxy["shares"]["lost"] == 0 and accepted >= 20
assert accepted + stale == proxy["shares"]["submitted"], (accepted, stale, proxy["shares"])
assert all(p["rejected"] == {} and p["duplicates"] == 0 for p in proxy["pools"])
assert miner["accepted"] == accepted and miner["submitted"] == proxy["shares"]["submitted"]
for name in "ab":
    mine = [p for p in proxy["pools"] if p["id"] == name][0]
    assert read(name)["accepted"] == mine["accepted"], name
PY
fi

# Miners with targets of their own: the pool gets what it counts, the proxy keeps the rest, and the
# miners are told of both.
"$HOST_STUB" pool --name own --prefix c0 --shares-per-minute 60 --json "$SCRATCH/own.json" \
    >"$SCRATCH/own.out" 2>&1 </dev/null &
PIDS+=($!)
POOL=$!
wait_for "$SCRATCH/own.out" '^listening '
"$HOST_STUB" proxy --config "$SCRATCH/f.ini" --plugin "$LIB/static.so" --pool "a=$(address own)" --plain a \
    --miner-shares-per-minute 240 --frames "$SCRATCH/own-frames" --json "$SCRATCH/own-proxy.json" \
    >"$SCRATCH/own-proxy.out" 2>"$SCRATCH/own-proxy.err" </dev/null &
PROXY=$!
PIDS+=("$PROXY")
wait_for "$SCRATCH/own-proxy.out" 'pool a is up'
"$HOST_STUB" miner --connect "$(address own-proxy)" --kind mixed --count 4 --rate 2000 --seconds 3 \
    --json "$SCRATCH/own-miner.json" >"$SCRATCH/own-miner.out" 2>&1 </dev/null ||
    fail "the miners end with $?: $(cat "$SCRATCH/own-miner.out")"
for pid in "$PROXY" "$POOL"; do
    kill -TERM "$pid"
    wait "$pid" || fail "$pid ends with $?: $(cat "$SCRATCH/own-proxy.err")"
done
"$HOST_STUB" check --verify "$SCRATCH"/own-frames/*.hex >"$SCRATCH/check" ||
    fail "the recordings: $(cat "$SCRATCH/check")"
if [ -n "${PYTHON:-}" ]; then
    "$PYTHON" - "$SCRATCH" <<'PY' || fail "what is kept does not add up: $(cat "$SCRATCH/own-proxy.json")"
import json
import sys

read = lambda name: json.load(open("%s/%s.json" % (sys.argv[1], name)))
account = [p for p in read("own-proxy")["pools"] if p["id"] == "a"][0]
miner, pool = read("own-miner"), read("own")
assert account["not_forwarded"] >= 10, account
assert pool["accepted"] == account["accepted"] and pool["rejected"] == {}, pool
assert miner["accepted"] == account["accepted"] + account["not_forwarded"], miner
PY
fi

# hashmux: the configuration anew, and the state from one life to the next.
for life in 1 2; do
    "$HOST_STUB" proxy --config "$SCRATCH/f.ini" --plugin "$LIB/hashmux.so" --state "$SCRATCH/state" \
        --json "$SCRATCH/life.json" >"$SCRATCH/life$life.out" 2>"$SCRATCH/life.err" </dev/null &
    PROXY=$!
    PIDS+=("$PROXY")
    wait_for "$SCRATCH/life$life.out" '^listening '
    wait_for "$SCRATCH/life$life.out" 'pool b is lost'
    if [ "$life" -eq 1 ]; then
        write_config 30 70
        kill -HUP "$PROXY"
        wait_for "$SCRATCH/life1.out" 'the configuration is read again'
        write_config 30 71
        kill -HUP "$PROXY"
        wait_for "$SCRATCH/life1.out" 'new configuration is refused'
        write_config 30 70
    fi
    kill -TERM "$PROXY"
    wait "$PROXY" || fail "the proxy ends with $?: $(cat "$SCRATCH/life.err")"
    grep -q '"target_pct": 70.0' "$SCRATCH/life.json" || fail "not the new target: $(cat "$SCRATCH/life.json")"
done
[ ! -e "$SCRATCH/state" ] || grep -q 'saved state is loaded' "$SCRATCH/life2.out" ||
    fail "the state was not loaded: $(cat "$SCRATCH/life2.out")"
