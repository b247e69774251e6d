#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Under a comma locale host_stub and the plugin read the same numbers and write the same bytes.
# First a proof that the locale is really in force: a C program prints 1.5 as 1,5.
# (tests/run --locale de_DE.UTF-8 puts the whole suite under it.)
. "$(dirname "$0")/../tools/checks.sh"

locale=de_DE.UTF-8
command -v localedef >/dev/null && [ -f /usr/share/i18n/locales/de_DE ] ||
    skip "localedef or the locale sources are not here (package locales)"
"$SOURCE/tests/tools/make-locale" "$BUILD/locale" "$locale"
under_comma() {
    LOCPATH="$BUILD/locale" LC_ALL="$locale" "$@"
}

cat >"$SCRATCH/point.c" <<'EOF'
#include <locale.h>
#include <stdio.h>
int main(void)
{
    setlocale(LC_ALL, "");
    printf("%.1f\n", 1.5);
    return 0;
}
EOF
"$CC" -std=c11 "$SCRATCH/point.c" -o "$SCRATCH/point"
[ "$(under_comma "$SCRATCH/point")" = 1,5 ] || fail "the comma locale is not in force"
[ "$(LC_ALL=C "$SCRATCH/point")" = 1.5 ] || fail "the C locale is not in force"
if [ -n "${HMX_EXPECT_DECIMAL_POINT:-}" ]; then
    [ "$("$SCRATCH/point")" = "1${HMX_EXPECT_DECIMAL_POINT}5" ] ||
        fail "the suite should run under a comma locale and does not"
    echo "the whole suite runs under ${LC_ALL}"
fi

# The account of a run and its table, and what inspect and a refused configuration say.
simulate=("$HOST_STUB" simulate --scenario example --hours 2 --seed 5)
LC_ALL=C "${simulate[@]}" --json - >"$SCRATCH/c.json" </dev/null
under_comma "${simulate[@]}" --json - >"$SCRATCH/comma.json" </dev/null
[ -s "$SCRATCH/c.json" ] || fail "simulate --json - printed nothing"
cmp "$SCRATCH/c.json" "$SCRATCH/comma.json" || fail "the JSON depends on the locale"
LC_ALL=C "${simulate[@]}" >"$SCRATCH/c.txt" </dev/null
under_comma "${simulate[@]}" >"$SCRATCH/comma.txt" </dev/null
diff "$SCRATCH/c.txt" "$SCRATCH/comma.txt" || fail "the table depends on the locale"
LC_ALL=C "$HOST_STUB" inspect "$LIB/hashmux.so" >"$SCRATCH/c.txt"
under_comma "$HOST_STUB" inspect "$LIB/hashmux.so" >"$SCRATCH/comma.txt"
diff "$SCRATCH/c.txt" "$SCRATCH/comma.txt" || fail "inspect depends on the locale"
echo "the same bytes under C and under $locale"
