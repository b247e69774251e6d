#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Moves by reopening: a pool ends whose miners ignore SetExtranoncePrefix. Simulated and live, the
# host closes their channels, they open again on the same connection, and work for another pool.
. "$(dirname "$0")/../tools/checks.sh"

# messages FILE: sender and text of each frame.
messages() {
    sed -n 's/^# \([CS]->[CS]\) t=[0-9.]* /\1 /p' "$1"
}

# came_back FILE PREFIX: after the first close by the host the device asks again, gets a channel
# with such a prefix there, and a share of it is accepted.
came_back() {
    messages "$1" | sed -n '/^S->C CloseChannel .*reason_code="channel-moved"/,$p' >"$SCRATCH/after"
    grep -q '^C->S OpenExtendedMiningChannel |' "$SCRATCH/after" ||
        fail "$1: nobody opens again"
    grep -q "^S->C OpenExtendedMiningChannel.Success .*extranonce_prefix=$2" "$SCRATCH/after" ||
        fail "$1: no channel with a prefix $2"
    sed -i -n '/^S->C OpenExtendedMiningChannel.Success/,$p' "$SCRATCH/after"
    grep -q '^S->C SubmitShares.Success ' "$SCRATCH/after" || fail "$1: nothing is accepted there"
}

# A farm in virtual time: an hour, a third of it without pool a.
sed -e 's/^at = 6h$/at = 20min/' -e 's/^reopen_lost_pct = 5$/reopen_lost_pct = 0/' \
    "$SOURCE/tests/sim/deaf.ini" >"$SCRATCH/deaf.ini"
"$HOST_STUB" simulate --scenario "$SCRATCH/deaf.ini" --hours 1 --frames "$SCRATCH/simulated" \
    >"$SCRATCH/table" 2>"$SCRATCH/err" || fail "simulate ends with $?: $(cat "$SCRATCH/err")"
grep -q 'guard violations 0$' "$SCRATCH/table" || fail "the contract is broken: $(cat "$SCRATCH/table")"
counts=$(sed -n 's/^closed to be opened again \([0-9]*\), of them back on another pool \([0-9]*\)$/\1 \2/p' \
    "$SCRATCH/table")
[ "${counts% *}" -ge 10 ] && [ "${counts% *}" -eq "${counts#* }" ] ||
    fail "closed and back: '$counts': $(cat "$SCRATCH/table")"
"$HOST_STUB" check "$SCRATCH"/simulated/*.hex >"$SCRATCH/out" || fail "check: $(tail -5 "$SCRATCH/out")"
moved=$(cat "$SCRATCH"/simulated/conn-*.hex | grep -c '^# S->C .* CloseChannel .*channel-moved' || true)
[ "$moved" -eq "${counts% *}" ] || fail "$moved closes in the frames, ${counts% *} in the table"
for file in $(grep -l channel-moved "$SCRATCH"/simulated/conn-*.hex); do
    came_back "$file" '0[23]' # of b or c
done
printf 'simulated: %s closed and back\n' "$moved"

# Live: two pools change their prefix, which shows who is deaf; then one of them goes down.
cat >"$SCRATCH/deaf-live.ini" <<'INI'
[controller]
tuning_model = aggressive
evaluation_interval_secs = 1
min_reassignment_interval_secs = 3
measurement_window_secs = 10
hold_secs = 1
dwell_secs = 3
reopen = deaf
[failover]
health_check_interval_secs = 1
hold_down_secs = 1
grey_detection = off
[upstream.pool_a]
address = 127.0.0.1
port = 1
percentage = 50
priority = 1
[upstream.pool_b]
address = 127.0.0.1
port = 2
percentage = 50
priority = 2
INI
status=0
"$HOST_STUB" e2e --config "$SCRATCH/deaf-live.ini" --miners 9 --ignore-prefix 6 --settle-secs 1 \
    --faults prefix-change,prefix-change,down --fault-secs 3 --frames "$SCRATCH/live" \
    --logs "$SCRATCH/logs" --json "$SCRATCH/result.json" >"$SCRATCH/out" 2>&1 || status=$?
[ "$status" -eq 0 ] || fail "e2e ends with $status: $(cat "$SCRATCH/out")"
grep -q 'every promise was kept' "$SCRATCH/out" || fail "$(cat "$SCRATCH/out")"
reopened=$(sed -n 's/^ *"reopened": \([0-9]*\).*/\1/p' "$SCRATCH/result.json")
[ "$reopened" -ge 1 ] || fail "nobody was reopened: $(cat "$SCRATCH/out" "$SCRATCH"/logs/proxy-1.log)"
moved=$(cat "$SCRATCH"/live/conn-*.hex | grep -c '^# S->C .* CloseChannel .*channel-moved' || true)
[ "$moved" -eq "$reopened" ] || fail "$moved closes in the frames, $reopened in the result"
for file in $(grep -l channel-moved "$SCRATCH"/live/conn-*.hex); do
    came_back "$file" a0 # pool_a, the other being down
done
# Nothing is wrong towards the miners but the shares that deaf devices found with their old prefix.
"$HOST_STUB" check --verify --all "$SCRATCH"/live/*.hex >"$SCRATCH/out" 2>&1 || true
! grep -E '/conn-[0-9]+\.hex:[0-9]+: ' "$SCRATCH/out" | grep -v ': share-refused: difficulty-too-low' ||
    fail "the recordings of the live run"
grep -q '^files [0-9]' "$SCRATCH/out" || fail "check says nothing: $(cat "$SCRATCH/out")"
printf 'live: %s closed and back\n' "$reopened"
