#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# tests/tools/mutate: which mutants it draws. Whether tests see them takes an hour, see tests/README.md.
. "$(dirname "$0")/../tools/checks.sh"

command -v python3 >/dev/null || skip "python3 is not here"
mutate=$SOURCE/tests/tools/mutate
"$mutate" --help >"$SCRATCH/help"
grep -e --seed "$SCRATCH/help" >/dev/null || fail "--help does not tell the options"

# A tree with all that must be changed and all that must not.
tree=$SCRATCH/tree
mkdir -p "$tree/tests/tools" "$tree/plugin"
cp "$mutate" "$tree/tests/tools/"
cat >"$tree/plugin/a.c" <<'END'
/* 1 + 2 */
#include <a-1.h>
#define MOST 9u
static const char *const TEXT = "1 < 2";
int f(const char *p, double x)
{
    char row[12 + 1];
    __builtin_prefetch(p, 1);
    row[3] = 'a';
    if (!p && x >= 0.5) { // 5
        return -MOST << 1;
    }
    return x * 0.0 > 0x1fu;
}
END
"$tree/tests/tools/mutate" --list --count 1000 >"$SCRATCH/all"
cut -d ' ' -f 2- "$SCRATCH/all" | LC_ALL=C sort >"$SCRATCH/got"
LC_ALL=C sort >"$SCRATCH/wanted" <<'END'
plugin/a.c:3 9u -> 10u
plugin/a.c:3 9u -> 8u
plugin/a.c:9 3 -> 4
plugin/a.c:9 3 -> 2
plugin/a.c:10 ! -> (nothing)
plugin/a.c:10 && -> ||
plugin/a.c:10 >= -> >
plugin/a.c:10 >= -> <
plugin/a.c:10 0.5 -> 0.625
plugin/a.c:11 << -> >>
plugin/a.c:11 1 -> 2
plugin/a.c:11 1 -> 0
plugin/a.c:13 * -> /
plugin/a.c:13 0.0 -> 1.0
plugin/a.c:13 > -> >=
plugin/a.c:13 > -> <
plugin/a.c:13 0x1fu -> 0x20u
END
diff "$SCRATCH/wanted" "$SCRATCH/got" || fail "other mutants than wanted, see above"

# The seed decides, and nothing else.
"$tree/tests/tools/mutate" --list --count 1000 --seed 1 | cmp - "$SCRATCH/all" ||
    fail "the same seed drew other mutants"
! "$tree/tests/tools/mutate" --list --count 1000 --seed 2 | cmp -s - "$SCRATCH/all" ||
    fail "another seed drew the same order"
# A line more elsewhere changes neither the others nor their order.
sed -i 's/^int f/static int MORE = 4711;\n&/' "$tree/plugin/a.c"
"$tree/tests/tools/mutate" --list --count 1000 >"$SCRATCH/more"
[ "$(wc -l <"$SCRATCH/more")" -eq 19 ] || fail "a line with a number is not two mutants more"
sed -i 's/^static int MORE.*/\n/' "$tree/plugin/a.c"
"$tree/tests/tools/mutate" --list --count 1000 >"$SCRATCH/moved"
cut -d ' ' -f 3- "$SCRATCH/moved" | cmp -s - <(cut -d ' ' -f 3- "$SCRATCH/all") || fail "lines that moved changed the order"
grep -v '4711' "$SCRATCH/more" | cut -d ' ' -f 3- | cmp -s - <(cut -d ' ' -f 3- "$SCRATCH/all") ||
    fail "a line more changed the order of the others"
[ "$("$mutate" --list --count 120 --seed 1 | wc -l)" -eq 120 ] || fail "--count is not the number"

# Results of other sources are refused, as is a pick that is not there.
echo '0 plugin/b.c:1 1 -> 2: survived' >"$SCRATCH/other"
must_refuse "results of other sources" "not the one of this seed" \
    "$tree/tests/tools/mutate" --resume "$SCRATCH/other"
must_refuse "a number too large" "numbers below 17" "$tree/tests/tools/mutate" --pick 17
echo "mutate: 17 mutants of a small tree, by the seed"
