/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/pool/faults, live/pool/options, sv2/work: words, schedules and numbers; and what
 * each fault does to a pool's clients. */
#include <stdlib.h>

#include "host_stub/sv2/work.h"
#include "tests/host/live/pool/client.h"

#define WALL_MS UINT64_C(1700000000000)

static hs_pool_options options;
static hs_pool *pool;
static client us;
static uint32_t channel_id;
static char why[400];

static void begin(void)
{
    pool = hs_pool_new(&options, &CLIENT_OUT, NULL, WALL_MS);
    cr_assert_not_null(pool);
    client_join(&us, pool);
    client_setup_with(&us, 0);
    channel_id = client_open(&us, 1);
}

static void schedule(const char *text)
{
    cr_assert_eq(hs_pool_fault_parse(text, &options.faults[options.fault_count++], why, sizeof why),
                 0, "%s", why);
}

static void start(void)
{
    hs_options_defaults(&HS_POOL_COMMAND, &options);
    options.hashes_per_share = 64.0;
    options.tip_ms = 86400000;
    options.refresh_ms = 86400000;
    options.batch = 1;
    pool_notes[0] = '\0';
}

static void finish(void)
{
    if (pool != NULL) {
        client_must_hold(pool->own_faults == 0, "the pool broke a rule");
        hs_pool_free(pool);
        client_free(&us);
    }
}

TestSuite(pool_faults, .init = start, .fini = finish);

static void submit(void)
{
    const hs_sv2_message m = client_share(&us, channel_id);
    client_say(&us, &m);
}

Test(pool_faults, down_ends_connections_and_comes_back)
{
    schedule("down@12+5");
    begin();
    cr_assert_eq(hs_pool_next_ms(pool), 12000);
    hs_pool_advance(pool, 11999);
    cr_assert_not(hs_pool_is_down(pool));
    hs_pool_advance(pool, 12000);
    cr_assert(hs_pool_is_down(pool));
    cr_assert(us.ended && !us.ended_softly);
    cr_assert_eq(hs_pool_next_ms(pool), 17000);
    hs_pool_advance(pool, 17000);
    cr_assert_not(hs_pool_is_down(pool));
    cr_assert_str_eq(pool_notes, "down begins;down ends;");
}

Test(pool_faults, a_flap_is_down_and_up_in_turns)
{
    schedule("flap@10+5=2");
    begin();
    unsigned down = 0;
    unsigned changes = 0;
    int was = 0;
    for (uint64_t ms = 9000; ms < 17000; ms += 100) {
        hs_pool_advance(pool, ms);
        const int is = hs_pool_is_down(pool);
        down += is != 0;
        changes += is != was;
        was = is;
    }
    cr_assert_eq(down, 30, "2 s down, 2 s up, 1 s down");
    cr_assert_eq(changes, 4);
    hs_pool_advance(pool, 20000);
    cr_assert_eq(hs_pool_command(pool, "flap 1", why, sizeof why), 0);
    cr_assert(hs_pool_is_down(pool));
    cr_assert_eq(hs_pool_next_ms(pool), 21000);
    cr_assert_eq(hs_pool_command(pool, "up", why, sizeof why), 0);
    cr_assert_not(hs_pool_is_down(pool));
}

Test(pool_faults, a_grey_pool_accepts_its_fraction)
{
    schedule("grey@1+2=0.25");
    begin();
    hs_pool_advance(pool, 1000);
    for (int i = 0; i < 200; i++) {
        submit();
    }
    hs_pool_counts counts = pool->counts;
    cr_assert_eq(counts.accepted + counts.refused, 200);
    cr_assert_geq(counts.accepted, 30);
    cr_assert_leq(counts.accepted, 70);
    cr_assert_eq(client_count(&us, HS_SV2_SUBMIT_ERROR), (unsigned)counts.refused);
    hs_pool_advance(pool, 3000);
    submit();
    cr_assert_eq(pool->counts.accepted, counts.accepted + 1);
    json_t *const json = hs_pool_json(pool, 0);
    cr_assert_eq(
        json_integer_value(json_object_get(json_object_get(json, "rejected"), "invalid-share")),
        (json_int_t)counts.refused);
    json_decref(json);
}

Test(pool_faults, a_pool_that_refuses_accepts_nothing)
{
    begin();
    cr_assert_eq(hs_pool_command(pool, "refuse", why, sizeof why), 0);
    const hs_sv2_message m = client_share(&us, channel_id);
    client_expect_error(&us, &m, "invalid-share");
    cr_assert_eq(pool->counts.refused, 1);
    cr_assert_eq(pool->counts.accepted, 0);
}

