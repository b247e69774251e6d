/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The values of single keys: words, numbers, gains, addresses, authority keys. */
#include "tests/unit/config/config_fixture.h"

#include "plugin/base/decimal.h"
#include "plugin/config/config_keys.h"

#define A100 FIXTURE_UPSTREAM("a", "100", "1")

/* The upstream's keys but for one, which the test gives itself. */
static void with_key(char *out, size_t size, const char *name, const char *value)
{
    static const char *const keys[][2] = {{"address", "a.example"},
                                          {"port", "3333"},
                                          {"authority_pubkey", FIXTURE_KEY_A},
                                          {"percentage", "100"},
                                          {"priority", "1"}};
    hm_text t;
    hm_text_init(&t, out, size);
    hm_text_add(&t, "[upstream.a]\n");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const int replaced =
            strcmp(keys[i][0], "percentage") == 0 && strcmp(name, "hashrate_ths") == 0;
        if (!replaced && strcmp(keys[i][0], name) != 0) {
            hm_text_addf(&t, "%s = %s\n", keys[i][0], keys[i][1]);
        }
    }
    const uint32_t of_upstream = hm_config_key_find(HM_SECTION_UPSTREAM, name);
    if (of_upstream < hm_config_key_count) {
        hm_text_addf(&t, "%s = %s\n", name, value);
        return;
    }
    const int in_controller = hm_config_key_find(HM_SECTION_CONTROLLER, name) < hm_config_key_count;
    hm_text_addf(&t, "[%s]\n%s = %s\n", in_controller ? "controller" : "failover", name, value);
    if (strcmp(name, "hold_down_secs") == 0) { /* the other end of their rule out of the way */
        hm_text_add(&t, "hold_down_max_secs = 604800\n");
    } else if (strcmp(name, "hold_down_max_secs") == 0) {
        hm_text_add(&t, "hold_down_secs = 0\n");
    }
    static const char *const gains[] = {"kp", "ki", "kd"};
    const int is_gain = strlen(name) == 2;
    for (size_t i = 0; is_gain && i < 3; i++) {
        if (strcmp(gains[i], name) != 0) {
            hm_text_addf(&t, "%s = 0\n", gains[i]);
        }
    }
}

Test(config_value, words_and_booleans_in_any_case)
{
    static const struct {
        const char *word;
        uint32_t value;
    } rows[] = {{"true", 1},  {"Yes", 1}, {"ON", 1},  {"1", 1},
                {"False", 0}, {"no", 0},  {"oFF", 0}, {"0", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text, "%s[controller]\nmeasure_on_accepted=%s\n", A100,
                       rows[i].word);
        cr_assert_eq(fixture_accepted(text)->controller.measure_on_accepted, rows[i].value);
    }
    cr_assert_eq(
        fixture_accepted(A100 "[controller]\ntuning_model = Aggressive\n")->controller.tuning_model,
        HMX_TUNING_AGGRESSIVE);
    fixture_refused(
        A100 "[controller]\nmeasure_on_accepted = 2\ntuning_model = turbo\n",
        "<text>:8: [controller] measure_on_accepted '2' is not known; allowed: true, "
        "false, yes, no, on, off, 1, 0\n"
        "<text>:9: [controller] tuning_model 'turbo' is not known; allowed: aggressive, "
        "balanced, conservative, proportional_only");
    fixture_refused_with(A100 "[controller]\ntuning_model =\n", "tuning_model '' is empty");
    fixture_refused_with(A100 "[controller]\ntuning_model = custom\n", "is not known");
}

/* ---- numbers ---- */

