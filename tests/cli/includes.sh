#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Dependencies point one way: plugin -> abi <- host_stub, tests -> all; third-party plugins and the
# embedding example see abi/ (the fixtures also each other) and the system only. plugin/ may include
# only system headers that cannot lead to a clock, a thread or a socket.
. "$(dirname "$0")/../tools/checks.sh"

c_headers='assert.h|ctype.h|errno.h|float.h|inttypes.h|limits.h|math.h|stdalign.h|stdarg.h|stdbool.h'
c_headers+='|stddef.h|stdint.h|string.h'
# stdio.h for snprintf, arpa/inet.h for inet_pton: what plugin/ calls is checked by exports.sh.
plugin_system="$c_headers|arpa/inet.h|fcntl.h|stdio.h|stdlib.h|sys/stat.h|sys/types.h|unistd.h"
plugin_system+='|ini.h|sodium.h|sodium/.*'
any_system='[a-z0-9_./-]+\.h'

# The own headers and the system headers that a file may include, as patterns.
set_rules() { # FILE
    case "$1" in
    abi/*) own='(abi/)?hmx_[a-z_]+\.(h|def)' system="$c_headers|type_traits" ;;
    plugin/*) own='(plugin|abi)/[a-z0-9_]+\.h' system=$plugin_system ;;
    host_stub/*) own='(host_stub|abi)/[a-z0-9_]+\.h' system=$any_system ;;
    # These are shown to others as complete.
    tests/fixtures/good_min.* | tests/embed/*)
        own='abi/[a-z0-9_]+\.h' system=$any_system
        ;;
    tests/fixtures/*) own='(abi|tests/fixtures)/[a-z0-9_]+\.h' system=$any_system ;;
    *) own='[a-z0-9_./-]+\.(h|def)' system=$any_system ;;
    esac
}

check_tree() { # ROOT
    local file line target count=0
    for file in $(project_files "$1" | grep -E '\.(c|h)$'); do
        set_rules "$file"
        count=$((count + 1))
        while IFS=: read -r line target; do
            case "$target" in
            *'"'*)
                target=${target#*\"} target=${target%%\"*}
                [[ $target =~ ^($own)$ ]] ||
                    fail "$file:$line: may not include \"$target\"; allowed there: $own"
                ;;
            *'<'*)
                target=${target#*<} target=${target%%>*}
                [[ $target =~ ^($system)$ ]] ||
                    fail "$file:$line: may not include <$target>; allowed there: $system"
                [[ ! -e $1/$target ]] ||
                    fail "$file:$line: \"$target\" is ours, so it takes quotes"
                ;;
            *) fail "$file:$line: this include is neither \"...\" nor <...>" ;;
            esac
        done < <(grep -nE '^[[:space:]]*#[[:space:]]*include' "$1/$file" || true)
    done
    [ "$count" -gt 0 ] || fail "there are no C files in $1"
    printf 'includes of %s files point the right way\n' "$count"
}

if [ $# -eq 1 ]; then
    check_tree "$1"
    exit 0
fi
check_tree "$SOURCE"

planted=$(copy_project planted)
plant() { # FILE INCLUDE: one line at the end of a file that may not have it
    mkdir -p "$(dirname "$planted/$1")"
    [ ! -f "$planted/$1" ] || mv "$planted/$1" "$SCRATCH/kept"
    printf '#include %s\n' "$2" >"$planted/$1"
    must_refuse "$1 includes $2" "$1:1: may not include" bash "$0" "$planted"
    rm "$planted/$1"
    [ ! -f "$SCRATCH/kept" ] || mv "$SCRATCH/kept" "$planted/$1"
}
plant plugin/planted.c '"host_stub/loader.h"'
plant plugin/planted.c '"tests/planted.h"'
plant plugin/planted.h '"../host_stub/loader.h"'
plant plugin/planted.c '<time.h>'
plant plugin/planted.c '<jansson.h>'
plant host_stub/planted.c '"plugin/pid.h"'
plant abi/planted.h '"plugin/pid.h"'
plant abi/planted.h '<stdio.h>'
plant tests/fixtures/planted.c '"host_stub/guard.h"'
plant tests/fixtures/good_min.c '"tests/fixtures/bad.h"'
plant tests/embed/embed.c '"host_stub/loader.h"'
