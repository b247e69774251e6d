/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * [pin.*]: names, patterns, upstreams, and what pins must be to each other. */
#include "plugin/config/config_keys.h"
#include "tests/unit/config/config_fixture.h"

#define AB                                                                                         \
    FIXTURE_UPSTREAM("a", "60", "1")                                                               \
    FIXTURE_UPSTREAM("b", "40", "2") /* 12 lines */
#define PIN(name, identity, upstream)                                                              \
    "[pin." name "]\nuser_identity = " identity "\nupstream = " upstream "\n"

static const char *why_of(const hm_config *config)
{
    static char why[16384];
    static char other[16384];
    hm_text t;
    hm_text u;
    hm_text_init(&t, why, sizeof why);
    hm_text_init(&u, other, sizeof other);
    const hmx_status status = hm_config_validate_running(config, &t);
    cr_assert_eq(status, t.len == 0 ? HMX_OK : HMX_E_CONFIG);
    cr_assert_eq(hm_config_validate(config, &u), status);
    cr_assert_str_eq(why, other);
    return why;
}

static hm_config *with_two_pins(void)
{
    static hm_config config;
    config = *fixture_accepted(AB PIN("one", "farm.*", "a") PIN("two", "lab", "stay"));
    return &config;
}

Test(config_pins, in_the_order_of_the_file_wherever_they_stand)
{
    const hm_config *const c =
        fixture_accepted(PIN("z", "x*", "b") FIXTURE_UPSTREAM("a", "60", "1") PIN("a", "x1", "stay")
                             FIXTURE_UPSTREAM("b", "40", "2") PIN("0-_", "  a  b  ", "a"));
    cr_assert_eq(c->pin_count, 3);
    cr_assert_str_eq(c->pins[0].name, "z");
    cr_assert_str_eq(c->pins[1].name, "a", "a pin may be called as an upstream is");
    cr_assert_str_eq(c->pins[2].name, "0-_");
    cr_assert_str_eq(c->pins[2].user_identity, "a  b");
    cr_assert_str_eq(c->pins[1].upstream, "stay");
}

Test(config_pins, names)
{
    fixture_refused(AB PIN("A", "x", "a"),
                    "<text>:13: [pin.A] is no name of a pin; allowed: 1..32 of the characters a-z, "
                    "0-9, _ and -; write it a");
    fixture_refused_with(AB "[pin.]\n", "<text>:13: [pin.] is no name of a pin");
    (void)fixture_accepted(AB PIN("abcdefghijklmnopqrstuvwxyz012345", "x", "a"));
    fixture_refused_with(AB PIN("abcdefghijklmnopqrstuvwxyz0123456", "x", "a"),
                         "<text>:13: [pin.abcdefghijklmnopqrstuvwxyz0123456] is no name of a pin");
    /* As long as the struct's field, and longer, up to what the reader takes: cut there. */
    for (int len = 33; len <= 44; len++) {
        char text[1024];
        char reason[128];
        static const char name[] = "abcdefghijklmnopqrstuvwxyz0123456789abcdefgh";
        (void)snprintf(text, sizeof text, "%s" PIN("%.*s", "x", "a"), AB, len, name);
        (void)snprintf(reason, sizeof reason, "<text>:13: [pin.%.*s] is no name of a pin",
                       len < 39 ? len : 39, name);
        fixture_refused_with(text, reason);
    }
    fixture_refused(AB PIN("p", "x", "a") PIN("p", "y", "a"),
                    "<text>:16: section [pin.p] comes twice, first in line 13");
}

Test(config_pins, patterns)
{
    static const struct {
        const char *identity;
        const char *reason;
    } bad[] = {{"", "user_identity '' is empty"},
               {";x", "user_identity '' is empty"},
               {"a\tb", "user_identity 'a\\x09b' has a control character"}};
    char text[2048];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(text, sizeof text, "%s" PIN("p", "%s", "a"), AB, bad[i].identity);
        fixture_refused_with(text, bad[i].reason);
        fixture_refused_with(text, "; allowed: 1..128 bytes of printable text; * stands for any "
                                   "text, also for none");
    }
    fixture_refused(AB "[pin.p]\nuser_identity =;x\nupstream = a\n",
                    "<text>:14: [pin.p] user_identity ';x' has a ; at its start or behind a blank, "
                    "where a comment would begin; write * for it; allowed: 1..128 bytes of "
                    "printable text; * stands for any text, also for none");
    cr_assert_str_eq(fixture_accepted(AB PIN("p", "a ; b", "a"))->pins[0].user_identity, "a",
                     "a comment, as everywhere");
    cr_assert_str_eq(fixture_accepted(AB PIN("p", "# a;b = \"c\"", "a"))->pins[0].user_identity,
                     "# a;b = \"c\"");
    cr_assert_str_eq(
        fixture_accepted(AB PIN("p", "\xC3\xA0\xE2\x82\xAC*", "a"))->pins[0].user_identity,
        "\xC3\xA0\xE2\x82\xAC*");
    char longest[130];
    memset(longest, 'x', sizeof longest);
    longest[128] = '\0';
    (void)snprintf(text, sizeof text, "%s" PIN("p", "%s", "a"), AB, longest);
    cr_assert_str_eq(fixture_accepted(text)->pins[0].user_identity, longest);
    longest[128] = 'x';
    longest[129] = '\0';
    (void)snprintf(text, sizeof text, "%s" PIN("p", "%s", "a"), AB, longest);
    fixture_refused_with(text, "xxx' is too long; allowed: 1..128 bytes");
}