/* A number of the key's kind, one step away from `from`. */
static void print_step(const hm_config_key *key, double from, int steps, char out[32])
{
    hm_text t;
    hm_text_init(&t, out, 32);
    if (key->type == HM_KEY_WHOLE) {
        hm_text_addf(&t, "%ld", (long)from + steps);
        return;
    }
    int64_t micros = 0;
    cr_assert_eq(hm_decimal_micros(from, &micros), 0);
    micros += steps;
    if (micros / HM_DECIMAL_MICROS > 999999999) {
        hm_text_add(&t, "1000000000");
        return;
    }
    hm_text_add_decimal(&t, hm_decimal_from_micros(micros));
}

/* Every number of the table takes both ends of its range and refuses what lies beyond, NaN,
 * infinity and text, with the range in the refusal. */
Test(config_value, every_number_has_its_range)
{
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        const hm_config_key *const key = &hm_config_keys[k];
        if (key->type != HM_KEY_WHOLE && key->type != HM_KEY_DECIMAL) {
            continue;
        }
        char text[1024];
        char low[32];
        char high[32];
        char below[32];
        char above[32];
        char range[96];
        print_step(key, key->min, 0, low);
        print_step(key, key->max, 0, high);
        print_step(key, key->min, -1, below);
        print_step(key, key->max, 1, above);
        (void)snprintf(range, sizeof range, "%s%s..%s",
                       key->words != NULL ? "or " : "allowed: ", low, high);
        if (strcmp(key->name, "percentage") != 0) { /* 0 alone would break the sum */
            with_key(text, sizeof text, key->name, low);
            (void)fixture_accepted(text);
        }
        with_key(text, sizeof text, key->name, high);
        (void)fixture_accepted(text);

        const char *const bad[] = {
            above, below,  "-1",      "nan",  "-nan", "inf", "-inf",
            "1e1", "x",    "1,5",     "0x10", "",     "1 %", "99999999999999999999",
            "5.",  "-0.5", "10 # ten"};
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            char place[64];
            with_key(text, sizeof text, key->name, bad[i]);
            fixture_refused_with(text, range);
            (void)snprintf(place, sizeof place, "%s '%s' ", key->name, bad[i]);
            fixture_refused_with(text, place);
            cr_assert_null(strchr(fixture_text(text)->why, '\n'), "one slip, one line: %s",
                           fixture_text(text)->why);
        }
        if (key->type == HM_KEY_WHOLE) {
            with_key(text, sizeof text, key->name, "2.5");
            fixture_refused_with(text, "is not a whole number");
        } else {
            with_key(text, sizeof text, key->name, "0.1234567");
            fixture_refused_with(text, "has more than six decimals");
        }
    }
}

Test(config_value, a_refusal_names_file_line_key_value_and_range)
{
    fixture_refused("[upstream.a]\naddress = a\nport = 70000\npercentage = 100\npriority = 1\n",
                    "<text>:3: [upstream.a] port '70000' is out of range; allowed: 1..65535, a "
                    "whole number");
    fixture_refused(
        A100 "[controller]\ndeadband_points = 0,5\n",
        "<text>:8: [controller] deadband_points '0,5' has a comma; write a point before "
        "the decimals and no separators; allowed: auto, or 0..100 percentage points, six "
        "decimals at most");
    fixture_refused_with(A100 "[controller]\ndeadband_points = 1 # wide\n",
                         "a comment after a value begins with a blank and ;");
}

Test(config_value, custom_gains_all_or_none)
{
    static const char *const some[] = {"kp = 1\n",         "ki = 1\n",         "kd = 1\n",
                                       "kp = 1\nki = 1\n", "kp = 1\nkd = 1\n", "ki = 1\nkd = 1\n"};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text, "%s[controller]\n%s", A100, some[i]);
        fixture_refused_with(text, "allowed: all of the set or none of it: kp ki kd");
        cr_assert_null(strchr(fixture_text(text)->why, '\n'), "told once");
    }
    fixture_refused(A100 "[controller]\nki = 1\nkp = 1\n",
                    "<text>:9: [controller] 'kp' without 'kd'; allowed: all of the set or none of "
                    "it: kp ki kd");
    const hm_config *const c = fixture_accepted(A100 "[controller]\nkp=0\nki=0\nkd=0\n");
    cr_assert_eq(c->controller.has_custom_gains, 1);
    cr_assert_eq(c->controller.tuning_model, HMX_TUNING_BALANCED);
}

