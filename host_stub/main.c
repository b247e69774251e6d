/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * host_stub: a host you can trust. What it can do is in cmd/.
 */
#include <locale.h>

#include "host_stub/cmd/commands.h"

int main(int argc, char **argv)
{
    /* A real host may run under any locale: so do we, and nothing that we or a plugin print may
     * depend on it. */
    setlocale(LC_ALL, "");
    return hs_commands_main(argc, argv);
}