Test(pool_faults, a_slow_pool_answers_late_and_in_order)
{
    begin();
    cr_assert_eq(hs_pool_command(pool, "slow 1.5", why, sizeof why), 0);
    hs_pool_advance(pool, 100);
    const size_t before = us.count;
    submit();
    cr_assert_eq(hs_pool_next_ms(pool), 1600);
    cr_assert_eq(pool->counts.accepted, 1, "judged when it came");
    cr_assert_eq(hs_pool_command(pool, "slow off", why, sizeof why), 0);
    submit();
    hs_pool_advance(pool, 1599);
    cr_assert_eq(us.count, before, "the second does not overtake the first");
    hs_pool_advance(pool, 1600);
    cr_assert_eq(us.count, before + 2);
    cr_assert_lt(client_last(&us, 1)->as.submit_success.last_sequence_number,
                 client_last(&us, 0)->as.submit_success.last_sequence_number);
    submit();
    cr_assert_eq(us.count, before + 3);
}

Test(pool_faults, a_channel_is_closed_after_its_answers)
{
    options.batch = 10;
    begin();
    const uint32_t second = client_open(&us, 1);
    submit();
    const hs_sv2_message late = client_share(&us, channel_id);
    cr_assert_eq(hs_pool_command(pool, "close", why, sizeof why), 0);
    cr_assert_eq(client_last(&us, 1)->id, HS_SV2_SUBMIT_SUCCESS);
    cr_assert_eq(client_last(&us, 0)->id, HS_SV2_CLOSE_CHANNEL);
    cr_assert_eq(client_last(&us, 0)->as.close_channel.channel_id, channel_id);
    client_expect_error(&us, &late, "invalid-channel-id");
    hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
    m.as.close_channel.channel_id = second;
    client_say(&us, &m);
    const size_t before = us.count;
    cr_assert_eq(hs_pool_command(pool, "refresh", why, sizeof why), 0);
    cr_assert_eq(hs_pool_command(pool, "close", why, sizeof why), 0);
    cr_assert_eq(us.count, before, "nobody is left");
    channel_id = client_open(&us, 1);
    cr_assert_gt(channel_id, second, "numbers do not come back");
    cr_assert_eq(hs_pool_command(pool, "refresh", why, sizeof why), 0);
    submit();
    cr_assert_eq(pool->counts.accepted, 2);
}

Test(pool_faults, an_easier_target_stays_within_max_target)
{
    begin();
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    m.as.update_channel.channel_id = channel_id;
    m.as.update_channel.nominal_hash_rate = 1.0F;
    memset(m.as.update_channel.maximum_target.byte, 0xff, 32);
    m.as.update_channel.maximum_target.byte[31] = 0x07;
    client_say(&us, &m);
    cr_assert_eq(hs_pool_command(pool, "easier-target", why, sizeof why), 0);
    cr_assert_eq(hs_sv2_compare(&client_channel(&us, channel_id)->target,
                                &m.as.update_channel.maximum_target),
                 0);
    cr_assert_eq(hs_pool_command(pool, "easier-target off", why, sizeof why), 0);
    cr_assert_eq(client_channel(&us, channel_id)->target.byte[31], 0x03);
}

Test(pool_faults, reconnect_garbage_and_half_a_frame)
{
    begin();
    cr_assert_eq(hs_pool_command(pool, "garbage", why, sizeof why), 0);
    cr_assert_eq(us.raw, 11);
    submit();
    cr_assert_eq(pool->counts.accepted, 1);
    cr_assert_eq(hs_pool_command(pool, "reconnect", why, sizeof why), 0);
    cr_assert_eq(client_last(&us, 0)->id, HS_SV2_RECONNECT);
    cr_assert(us.ended && us.ended_softly);
    finish();
    begin();
    cr_assert_eq(hs_pool_command(pool, "half-frame", why, sizeof why), 0);
    const size_t before = us.count;
    submit();
    cr_assert_eq(hs_pool_command(pool, "tip", why, sizeof why), 0);
    cr_assert_eq(us.raw, 8);
    cr_assert_eq(us.count, before, "nothing follows it");
}

Test(pool_faults, a_stall_is_for_the_sockets_to_obey)
{
    schedule("stall@1+1");
    begin();
    hs_pool_advance(pool, 1000);
    cr_assert(hs_pool_is_stalled(pool));
    hs_pool_advance(pool, 2000);
    cr_assert_not(hs_pool_is_stalled(pool));
}

