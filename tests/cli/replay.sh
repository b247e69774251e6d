#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub replay on all recorded sessions, as hex and as raw bytes: exit status, the first frame
# at fault, the same bytes twice; and on files that are no recordings: a sentence, never a crash.
. "$(dirname "$0")/../tools/checks.sh"

export HASHMUX_HOME=${HASHMUX_HOME:-$SOURCE}
sessions=$SOURCE/tests/data/sv2/sessions

# The bytes that a hex file with # comments stands for.
to_raw() { # HEX-FILE
    local digits i
    digits=$(sed 's/#.*//' "$1" | tr -d '[:space:]')
    for ((i = 0; i < ${#digits}; i += 2)); do
        printf '%b' "\\x${digits:i:2}"
    done
}

# replay EXPECTED-STATUS OUT ARGUMENT...
replay() {
    local want=$1 out=$2 status=0
    shift 2
    "$HOST_STUB" replay "$@" >"$out" 2>"$out.err" || status=$?
    [ "$status" -eq "$want" ] ||
        fail "replay $* ended with $status, not $want: $(tail -n 3 "$out" "$out.err")"
}

contains() { # FILE TEXT
    grep -qF -- "$2" "$1" || fail "$1 does not say '$2': $(cat "$1")"
}

# check NAME STATUS TEXT...: hex and raw, plain and with --verify, twice; each TEXT is printed.
check() {
    local name=$1 want=$2 text
    shift 2
    to_raw "$sessions/$name.hex" >"$SCRATCH/$name.bin"
    replay "$want" "$SCRATCH/hex" "$sessions/$name.hex"
    replay "$want" "$SCRATCH/again" "$sessions/$name.hex"
    replay "$want" "$SCRATCH/raw" "$SCRATCH/$name.bin"
    replay "$want" "$SCRATCH/strict" "$SCRATCH/$name.bin" --verify
    cmp -s "$SCRATCH/hex" "$SCRATCH/again" || fail "$name: the same command printed other bytes"
    cmp -s "$SCRATCH/raw" "$SCRATCH/strict" || fail "$name: --verify printed something else"
    cmp -s <(tail -n +2 "$SCRATCH/hex") <(tail -n +2 "$SCRATCH/raw") ||
        fail "$name: raw and hex differ in more than the first line"
    for text in "$@" "guard violations 0 "; do
        contains "$SCRATCH/hex" "$text"
    done
    printf '%s: status %s\n' "$name" "$want"
}

clean="no frame and no share at fault"
# The columns: submitted, accepted, stale, low difficulty, duplicate, bad job, other, unanswered,
# hard moves, soft moves.
row() { # CHANNEL POOL NUMBER...
    printf '%-8s %-12s %9d %8d %6d %8d %9d %8d %6d %10d %5d %5d' "$@"
}
check ext_hard_move 0 "$clean" "$(row 2 pool_b 3 2 1 0 0 0 0 0 1 0)" \
    "100 TH/s, hashmux would place it on pool_a" \
    "move: prefix aa000001 -> bb000007 (pool_a -> pool_b)" \
    "hard move of channel 2 done: pool_a -> pool_b" \
    "share 1 is valid (hash ok)" "share 2 is late: job 1 is stale" \
    "share 2 refused, as it should be"
check ext_soft_move 0 "$clean" "$(row 2 pool_b 2 2 0 0 0 0 0 0 0 1)" \
    "soft move of channel 2 done: pool_a -> pool_b"
check std_hard_move 0 "$clean" "$(row 2 pool_b 2 2 0 0 0 0 0 0 1 0)" "channel 2 opened (standard)"
check group_move_setgroupchannel 0 "$clean" "$(row 2 pool_b 1 1 0 0 0 0 0 0 1 0)" \
    "$(row 3 pool_a 1 1 0 0 0 0 0 0 0 0)" "group 100 has 1 member now"
check bad_job_id_collision 1 \
    "the first: frame 8 at byte 384, NewExtendedMiningJob: job-id-in-use: "
check bad_prevhash_nonfuture 1 \
    "the first: frame 9 at byte 538, SetNewPrevHash: prev-hash-needs-future-job: "
check bad_order_prefix_after_job 1 "$(row 2 pool_a 1 0 0 1 0 0 0 0 0 0)" \
    "the first: frame 10 at byte 588, SubmitSharesExtended: share-refused: difficulty-too-low: "
count=$(find "$sessions" -name '*.hex' | wc -l)
[ "$count" -eq 7 ] || fail "there are $count recorded sessions and this script knows 7"

# Other plugins see the same facts.
for plugin in "$LIB/static.so" "$LIB/good_min.so"; do
    replay 0 "$SCRATCH/out" "$sessions/ext_hard_move.hex" --plugin "$plugin"
    contains "$SCRATCH/out" "guard violations 0 "
done
# A plugin that breaks the contract is a violation, hence status 1.
replay 1 "$SCRATCH/out" "$sessions/ext_hard_move.hex" --plugin "$LIB/bad_alloc_on_share.so"
contains "$SCRATCH/out" "guard: the plugin breaks alloc-on-share"

# What is no recording. Status 2 and a sentence on standard error.
bad_input() { # WHAT TEXT FILE [ARGUMENT...]
    replay 2 "$SCRATCH/out" "${@:3}"
    contains "$SCRATCH/out.err" "$2"
    printf 'refused: %s\n' "$1"
}
good=$SCRATCH/ext_hard_move.bin
bad_input "no such file" "cannot be opened" "$SCRATCH/nothing"
bad_input "a folder" "is not a regular file" "$SCRATCH"
: >"$SCRATCH/bad"
bad_input "an empty file" "is empty" "$SCRATCH/bad"
echo "this is no recording" >"$SCRATCH/bad"
bad_input "other text" "bad:1: byte 0x74 is no hex digit" "$SCRATCH/bad"
echo "00 0" >"$SCRATCH/bad"
bad_input "half a byte" "bad:1: a hex digit without its second half" "$SCRATCH/bad"
head -c 600 "$good" >"$SCRATCH/bad"
bad_input "a file cut within a frame" "is malformed: the header's msg_length" "$SCRATCH/bad"
head -c 40 "$good" >"$SCRATCH/bad"
bad_input "a file cut within a header" "frame 2 at byte 37 is malformed: a frame's header has 6" \
    "$SCRATCH/bad"
contains "$SCRATCH/out" "SetupConnection"
(to_raw "$sessions/ext_hard_move.hex" && printf '\x00\x80\x1e\x04\x00\x00\x04\x00\x00\x00') \
    >"$SCRATCH/bad"
bad_input "the reserved type" "the msg_type 0x1e at byte 2 is reserved" "$SCRATCH/bad"
bad_input "no file" "FILE is needed"
bad_input "two files" "one argument too many" "$good" "$good"
bad_input "an unknown option" "there is no option '--fast'" "$good" --fast
bad_input "an option without its value" "--plugin needs a value: FILE" "$good" --plugin
bad_input "a plugin that is none" "host_stub replay: " "$good" --plugin "$good"
bad_input "a configuration that is none" "hashmux does not start" "$good" --config "$good"
replay 0 "$SCRATCH/out" --help
contains "$SCRATCH/out" "usage: host_stub replay FILE"

# A frame of an extension that nobody here knows is passed over; the wrong channel_msg bit is taken,
# and is a fault with --verify.
(to_raw "$sessions/ext_hard_move.hex" && printf '\x42\x80\x01\x04\x00\x00\x02\x00\x00\x00') \
    >"$SCRATCH/extension"
replay 0 "$SCRATCH/out" "$SCRATCH/extension"
contains "$SCRATCH/out" "10 bytes of an unknown extension: passed over"
(to_raw "$sessions/ext_hard_move.hex" && printf '\x00\x00\x18\x05\x00\x00\x02\x00\x00\x00\x00') \
    >"$SCRATCH/bit"
replay 0 "$SCRATCH/out" "$SCRATCH/bit"
contains "$SCRATCH/out" "channel 2 closed"
replay 1 "$SCRATCH/out" "$SCRATCH/bit" --verify
contains "$SCRATCH/out" "frame 17 at byte 825, CloseChannel: encoding: "

# A BOOL's upper bits mean nothing, and no sender of ours sets them.
sed 's/00000020010100010/00000020030100010/' "$sessions/ext_hard_move.hex" >"$SCRATCH/bool.hex"
! cmp -s "$SCRATCH/bool.hex" "$sessions/ext_hard_move.hex" || fail "nothing was replaced"
replay 0 "$SCRATCH/out" "$SCRATCH/bool.hex"
replay 1 "$SCRATCH/out" "$SCRATCH/bool.hex" --verify
contains "$SCRATCH/out" "frame 5 at byte 165, NewExtendedMiningJob: encoding: its bytes are not"

# Damaged recordings: every byte of one, set to other values; never anything but 0, 1 or 2.
size=$(wc -c <"$good")
for ((i = 0; i < size; i += 13)); do
    for value in '\x00' '\x7f' '\xff'; do
        { head -c "$i" "$good" && printf '%b' "$value" && tail -c +$((i + 2)) "$good"; } \
            >"$SCRATCH/damaged"
        status=0
        "$HOST_STUB" replay "$SCRATCH/damaged" >"$SCRATCH/out" 2>&1 || status=$?
        if [ "$status" -gt 2 ] || grep -qE 'Sanitizer|runtime error:' "$SCRATCH/out"; then
            fail "byte $i as $value ended with $status: $(cat "$SCRATCH/out")"
        fi
    done
done
echo "damaged recordings: no crash"
