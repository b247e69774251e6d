#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# What the shared objects show to the dynamic linker, and what plugin/ keeps to itself:
#  - hashmux.so, and every plugin of tests/fixtures/, exports exactly hmx_plugin_entry_v1;
#  - it needs libc and libm only (and, in a sanitized build, the sanitizers);
#  - no text relocations, no static TLS, no library search path of its own;
#  - the objects of plugin/ have no writable static data and no thread-local data, and call nothing
#    that reads a clock, a locale or the environment, starts or ends anything, does stdio, or takes
#    memory from anywhere but the host.
#
#   exports.sh libraries FILE.so...  checks shared objects
#   exports.sh objects FILE.o...     checks what sources were compiled to
. "$(dirname "$0")/../tools/checks.sh"

# judge libraries|objects FILE...: one call of nm and readelf for all of them.
judge() {
    local kind=$1
    shift
    if [ "$kind" = libraries ]; then
        nm -A -D --defined-only --format=posix "$@" >"$SCRATCH/symbols" || fail "nm fails"
        LC_ALL=C readelf -dW "$@" /dev/null >"$SCRATCH/dynamic" 2>/dev/null || :
    else
        nm -A -f sysv "$@" >"$SCRATCH/symbols" 2>&1 || fail "nm fails: $(tail -n 3 "$SCRATCH/symbols")"
    fi
    python3 - "$kind" "$SCRATCH" "$(cmake_value HMX_SANITIZE)" "$forbidden" "$@" <<'PYTHON' || fail "see above"
import re
import sys

kind, scratch, sanitized, forbidden = sys.argv[1:5]
files = sys.argv[5:]
symbols = open(scratch + "/symbols", encoding="utf-8").read().splitlines()
mistakes = []
seen = set()


def judge_libraries():
    exported = {file: [] for file in files}
    for line in symbols:
        file, name = re.match(r"(.*?): (\S+) ", line).groups()
        exported[file].append(name)
    for file, names in exported.items():
        if names != ["hmx_plugin_entry_v1"]:
            mistakes.append("%s exports %s instead of hmx_plugin_entry_v1 alone" %
                            (file, " ".join(names) or "nothing"))
    file = files[0]
    for line in open(scratch + "/dynamic", encoding="utf-8"):
        found = re.match(r"File: (.*)", line)
        needed = re.search(r"\(NEEDED\).*\[(.*)\]$", line)
        file = found.group(1) if found else file
        if "Dynamic section" in line:
            seen.add(file)
        if needed and not re.match(r"lib[cm]\.so\.6$|ld-linux", needed.group(1)):
            if not re.match(r"lib(asan|ubsan)\.so|libclang_rt", needed.group(1)):
                mistakes.append("%s needs %s; a plugin may need libc and libm only" % (file, needed.group(1)))
            elif not sanitized:
                mistakes.append("%s needs %s" % (file, needed.group(1)))
        if "TEXTREL" in line:
            mistakes.append("%s has text relocations (TEXTREL)" % file)
        if "STATIC_TLS" in line:
            mistakes.append("%s uses static TLS, so loading it late may fail" % file)
        if re.search(r"\((RPATH|RUNPATH)\)", line):
            mistakes.append("%s has a library search path of its own" % file)


def judge_objects():
    for line in symbols:
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 7 or fields[0].endswith(":Name"):
            continue
        file, name = fields[0].rsplit(":", 1)
        section = fields[6]
        seen.add(file)
        if fields[2] == "U":
            name = re.sub(r"^__(.*)_chk$", r"\1", re.sub(r"^__isoc99_", "", name))
            if name in forbidden.split():
                mistakes.append("%s calls %s, which a plugin must not" % (file, name))
        elif section.startswith((".tdata", ".tbss")):
            mistakes.append("%s: '%s' is thread-local data" % (file, name))
        elif section == "*COM*" or section.startswith(".bss") or (
                section.startswith(".data") and not section.startswith(".data.rel.ro")):
            mistakes.append("%s: '%s' is writable static data" % (file, name))


judge_libraries() if kind == "libraries" else judge_objects()
mistakes += ["%s: nothing is known of it" % file for file in files if file not in seen]
print("\n".join(mistakes), file=sys.stderr)
sys.exit(1 if mistakes else 0)
PYTHON
}

# Functions that a plugin must not call: see THE RULES in abi/hmx_abi.h.
forbidden='malloc calloc realloc free aligned_alloc posix_memalign strdup strndup alloca
exit _exit _Exit quick_exit atexit on_exit raise kill signal sigaction fork system popen
time clock clock_gettime gettimeofday localtime localtime_r gmtime gmtime_r nanosleep sleep usleep
rand srand random srandom drand48 getrandom getentropy arc4random
setlocale newlocale uselocale localeconv getenv secure_getenv setenv
strtod strtof strtold atof scanf sscanf fscanf
printf fprintf vprintf vfprintf puts fputs putchar fputc fwrite fread fopen fdopen fclose perror
dlopen dlsym socket connect bind listen accept send recv getaddrinfo gethostbyname select poll
pthread_create pthread_mutex_lock thrd_create
sodium_init randombytes_buf randombytes_random randombytes_uniform randombytes'