Test(pool_faults, words_are_read_and_refused)
{
    hs_pool_fault f;
    int on = 0;
    cr_assert_eq(hs_pool_fault_parse("grey@10.5+20=0.3", &f, why, sizeof why), 0);
    cr_assert_eq(f.kind, HS_POOL_GREY);
    cr_assert_eq(f.at_ms, 10500);
    cr_assert_eq(f.lasts_ms, 20000);
    cr_assert_float_eq(f.value, 0.3, 1e-12);
    cr_assert_eq(hs_pool_fault_parse("slow@0", &f, why, sizeof why), 0);
    cr_assert_eq(f.lasts_ms, 0);
    cr_assert_float_eq(f.value, 2.0, 1e-12);
    static const char *const BAD[] = {
        "",        "down",      "@3",         "melt@3",     "down@",   "down@x",
        "down@3+", "down@3+0",  "down@3+4=1", "grey@3=2",   "grey@3=", "grey@3=0.5x",
        "down@-1", "down@3 +4", "down@1e3",   "slow@1+1+1", "flap@1=0"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        why[0] = '\0';
        cr_assert_eq(hs_pool_fault_parse(BAD[i], &f, why, sizeof why), -1, "%s", BAD[i]);
        cr_assert_neq(why[0], '\0');
    }
    cr_assert_eq(hs_pool_fault_parse_line("grey 0.7", &f, &on, why, sizeof why), 0);
    cr_assert(on && f.kind == HS_POOL_GREY);
    cr_assert_eq(hs_pool_fault_parse_line("grey off", &f, &on, why, sizeof why), 0);
    cr_assert_not(on);
    cr_assert_eq(hs_pool_fault_parse_line("close off", &f, &on, why, sizeof why), -1);
    cr_assert_str_eq(why, "close happens at once and cannot be switched off");
    cr_assert_eq(hs_pool_fault_parse_line("dwon", &f, &on, why, sizeof why), -1);
    cr_assert_eq(hs_pool_fault_parse_line("", &f, &on, why, sizeof why), -1);
    cr_assert_eq(hs_pool_fault_parse_line("grey 1.5", &f, &on, why, sizeof why), -1);
    cr_assert_str_eq(why, "the value of grey is a number from 0.00 to 1, not '1.5'");
}

static int read_line(const char *line, hs_pool_options *o)
{
    static char words[16][64];
    char *argv[16];
    int argc = 0;
    for (const char *at = line; *at != '\0' && argc < 16; argc++) {
        const size_t len = strcspn(at, " ");
        memcpy(words[argc], at, len);
        words[argc][len] = '\0';
        argv[argc] = words[argc];
        at += len + (at[len] == ' ');
    }
    why[0] = '\0';
    return hs_options_read(&HS_POOL_COMMAND, o, argc, argv, why, sizeof why);
}

Test(pool_faults, options_are_read_and_refused)
{
    hs_pool_options o;
    cr_assert_eq(read_line("pool --name b --prefix 0aFF --extranonce-size 12 --tip-secs 2.5 "
                           "--one-tip-seed 9 --fault down@1+2 --fault grey@3",
                           &o),
                 0, "%s", why);
    cr_assert_str_eq(o.name, "b");
    cr_assert_eq(o.prefix.len, 2);
    cr_assert_arr_eq(o.prefix.byte, "\x0a\xff", 2);
    cr_assert_eq(hs_pool_full_extranonce(&o), 16);
    cr_assert_eq(o.tip_ms, 2500);
    cr_assert(o.one_tip && o.one_tip_seed == 9 && o.fault_count == 2);
    static const char *const BAD[] = {"pool --prefix 0",
                                      "pool --prefix 0g",
                                      "pool --port 65536",
                                      "pool --port",
                                      "pool --melt 3",
                                      "pool --name ",
                                      "pool --name a/b",
                                      "pool --tip-secs 0",
                                      "pool --extranonce-size 33",
                                      "pool --extranonce-size 30",
                                      "pool --fault down",
                                      "pool --batch 0",
                                      "pool --seed -1",
                                      "pool --shares-per-minute 1e3"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        cr_assert_eq(read_line(BAD[i], &o), -1, "%s", BAD[i]);
        cr_assert_neq(why[0], '\0', "%s", BAD[i]);
    }
    cr_assert_eq(read_line("pool --help --melt", &o), 1);
}

Test(pool_faults, targets_are_exact)
{
    static const double NONE[] = {0.0, -1.0, 1.0, 1.4};
    for (size_t i = 0; i < sizeof NONE / sizeof NONE[0]; i++) {
        const hs_sv2_u256 all = hs_sv2_target_of(NONE[i]);
        for (int k = 0; k < 32; k++) {
            cr_assert_eq(all.byte[k], 0xff);
        }
    }
    const hs_sv2_u256 half = hs_sv2_target_of(2.0); /* 2^255 - 1 */
    cr_assert_eq(half.byte[31], 0x7f);
    cr_assert_eq(half.byte[0], 0xff);
    const hs_sv2_u256 third = hs_sv2_target_of(3.0); /* 0x5555...55 - 1 */
    cr_assert_eq(third.byte[31], 0x55);
    cr_assert_eq(third.byte[1], 0x55);
    cr_assert_eq(third.byte[0], 0x54);
    const hs_sv2_u256 d1 = hs_sv2_target_of(4294967296.0); /* 2^224 - 1 */
    cr_assert_eq(d1.byte[27], 0xff);
    cr_assert_eq(d1.byte[28], 0);
    cr_assert_float_eq(hs_sv2_hashes_of(hs_sv2_difficulty(&d1)), 4294967296.0, 1.0);
    const hs_sv2_u256 most = hs_sv2_target_of(1e300); /* 2^201 - 1 */
    cr_assert_eq(most.byte[25], 0x01);
    cr_assert_eq(most.byte[26], 0);
    for (double h = 2.0; h < 1e15; h *= 7.0) {
        const hs_sv2_u256 target = hs_sv2_target_of(h);
        cr_assert_float_eq(hs_sv2_hashes_of(hs_sv2_difficulty(&target)) / h, 1.0, 1e-12);
    }
}
