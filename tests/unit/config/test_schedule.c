/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/unit/config/config_fixture.h"

#include "plugin/config/schedule.h"

#define AB    FIXTURE_UPSTREAM("a", "60", "1") FIXTURE_UPSTREAM("b", "40", "2")
#define NIGHT AB "[schedule.night]\n"
#define TIMES "from = 22:00\nto = 06:00\n"
#define GIVEN "targets = a:20 b:80\n"
/* 2025-01-01 was a Wednesday. */
#define MIDNIGHT 1735689600000ull
#define AT(day, hour, minute)                                                                      \
    (MIDNIGHT + 86400000ull * (day) + 3600000ull * (hour) + 60000ull * (minute))

Test(schedule, is_read_with_its_defaults)
{
    const hm_config *const c = fixture_accepted(NIGHT GIVEN);
    cr_assert_eq(c->schedule_count, 1);
    cr_assert_str_eq(c->schedules[0].name, "night");
    cr_assert_eq(c->schedules[0].days, 0x7f);
    cr_assert_eq(c->schedules[0].from_min, 0);
    cr_assert_eq(c->schedules[0].to_min, 1440);
    cr_assert_eq(c->schedules[0].zone, HM_ZONE_UTC);
    cr_assert(hm_schedule_target(c, 1, "a") == 20 && hm_schedule_target(c, 1, "b") == 80);
    cr_assert_eq(hm_schedule_target(c, 1, "c"), 0);
    const hm_config *const d = fixture_accepted(
        NIGHT "days = Fri-Mon, wed\ntimezone = -05:30\n" TIMES "targets = b:100\n");
    cr_assert_eq(d->schedules[0].days, 0x10 | 0x20 | 0x40 | 0x01 | 0x04);
    cr_assert_eq(d->schedules[0].zone, HM_ZONE_UTC - 330);
    cr_assert(d->schedules[0].from_min == 1320 && d->schedules[0].to_min == 360);
    cr_assert_eq(hm_schedule_target(d, 1, "a"), 0);
}

Test(schedule, mistakes_are_told)
{
#define REFUSED(text, sentence) fixture_refused_with(NIGHT text, sentence)
    REFUSED("days = all\n", "[schedule.night] key 'targets' is missing; allowed: id:percent");
    REFUSED("targets = a:20 b:70\n", "targets sum to 90; allowed: id:percent of pools");
    REFUSED("targets = a:20 c:80\n", "targets name 'c', which is not configured");
    REFUSED("targets = a:20 b:60 a:20\n", "targets name 'a', which stands there twice");
    REFUSED("targets = a 20\n", "targets 'a 20' is no list of id:percent");
    REFUSED("targets = a:-20 b:120\n", "is no list of id:percent");
    REFUSED("targets =\n", "targets '' is empty");
    REFUSED(GIVEN "from = 24:00\n",
            "from '24:00' is out of range; allowed: a time of day, 00:00..23:59");
    REFUSED(GIVEN "to = 00:00\n",
            "to '00:00' is out of range; allowed: a time of day, 00:01..24:00");
    REFUSED(GIVEN "from = 6\n", "from '6' is no time of day");
    REFUSED(GIVEN "from = 10:60\n", "is no time of day");
    REFUSED(GIVEN "from = 10:00\nto = 10:00\n", "from and to are the same");
    REFUSED(GIVEN "days = monday\n", "days 'monday' is no list of days; allowed: all, or days");
    REFUSED(GIVEN "days = mon-wed tue\n", "names a day twice");
    REFUSED(GIVEN "days = mon-\n", "is no list of days");
    REFUSED(GIVEN "timezone = CET\n", "names of zones are not known, and daylight saving is not");
    REFUSED(GIVEN "timezone = +14:01\n", "is no offset from UTC");
    REFUSED(GIVEN "[schedule.night]\n" GIVEN, "section [schedule.night] ");
    REFUSED(GIVEN "hours = 3\n", "unknown key 'hours' in [schedule.night]; known: days, from, to");
    fixture_refused_with(
        FIXTURE_UPSTREAM("a", "100", "1") "[upstream.b]\naddress = b.example\nport = 3333\n"
                                          "hashrate_ths = 5\npriority = 2\n[schedule.x]\n" GIVEN,
        "targets name 'b', which has its target in hashrate_ths");
    fixture_refused_with(AB "enabled = no\n[schedule.x]\ntargets = b:100\n",
                         "targets give nothing to an upstream that is enabled");
}

