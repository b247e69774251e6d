#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub proxy when somebody does not behave: a flood of connections, no more descriptors, log
# lines that nobody reads, connections that say nothing. They are cut and counted, and the miners go
# on meanwhile.
. "$(dirname "$0")/../tools/checks.sh"

PIDS=()
end_all() {
    for pid in "${PIDS[@]}"; do
        { kill -KILL "$pid" && wait "$pid"; } 2>/dev/null || true
    done
    rm -rf "$SCRATCH"
}
trap end_all EXIT

"$HOST_STUB" pool --name a --shares-per-minute 600 >"$SCRATCH/a.out" 2>&1 </dev/null &
PIDS+=($!)
wait_for "$SCRATCH/a.out" '^listening '
pool=$(sed -n 's/^listening //p' "$SCRATCH/a.out")
printf '[upstream.a]\naddress = 127.0.0.1\nport = %s\npercentage = 100\npriority = 1\n' "${pool##*:}" >"$SCRATCH/f.ini"

# begin NAME ARGUMENT...: a proxy, whose place is in $host and $port, and its number in $PROXY.
begin() {
    local name=$1
    shift
    "$HOST_STUB" proxy --config "$SCRATCH/f.ini" --plain a --json "$SCRATCH/$name.json" "$@" \
        >"$SCRATCH/$name.out" 2>&1 </dev/null &
    PROXY=$!
    PIDS+=("$PROXY")
    wait_for "$SCRATCH/$name.out" 'pool a is up'
    host=$(sed -n 's/^listening \(.*\):[0-9]*$/\1/p' "$SCRATCH/$name.out")
    port=$(sed -n 's/^listening .*:\([0-9]*\)$/\1/p' "$SCRATCH/$name.out")
}

end() { # NAME
    local status=0
    kill -TERM "$PROXY"
    wait "$PROXY" || status=$?
    [ "$status" -eq 0 ] || fail "the proxy $1 ends with $status: $(tail -n 5 "$SCRATCH/$1.out")"
}

knock() { # COUNT: connections that stay, and say nothing
    for _ in $(seq "$1"); do
        exec {fd}<>"/dev/tcp/$host/$port" || fail "nobody listens"
        held+=("$fd")
    done
}

let_go() {
    for fd in "${held[@]}"; do
        exec {fd}>&-
    done
    held=()
}

mine() { # a miner that has a share accepted
    "$HOST_STUB" miner --connect "$host:$port" --rate 2000 --seconds 1 --json "$SCRATCH/miner.json" \
        >"$SCRATCH/miner.out" 2>&1 || fail "a miner: $(cat "$SCRATCH/miner.out")"
    grep -q '^  "accepted": [1-9]' "$SCRATCH/miner.json" || fail "nothing is accepted: $(cat "$SCRATCH/miner.json")"
}

count() { # NAME MEMBER
    sed -n "s/^ *\"$2\": \([0-9]*\),\{0,1\}\$/\1/p" "$SCRATCH/$1.json" | head -n 1
}

held=()
begin many --connections-per-address 5 --connections-per-second 2 --handshake-secs 0.5
knock 12
wait_for "$SCRATCH/many.out" 'a connection from 127\.0\.0\.1:[0-9]* is refused: at most 5 of one address at a time$'
wait_for "$SCRATCH/many.out" 'is over: the peer does not introduce itself in time'
let_go
knock 20 # 20 at once, and 2 a second: five of them were used above
let_go
sleep 1.5
mine
end many
[ "$(count many refused_per_address)" -ge 7 ] || fail "the account: $(cat "$SCRATCH/many.json")"
[ "$(grep -c 'is refused: at most' "$SCRATCH/many.out")" -eq 1 ] || fail "not once: $(cat "$SCRATCH/many.out")"
grep -qE "limits: refused_per_address $(count many refused_per_address)\$" "$SCRATCH/many.out" ||
    fail "the log does not count: $(cat "$SCRATCH/many.out")"

begin fast --connections-per-second 2 --handshake-secs 30
knock 30
wait_for "$SCRATCH/fast.out" 'is refused: at most 2 a second from one address$'
let_go
sleep 1.5
mine
end fast
[ "$(count fast refused_per_second)" -ge 5 ] || fail "the account: $(cat "$SCRATCH/fast.json")"

# Many channels at once: the connection is read more slowly, and has all of them in the end.
begin slow --opens-per-second 5
"$HOST_STUB" miner --connect "$host:$port" --kind extended --count 20 --per-connection 20 --rate 500 --seconds 5 \
    >"$SCRATCH/miner.out" 2>&1 || fail "a miner of many: $(cat "$SCRATCH/miner.out")"
grep -qx 'mining 20' "$SCRATCH/miner.out" || fail "not all channels: $(cat "$SCRATCH/miner.out")"
end slow
{ [ "$(count slow throttled)" -ge 10 ] && grep -q 'limits: throttled ' "$SCRATCH/slow.out"; } ||
    fail "the account: $(cat "$SCRATCH/slow.json")"
[ "$(count many throttled)" -eq 0 ] || fail "one channel is too many: $(cat "$SCRATCH/many.json")"

# No descriptors are left: it is said once, it costs nothing, and goes on afterwards.
hard=$(ulimit -Hn)
[ "$hard" = unlimited ] || [ "$hard" -ge 64 ] || skip "there are only $hard descriptors"
real=$HOST_STUB
# shellcheck disable=SC2016
printf '#!/bin/sh\nulimit -n 64\nexec "%s" "$@"\n' "$real" >"$SCRATCH/few"
chmod +x "$SCRATCH/few"
HOST_STUB=$SCRATCH/few
begin few --handshake-secs 30
HOST_STUB=$real
knock 80
wait_for "$SCRATCH/few.out" 'new connections have to wait: Too many open files$'
ticks() { cut -d ' ' -f 14,15 "/proc/$PROXY/stat" | tr ' ' '+'; }
before=$(($(ticks)))
sleep 2
used=$(($(ticks) - before))
[ "$used" -lt $(($(getconf CLK_TCK) / 4)) ] || fail "without descriptors it uses $used ticks in two seconds"
let_go
sleep 1.5
mine
end few
[ "$(grep -c 'have to wait' "$SCRATCH/few.out")" -eq 1 ] || fail "not once: $(cat "$SCRATCH/few.out")"
[ "$(count few accept_pauses)" -ge 2 ] || fail "the account: $(cat "$SCRATCH/few.json")"

# Nobody reads the log: a pipe holds 64 KiB, and the lines of these connections are twice that.
mkfifo "$SCRATCH/pipe"
sleep 1000 <"$SCRATCH/pipe" &
PIDS+=($!)
"$HOST_STUB" proxy --config "$SCRATCH/f.ini" --plain a --listen "$host:$port" --json "$SCRATCH/deaf.json" \
    --connections-per-second 0 >"$SCRATCH/pipe" 2>&1 </dev/null &
PROXY=$!
PIDS+=("$PROXY")
for _ in $(seq 100); do
    (exec {fd}<>"/dev/tcp/$host/$port") 2>/dev/null && break
    sleep 0.05
done
for _ in $(seq 2500); do
    exec {fd}<>"/dev/tcp/$host/$port"
    exec {fd}>&-
done
mine
end deaf
printf 'limits: floods are cut and counted, and the miners go on\n'
