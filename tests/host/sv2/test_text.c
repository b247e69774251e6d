/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sv2/text: what is not already shown by the vectors. */
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/sv2/text.h"

static const char *shown(float value)
{
    static char text[HS_SV2_F32_TEXT_SIZE];
    cr_assert_eq(hs_sv2_f32_text(value, text), strlen(text));
    return text;
}

Test(sv2_f32, known_values)
{
    cr_assert_str_eq(shown(0.0F), "0");
    cr_assert_str_eq(shown(1.0F), "1");
    cr_assert_str_eq(shown(0.1F), "0.1");
    cr_assert_str_eq(shown(1.1e14F), "110000000000000");
    cr_assert_str_eq(shown(5e15F), "5000000000000000");
    cr_assert_str_eq(shown(123.456F), "123.456");
    cr_assert_str_eq(shown(16777216.0F), "16777216");
    cr_assert_str_eq(shown(8388608.0F), "8388608");
    cr_assert_str_eq(shown(0.99999994F), "0.99999994");
    cr_assert_str_eq(shown(3.4028234663852886e38F), "340282350000000000000000000000000000000");
    cr_assert_str_eq(shown(2097152.25F), "2097152.2"); /* a tie goes to the even digit */
    cr_assert_str_eq(shown(2097152.75F), "2097152.8");
    /* The smallest float there is. */
    cr_assert_str_eq(shown(1.401298464324817e-45F),
                     "0.000000000000000000000000000000000000000000001");
}

Test(sv2_f32, the_text_reads_back_to_the_same_float)
{
    uint32_t state = 1;
    setlocale(LC_ALL, "C"); /* strtof and printf, here the judges, read and write by the locale */
    for (int i = 0; i < 20000; i++) {
        state = state * 1664525u + 1013904223u;
        const uint32_t bits = state & 0x7fffffffu;
        float value = 0.0F;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) {
            continue;
        }
        const char *const text = shown(value);
        cr_assert_eq(strtof(text, NULL), value, "%s", text);
        /* No shorter number of digits would do: printf agrees on how many are needed. */
        int digits = 1;
        char printed[64];
        do {
            snprintf(printed, sizeof printed, "%.*e", digits - 1, (double)value);
        } while (strtof(printed, NULL) != value && ++digits < 12);
        int ours = 0;
        int zeros = 0;
        for (const char *c = text; *c != '\0'; c++) {
            if (*c != '.' && (*c != '0' || ours > 0)) {
                zeros = *c == '0' ? zeros + 1 : 0;
                ours++;
            }
        }
        cr_assert_leq(ours - zeros, digits, "%s", text);
    }
}

Test(sv2_f32, no_locale_changes_it)
{
    const char *const comma[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR", NULL};
    for (size_t i = 0; comma[i] != NULL && setlocale(LC_ALL, comma[i]) == NULL; i++) {
        continue;
    }
    cr_assert_str_eq(shown(1234.5F), "1234.5");
}

static const char *quoted(const char *data, uint32_t len)
{
    static char text[600];
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    m.as.setup_connection.vendor = (hs_sv2_bytes){(const uint8_t *)data, len};
    hs_sv2_text_field(&m, "vendor", 0, text, sizeof text);
    return text + sizeof "vendor=" - 1;
}

Test(sv2_text, strings_that_could_confuse_are_hex)
{
    cr_assert_str_eq(quoted("alice.rig1", 10), "\"alice.rig1\"");
    cr_assert_str_eq(quoted("", 0), "\"\"");
    cr_assert_str_eq(quoted("z\xc3\xbcrich", 7), "\"z\xc3\xbcrich\"");
    cr_assert_str_eq(quoted("a|b", 3), "hex:617c62");
    cr_assert_str_eq(quoted("a\x1b[2J", 5), "hex:611b5b324a"); /* no escape reaches a terminal */
    cr_assert_str_eq(quoted("\xc2\x9b", 2), "hex:c29b");
    cr_assert_str_eq(quoted("\xc0\xaf", 2), "hex:c0af");       /* overlong */
    cr_assert_str_eq(quoted("\xed\xa0\x80", 3), "hex:eda080"); /* a surrogate */
    cr_assert_str_eq(quoted("\xf4\x90\x80\x80", 4), "hex:f4908080");
    cr_assert_str_eq(quoted("\xe2\x82", 2), "hex:e282"); /* cut short */
}

Test(sv2_text, is_cut_like_snprintf)
{
    hs_sv2_message message = {.id = HS_SV2_SET_TARGET};
    char small[16];
    memset(small, 'x', sizeof small);
    const size_t len = hs_sv2_text(&message, 0, small, sizeof small);
    cr_assert_eq(len, strlen("SetTarget | channel_id=0,maximum_target=") + 64);
    cr_assert_str_eq(small, "SetTarget | cha");
    cr_assert_eq(hs_sv2_text(&message, 0, NULL, 0), len);
    message.id = 0x26;
    hs_sv2_text(&message, 0, small, sizeof small);
    cr_assert_str_eq(small, "unknown message");
}

Test(sv2_text, the_short_form_stays_short)
{
    static uint8_t many[4 * 1000];
    hs_sv2_message message = {.id = HS_SV2_SET_GROUP_CHANNEL};
    char text[256];
    message.as.set_group_channel.channel_ids = (hs_sv2_seq){many, 1000};
    const uint32_t flags = HS_SV2_TEXT_SHORT | HS_SV2_TEXT_FIELDS_ONLY;
    cr_assert_lt(hs_sv2_text(&message, flags, text, sizeof text), sizeof text);
    cr_assert_str_eq(text, "group_channel_id=0,channel_ids=[0;0;0;0;0;0;0;0;..(1000 items)]");
    message = (hs_sv2_message){.id = HS_SV2_SET_TARGET};
    message.as.set_target.maximum_target.byte[0] = 0xab;
    hs_sv2_text(&message, flags, text, sizeof text);
    cr_assert_str_eq(text, "channel_id=0,maximum_target=ab000000..00000000(32 bytes)");
}
