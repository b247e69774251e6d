# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# checks.sh: what the scripts of tests/cli/ share; they source it. It sets SOURCE (the project),
# BUILD, LIB and HOST_STUB where ctest has not, and SCRATCH, a folder that is removed at the end.
#
# A script that checks a source tree takes the tree as its only argument and then checks it and
# nothing else. Without an argument it checks SOURCE, and then itself: it plants violations in
# copies of the tree and expects to refuse each of them.
set -euo pipefail
shopt -s nullglob

SOURCE=${SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
BUILD=${BUILD:-$SOURCE/build}
LIB=${LIB:-$BUILD/lib}
HOST_STUB=${HOST_STUB:-$BUILD/bin/host_stub}
CC=${CC:-gcc}
export SOURCE BUILD LIB HOST_STUB CC

SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# Processes that a script starts: PIDS+=($!), and `trap end_processes EXIT`.
PIDS=()
end_processes() {
    for pid in "${PIDS[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
    done
    rm -rf "$SCRATCH"
}

# wait_for FILE PATTERN: until a line of it matches, ten seconds at most.
wait_for() {
    for _ in $(seq 200); do
        grep -qE -- "$2" "$1" 2>/dev/null && return 0
        sleep 0.05
    done
    fail "no '$2' in $1: $(cat "$1")"
}

# Exit status 77 is "skipped" to ctest. With HMX_STRICT=1 (tests/run sets it) nothing may be missing.
skip() {
    [ "${HMX_STRICT:-0}" != 1 ] || fail "$* (and HMX_STRICT=1 forbids to skip)"
    printf 'SKIPPED: %s\n' "$*"
    exit 77
}

# The first of the commands that exists, or nothing.
first_command() {
    local name
    for name in "$@"; do
        if command -v "$name" >/dev/null 2>&1; then
            printf '%s\n' "$name"
            return 0
        fi
    done
}

# C compilers to try: gcc and clang, as far as they are here. tests/run installs both.
c_compilers() {
    first_command gcc
    first_command clang-14 clang
}

# The files of the project below $1, one per line, relative to it: those that git knows or would
# add; in a copy without git, everything but build folders.
project_files() {
    if [ "$(git -C "$1" rev-parse --show-toplevel 2>/dev/null)" = "$(cd "$1" && pwd -P)" ]; then
        git -C "$1" ls-files --cached --others --exclude-standard | while read -r file; do
            [ ! -f "$1/$file" ] || printf '%s\n' "$file"
        done
    else
        (cd "$1" && find . -name .git -prune -o -path './build*' -prune -o -type f -print) |
            sed 's|^\./||'
    fi | LC_ALL=C sort
}

# A copy of the project in $SCRATCH/$1, without build folders and git; prints its path.
copy_project() {
    local to="$SCRATCH/$1"
    mkdir -p "$to"
    project_files "$SOURCE" | tar -C "$SOURCE" -cf - -T - | tar -C "$to" -xf -
    printf '%s\n' "$to"
}

# must_refuse WHAT TEXT COMMAND...: the command must fail and its output must contain TEXT.
must_refuse() {
    local what=$1 text=$2 output status=0
    shift 2
    output=$("$@" 2>&1) || status=$?
    [ "$status" -ne 0 ] || fail "the check did not notice: $what"
    case "$output" in
    *"$text"*) printf 'noticed, as it must be: %s\n' "$what" ;;
    *) fail "$what was refused, but without saying '$text'; it said: $output" ;;
    esac
}

# The value of a CMake variable of the build, or nothing.
cmake_value() {
    [ ! -f "$BUILD/CMakeCache.txt" ] || sed -n "s/^$1:[A-Z]*=//p" "$BUILD/CMakeCache.txt"
}
