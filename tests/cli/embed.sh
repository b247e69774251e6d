#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The embedding example that abi/EMBEDDING.md shows: compiles as C11 with gcc and with clang, needs nothing
# but abi/ and libc, and does with the real hashmux.so what that page says that it does.
. "$(dirname "$0")/../tools/checks.sh"

check_run() { # PROGRAM
    "$1" "$LIB/hashmux.so" >"$SCRATCH/out" || fail "$1 ended with status $?"
    local line
    while read -r line; do
        grep -qxE "$line" "$SCRATCH/out" || {
            cat "$SCRATCH/out"
            fail "$1 did not print: $line"
        }
    done <<'EOF'
connect to alpha at a\.example:3333
connect to beta at b\.example:3333
channel 1 opens on upstream 1, prefix of [1-9][0-9]* bytes
upstream 1 is lost
decision [1-9][0-9]*: channel 1 goes from 1 to 2
EOF
    [ "$(grep -c ^decision "$SCRATCH/out")" -eq 1 ] || {
        cat "$SCRATCH/out"
        fail "exactly one decision was to be made"
    }
    ! "$1" /dev/null >/dev/null 2>&1 || fail "$1 accepts /dev/null as a plugin"
}

check_run "$BUILD/tests/embed"
# Its hooks are optional: a plugin that has few of them, and one whose table ends in the middle of one.
for plugin in good_min good_older; do
    "$BUILD/tests/embed" "$LIB/$plugin.so" >"$SCRATCH/few" || fail "embed refuses $plugin.so"
    grep -qx 'channel 1 opens on upstream 1, prefix of .* bytes' "$SCRATCH/few" ||
        fail "embed does not work with $plugin.so: $(cat "$SCRATCH/few")"
done
# A sanitized plugin runs only in a host of the same kind: the one above.
sanitize=$(cmake_value HMX_SANITIZE)
for compiler in $(c_compilers); do
    "$compiler" -std=c11 -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
        -Wstrict-prototypes -Werror -I "$SOURCE" "$SOURCE/tests/embed/embed.c" \
        -o "$SCRATCH/embed" -ldl || fail "embed.c is not clean C11 with $compiler"
    [ -n "$sanitize" ] || check_run "$SCRATCH/embed"
    echo "$compiler: compiles${sanitize:+, not run against a sanitized plugin}"
done
cat "$SCRATCH/out"
