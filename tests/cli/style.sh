#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The house rules that a machine can check: formatting, sizes of files and functions, a licence
# line in every source, no mark of unfinished work, no path of somebody's machine.
. "$(dirname "$0")/../tools/checks.sh"

# "file:line name-line length" of each function: clang-format puts the braces that open and close a
# function alone in column 0, and those of nothing else.
function_lengths() { # ROOT FILE...
    local root=$1
    shift
    (cd "$root" && awk '
        FNR == 1 { open = 0 }
        /^\{$/   { open = FNR }
        /^\}$/ && open { printf "%s:%d %d\n", FILENAME, open - 1, FNR - open + 1; open = 0 }' "$@")
}

check_sizes() { # ROOT FILE...
    local root=$1 file lines files=0 large=0
    shift
    while read -r lines file; do
        [ "$file" != total ] || continue
        [ "$lines" -le 600 ] || fail "$file has $lines lines; 600 is the limit"
        files=$((files + 1))
        [ "$lines" -le 400 ] || large=$((large + 1))
    done < <(cd "$root" && wc -l "$@")
    [ $((large * 10)) -le "$files" ] ||
        fail "$large of $files files are over 400 lines; one in ten may be"
    file=$(printf '%s\n' "$@" | sed -nE 's,/[^/]*\.c$,,p' | LC_ALL=C sort | uniq -c | awk '$1 > 30')
    [ -z "$file" ] || fail "more than 30 .c files in one folder:" $file
    function_lengths "$root" "$@" >"$SCRATCH/functions"
    while read -r file lines; do
        [ "$lines" -le 70 ] || fail "$file: this function has $lines lines; 70 is the limit"
    done <"$SCRATCH/functions"
    awk '$2 > 40 { long++ } END { exit long * 5 > NR }' "$SCRATCH/functions" ||
        fail "more than one function in five is over 40 lines"
    printf '%s files, %s of them over 400 lines; %s functions\n' "$files" "$large" \
        "$(wc -l <"$SCRATCH/functions")"
}

# refuse_text ROOT PATTERN WHY FILE...
refuse_text() {
    local root=$1 pattern=$2 why=$3 hits
    shift 3
    hits=$(cd "$root" && grep -nIE "$pattern" -- "$@" /dev/null) || return 0
    fail "$why: $hits"
}

check_tree() { # ROOT
    local root=$1 file
    local -a files sources
    mapfile -t files < <(project_files "$root")
    mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep -E '\.(c|h)$')
    [ "${#sources[@]}" -gt 0 ] || fail "there are no C files in $root"
    file=$(cd "$root" && clang-format-14 --dry-run "${sources[@]}" 2>&1 |
        sed -n 's/^\([^: ]*\):[0-9]*:.*/\1/p' | LC_ALL=C sort -u)
    [ -z "$file" ] || fail "not formatted; mend with: clang-format-14 -i" $file
    # clang-format leaves comments as they are, so that it tears no table: their width is ours to see.
    file=$(cd "$root" && awk 'length > 100 && /^[[:space:]]*(\/\*|\*) / { print FILENAME ":" FNR }' \
        "${sources[@]}")
    [ -z "$file" ] || fail "a comment wider than 100 columns:" $file
    check_sizes "$root" "${sources[@]}"
    file=$(cd "$root" && awk 'FNR == 1 && !/SPDX-License-Identifier: MIT OR Apache-2\.0/ {
        print FILENAME }' "${sources[@]}")
    [ -z "$file" ] || fail "the first line has no SPDX-License-Identifier: MIT OR Apache-2.0:" $file
    # The brackets keep these patterns from finding themselves.
    refuse_text "$root" '\b(TO[D]O|FIX[M]E)\b' "a mark of unfinished work" "${files[@]}"
    refuse_text "$root" '(^|[^A-Za-z0-9_.$}])/(hom[e]|roo[t]|wor[k]|far[m]|User[s]|mn[t])/' \
        "a path of somebody's machine" "${files[@]}"
}

command -v clang-format-14 >/dev/null || skip "clang-format-14 is not here"
if [ $# -eq 1 ]; then
    check_tree "$1"
    exit 0
fi
check_tree "$SOURCE"

# A small tree that is in order, then one violation after the other.
planted=$SCRATCH/planted
mkdir -p "$planted/plugin"
cp "$SOURCE/.clang-format" "$planted/"
licence='/* SPDX-License-Identifier: MIT OR Apache-2.0 */'
plant() { # WHAT TEXT BODY
    printf '%s\n' "$licence" "$3" >"$planted/plugin/planted.c"
    must_refuse "$1" "$2" bash "$0" "$planted"
}
lines() { # COUNT
    local i
    for ((i = 0; i < $1; i++)); do
        echo "    f();"
    done
}
printf '%s\nint f(void)\n{\n%s\n    return 0;\n}\n' "$licence" "$(lines 30)" \
    >"$planted/plugin/planted.c"
bash "$0" "$planted" >/dev/null || fail "a clean tree must pass"
mkdir "$planted/plugin/many"
for ((i = 0; i < 31; i++)); do
    cp "$planted/plugin/planted.c" "$planted/plugin/many/planted$i.c"
done
must_refuse "a full folder" "more than 30" bash "$0" "$planted"
rm -r "$planted/plugin/many"
plant "bad formatting" "not formatted" 'int  x;'
plant "a wide comment" "wider than 100" "/* $(printf 'wide %.0s' {1..20}) */"
plant "a long function" "73 lines" "int f(void)
{
$(lines 71)
}"
plant "a long file" "602 lines" "$(for ((i = 0; i < 601; i++)); do echo "extern int x;"; done)"
plant "a mark of unfinished work" "unfinished" "/* TO""DO: more */"
plant "a machine's path" "machine" 'const char *path = "/hom''e/somebody/x";'
licence='/* no licence */'
plant "a missing licence line" "SPDX" 'int x;'
