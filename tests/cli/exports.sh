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
#   exports.sh library FILE.so    checks one shared object
#   exports.sh source FILE.c...   checks what these sources compile to
. "$(dirname "$0")/../tools/checks.sh"

check_library() { # FILE
    local exported needed name dynamic
    exported=$(nm -D --defined-only --format=posix "$1" | cut -d' ' -f1)
    [ "$exported" = hmx_plugin_entry_v1 ] ||
        fail "$1 exports" ${exported:-nothing} "instead of hmx_plugin_entry_v1 alone"
    dynamic=$(LC_ALL=C readelf -dW "$1")
    needed=$(sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' <<<"$dynamic")
    for name in $needed; do
        case "$name" in
        libc.so.6 | libm.so.6 | ld-linux*) ;;
        libasan.so.* | libubsan.so.* | libclang_rt.*)
            [ -n "$(cmake_value HMX_SANITIZE)" ] || fail "$1 needs $name"
            ;;
        *) fail "$1 needs $name; a plugin may need libc and libm only" ;;
        esac
    done
    ! grep -q TEXTREL <<<"$dynamic" || fail "$1 has text relocations (TEXTREL)"
    ! grep -q STATIC_TLS <<<"$dynamic" || fail "$1 uses static TLS, so loading it late may fail"
    ! grep -qE '\((RPATH|RUNPATH)\)' <<<"$dynamic" || fail "$1 has a library search path of its own"
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

check_source() { # FILE.c: compiled without optimisation, so that nothing hides
    local object="$SCRATCH/object.o" name section
    "$CC" -std=c11 -O0 -fPIC -fvisibility=hidden -D_POSIX_C_SOURCE=200809L -U_FORTIFY_SOURCE \
        -I "$SOURCE" -c "$1" -o "$object" || fail "$1 does not compile"
    while IFS='|' read -r name _ _ _ _ _ section; do
        name=${name// /} section=${section// /}
        case "$section" in
        .data.rel.ro*) ;;
        .data* | .bss* | '*COM*') fail "$1: '$name' is writable static data" ;;
        .tdata* | .tbss*) fail "$1: '$name' is thread-local data" ;;
        esac
    done < <(nm -f sysv "$object" | grep '|')
    for name in $(nm -u --format=posix "$object" | sed 's/ .*//; s/^__isoc99_//'); do
        case " ${forbidden//$'\n'/ } " in
        *" $name "*) fail "$1 calls $name, which a plugin must not" ;;
        esac
    done
}

case "${1:-}" in
library)
    check_library "$2"
    exit 0
    ;;
source)
    shift
    for file in "$@"; do
        check_source "$file"
    done
    exit 0
    ;;
esac

[ -f "$LIB/hashmux.so" ] || fail "there is no $LIB/hashmux.so: build first"
check_library "$LIB/hashmux.so"
for file in "$SOURCE"/tests/fixtures/*/*.c; do
    name=${file##*/}
    check_library "$LIB/${name%.c}.so"
done
count=0
mapfile -t sources < <(find "$SOURCE/plugin" -name "*.c" | LC_ALL=C sort)
for file in "${sources[@]}"; do
    check_source "$file"
    count=$((count + 1))
done
[ "$count" -gt 0 ] || fail "plugin/ holds no sources"
printf 'hashmux.so and the fixtures are clean, so are %s sources of plugin/\n' "$count"

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
    must_refuse "$what" "$text" bash "$0" library "$SCRATCH/planted.so"
}
library "a second export" "exports" 'HMX_EXPORT int more; int more;'
library "a library beyond libc" "needs libjansson" "" -Wl,--no-as-needed -ljansson
library "text relocations" TEXTREL \
    '__asm__(".text\n.quad hmx_plugin_entry_v1\n");' -Wl,-z,notext
library "a search path" "search path" "" -Wl,-rpath,/nowhere
planted_source() { # WHAT TEXT C-CODE
    printf '%s\n' "$3" >"$SCRATCH/planted.c"
    must_refuse "$1" "$2" bash "$0" source "$SCRATCH/planted.c"
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
bash "$0" source "$SCRATCH/ok.c" || fail "a constant table must pass"
