#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Pools as real ones are, and a proxy that does not burden them. Those of the first run have no
# least rate: what is opened for nobody gets a target that nearly every hash meets, and miners that
# are put on it flood the pool. Those of the second and third acknowledge full batches only, which
# takes longer than the test.
. "$(dirname "$0")/../tools/checks.sh"

PYTHON=$(first_command python3)
[ -n "$PYTHON" ] || skip "python3 is not here"

declare -A PID=()
end_all() {
    for pid in "${PID[@]}"; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    rm -rf "$SCRATCH"
}
trap end_all EXIT

address() { sed -n 's/^listening //p' "$1"; }

# start RUN OPTION...: two pools with these options, a proxy, and four miners for half a minute.
start() {
    local run=$1 at=$SCRATCH/$1 name priority=0
    shift
    mkdir -p "$at"
    for name in a b; do
        "$HOST_STUB" pool --name "$name" --prefix "$name$name" --tip-secs 600 --refresh-secs 20 "$@" \
            --json "$at/$name.json" >"$at/$name.out" 2>&1 </dev/null &
        PID[$run.$name]=$!
        priority=$((priority + 1))
        printf '[upstream.%s]\naddress = 127.0.0.1\nport = %d\npercentage = 50\npriority = %d\n' \
            "$name" "$priority" "$priority" >>"$at/f.ini"
        wait_for "$at/$name.out" '^listening '
    done
    "$HOST_STUB" proxy --config "$at/f.ini" --plugin "$LIB/hashmux.so" --pool "a=$(address "$at/a.out")" \
        --pool "b=$(address "$at/b.out")" --plain a --plain b --frames "$at/frames" \
        --json "$at/proxy.json" >"$at/proxy.out" 2>"$at/proxy.err" </dev/null &
    PID[$run.proxy]=$!
    wait_for "$at/proxy.out" 'pool a is up'
    wait_for "$at/proxy.out" 'pool b is up'
    "$HOST_STUB" miner --connect "$(address "$at/proxy.out")" --count 4 --rate 1000 --seconds 30 \
        --json "$at/miner.json" >"$at/miner.out" 2>&1 </dev/null &
    PID[$run.miner]=$!
}

# finish RUN: waits for its miners, ends the rest, and looks at the account.
finish() {
    local run=$1 at=$SCRATCH/$1 name
    for name in miner proxy a b; do
        [ "$name" = miner ] || kill -TERM "${PID[$run.$name]}"
        wait "${PID[$run.$name]}" || fail "$run: $name ends with $?: $(cat "$at"/*.out "$at/proxy.err")"
    done
    "$HOST_STUB" check --verify "$at"/frames/*.hex >"$at/check" || fail "$run: $(cat "$at/check")"
    "$PYTHON" - "$run" "$at" <<'PY' || fail "$run: $(cat "$at/proxy.json" "$at/proxy.out")"
import json
import sys

run, at = sys.argv[1:]
read = lambda name: json.load(open("%s/%s.json" % (at, name)))
proxy, miner = read("proxy"), read("miner")
pools = proxy["pools"]
total = lambda name: sum(pool[name] for pool in pools)
print("%s: %d shares, %d accepted, %d unanswered" %
      (run, miner["submitted"], total("accepted"), total("unanswered")))
assert miner["submitted"] == proxy["shares"]["submitted"]
assert proxy["shares"]["lost"] == 0
assert total("accepted") + total("unanswered") == proxy["shares"]["submitted"]
assert all(read(name)["connections"] == 1 for name in "ab"), "a pool was connected to again"
assert sum(read(name)["accepted"] for name in "ab") == miner["submitted"]
if run == "flood":
    assert miner["submitted"] <= 40, "two pools want six shares a minute"
if run == "batch": # twenty are due: of the few of the others luck may find none
    assert miner["submitted"] >= 2
    assert total("unanswered") == miner["submitted"]
PY
}

start flood --shares-per-minute 6 --least-rate 0.001
start slow --shares-per-minute 3 --batch 10 --batch-secs 3600
start batch --shares-per-minute 20 --batch 1000 --batch-secs 3600
finish flood
finish slow
finish batch
