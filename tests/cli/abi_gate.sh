#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The binary form of the contract is that of tests/abi/baseline.abi, as abidiff sees it: a witness
# library (tests/abi/witness.py) passes every struct and every enum of the headers by value, since
# abidiff sees only what an exported function reaches. Any difference fails, also a harmless one. And
# abi/history/1.0/ holds the headers of this version, word for word. Macros are layout.sh's business.
#
#   abi_gate.sh [ROOT]      checks
#   abi_gate.sh --refresh   writes baseline.abi and history/ anew; when that is allowed: abi/ABI.md
. "$(dirname "$0")/../tools/checks.sh"

command -v abidiff >/dev/null || skip "abidiff (abigail-tools) is not here"
baseline=$SOURCE/tests/abi/baseline.abi
history=abi/history/1.0
headers='hmx_events.h hmx_abi.h hmx_tuning.h hmx_metrics.h'

# With plain flags and gcc: what a coverage build adds would be a difference. Without debug
# information abidiff sees nothing and is content: so it must be there.
build_witness() { # ROOT
    mkdir -p "$SCRATCH/witness"
    python3 "$SOURCE/tests/abi/witness.py" "$1" >"$SCRATCH/witness/witness.c" ||
        fail "the headers of $1 cannot be read"
    (cd "$SCRATCH/witness" && gcc -std=c11 -g -O0 -fPIC -shared -gno-record-gcc-switches \
        -ffile-prefix-map="$SCRATCH/witness=." -ffile-prefix-map="$1=." -I "$1" witness.c \
        -o libwitness.so) || fail "the witness library of $1 does not compile"
    readelf -S "$SCRATCH/witness/libwitness.so" | grep '\.debug_info' >/dev/null ||
        fail "the witness library has no debug information, so nothing would be seen"
}

check_binary() { # ROOT
    build_witness "$1"
    abidiff --harmless --no-unreferenced-symbols "$baseline" "$SCRATCH/witness/libwitness.so" \
        >"$SCRATCH/diff" 2>&1 || {
        head -n 40 "$SCRATCH/diff"
        fail "the contract's binary form is not that of tests/abi/baseline.abi; see abi/ABI.md"
    }
}

check_tree() { # ROOT
    local header
    check_binary "$1"
    for header in $headers; do
        cmp -s "$1/abi/$header" "$1/$history/$header" ||
            fail "abi/$header is not that of $history: a change comes with a new version of the" \
                "baseline and an entry in the changelog (abi/ABI.md)"
    done
}

case "${1:-}" in
--refresh)
    build_witness "$SOURCE"
    abidw --no-comp-dir-path --no-show-locs "$SCRATCH/witness/libwitness.so" |
        sed "s,path='[^']*libwitness.so',path='libwitness.so'," >"$baseline"
    mkdir -p "$SOURCE/$history"
    for header in $headers; do
        cp "$SOURCE/abi/$header" "$SOURCE/$history/"
    done
    echo "baseline.abi and $history are written anew: the changelog wants an entry"
    exit 0
    ;;
--binary)
    check_binary "$2"
    exit 0
    ;;
?*)
    check_tree "$1"
    exit 0
    ;;
esac
check_tree "$SOURCE"
echo "the binary form is that of the baseline"

plant() { # WHAT HEADER SED-SCRIPT: a copy in which one header is edited
    rm -rf "$SCRATCH/planted"
    mkdir -p "$SCRATCH/planted"
    cp -r "$SOURCE/abi" "$SCRATCH/planted/abi"
    sed -i -E "$3" "$SCRATCH/planted/abi/$2"
    ! cmp -s "$SOURCE/abi/$2" "$SCRATCH/planted/abi/$2" || fail "the edit '$3' found nothing in $2"
    must_refuse "$1" "is not that of tests/abi/baseline.abi" bash "$0" --binary "$SCRATCH/planted"
}
plant "a field at the end" hmx_events.h '/^typedef struct hmx_tick \{/,/^\}/s/^(    uint64_t unix_ms;.*)/\1\n    uint64_t planted;/'
plant "a field in the middle" hmx_events.h '/^typedef struct hmx_share \{/,/^\}/s/^(    double work;.*)/    double planted;\n\1/'
plant "two fields in another order" hmx_events.h \
    '/^typedef struct hmx_share \{/,/^\}/{s/^    uint64_t channel;/    uint64_t swap;/;s/^    uint64_t cookie;/    uint64_t channel;/;s/^    uint64_t swap;/    uint64_t cookie;/}'
plant "a field that is gone" hmx_events.h '/^typedef struct hmx_channel_close \{/,/^\}/{/pad0/d}'
plant "a field of another type" hmx_abi.h 's/^    double percentage; /    uint64_t percentage; /'
plant "a field of another name" hmx_metrics.h 's/^    double wanted_hashrate;/    double planted_hashrate;/'
plant "a hook with another parameter" hmx_abi.h \
    's/\(\*destroy\)\(hmx_instance \*self\)/(*destroy)(hmx_instance *self, int planted)/'
plant "a setter with another parameter" hmx_tuning.h 's/uint32_t secs,$/uint64_t secs,/'
plant "two values that changed places" hmx_events.h \
    's/HMX_RESULT_APPLIED = 1/HMX_RESULT_APPLIED = 2/;s/HMX_RESULT_REFUSED = 2/HMX_RESULT_REFUSED = 1/'
plant "a value more" hmx_events.h 's/HMX_NO = 2 \}/HMX_NO = 2, HMX_PLANTED = 3 }/'
plant "a value that is gone" hmx_tuning.h 's/, HMX_MODE_PAUSED = 3//'
cp -r "$SOURCE/abi" "$SCRATCH/edited"
mkdir -p "$SCRATCH/words"
mv "$SCRATCH/edited" "$SCRATCH/words/abi"
sed -i 's/Zero is neutral/Zero means nothing/' "$SCRATCH/words/abi/hmx_abi.h"
must_refuse "a word of the contract" "is not that of abi/history/1.0" bash "$0" "$SCRATCH/words"
