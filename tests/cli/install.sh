#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# cmake --install: what is installed runs from there, and finds its plugin, its example and its
# scenarios; a proxy's author finds the headers by pkg-config and by CMake; the manual is clean; the
# unit is one that systemd takes, and locks away what the proxy has no use for.
. "$(dirname "$0")/../tools/checks.sh"

prefix=$SCRATCH/usr
cmake --install "$BUILD" --prefix "$prefix" >"$SCRATCH/log" || fail "$(cat "$SCRATCH/log")"
program=$prefix/bin/host_stub
mv "$prefix" "$SCRATCH/moved" # nothing of where it was installed is in it
prefix=$SCRATCH/moved program=$SCRATCH/moved/bin/host_stub

cd "$SCRATCH" # not in a source folder
"$program" scan >said || fail "$(cat said)"
grep -q "ok       $prefix/lib/hashmux/hashmux.so: org.hashmux.hashmux" said || fail "$(cat said)"
"$program" simulate --list >said
grep -q '^outage' said || fail "the scenarios are not found"
"$program" simulate --scenario example --hours 0.2 >said 2>log || fail "$(cat said)"
grep -q 'upstream\|pool' said || fail "no table: $(cat said)"
"$program" config-check "$prefix/share/hashmux/plugin.ini.example" 2>said || fail "$(cat said)"
[ -z "$(find "$prefix" -type f -perm /022)" ] || fail "files that others may write"

# The headers. A plugin with sanitizers wants an author's host with them.
sanitizers=$(cmake_value HMX_SANITIZE)
export CFLAGS=${sanitizers:+-fsanitize=$sanitizers}
export PKG_CONFIG_PATH=$prefix/share/pkgconfig
# shellcheck disable=SC2046 # words
"$CC" $CFLAGS $(pkg-config --define-prefix --cflags hashmux) "$SOURCE/tests/embed/embed.c" -ldl -o embed ||
    fail "embed.c does not build by pkg-config"
./embed "$(pkg-config --define-prefix --variable=plugindir hashmux)/hashmux.so" >said || fail "$(cat said)"
grep -q 'goes from' said || fail "no decision: $(cat said)"
mkdir author
cp "$SOURCE/tests/embed/embed.c" author/
cat >author/CMakeLists.txt <<'C'
cmake_minimum_required(VERSION 3.13)
project(author C)
find_package(hashmux 0.2 REQUIRED)
add_executable(author embed.c)
target_link_libraries(author PRIVATE hashmux::abi ${CMAKE_DL_LIBS})
file(WRITE ${CMAKE_BINARY_DIR}/plugins "${hashmux_PLUGIN_DIR}")
C
cmake -S author -B author/build -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$CC" >log 2>&1 &&
    cmake --build author/build >>log 2>&1 || fail "$(cat log)"
author/build/author "$(cat author/build/plugins)/hashmux.so" >said || fail "$(cat said)"

# The manual, a page for each command.
for command in $("$program" --help | sed -n 's/^  host_stub \(.\{13\}\) .*/\1/p' | sed 's/ *$//; s/ /-/g'); do
    [ -s "$prefix/share/man/man1/host_stub-$command.1" ] || fail "no manual of $command"
done
if command -v groff >/dev/null; then
    for page in "$prefix"/share/man/man1/*.1; do
        groff -man -Tutf8 -ww -z "$page" 2>said
        [ ! -s said ] || fail "$page: $(cat said)"
    done
fi
bash -n "$prefix/share/bash-completion/completions/host_stub"

# The unit.
unit=$SOURCE/host_stub/packaging/hashmux.service
if command -v systemd-analyze >/dev/null; then
    sed "s,/usr/bin/host_stub,$program," "$unit" >hashmux.service
    systemd-analyze verify --man=no ./hashmux.service >said 2>&1 || true
    ! grep 'hashmux.service' said || fail "the unit is refused"
    exposure=$(systemd-analyze security --offline=yes ./hashmux.service 2>&1 |
        sed -n 's/.*Overall exposure level[^:]*: \([0-9.]*\).*/\1/p')
    awk -v e="$exposure" 'BEGIN { exit !(e > 0 && e < 2.0) }' || fail "exposure level '$exposure'"
    printf 'exposure level %s\n' "$exposure"
fi
"$program" proxy --help >help
for key in $(sed -n 's/^#* *\([a-z-]*\) = .*/\1/p' "$SOURCE/host_stub/packaging/proxy.ini"); do
    grep -q -- "--$key " help || fail "proxy.ini: proxy has no --$key"
done
echo "installed, moved, and all of it found"
