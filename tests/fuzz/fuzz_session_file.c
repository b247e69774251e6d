/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The reader of session files on any text: what it cannot read it refuses with a sentence. */
#include "host_stub/check/file.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[400] = "";
    const hs_check_options options = {.verify = 0};
    hs_check *const check = hs_check_new(&options);
    /* fmemopen takes no empty buffer; it only reads this one. */
    FILE *const file = size > 0 ? fmemopen((void *)(uintptr_t)data, size, "rb") : NULL;
    ALWAYS(check != NULL);
    if (file != NULL) {
        const int read = hs_check_stream(check, file, "up-a.hex", why, sizeof why) == 0;
        ALWAYS(read == (why[0] == '\0'));
        ALWAYS(!read || hs_check_totals_of(check)->frames > 0);
        hs_check_finish(check);
        (void)fclose(file);
    }
    hs_check_free(check);
    return 0;
}
