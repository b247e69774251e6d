/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/guard/text.h"

#include <inttypes.h>
#include <string.h>

#include "host_stub/guard/copy.h"
#include "host_stub/guard/report.h"

int hs_guard_text_open(const hmx_text *why, hmx_text **out)
{
    *out = NULL;
    if (why == NULL) {
        return 0;
    }
    hmx_text *const copy = hs_copy_new(why, sizeof *why, sizeof *why);
    if (copy == NULL) {
        return -1;
    }
    if (why->data == NULL || why->capacity > HS_ROWS_MAX) {
        copy->data = NULL; /* nothing that could be written to */
        copy->capacity = 0;
    } else {
        copy->data = hs_copy_new(NULL, 0, (size_t)why->capacity);
        if (copy->data == NULL) {
            hs_copy_delete(copy);
            return -1;
        }
    }
    copy->len = 0;
    hs_copy_seal(copy);
    *out = copy;
    return 0;
}

/* 1 if `len` bytes and their NUL are there and readable as text. */
static int well_formed(const hmx_text *t)
{
    if (t->capacity == 0) {
        return t->len == 0;
    }
    if (t->len == 0) {
        return 1; /* nothing said: the NUL is not asked for */
    }
    if (t->len >= t->capacity || t->data[t->len] != '\0') {
        return 0;
    }
    for (uint32_t i = 0; i < t->len; i++) {
        const unsigned char c = (unsigned char)t->data[i];
        if ((c < 0x20 && c != '\n') || c == 0x7f) {
            return 0;
        }
    }
    return 1;
}

void hs_guard_text_close(hs_guard *g, hmx_text *copy, hmx_text *why, hmx_status status)
{
    if (copy == NULL) {
        return;
    }
    const hmx_text *const sealed = hs_copy_sealed(copy);
    if (copy->size != sealed->size || copy->data != sealed->data ||
        copy->capacity != sealed->capacity) {
        hs_guard_report(g, HS_P_SIZE_CHANGED, "changed size, data or capacity of the text");
        copy->data = sealed->data;
        copy->capacity = sealed->capacity;
    }
    if (!hs_copy_intact(copy) || (copy->data != NULL && !hs_copy_intact(copy->data))) {
        hs_guard_report(g, HS_P_WRITE_BEYOND_SIZE, "wrote beyond the text's capacity of %" PRIu64,
                        copy->capacity);
    }
    if (!well_formed(copy)) {
        hs_guard_report(g, HS_P_TEXT_FORMAT,
                        "the refusal's text of %" PRIu32 " bytes in %" PRIu64
                        " is cut wrongly, lacks its NUL or has control characters",
                        copy->len, copy->capacity);
    } else if (copy->len > 0) {
        memcpy(why->data, copy->data, (size_t)copy->len + 1);
        why->len = copy->len;
    }
    if (status == HMX_E_CONFIG && copy->len == 0 && copy->capacity > 1) {
        hs_guard_report(g, HS_P_REFUSAL_WITHOUT_TEXT, "refused the configuration without a word");
    }
    hs_copy_delete(copy->data);
    hs_copy_delete(copy);
}
