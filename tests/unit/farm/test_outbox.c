/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/outbox.h"

#include <criterion/criterion.h>
#include <string.h>

enum { ROWS = 3 };

static hmx_decision rows[ROWS];

static hm_outbox empty_outbox(void)
{
    memset(rows, 0, sizeof rows);
    for (int i = 0; i < ROWS; i++) {
        rows[i].size = sizeof rows[i];
    }
    return (hm_outbox){.rows = rows, .stride = sizeof rows[0], .capacity = ROWS};
}

Test(outbox, decisions_stand_in_the_order_in_which_they_came)
{
    hm_outbox o = empty_outbox();
    for (uint32_t i = 0; i < ROWS; i++) {
        cr_assert_eq(hm_outbox_room(&o), ROWS - i);
        hm_outbox_put(&o, &(hm_decision){.channel = 7 + i, .to = 2});
    }
    cr_assert_eq(hm_outbox_room(&o), 0);
    for (uint32_t i = 0; i < ROWS; i++) {
        cr_assert(rows[i].channel == 7 + i && rows[i].size == sizeof rows[i] && rows[i].to == 2);
    }
}

Test(outbox, taken_back_all_rows_are_as_the_host_gave_them)
{
    hm_outbox o = empty_outbox();
    for (uint32_t i = 0; i < ROWS; i++) {
        hm_outbox_put(&o, &(hm_decision){.channel = 7 + i, .decision = 9 + i, .to = 2});
    }
    hm_outbox_clear(&o);
    cr_assert_eq(hm_outbox_room(&o), ROWS);
    for (uint32_t i = 0; i < ROWS; i++) {
        cr_assert(rows[i].channel == 0 && rows[i].decision == 0 && rows[i].to == 0, "row %u", i);
    }
}
