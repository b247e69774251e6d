#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Each folder's library links alone: the whole of it, with the libraries that CMake says it uses and
# nothing else. A linker by itself takes what it finds and refuses no upward call, so this asks one
# library at a time. $BUILD/folders.txt has a line for each: NAME FOLDER ARCHIVE uses:... libraries:...
. "$(dirname "$0")/../tools/checks.sh"

[ -f "$BUILD/folders.txt" ] || fail "there is no $BUILD/folders.txt: build first"
declare -A archive_of uses_of libraries_of
names=()
while read -r name _ archive uses libraries; do
    names+=("$name")
    archive_of[$name]=$archive uses_of[$name]=${uses#uses:} libraries_of[$name]=${libraries#libraries:}
done <"$BUILD/folders.txt"
[ "${#names[@]}" -gt 10 ] || fail "$BUILD/folders.txt names only ${#names[@]} folders"

options=()
sanitizers=$(cmake_value HMX_SANITIZE)
[ -z "$sanitizers" ] || options+=("-fsanitize=$sanitizers")
[ "$(cmake_value HMX_COVERAGE)" != ON ] || options+=(--coverage)
printf 'int main(void)\n{\n    return 0;\n}\n' >"$SCRATCH/main.c"

# The folders below NAME, each before those that it uses itself.
below() { # NAME
    local use
    for use in ${uses_of[$1]//,/ }; do
        printf '%s\n' "$use"
        below "$use"
    done | awk '{ line[NR] = $0; last[$0] = NR } END { for (i = 1; i <= NR; i++) if (last[line[i]] == i) print line[i] }'
}

library_flags() { # NAME
    local library
    for library in ${libraries_of[$1]//,/ }; do
        case "$library" in
        */* | -*) printf '%s\n' "$library" ;;
        *) printf -- '-l%s\n' "$library" ;;
        esac
    done
}

link_alone() { # NAME
    local use
    local -a declared=()
    for use in $(below "$1"); do
        declared+=("${archive_of[$use]}")
        mapfile -t -O "${#declared[@]}" declared < <(library_flags "$use")
    done
    mapfile -t -O "${#declared[@]}" declared < <(library_flags "$1")
    "$CC" "${options[@]}" "$SCRATCH/main.c" -o "$SCRATCH/alone" \
        -Wl,--whole-archive "${archive_of[$1]}" -Wl,--no-whole-archive \
        -Wl,--start-group "${declared[@]}" -Wl,--end-group
}

for name in "${names[@]}"; do
    link_alone "$name" 2>"$SCRATCH/log" || {
        cat "$SCRATCH/log" >&2
        fail "$name does not link with what it declares: ${uses_of[$name]:-nothing}"
    }
done
printf '%s libraries link alone\n' "${#names[@]}"

# One that no longer declares what it uses.
uses_of[host_sim]=host_sv2,host_base
if link_alone host_sim 2>/dev/null; then
    fail "the check did not notice that host_sim uses host_guard without saying so"
fi
uses_of[plugin_control]=plugin_base
if link_alone plugin_control 2>/dev/null; then
    fail "the check did not notice that plugin_control uses plugin_farm without saying so"
fi
echo "noticed, as it must be: a library that uses what it does not declare"