/* Only a pattern may have more than ASCII. */
Test(config_pins, other_values_are_ascii)
{
    fixture_refused(AB "[controller]\nkp = 1\xC2\xA0\nki = 1\nkd = 1\n",
                    "<text>:14: [controller] kp '1\xC2\xA0' has a character that is not ASCII; "
                    "allowed: 0..1000 points per point, six decimals at most");
    fixture_refused_with(AB "[failover]\nauto_restore = \xC3\xA0\n", "that is not ASCII; allowed");
    fixture_refused_with("[upstream.c]\naddress = p\xC3\xB6"
                         "ol.example\nport = 1\npriority = 1\npercentage = 100\n",
                         "that is not ASCII; allowed");
    fixture_refused_with(AB PIN("p", "x", "\xC3\xA0"), "that is not ASCII; allowed: the id");
    fixture_refused("[upstream.a]\naddress = a\nport = 1\npriority = 1\npercentage = 100\n"
                    "authority_pubkey = \xC3\xA0" FIXTURE_KEY_A "\n",
                    "<text>:6: [upstream.a] authority_pubkey has a character that is not ASCII; "
                    "allowed: Base58Check (51 characters from 9 on), or 64 or 66 hexadecimal "
                    "digits, or nothing");
}

Test(config_pins, upstreams)
{
    fixture_refused(AB PIN("p", "x", "c"),
                    "<text>:15: [pin.p] upstream 'c' is not configured; allowed: the id of an "
                    "[upstream.<id>], or stay");
    fixture_refused_with(AB PIN("p", "x", "Stay"), "upstream 'Stay' is no upstream id; allowed");
    fixture_refused_with(AB PIN("p", "x", ""), "upstream '' is empty; allowed");
    fixture_refused_with(AB PIN("p", "x", "aa"), "upstream 'aa' is not configured");
    fixture_refused_with(
        AB PIN("p", "x", "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz"),
        "is no upstream id; allowed");
    /* One that is not enabled may be enabled later. */
    (void)fixture_accepted(FIXTURE_UPSTREAM("a", "100", "1")
                               FIXTURE_UPSTREAM("b", "1", "2") "enabled = no\n" PIN("p", "x", "b"));
    /* Where a section was lost nobody knows whether it was this upstream. */
    fixture_refused(AB PIN("p", "x", "c") "[upstream.c\n",
                    "<text>:16: section '[upstream.c' is not closed; write [name]");
    fixture_refused(FIXTURE_UPSTREAM("stay", "100", "1"),
                    "<text>:1: [upstream.stay] is no upstream id: a pin says stay for no upstream "
                    "at all; choose another");
}

Test(config_pins, a_miner_has_one_pin)
{
    fixture_refused(
        AB PIN("p", "x*", "a") PIN("q", "y", "b") PIN("r", "x*", "b"),
        "<text>:20: [pin.r] has the same user_identity as [pin.p]; a miner has one pin");
    (void)fixture_accepted(AB PIN("p", "x*", "a") PIN("q", "X*", "b"));
    fixture_refused_with(AB PIN("p", "x ", "a") PIN("q", "x", "b"), "has the same user_identity");
}

Test(config_pins, a_pin_that_never_gets_a_miner_is_told)
{
    const fixture_load *const r = fixture_text(AB PIN("p", "x*", "a") PIN("q", "x1.*", "b")
                                                   PIN("r", "*", "stay") PIN("s", "y", "b"));
    cr_assert_eq(r->status, HMX_OK);
    cr_assert_str_eq(r->warnings,
                     "<text>:17: [pin.q] no miner is left for this pin: [pin.p] stands before it "
                     "and takes all that it matches\n"
                     "<text>:23: [pin.s] no miner is left for this pin: [pin.r] stands before it "
                     "and takes all that it matches");
    /* The particular before the general is how it is meant. */
    cr_assert_str_eq(
        fixture_text(AB PIN("p", "x1.*", "a") PIN("q", "x*", "b") PIN("r", "*", "stay"))->warnings,
        "");
    cr_assert_str_eq(fixture_text(AB PIN("p", "a*b", "a") PIN("q", "a*", "b"))->warnings, "");
}