Test(schedule, thirty_two_are_allowed)
{
    static char text[8192];
    hm_text t;
    hm_text_init(&t, text, sizeof text);
    hm_text_add(&t, AB);
    for (unsigned i = 0; i < HM_CONFIG_SCHEDULES_MAX; i++) {
        hm_text_addf(&t, "[schedule.s%u]\n" GIVEN, i);
    }
    cr_assert_eq(fixture_accepted(text)->schedule_count, HM_CONFIG_SCHEDULES_MAX);
    hm_text_add(&t, "[schedule.more]\n" GIVEN);
    fixture_refused_with(text, "one schedule too many; at most 32 are allowed");
}

Test(schedule, holds_by_day_and_time)
{
    const hm_config *const c = fixture_accepted(NIGHT "days = mon-wed\n" TIMES GIVEN);
    cr_assert_eq(hm_schedule_at(c, 0), 0, "a host that does not know the time");
    cr_assert_eq(hm_schedule_at(c, AT(0, 21, 59)), 0);
    cr_assert_eq(hm_schedule_at(c, AT(0, 22, 0)), 1, "Wednesday");
    cr_assert_eq(hm_schedule_at(c, AT(1, 5, 59)), 1, "of the day before");
    cr_assert_eq(hm_schedule_at(c, AT(1, 6, 0)), 0);
    cr_assert_eq(hm_schedule_at(c, AT(1, 23, 0)), 0, "Thursday");
    cr_assert_eq(hm_schedule_at(c, AT(5, 3, 0)), 0, "Monday before it begins");
    cr_assert_eq(hm_schedule_at(c, AT(5, 22, 0)), 1);
    const hm_config *const east =
        fixture_accepted(NIGHT "days = thu\ntimezone = +05:30\nfrom = 00:00\nto = 01:00\n" GIVEN);
    cr_assert_eq(hm_schedule_at(east, AT(0, 18, 29)), 0);
    cr_assert_eq(hm_schedule_at(east, AT(0, 18, 30)), 1, "Thursday there");
    cr_assert_eq(hm_schedule_at(east, AT(0, 19, 30)), 0);
    const hm_config *const west =
        fixture_accepted(NIGHT "timezone = -14:00\nfrom = 00:00\nto = 24:00\n" GIVEN);
    cr_assert_eq(hm_schedule_at(west, 1), 0, "before 1970 there");
    cr_assert_eq(hm_schedule_at(west, AT(0, 0, 0)), 1);
}

Test(schedule, the_last_in_the_file_wins)
{
    const hm_config *const c =
        fixture_accepted(NIGHT TIMES GIVEN "[schedule.always]\n" GIVEN
                                           "[schedule.noon]\nfrom = 12:00\nto = 13:00\n" GIVEN);
    cr_assert_eq(hm_schedule_at(c, AT(0, 12, 30)), 3);
    cr_assert_eq(hm_schedule_at(c, AT(0, 23, 30)), 2);
}

/* What is written reads back to the same. */
Test(schedule, values_are_printed_as_they_are_read)
{
    static const char *const DAYS[] = {"all", "mon", "mon sun", "tue wed fri"};
    static const char *const ZONES[] = {"UTC", "+05:30", "-14:00", "+00:01"};
    char printed[64];
    hm_text t;
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t days = 0;
        uint32_t zone = 0;
        hm_text_init(&t, printed, sizeof printed);
        cr_assert_null(hm_days_parse(DAYS[i], &days));
        hm_days_print(days, &t);
        cr_assert_str_eq(printed, DAYS[i]);
        hm_text_init(&t, printed, sizeof printed);
        cr_assert_null(hm_zone_parse(ZONES[i], &zone));
        hm_zone_print(zone, &t);
        cr_assert_str_eq(printed, ZONES[i]);
    }
    for (uint32_t minutes = 0; minutes <= 1440; minutes += 7) {
        uint32_t read = 0;
        hm_text_init(&t, printed, sizeof printed);
        hm_time_print(minutes, &t);
        cr_assert_null(hm_time_parse(printed, &read));
        cr_assert_eq(read, minutes);
    }
}
