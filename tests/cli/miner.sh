#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub miner against host_stub pool, as separate processes: what both count agrees; firmware
# that ignores a prefix; a hash rate that changes; coming back; the end on SIGTERM; and what is
# refused.
. "$(dirname "$0")/../tools/checks.sh"

pool_pid=
end_pool() {
    [ -z "$pool_pid" ] || kill "$pool_pid" 2>/dev/null || true
    [ -z "$pool_pid" ] || wait "$pool_pid" 2>/dev/null || true
    pool_pid=
}
trap 'end_pool; rm -rf "$SCRATCH"' EXIT

# start_pool ARGUMENT...: sets place to HOST:PORT.
start_pool() {
    : >"$SCRATCH/pool.out"
    "$HOST_STUB" pool --port 0 --hashes-per-share 50 --json "$SCRATCH/pool.json" "$@" \
        >"$SCRATCH/pool.out" 2>&1 </dev/null &
    pool_pid=$!
    for ((i = 0; i < 100; i++)); do
        place=$(sed -n 's/^listening //p' "$SCRATCH/pool.out" 2>/dev/null || true)
        [ -z "$place" ] || return 0
        sleep 0.05
    done
    fail "the pool does not listen: $(cat "$SCRATCH/pool.out")"
}

# miner STATUS ARGUMENT...
miner() {
    local want=$1 status=0
    shift
    "$HOST_STUB" miner "$@" --json "$SCRATCH/miner.json" >"$SCRATCH/out" 2>"$SCRATCH/err" ||
        status=$?
    [ "$status" -eq "$want" ] ||
        fail "miner $* ended with $status, not $want: $(cat "$SCRATCH/out" "$SCRATCH/err")"
}

# number FILE MEMBER: the first of that name in a JSON file that is indented; 0 if there is none.
number() {
    local value
    value=$(sed -n "s/^ *\"$2\": \([0-9]*\).*/\1/p" "$1" | sed -n 1p)
    printf '%s\n' "${value:-0}"
}

# Standard and extended devices, several connections, all at once; then both count the same.
start_pool --tip-secs 1 --refresh-secs 0.4 --fault prefix-change@1.5
miner 0 --connect "$place" --kind mixed --count 6 --per-connection 2 --rate 500,1500 --roll-version \
    --rate-change 1:2 --tell-rate --seconds 3
end_pool
grep -qx 'mining 6' "$SCRATCH/out" || fail "it did not say 'mining 6'"
told=$(number "$SCRATCH/miner.json" accepted)
credited=$(number "$SCRATCH/pool.json" accepted)
[ "$told" -gt 100 ] || fail "only $told shares were accepted"
[ "$told" -eq "$credited" ] || fail "the pool credited $credited shares, the miners know of $told"
for member in duplicates unanswered cut_off server_faults odd difficulty-too-low invalid-job-id; do
    [ "$(number "$SCRATCH/miner.json" $member)" -eq 0 ] ||
        fail "$member: $(number "$SCRATCH/miner.json" $member)"
done
[ "$(number "$SCRATCH/miner.json" soft)" -ge 6 ] || fail "no prefix has changed"
printf 'accepted: %s\n' "$told"

# Ignores the new prefix: extended shares miss the target, standard ones do not.
start_pool --tip-secs 60 --fault prefix-change@0.7
miner 0 --connect "$place" --kind extended --rate 2000 --ignore-prefix --seconds 2
low=$(number "$SCRATCH/miner.json" difficulty-too-low)
[ "$low" -gt 5 ] || fail "an extended device that ignores its prefix had $low shares refused"
end_pool
start_pool --tip-secs 60 --fault prefix-change@0.7
miner 0 --connect "$place" --kind standard --rate 2000 --ignore-prefix --seconds 2
[ "$(number "$SCRATCH/miner.json" difficulty-too-low)" -eq 0 ] ||
    fail "a standard device does not need its prefix"
end_pool
printf 'ignoring the prefix: %s refused\n' "$low"

# Answers that come late, one after the other, are waited for; none at all are not.
start_pool --fault slow@0=2
miner 0 --connect "$place" --rate 2000 --seconds 2.5 --settle-secs 1
[ "$(number "$SCRATCH/miner.json" unanswered)" -eq 0 ] ||
    fail "it did not wait: $(number "$SCRATCH/miner.json" unanswered) shares are unanswered"
end_pool
start_pool --fault slow@0=600
miner 0 --connect "$place" --rate 2000 --seconds 1 --settle-secs 0.5
[ "$(number "$SCRATCH/miner.json" unanswered)" -gt 10 ] || fail "who has answered?"
end_pool
printf 'late answers: waited for\n'

# Comes back by itself, and when it has been cut off; ends on SIGTERM with its counts.
start_pool --fault down@1+0.5
"$HOST_STUB" miner --connect "$place" --rate 1000 --reconnect-every 0.7 --json "$SCRATCH/miner.json" \
    >"$SCRATCH/out" 2>&1 &
miner_pid=$!
sleep 4
kill -TERM $miner_pid
wait $miner_pid || fail "on SIGTERM it ended with $?: $(cat "$SCRATCH/out")"
end_pool
[ "$(number "$SCRATCH/miner.json" opens)" -ge 3 ] || fail "it did not come back"
[ "$(number "$SCRATCH/miner.json" accepted)" -gt 0 ] || fail "nothing was accepted"
printf 'came back: %s channels\n' "$(number "$SCRATCH/miner.json" opens)"

# Nobody listens: no channel was ever opened, and that is status 1.
miner 1 --connect "$place" --seconds 1
printf 'nobody there: status 1\n'

must_refuse "no place" "--connect HOST:PORT is needed" "$HOST_STUB" miner
must_refuse "an unknown option" "there is no option '--fast'" "$HOST_STUB" miner --fast
must_refuse "a kind that is none" "--kind takes one of: standard extended mixed" "$HOST_STUB" miner --connect a:1 \
    --kind both
"$HOST_STUB" miner --help >"$SCRATCH/out"
grep -q '^usage: host_stub miner' "$SCRATCH/out" || fail "--help does not help"
