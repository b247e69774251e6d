#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub inspect and host_stub scan as a person runs them: what is printed, and the exit status.
. "$(dirname "$0")/../tools/checks.sh"

# expect STATUS TEXT COMMAND...: the exit status, and a line of the output that contains TEXT.
expect() {
    local status=$1 text=$2 output got=0
    shift 2
    output=$("$@" 2>&1) || got=$?
    [ "$got" -eq "$status" ] || fail "$*: exit status $got instead of $status: $output"
    case "$output" in
    *"$text"*) ;;
    *) fail "$*: does not say '$text' but: $output" ;;
    esac
}

[ -x "$HOST_STUB" ] || fail "there is no $HOST_STUB: build first"

# Who a plugin is.
expect 0 "org.example.good-min" "$HOST_STUB" inspect "$LIB/good_min.so"
expect 0 "contract     1.0" "$HOST_STUB" inspect "$LIB/good_min.so"
expect 0 "hooks        create, destroy, upstreams, on_upstream, on_channel_open, on_channel_close
not there    on_channel_update" "$HOST_STUB" inspect "$LIB/good_min.so"
expect 0 "makes use of reassign, share_work, extranonce, drain_report, soft_move, reopen" \
    "$HOST_STUB" inspect "$LIB/hashmux.so"
expect 0 "makes use of reassign, extranonce" "$HOST_STUB" inspect "$LIB/good_mover.so"
expect 0 "makes use of extranonce, unknown 0x4000000000000" "$HOST_STUB" inspect "$LIB/good_newer.so"
expect 0 "(this host: 1.0)" "$HOST_STUB" inspect "$LIB/good_newer.so"
expect 0 '"result":"ok","id":"org.hashmux.static"' "$HOST_STUB" inspect --json "$LIB/static.so"

# Without an instance no hook is called: one that cannot stand that is inspected all the same.
mkdir "$SCRATCH/own"
cat >"$SCRATCH/own/touchy.c" <<'C'
#include <stdlib.h>

#include "tests/fixtures/bad.h"

static const void *touchy(hmx_instance *self, const char *id)
{
    (void)id;
    if (self == NULL) {
        abort();
    }
    return NULL;
}
BAD_PLUGIN(.get_extension = touchy)
C
"$CC" -std=c11 -shared -fPIC -I "$SOURCE" "$SCRATCH/own/touchy.c" -o "$SCRATCH/own/touchy.so"
expect 0 "org.example.bad" "$HOST_STUB" inspect "$SCRATCH/own/touchy.so"
expect 0 '"result":"ok"' "$HOST_STUB" inspect --json "$SCRATCH/own/touchy.so"

# Why one is refused.
expect 1 "refused (magic): $LIB/bad_load_magic.so: " "$HOST_STUB" inspect "$LIB/bad_load_magic.so"
expect 1 '"result":"not-found","why":"' "$HOST_STUB" inspect "$SCRATCH/none.so" --json
expect 1 "refused (not-regular): $SCRATCH: is a directory" "$HOST_STUB" inspect "$SCRATCH"

# A plugin of a later major version, which the version script of the build would hide.
printf '%s\n' 'const void *hmx_plugin_entry_v2(void);' \
    'const void *hmx_plugin_entry_v2(void) { return 0; }' >"$SCRATCH/later.c"
mkdir "$SCRATCH/plugins"
"$CC" -shared -fPIC "$SCRATCH/later.c" -o "$SCRATCH/plugins/later.so"
expect 1 "refused (other-major): $SCRATCH/plugins/later.so: was made for contract version 2" \
    "$HOST_STUB" inspect "$SCRATCH/plugins/later.so"

# Usage.
expect 2 "FILE.so is needed" "$HOST_STUB" inspect
expect 2 "one argument too many" "$HOST_STUB" inspect a.so b.so
expect 2 "there is no option '--nonsense'" "$HOST_STUB" inspect --nonsense a.so
expect 0 "usage: host_stub inspect" "$HOST_STUB" inspect --help
expect 1 "ok       $LIB/hashmux.so: org.hashmux.hashmux" "$HOST_STUB" scan # where they are built
expect 0 "usage: host_stub scan" "$HOST_STUB" scan --help
expect 2 "$SCRATCH/none: cannot be read as a directory" "$HOST_STUB" scan "$SCRATCH/none"

# A folder: in order, a bad file stops nothing, and what is no *.so is not looked at.
cp "$LIB/good_min.so" "$SCRATCH/plugins/zz.so"
cp "$LIB/static.so" "$SCRATCH/plugins/mm.so"
chmod o+w "$SCRATCH/plugins/mm.so"
echo rubbish >"$SCRATCH/plugins/aa.so"
echo "read me" >"$SCRATCH/plugins/README"
expect 1 "4 files: 1 plugins, 3 refused" "$HOST_STUB" scan "$SCRATCH/plugins"
order=$("$HOST_STUB" scan "$SCRATCH/plugins" | grep -o '[a-z]*\.so' | uniq | paste -sd' ' || true)
[ "$order" = "aa.so later.so mm.so zz.so" ] || fail "the files came as '$order'"
rm "$SCRATCH/plugins/aa.so" "$SCRATCH/plugins/later.so"
chmod o-w "$SCRATCH/plugins/mm.so"
expect 0 "2 files: 2 plugins, 0 refused" "$HOST_STUB" scan "$SCRATCH/plugins"
expect 0 "0 files: 0 plugins, 0 refused" "$HOST_STUB" scan "$SCRATCH/plugins/.."
printf 'inspect and scan say what they should\n'
