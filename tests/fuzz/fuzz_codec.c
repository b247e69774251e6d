/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The codec on one frame. What it accepts it encodes to the same bytes again, except for what a
 * reader has to overlook, in the bytes and behind them; and what it encodes decodes to itself. */
#include <string.h>

#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/text.h"
#include "tests/fuzz/fuzz.h"

enum { ENCODED_MAX = 1 << 17 };

static uint8_t first[ENCODED_MAX];
static uint8_t second[ENCODED_MAX];

/* Where the frame has a BOOL, of which only bit 0 counts; 0 if nowhere. */
static size_t bool_at(const hs_sv2_message *m)
{
    if (m->id != HS_SV2_NEW_EXTENDED_JOB) {
        return 0;
    }
    return HS_SV2_HEADER_SIZE + 4 + 4 + 1 + (m->as.new_extended_job.min_ntime.present ? 4U : 0U) +
           4;
}

/* Do the bytes differ only where a strict reader may overlook it? */
static int same_frame(const uint8_t *data, const uint8_t *encoded, size_t len,
                      const hs_sv2_message *m)
{
    const size_t flag = bool_at(m);
    for (size_t i = 0; i < len; i++) {
        const unsigned difference = (unsigned)(data[i] ^ encoded[i]);
        const unsigned overlooked = i == 1 && hs_sv2_spec_of(m->id)->channel_bit_lax ? 0x80
                                    : i == flag && i > 0                             ? 0xfe
                                                                                     : 0;
        if ((difference & ~overlooked) != 0) {
            return 0;
        }
    }
    return 1;
}

static void print(const hs_sv2_message *m)
{
    static const size_t capacities[] = {0, 1, 40, 400, 4000};
    char text[4000];
    const size_t len = hs_sv2_text(m, 0, text, sizeof text);
    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        ALWAYS(hs_sv2_text(m, 0, text, capacities[i]) == len);
        ALWAYS(capacities[i] == 0 || memchr(text, '\0', capacities[i]) != NULL);
    }
    ALWAYS(hs_sv2_text(m, HS_SV2_TEXT_SHORT, text, sizeof text) <= 4 * sizeof text);
}

static void walk_tlvs(const hs_sv2_message *m)
{
    hs_sv2_bytes rest = m->tlv;
    hs_sv2_tlv tlv;
    while (hs_sv2_tlv_next(&rest, &tlv)) {
        ALWAYS(tlv.value.len <= m->tlv.len);
    }
    ALWAYS(rest.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hs_sv2_message m;
    hs_sv2_message again;
    hs_sv2_error why;
    size_t len = 0;
    size_t len_again = 0;
    size_t whole = 0;
    if (size > ENCODED_MAX / 2) {
        return 0;
    }
    const int strict = hs_sv2_decode(data, size, HS_SV2_STRICT, &m, &why) == 0;
    ALWAYS(strict || (why.text[0] != '\0' && why.reason != HS_SV2_OK && why.offset <= size));
    const int lenient = hs_sv2_decode(data, size, 0, &m, &why) == 0;
    ALWAYS(lenient || !strict);
    const int any = hs_sv2_decode(data, size, HS_SV2_ANY_RATE, &again, &why) == 0;
    ALWAYS(any || !lenient);
    if (!lenient) {
        return 0;
    }
    ALWAYS(hs_sv2_frame_size(data, size, &whole, NULL) == 0 && whole == size);
    print(&m);
    walk_tlvs(&m);
    if (hs_sv2_encode(&m, first, sizeof first, &len, &why) != 0) {
        ALWAYS(!strict);
        return 0;
    }
    ALWAYS(strict ? len == size : len <= size);
    ALWAYS(!strict || same_frame(data, first, len, &m));
    ALWAYS(hs_sv2_decode(first, len, HS_SV2_STRICT, &again, &why) == 0);
    ALWAYS(hs_sv2_encode(&again, second, sizeof second, &len_again, &why) == 0);
    ALWAYS(len_again == len && memcmp(first, second, len) == 0);
    /* A buffer that is one byte too small is refused and not overrun. */
    uint8_t *const tight = malloc(len);
    ALWAYS(tight != NULL);
    ALWAYS(hs_sv2_encode(&again, tight, len - 1, &len_again, &why) != 0);
    ALWAYS(why.reason == HS_SV2_E_CAPACITY && len_again == 0);
    free(tight);
    return 0;
}
