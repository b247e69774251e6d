/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter_fields: everything that the snapshot of the contract has is in the table, once. */
#include <criterion/criterion.h>
#include <string.h>

#include "plugin/adapter_fields.h"

static uint32_t rows_at(const hm_field *fields, uint32_t count, const char *name, size_t offset)
{
    uint32_t rows = 0;
    for (uint32_t i = 0; i < count; i++) {
        rows += fields[i].offset == offset &&
                (fields[i].type == HM_FIELD_FLAG || strcmp(fields[i].name, name) == 0);
    }
    return rows;
}

/* What says how the struct itself is laid out, and the rows' name, which is their label. */
static int is_frame(const char *name)
{
    static const char *const FRAME[] = {"size", "stride", "capacity",     "count",
                                        "rows", "id",     "schedule_name"};
    int found = strncmp(name, "pad", 3) == 0;
    for (size_t i = 0; i < sizeof FRAME / sizeof FRAME[0]; i++) {
        found |= strcmp(name, FRAME[i]) == 0;
    }
    return found;
}

static void check(const char *of, const char *name, size_t offset)
{
    const int is_row = strcmp(of, "hmx_upstream_metrics") == 0;
    if ((is_row || strcmp(of, "hmx_snapshot") == 0) && !is_frame(name)) {
        const uint32_t rows =
            is_row ? rows_at(HM_ROW_FIELDS, HM_ROW_FIELD_COUNT, name, offset)
                   : rows_at(HM_SNAPSHOT_FIELDS, HM_SNAPSHOT_FIELD_COUNT, name, offset);
        cr_expect_geq(rows, 1, "%s.%s is nowhere", of, name);
    }
}

Test(fields, every_member_of_the_snapshot_is_there)
{
#define HMX_STRUCT(name, size, align)
#define HMX_CONSTANT(name, value)
#define HMX_TEXT(name)
#define HMX_HOOK(name, member, offset)
#define HMX_FIELD(name, member, type, offset) check(#name, #member, offset);
#include "abi/hmx_layout.def"
}

static void check_names(const hm_field *fields, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const hm_field *const f = &fields[i];
        const size_t len = strlen(f->metric);
        cr_expect_eq(f->metric[strspn(f->metric, "abcdefghijklmnopqrstuvwxyz_")], '\0', "%s",
                     f->metric);
        cr_expect(len < 6 || strcmp(f->metric + len - 6, "_total") != 0, "%s", f->metric);
        cr_expect_gt(f->unit, 0.0);
        cr_expect_gt(strlen(f->help), 4);
        for (uint32_t k = 0; k < i; k++) {
            cr_expect_str_neq(f->metric, fields[k].metric);
            cr_expect_str_neq(f->name, fields[k].name);
        }
    }
}

Test(fields, names_are_unique)
{
    check_names(HM_SNAPSHOT_FIELDS, HM_SNAPSHOT_FIELD_COUNT);
    check_names(HM_ROW_FIELDS, HM_ROW_FIELD_COUNT);
}
