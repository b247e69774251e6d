#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Nothing in plugin/ is there for the tests only: each function and table that is not static is used
# by another object of plugin/ or once more in its own file. Read with nm from the libraries of the
# folders, so that what a comment says does not count as a use elsewhere.
#
#   unused.sh ROOT ARCHIVE...   checks these archives against the sources below ROOT
. "$(dirname "$0")/../tools/checks.sh"

check_archives() { # ROOT ARCHIVE...
    python3 - "$@" <<'PYTHON' || fail "a function that nothing but the tests calls"
import glob
import os
import re
import subprocess
import sys

root, archives = sys.argv[1], sys.argv[2:]
defined, wanted = {}, set()
for archive in archives:
    text = subprocess.run(["nm", "-A", "--format=posix", archive], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    for line in text.splitlines():
        # /build/plugin/libplugin_farm.a[channels.c.o]: hm_channels_open T 0 10
        where, symbol, kind = line.split()[:3]
        if kind in "Uw":
            wanted.add(symbol)
        elif kind.isupper() and not symbol.startswith("__"):  # the compiler's own, of a sanitizer
            defined[symbol] = where[where.rindex("[") + 1:where.rindex("]")].removesuffix(".o")

sources = {}
for path in glob.glob(os.path.join(root, "**", "*.c"), recursive=True):
    text = re.sub(r"/\*.*?\*/", "", open(path, encoding="utf-8").read(), flags=re.S)
    sources[os.path.basename(path)] = text
# What the shared object's entry names; it is not in the libraries.
entry = sources.get("entry.c", "")
unused = [symbol for symbol, file in sorted(defined.items())
          if symbol not in wanted and not re.search(r"\b%s\b" % symbol, entry)
          and len(re.findall(r"\b%s\b" % symbol, sources[file])) < 2]
for symbol in unused:
    print("%s in %s has no caller" % (symbol, defined[symbol]))
if not unused:
    print("each of %d functions and tables has a caller" % len(defined))
sys.exit(1 if unused or not defined else 0)
PYTHON
}

if [ $# -gt 1 ]; then
    check_archives "$@"
    exit 0
fi
[ -f "$BUILD/folders.txt" ] || fail "there is no $BUILD/folders.txt: build first"
mapfile -t archives < <(sed -n 's|^[^ ]* plugin[^ ]* \([^ ]*\) .*|\1|p' "$BUILD/folders.txt")
[ "${#archives[@]}" -gt 4 ] || fail "$BUILD/folders.txt names only ${#archives[@]} folders of plugin/"
check_archives "$SOURCE/plugin" "${archives[@]}"

mkdir "$SCRATCH/planted"
cat >"$SCRATCH/planted/planted.c" <<'C'
int used_here(void)
{
    return 1;
}
int planted(void) /* used_here() calls planted() */
{
    return used_here();
}
C
"$CC" -std=c11 -c "$SCRATCH/planted/planted.c" -o "$SCRATCH/planted.c.o"
ar rc "$SCRATCH/libplanted.a" "$SCRATCH/planted.c.o"
must_refuse "a function without a caller" "planted in planted.c has no caller" \
    bash "$0" "$SCRATCH/planted" "$SCRATCH/libplanted.a"