/* The account at a pool: nothing, or text that a line of a file can hold. */
Test(config_value, accounts)
{
    static const struct {
        const char *account;
        const char *reason; /* NULL: it is good */
    } rows[] = {{"", NULL},
                {"wallet.farm_7", NULL},
                {"caf\xC3\xA9 * [x] = a;b", NULL},
                {"a\tb", "user_identity 'a\\x09b' has a control character"},
                {";x", NULL /* a comment */}};
    char text[1024];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        with_key(text, sizeof text, "user_identity", rows[i].account);
        if (rows[i].reason != NULL) {
            fixture_refused_with(text, rows[i].reason);
        } else {
            cr_assert_str_eq(fixture_accepted(text)->upstreams[0].user_identity,
                             rows[i].account[0] == ';' ? "" : rows[i].account);
        }
    }
    char longest[162];
    memset(longest, 'x', sizeof longest);
    longest[160] = '\0';
    with_key(text, sizeof text, "user_identity", longest);
    cr_assert_str_eq(fixture_accepted(text)->upstreams[0].user_identity, longest);
    longest[160] = 'x';
    longest[161] = '\0';
    with_key(text, sizeof text, "user_identity", longest);
    fixture_refused_with(text, "is too long; allowed: at most 160 bytes of printable text");
}

Test(config_value, addresses)
{
    static const char *const good[] = {"a",
                                       "pool.example",
                                       "POOL_a.example.",
                                       "a-b.c--d.x1",
                                       "1.example",
                                       "192.0.2.1",
                                       "255.255.255.255",
                                       "::1",
                                       "2001:db8::a:1",
                                       "::ffff:192.0.2.1",
                                       "xn--bcher-kva.example"};
    static const struct {
        const char *address;
        const char *reason;
    } bad[] = {{"", "is empty"},
               {"stratum2+tcp://pool.example:3333/key", "looks like a URL"},
               {"pool.example/", "looks like a URL"},
               {"pool.example:3333", "the port has a key of its own"},
               {"192.0.2.1:3333", "the port has a key of its own"},
               {"[::1]", "write an IPv6 address without them"},
               {"[::1]:3333", "write an IPv6 address without them"},
               {"1::2::3", "is no IPv6 address"},
               {"fe80::1%eth0", "is no IPv6 address"},
               {"300.0.0.1", "is no IPv4 address"},
               {"1.2.3", "is no IPv4 address"},
               {"192.0.2.1.", "is no IPv4 address"},
               {"192.0.2.01", "is no IPv4 address"},
               {"3333", "is no IPv4 address"},
               {"pool.1", "is no IPv4 address"},
               {"pool..example", "has an empty part"},
               {".example", "has an empty part"},
               {"example..", "has an empty part"},
               {".", "has an empty part"},
               {"-a.example", "begins or ends with -"},
               {"a-.example", "begins or ends with -"},
               {"a b", "has a character that no host name has"},
               {"a,b", "has a character that no host name has"},
               {"*.example", "has a character that no host name has"},
               {"user@pool", "has a character that no host name has"},
               {"\"pool\"", "has a character that no host name has"},
               {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b",
                "more than 63 characters"}};
    char text[1024];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        with_key(text, sizeof text, "address", good[i]);
        cr_assert_str_eq(fixture_accepted(text)->upstreams[0].address, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        with_key(text, sizeof text, "address", bad[i].address);
        fixture_refused_with(text, bad[i].reason);
    }
    char longest[162];
    for (size_t i = 0; i < sizeof longest; i++) {
        longest[i] = i % 50 == 49 ? '.' : 'a';
    }
    longest[161] = '\0';
    with_key(text, sizeof text, "address", longest);
    fixture_refused_with(text, "is too long; allowed: a host name, an IPv4 or an IPv6 address, "
                               "1..160 characters");
    longest[160] = '\0';
    with_key(text, sizeof text, "address", longest);
    cr_assert_str_eq(fixture_accepted(text)->upstreams[0].address, longest);
}

