#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The binary form of the ABI is what tests/abi/layout.golden says, and hmx_layout.def
# leaves nothing out: no struct, no field, no constant of the three headers.
#
#   layout.sh [ROOT]      checks
#   layout.sh --refresh   writes layout.golden anew; when that is allowed is told in abi/ABI.md
. "$(dirname "$0")/../tools/checks.sh"

# The compiler's view of ROOT's headers into FILE.
print_layout() { # ROOT FILE
    "$CC" -std=c11 -Wall -Wextra -Wpedantic -Werror -I "$1" "$1/tests/abi/layout_print.c" \
        -o "$SCRATCH/layout_print" || fail "abi/hmx_layout.def is not true any more"
    "$SCRATCH/layout_print" >"$2" || fail "abi/hmx_layout.def has a gap"
}

# Every name that the headers define must have been printed.
check_complete() { # ROOT PRINTED
    local header stripped name
    for header in hmx_events.h hmx_abi.h hmx_tuning.h hmx_metrics.h; do
        # Comments may name what they like.
        stripped=$(sed -zE 's,/\*([^*]|\*+[^*/])*\*+/,,g' "$1/abi/$header")
        for name in $(grep -oE '\bHMX_[A-Z0-9_]+\b' <<<"$stripped" | LC_ALL=C sort -u); do
            case "$name" in
            HMX_ABI_H | HMX_EVENTS_H | HMX_TUNING_H | HMX_METRICS_H | HMX_EXPORT) continue ;;
            esac
            grep -q "^$name = " "$2" || fail "$name of abi/$header is not in hmx_layout.def"
        done
        for name in $(sed -nE 's/^typedef struct (hmx_[a-z0-9_]+) \{.*/\1/p' <<<"$stripped"); do
            grep -q "^struct $name: " "$2" ||
                fail "struct $name of abi/$header is not in hmx_layout.def"
        done
    done
}

check_tree() { # ROOT
    print_layout "$1" "$SCRATCH/layout"
    check_complete "$1" "$SCRATCH/layout"
    diff -u "$1/tests/abi/layout.golden" "$SCRATCH/layout" ||
        fail "the ABI's binary form is not that of tests/abi/layout.golden; see abi/ABI.md"
}

if [ "${1:-}" = --refresh ]; then
    print_layout "$SOURCE" "$SCRATCH/layout"
    check_complete "$SOURCE" "$SCRATCH/layout"
    cp "$SCRATCH/layout" "$SOURCE/tests/abi/layout.golden"
    echo "tests/abi/layout.golden is written anew: look at its diff before you commit it"
    exit 0
fi
if [ $# -eq 1 ]; then
    check_tree "$1"
    exit 0
fi
check_tree "$SOURCE"
printf 'as the golden text: %s lines\n' "$(wc -l <"$SCRATCH/layout")"

plant() { # FILE SED-SCRIPT: a copy in which one file is edited
    rm -rf "$SCRATCH/planted"
    mkdir -p "$SCRATCH/planted/tests"
    cp -r "$SOURCE/abi" "$SCRATCH/planted/abi"
    cp -r "$SOURCE/tests/abi" "$SCRATCH/planted/tests/abi"
    sed -i -E "$2" "$SCRATCH/planted/$1"
    ! cmp -s "$SOURCE/$1" "$SCRATCH/planted/$1" || fail "the edit '$2' found nothing in $1"
}
plant abi/hmx_abi.h 's/^(    uint32_t) abi_minor;$/\1 abi_minor, planted;/'
must_refuse "a field inserted in the middle" "hmx_host.pad0 is not at byte 12" \
    bash "$0" "$SCRATCH/planted"
plant abi/hmx_abi.h 's/^    double percentage; /    uint64_t percentage; /'
must_refuse "a field of another type" "hmx_upstream_info.percentage is not a double" \
    bash "$0" "$SCRATCH/planted"
plant abi/hmx_events.h 's/HMX_SHARE_LOST = 4/HMX_SHARE_LOST = 10/'
must_refuse "a constant of another value" "HMX_SHARE_LOST is not 4" bash "$0" "$SCRATCH/planted"
plant abi/hmx_layout.def '/FIELD\(hmx_reader, ctx,/d'
must_refuse "a field that is not listed" hmx_reader.read bash "$0" "$SCRATCH/planted"
plant abi/hmx_tuning.h 's/HMX_MODE_PAUSED = 3/HMX_MODE_PAUSED = 3, HMX_MODE_PLANTED = 4/'
must_refuse "a constant that is not listed" HMX_MODE_PLANTED bash "$0" "$SCRATCH/planted"
plant abi/hmx_metrics.h 's/^typedef struct hmx_snapshot \{/typedef struct hmx_planted {\n    int a;\n} hmx_planted;\n&/'
must_refuse "a struct that is not listed" "struct hmx_planted" bash "$0" "$SCRATCH/planted"
plant abi/hmx_tuning.h 's|hashmux.tuning/1"$|hashmux.tuning/2"|'
must_refuse "another extension id" "layout.golden" bash "$0" "$SCRATCH/planted"
plant abi/hmx_abi.h 's/^typedef int32_t hmx_status;/typedef int64_t hmx_status;/'
must_refuse "a status of another width" "hmx_status is not 4 bytes" bash "$0" "$SCRATCH/planted"
