#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub simulate --frames: the frames of whole runs, judged by host_stub check; and a host that
# wrote a wrong merkle root or prefix, which check has to notice.
. "$(dirname "$0")/../tools/checks.sh"

# Runs scenario $1 for $2 hours into $SCRATCH/$1: the same JSON as without frames, no fault found.
# Its event is after one hour instead of six: what is on the wire is the same.
run_and_check() {
    local scenario=$SCRATCH/$1.ini hours=$2 dir=$SCRATCH/$1
    sed 's/^at = 6h$/at = 1h/' "$SOURCE/tests/sim/$1.ini" >"$scenario"
    "$HOST_STUB" simulate --scenario "$scenario" --hours "$hours" --json - </dev/null \
        >"$SCRATCH/without" || fail "simulate --scenario $scenario ends with $?"
    "$HOST_STUB" simulate --scenario "$scenario" --hours "$hours" --json - --frames "$dir" </dev/null \
        >"$SCRATCH/with" || fail "simulate --scenario $scenario --frames ends with $?"
    cmp "$SCRATCH/without" "$SCRATCH/with" || fail "$scenario: the frames change the run"
    "$HOST_STUB" check "$dir"/*.hex >"$SCRATCH/out" 2>&1 || {
        head -20 "$SCRATCH/out"
        fail "check $scenario ends with $?"
    }
    tail -1 "$SCRATCH/out" | sed "s/^/$1: /"
}

# A number of the JSON line.
value() {
    sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$SCRATCH/with"
}

# How many frames of that name in the files towards the miners.
frames() {
    cat "$1"/conn-*.hex | grep -c "^# [CS]->[CS] t=[0-9.]* $2 |" || true
}

at_least() { # WHAT COUNT LEAST
    [ "$2" -ge "$3" ] || fail "$1: $2, and at least $3 are expected"
}

run_and_check hetero200 2
at_least 'hard moves of hetero200' "$(value moves_hard)" 1
at_least 'soft moves of hetero200' "$(value moves_soft)" 1
[ "$(value moves)" -eq $(($(value moves_hard) + $(value moves_soft))) ] || fail "moves do not add up"
at_least 'extended channels' "$(frames "$SCRATCH/hetero200" OpenExtendedMiningChannel)" 100
for file in conn-00001.hex up-a.hex up-b.hex up-c.hex; do
    [ -s "$SCRATCH/hetero200/$file" ] || fail "there is no $file"
done
sed -n '1,4p' "$SCRATCH/hetero200/conn-00001.hex" >"$SCRATCH/head"
grep -qE '^# C->S t=[0-9]+\.[0-9]{3} SetupConnection \| protocol=0,' "$SCRATCH/head" ||
    fail "a connection does not begin with SetupConnection: $(cat "$SCRATCH/head")"

run_and_check churn674 1
churn=$SCRATCH/churn674
at_least UpdateChannel "$(frames "$churn" UpdateChannel)" 100
at_least CloseChannel "$(frames "$churn" CloseChannel)" 100
opened=$(($(frames "$churn" OpenExtendedMiningChannel) + $(frames "$churn" OpenStandardMiningChannel)))
at_least 'openings of churn674' "$opened" 1000
at_least 'extended ones, twice' $((2 * $(frames "$churn" OpenExtendedMiningChannel))) "$opened"
several=$(grep -c 'MiningChannel.Success |' "$churn"/conn-*.hex | grep -vcE ':[01]$')
at_least 'connections with several channels' "$several" 20
rm -rf "$churn"

run_and_check outage 2
at_least 'hard moves of outage' "$(value moves_hard)" 10
at_least 'soft moves of outage' "$(value moves_soft)" 10
[ -s "$SCRATCH/outage/up-a.2.hex" ] || fail "pool a is back, and there is no up-a.2.hex"
rm -rf "$SCRATCH/outage"
run_and_check targetchange 2
at_least 'hard moves of targetchange' "$(value moves_hard)" 10
at_least 'soft moves of targetchange' "$(value moves_soft)" 10
rm -rf "$SCRATCH/targetchange"

# caught RULE FILE: check finds the rule broken in a folder where FILE was changed.
caught() {
    local status=0
    "$HOST_STUB" check "$SCRATCH"/hetero200/*.hex >"$SCRATCH/out" 2>&1 || status=$?
    [ "$status" -eq 1 ] || fail "check ends with $status, not 1, when $2 is wrong"
    grep -F "$2:" "$SCRATCH/out" | grep -E ": ($1): " >/dev/null || {
        head -5 "$SCRATCH/out"
        fail "$2 is wrong, and check does not say $1"
    }
}

# The last byte of the first merkle root of a standard channel; then it is put right again.
file=$(grep -l ' NewMiningJob |' "$SCRATCH"/hetero200/conn-*.hex | sed -n 1p)
cp "$file" "$SCRATCH/kept"
line=$(($(grep -n -m1 ' NewMiningJob |' "$file" | cut -d: -f1) + 1))
byte=$(sed -n "${line}s/.*\(..\)$/\1/p" "$file")
sed -i "${line}s/..\$/$(printf %02x $((0x$byte ^ 1)))/" "$file"
! cmp -s "$file" "$SCRATCH/kept" || fail "nothing was changed"
caught merkle-root "${file##*/}"
cp "$SCRATCH/kept" "$file"

# The prefix of the first move is one byte too short: 008019, length, channel, prefix.
file=$(grep -l ' SetExtranoncePrefix |' "$SCRATCH"/hetero200/conn-*.hex | sed -n 1p)
cp "$file" "$SCRATCH/kept"
line=$(($(grep -n -m1 ' SetExtranoncePrefix |' "$file" | cut -d: -f1) + 1))
hex=$(sed -n "${line}p" "$file")
cut_hex=${hex:0:6}$(printf %02x $((0x${hex:6:2} - 1)))${hex:8:12}$(printf %02x $((0x${hex:20:2} - 1)))${hex:22:-2}
sed -i "${line}s/.*/$cut_hex/" "$file"
caught 'coinbase|prefix-length|merkle-root' "${file##*/}"
cp "$SCRATCH/kept" "$file"
"$HOST_STUB" check "$SCRATCH"/hetero200/*.hex >/dev/null || fail "what was put right is not clean"

# What cannot be written is said, with status 2.
status=0
"$HOST_STUB" simulate --scenario hetero200 --hours 0.1 --quiet --frames /no/such/folder \
    2>"$SCRATCH/err" </dev/null || status=$?
[ "$status" -eq 2 ] || fail "--frames into nowhere ends with $status"
grep -q '/no/such/folder cannot be made' "$SCRATCH/err" || fail "no reason: $(cat "$SCRATCH/err")"
echo "frames: clean runs, and what is broken on purpose is noticed"