Test(config_pins, at_most_64)
{
    static char text[16384];
    hm_text t;
    hm_text_init(&t, text, sizeof text);
    hm_text_add(&t, AB);
    for (int i = 0; i < 66; i++) {
        hm_text_addf(&t, PIN("p%d", "x%d", "a"), i, i);
        const fixture_load *const r = fixture_run(NULL, text, t.len, 2);
        cr_assert_eq(r->status, i < 64 ? HMX_OK : HMX_E_CONFIG, "%d: %s", i, r->why);
        if (i >= 64) {
            cr_assert_str_eq(r->why, "<text>:205: one pin too many; at most 64 are allowed");
        }
    }
}

/* ---- a struct that somebody else changed ---- */

Test(config_pins, added_and_removed_at_run_time)
{
    hm_config *const c = with_two_pins();
    cr_assert_str_eq(why_of(c), "");
    c->pins[2] = c->pins[1];
    c->pin_count = 3;
    cr_assert_str_eq(why_of(c),
                     "[pin.two] has the same name as [pin.two]; names of pins are unique\n"
                     "[pin.two] has the same user_identity as [pin.two]; a miner has one "
                     "pin");
    (void)strcpy(c->pins[2].name, "three");
    (void)strcpy(c->pins[2].user_identity, "other");
    cr_assert_str_eq(why_of(c), "");
    (void)strcpy(c->pins[2].upstream, "gone");
    cr_assert_str_eq(why_of(c), "[pin.three] upstream 'gone' is not configured; allowed: the id of "
                                "an [upstream.<id>], or stay");
    c->pin_count = 0;
    cr_assert_str_eq(why_of(c), "");
    c->pin_count = UINT32_MAX;
    cr_assert_not_null(strstr(why_of(c), "too many pins; at most 64 are allowed"));
}

Test(config_pins, what_a_file_could_not_hold)
{
    static const struct {
        const char *identity;
        const char *part;
    } bad[] = {{"", "is empty"},
               {" x", "begins or ends with a blank"},
               {"x ", "begins or ends with a blank"},
               {";x", "where a comment would begin"},
               {"x ;y", "where a comment would begin"},
               {"x\ny", "user_identity 'x\\x0Ay' has a control character"},
               {"x\xC3", "user_identity 'x\\xC3' is not valid UTF-8"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hm_config *const c = with_two_pins();
        (void)strcpy(c->pins[1].user_identity, bad[i].identity);
        cr_assert_not_null(strstr(why_of(c), bad[i].part), "%s", why_of(c));
    }
    hm_config *const c = with_two_pins();
    memset(c->pins[0].user_identity, 'x', sizeof c->pins[0].user_identity);
    memset(c->pins[1].user_identity, 'x', sizeof c->pins[1].user_identity);
    memset(c->pins[0].upstream, 'a', sizeof c->pins[0].upstream);
    memset(c->pins[1].name, 'n', sizeof c->pins[1].name);
    cr_assert_str_eq(why_of(c),
                     "[pin.one] user_identity is not terminated\n"
                     "[pin.one] upstream is not terminated\n"
                     "[pin.nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn] is no name of a pin; allowed: "
                     "1..32 of the characters a-z, 0-9, _ and -\n"
                     "[pin.nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn] user_identity is not "
                     "terminated");
}

/* Each section has a number of its own, and none is beyond the tables that are indexed by it. */
Test(config_pins, the_numbers_of_sections_are_distinct)
{
    uint8_t seen[HM_CONFIG_ROWS] = {0};
    seen[hm_config_row_number(HM_SECTION_CONTROLLER, 0)]++;
    for (uint32_t row = 0; row < HMX_UPSTREAMS_MAX; row++) {
        seen[hm_config_row_number(HM_SECTION_UPSTREAM, row)]++;
    }
    for (uint32_t row = 0; row < HM_CONFIG_PINS_MAX; row++) {
        seen[hm_config_row_number(HM_SECTION_PIN, row)]++;
    }
    for (uint32_t row = 0; row < HM_CONFIG_SCHEDULES_MAX; row++) {
        seen[hm_config_row_number(HM_SECTION_SCHEDULE, row)]++;
    }
    for (uint32_t i = 0; i < HM_CONFIG_ROWS; i++) {
        cr_assert_eq(seen[i], 1, "number %u", i);
    }
}
