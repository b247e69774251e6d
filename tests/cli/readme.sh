#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# What README.md quotes is what the tests compile: between the lines
#     <!-- begin FILE -->
# and
#     <!-- end FILE -->
# stands FILE, verbatim, in one fenced code block. The embedding example must be quoted so.
. "$(dirname "$0")/../tools/checks.sh"

check_tree() { # ROOT
    local root=$1 file
    [ -f "$root/README.md" ] || fail "there is no README.md"
    local -a quoted
    mapfile -t quoted < <(sed -n 's/^<!-- begin \(.*\) -->$/\1/p' "$root/README.md")
    for file in "${quoted[@]}"; do
        [ -f "$root/$file" ] || fail "README.md quotes $file, which is not there"
        grep -qxF "<!-- end $file -->" "$root/README.md" ||
            fail "README.md has no line <!-- end $file -->"
        # The lines between the markers, without the two fences.
        awk -v from="<!-- begin $file -->" -v to="<!-- end $file -->" '
            $0 == to { inside = 0 }
            inside && !/^```/ { print }
            $0 == from { inside = 1 }' "$root/README.md" |
            diff "$root/$file" - >"$SCRATCH/diff" || {
            cat "$SCRATCH/diff"
            fail "README.md does not quote $file as it is"
        }
        printf 'README.md quotes %s verbatim\n' "$file"
    done
    case " ${quoted[*]} " in
    *" tests/embed/embed.c "*) ;;
    *) fail "README.md does not quote tests/embed/embed.c" ;;
    esac
}

if [ $# -eq 1 ]; then
    check_tree "$1"
    exit 0
fi
check_tree "$SOURCE"

planted=$SCRATCH/planted
mkdir -p "$planted/tests/embed"
printf 'int a;\n\nint b;\n' >"$planted/tests/embed/embed.c"
write_readme() { # TEXT: as the body of the code block
    printf 'x\n<!-- begin tests/embed/embed.c -->\n```c\n%s\n```\n<!-- end tests/embed/embed.c -->\ny\n' \
        "$1" >"$planted/README.md"
}
write_readme $'int a;\n\nint b;'
bash "$0" "$planted" >/dev/null || fail "a true quotation must pass"
write_readme $'int a;\n\nint c;'
must_refuse "a changed line" "does not quote" bash "$0" "$planted"
write_readme $'int a;\n\nint b;\nint c;'
must_refuse "an added line" "does not quote" bash "$0" "$planted"
echo 'nothing quoted' >"$planted/README.md"
must_refuse "no quotation" "does not quote tests/embed/embed.c" bash "$0" "$planted"