/* ---- numbers that are allowed, and of no use ---- */

Test(config_value, what_is_taken_as_something_else_is_told)
{
    static const struct {
        const char *line;
        const char *warning;
    } keys[] = {
        {"noise_factor = 0.1\n", "<text>:8: [controller] noise_factor 0.1 is so little that luck "
                                 "would move miners: 0.2 is used"},
        {"estimator_window_secs = 60\n", "<text>:8: [controller] estimator_window_secs 60 is so "
                                         "short that luck would move miners: 600 is used"},
        {"min_improvement = 0.5\n", "<text>:8: [controller] min_improvement 0.5 is so much that "
                                    "nobody would ever be moved: 0.45 is used"},
        {"noise_factor = 0.2\n", ""},
        {"estimator_window_secs = 600\n", ""},
        {"min_improvement = 0.45\n", ""},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char text[1024];
        snprintf(text, sizeof text, A100 "[controller]\n%s", keys[i].line);
        const fixture_load *const r = fixture_text(text);
        cr_assert_eq(r->status, HMX_OK);
        cr_expect_str_eq(r->warnings, keys[i].warning, "%s", r->warnings);
    }
}

/* ---- authority keys ---- */

Test(config_value, authority_keys)
{
    char text[1024];
    with_key(text, sizeof text, "authority_pubkey", "");
    const fixture_load *const r = fixture_text(text);
    cr_assert_eq(r->status, HMX_OK);
    cr_assert_eq(r->config.upstreams[0].has_key, 0);
    cr_assert_str_eq(r->warnings, "<text>:6: [upstream.a] authority_pubkey is empty: whoever "
                                  "answers at this address is taken for the pool");
    cr_assert_str_eq(
        fixture_text("[upstream.a]\naddress=a\nport=1\npriority=1\npercentage=100\n")->warnings,
        "<text>:1: [upstream.a] authority_pubkey is empty: whoever answers at this address is "
        "taken "
        "for the pool");
    cr_assert_str_eq(
        fixture_text("[upstream.a]\naddress=a\nport=1\npriority=1\npercentage=50\n"
                     "[upstream.b]\naddress=b\nport=1\npriority=2\npercentage=50\n"
                     "authority_pubkey =\n")
            ->warnings,
        "<text>:1: [upstream.a] authority_pubkey is empty: whoever answers at this address is "
        "taken for the pool\n"
        "<text>:11: [upstream.b] authority_pubkey is empty: whoever answers at this address is "
        "taken for the pool",
        "of each of them");
    with_key(text, sizeof text, "authority_pubkey",
             "0276637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a7455");
    const hm_config *const c = fixture_accepted(text);
    cr_assert_eq(c->upstreams[0].key[0], 0x76);
    cr_assert_eq(strlen(c->upstreams[0].authority_pubkey), 66);
    with_key(text, sizeof text, "authority_pubkey",
             "9bDuixKmZqAJnrmP746n8zU1wyAQRrus7th9dxnkPg6RzQvCnam");
    fixture_refused(text, "<text>:6: [upstream.a] authority_pubkey fails its checksum: a character "
                          "is wrong or missing (it has 51 characters, Base58Check has 51, "
                          "hexadecimal 64 or 66); allowed: Base58Check (51 characters from 9 on), "
                          "or 64 or 66 hexadecimal digits, or nothing");
    with_key(text, sizeof text, "authority_pubkey",
             "mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n");
    fixture_refused_with(text, "a SECRET key");
    cr_assert_null(strstr(fixture_text(text)->why, "mkDL"), "a secret is not repeated");
}