compile() { # FILE.c FILE.o: without optimisation, so that nothing hides
    "$CC" -std=c11 -O0 -fPIC -fvisibility=hidden -D_POSIX_C_SOURCE=200809L -U_FORTIFY_SOURCE \
        -I "$SOURCE" -c "$1" -o "$2" || fail "$1 does not compile"
}

case "${1:-}" in
libraries | objects)
    judge "$@"
    exit 0
    ;;
esac

[ -f "$LIB/hashmux.so" ] || fail "there is no $LIB/hashmux.so: build first"
libraries=("$LIB/hashmux.so")
for file in "$SOURCE"/tests/fixtures/*/*.c; do
    name=${file##*/}
    libraries+=("$LIB/${name%.c}.so")
done
judge libraries "${libraries[@]}"

# The objects that the build left; one that was built with more than the sources ask for, and the
# one that is in no library, are compiled again.
objects=()
mapfile -t sources < <(find "$SOURCE/plugin" -name "*.c" | LC_ALL=C sort)
for file in "${sources[@]}"; do
    built=("$BUILD"/plugin/CMakeFiles/plugin_*.dir/"${file#"$SOURCE/plugin/"}".o)
    if [ "${#built[@]}" -ne 1 ] || [ -n "$(cmake_value HMX_SANITIZE)" ] ||
        [ "$(cmake_value HMX_COVERAGE)" = ON ]; then
        [ "${file#"$SOURCE/plugin/"}" = entry.c ] || [ "${#built[@]}" -eq 1 ] ||
            fail "$file is in ${#built[@]} libraries of the build: ${built[*]}"
        built=("$SCRATCH/${#objects[@]}.o")
        compile "$file" "${built[0]}"
    fi
    objects+=("${built[0]}")
done
[ "${#sources[@]}" -gt 0 ] || fail "plugin/ holds no sources"
judge objects "${objects[@]}"
printf 'hashmux.so and the fixtures are clean, so are %s sources of plugin/\n' "${#sources[@]}"

cat >"$SCRATCH/good.c" <<'EOF'
#include "abi/hmx_abi.h"
const hmx_descriptor *hmx_plugin_entry_v1(void) { return 0; }
EOF
library() { # WHAT TEXT C-CODE LINK-OPTIONS...: good.c and more as a library
    local what=$1 text=$2
    { cat "$SCRATCH/good.c" && printf '%s\n' "$3"; } >"$SCRATCH/planted.c"
    shift 3
    "$CC" -shared -fPIC -fvisibility=hidden -I "$SOURCE" "$SCRATCH/planted.c" \
        -o "$SCRATCH/planted.so" "$@"
    must_refuse "$what" "$text" bash "$0" libraries "$SCRATCH/planted.so"
}
library "a second export" "exports" 'HMX_EXPORT int more; int more;'
library "a library beyond libc" "needs libjansson" "" -Wl,--no-as-needed -ljansson
library "text relocations" TEXTREL \
    '__asm__(".text\n.quad hmx_plugin_entry_v1\n");' -Wl,-z,notext
library "a search path" "search path" "" -Wl,-rpath,/nowhere
planted_source() { # WHAT TEXT C-CODE
    printf '%s\n' "$3" >"$SCRATCH/planted.c"
    compile "$SCRATCH/planted.c" "$SCRATCH/planted.o"
    must_refuse "$1" "$2" bash "$0" objects "$SCRATCH/planted.o"
}
planted_source "a static counter" "'counter' is writable" \
    'static int counter; int next(void); int next(void) { return ++counter; }'
planted_source "a writable table" "'table' is writable" 'int table[] = {1, 2};'
planted_source "a table of strings that is not const itself" "'names' is writable" \
    'extern const char *names[]; const char *names[] = {"a"};'
planted_source "thread-local data" "'mine' is thread-local" '_Thread_local int mine;'
planted_source "a clock" "calls time," \
    '#include <time.h>
     long now(void); long now(void) { return (long)time(0); }'
planted_source "malloc" "calls malloc," \
    '#include <stdlib.h>
     void *get(void); void *get(void) { return malloc(3); }'
printf '%s\n' 'extern const char *const names[]; const char *const names[] = {"a"};' >"$SCRATCH/ok.c"
compile "$SCRATCH/ok.c" "$SCRATCH/ok.o"
bash "$0" objects "$SCRATCH/ok.o" || fail "a constant table must pass"
