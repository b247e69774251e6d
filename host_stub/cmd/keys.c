/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The command `host_stub keys`.
 */
#include <stdio.h>

#include "host_stub/cmd/commands.h"
#include "host_stub/noise/authority.h"
#include "host_stub/noise/text.h"

typedef struct options {
    const char *file;
    int show;
} options;

static const hs_option OPTIONS[] = {
    HS_STRING(INPUT, "FILE", NULL, HS_AT(options, file),
              "for the secret key; it must not be there, unless --public is given", .required = 1),
    HS_FLAG("--public", HS_AT(options, show),
            "makes nothing: prints the public key of the secret that is in FILE"),
};

const hs_command HS_KEYS_COMMAND = {
    .name = "keys",
    .title = "authority keys, by which devices know a pool or a proxy",
    .about = "Makes the key pair of an authority. The secret key goes into FILE, which only its "
             "owner may read; the public key, in the form of the specification (51 characters "
             "that begin with 9), is printed: it is what goes into the devices.",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(options),
};

int hs_cmd_keys(hs_call *call)
{
    const options *const o = call->options;
    char text[HS_NOISE_TEXT_SIZE];
    if (!o->show && hs_noise_authority_create(o->file, call->why, sizeof call->why) != 0) {
        return HS_STATUS_WRONG;
    }
    hs_noise_authority *const authority =
        hs_noise_authority_load(o->file, call->why, sizeof call->why);
    if (authority == NULL) {
        return HS_STATUS_WRONG;
    }
    hs_noise_public_write(authority->x, text);
    hs_noise_authority_free(authority);
    (void)printf("%s\n", text);
    return HS_STATUS_DONE;
}
