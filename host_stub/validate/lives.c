/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What happens to a farm: a life that is always the same, and one that is drawn. */
#include <string.h>

#include "abi/hmx_metrics.h"
#include "abi/hmx_tuning.h"
#include "host_stub/validate/farm.h"

enum { BEGINNING = 4, HOUR_STEPS = 120, STEP_SECONDS = 30 };

static hmx_status fail_write(void *ctx, const void *data, uint64_t len)
{
    (void)ctx;
    (void)data;
    (void)len;
    return HMX_E_IO;
}

static void save_in_vain(hs_farm *farm)
{
    const hmx_writer to = {.size = sizeof to, .write = fail_write};
    (void)hs_guard_save(farm->link.guard, &to);
}

static void close_by_number(hs_farm *farm, uint64_t channel)
{
    hs_farm_channel *const c = hs_farm_find(farm, channel);
    if (c != NULL) {
        hs_farm_close(farm, c, HMX_CLOSE_PEER);
    }
}

static void first_pool(hs_farm *farm, uint32_t state)
{
    const hmx_upstream_event e = hs_farm_pool(farm->table.rows[0].upstream, state);
    if (farm->table.count > 0) {
        (void)hs_farm_tell(farm, &e);
    }
}

static void all_share(hs_farm *farm, uint32_t verdict, uint32_t count)
{
    for (uint32_t i = 0; i < HS_FARM_CHANNELS; i++) {
        if (farm->channels[i].channel != 0) {
            hs_farm_share(farm, &farm->channels[i], verdict, count);
        }
    }
}

/* Everything once, in a few minutes. */
void hs_farm_live_minutes(hs_farm *farm)
{
    hs_farm_all_up(farm);
    for (uint64_t n = 1; n <= BEGINNING; n++) {
        hs_farm_pass(farm, 1);
        (void)hs_farm_open_next(farm);
    }
    (void)hs_link_upstreams(&farm->link, &farm->table);
    all_share(farm, HMX_SHARE_ACCEPTED, 2);
    const hs_farm_channel *const one = hs_farm_find(farm, 1);
    if (one != NULL) {
        (void)hs_farm_update(farm, one, 1.5e14);
    }
    hs_farm_pass(farm, 1);
    hs_farm_tick_room(farm, 2);
    hs_farm_pass(farm, 1);
    hs_farm_tick_room(farm, 2);
    save_in_vain(farm);
    (void)hs_guard_extension(farm->link.guard, HMX_METRICS_ID);
    (void)hs_guard_extension(farm->link.guard, HMX_TUNING_ID);
    for (int i = 0; i < 3; i++) { /* up to the limit of six, and one beyond */
        hs_farm_pass(farm, 1);
        (void)hs_farm_open_next(farm);
    }
    first_pool(farm, HMX_UPSTREAM_DOWN);
    hs_farm_pass(farm, 1);
    hs_farm_tick(farm);
    first_pool(farm, HMX_UPSTREAM_UP);
    close_by_number(farm, 2);
    close_by_number(farm, 4);
    hs_farm_pass(farm, 1);
    (void)hs_farm_open_next(farm); /* there is room again */
    hs_farm_pass(farm, 1);
    hs_farm_tick(farm);
}

/* What happens at this step of the hour. */
static void happen(hs_farm *farm, uint32_t step)
{
    hmx_upstream_event second = hs_farm_pool(farm->table.count > 1 ? farm->table.rows[1].upstream
                                                                   : farm->table.rows[0].upstream,
                                             HMX_UPSTREAM_UP);
    switch (step) {
    case 20: /* the pool changes its own prefix */
        second.extranonce_prefix[1] ^= 0x40;
        (void)hs_farm_tell(farm, &second);
        break;
    case 30:
        first_pool(farm, HMX_UPSTREAM_DOWN);
        break;
    case 45:
        first_pool(farm, HMX_UPSTREAM_UP);
        break;
    case 60: /* one leaves, another comes */
        close_by_number(farm, 1);
        (void)hs_farm_open_next(farm);
        break;
    case 80: /* no job any more */
        second.has_job = HMX_NO;
        (void)hs_farm_tell(farm, &second);
        break;
    case 90:
        (void)hs_farm_tell(farm, &second);
        break;
    default:
        break;
    }
}

static void live_hour(hs_farm *farm)
{
    for (uint32_t step = 0; step < HOUR_STEPS && farm->table.count > 0; step++) {
        hs_farm_pass(farm, STEP_SECONDS);
        happen(farm, step);
        all_share(farm, step % 25 == 7 ? HMX_SHARE_REJECTED_STALE : HMX_SHARE_ACCEPTED, 3);
        hs_farm_tick(farm);
    }
}

void hs_farm_live(hs_farm *farm)
{
    hs_farm_live_minutes(farm);
    live_hour(farm);
}

int hs_farm_sound(hs_trial *trial, const hs_farm_options *options, uint8_t hash[HS_FARM_HASH])
{
    static hs_farm farm;
    const int rc = hs_farm_start(&farm, trial, options);
    if (rc == 0) {
        hs_farm_live(&farm);
    }
    hs_farm_stop(&farm, hash);
    if (rc == 0 && farm.found > 0) {
        hs_trial_say(trial, HS_VERDICT_SKIP, "an ordinary life already breaks %s: %s", farm.first,
                     farm.first_text);
        return -1;
    }
    return rc;
}

void hs_farm_held(hs_trial *trial, const hs_farm *farm, const char *when)
{
    (void)HS_TRIAL_HOLDS(trial, farm->found == 0, "%s%s: %s", when, farm->first, farm->first_text);
    (void)HS_TRIAL_HOLDS(trial, farm->negative == HMX_OK, "%s%s answers %d", when,
                         farm->negative_hook, farm->negative);
}

void hs_farm_compare(hs_trial *trial, const hs_farm_options *other, const char *what)
{
    uint8_t hash[2][HS_FARM_HASH];
    const hs_farm_options plain = {.seed = trial->seed};
    if (hs_farm_sound(trial, &plain, hash[0]) == 0 && hs_farm_sound(trial, other, hash[1]) == 0) {
        (void)HS_TRIAL_HOLDS(trial, memcmp(hash[0], hash[1], HS_FARM_HASH) == 0,
                             "%s: the answers differ", what);
    }
}

/* ---- a life that is drawn ---- */

static hs_farm_channel *any_channel(hs_farm *farm)
{
    const uint32_t from = hs_rng_below(&farm->rng, HS_FARM_CHANNELS);
    for (uint32_t i = 0; i < HS_FARM_CHANNELS; i++) {
        hs_farm_channel *const c = &farm->channels[(from + i) % HS_FARM_CHANNELS];
        if (c->channel != 0) {
            return c;
        }
    }
    return NULL;
}

static uint32_t any_upstream(hs_farm *farm)
{
    return farm->table.count > 0
               ? farm->table.rows[hs_rng_below(&farm->rng, farm->table.count)].upstream
               : HMX_NONE;
}

static void draw_pool(hs_farm *farm)
{
    static const uint32_t STATES[] = {HMX_UPSTREAM_CONNECTING, HMX_UPSTREAM_UP, HMX_UPSTREAM_UP,
                                      HMX_UPSTREAM_UP,         HMX_UPSTREAM_UP, HMX_UPSTREAM_DOWN,
                                      HMX_UPSTREAM_DRAINING};
    const uint32_t upstream = any_upstream(farm);
    hmx_upstream_event e = hs_farm_pool(upstream, STATES[hs_rng_below(&farm->rng, 7)]);
    e.extranonce_prefix[1] = (uint8_t)hs_rng_below(&farm->rng, 3);
    e.extranonce_size = hs_rng_below(&farm->rng, 8) == 0 ? hs_rng_below(&farm->rng, 6) : 8;
    e.has_job = hs_rng_below(&farm->rng, 3);
    e.version_rolling = hs_rng_below(&farm->rng, 3);
    e.fixed_version = hs_rng_below(&farm->rng, 3);
    e.tip_prev_hash[0] = (uint8_t)(1 + hs_rng_below(&farm->rng, 2));
    if (upstream != HMX_NONE) {
        (void)hs_farm_tell(farm, &e);
    }
}

static void draw_opening(hs_farm *farm)
{
    static const char NAMES[] = "rig-one.rig-two.rig-three";
    hmx_channel_open e = hs_farm_device(farm->last_channel + 1);
    const uint32_t own = hs_rng_below(&farm->rng, 9);
    e.connection = 1 + hs_rng_below(&farm->rng, 5);
    e.kind = 1 + hs_rng_below(&farm->rng, 2);
    e.flags = hs_rng_below(&farm->rng, 3) == 0 ? hs_rng_below(&farm->rng, 8) : 0;
    e.honours_prefix = hs_rng_below(&farm->rng, 3);
    e.min_extranonce_size = e.extranonce_size = e.kind == HMX_CHANNEL_EXTENDED ? own : 0;
    e.upstreams_allowed = hs_rng_below(&farm->rng, 4) == 0 ? hs_rng_u64(&farm->rng) : 0;
    e.nominal_hashrate = hs_rng_below(&farm->rng, 4) == 0 ? 0 : 1e18 * hs_rng_uniform(&farm->rng);
    e.user_identity = (hmx_view){NAMES, hs_rng_below(&farm->rng, sizeof NAMES)};
    e.vendor = (hmx_view){NULL, 0};
    e.max_target[31] = (uint8_t)hs_rng_below(&farm->rng, 2);
    if (hs_farm_find(farm, 0) != NULL) {
        (void)hs_farm_open(farm, &e);
    }
}

static void draw_update(hs_farm *farm, const hs_farm_channel *c)
{
    hmx_channel_update e = {.channel = c->channel,
                            .cookie = hs_rng_below(&farm->rng, 4) == 0 ? 0 : c->cookie,
                            .changed = hs_rng_below(&farm->rng, 32),
                            .honours_prefix = hs_rng_below(&farm->rng, 3),
                            .flags = hs_rng_below(&farm->rng, 8),
                            .nominal_hashrate = 1e15 * hs_rng_uniform(&farm->rng),
                            .upstreams_allowed = hs_rng_below(&farm->rng, 2) == 0 ? 0 : 3};
    (void)hs_farm_change(farm, &e);
}

static void draw_share(hs_farm *farm, const hs_farm_channel *c)
{
    const uint32_t verdict = hs_rng_below(&farm->rng, 3) != 0
                                 ? HMX_SHARE_ACCEPTED
                                 : HMX_SHARE_ACCEPTED + hs_rng_below(&farm->rng, 8);
    hs_farm_share(farm, c, verdict, 1 + hs_rng_below(&farm->rng, 100));
}

static void draw_time(hs_farm *farm)
{
    static const uint64_t SECONDS[] = {0, 1, 1, 5, 30, 60, 61, 600, 3600, 86400};
    hs_farm_pass(farm, SECONDS[hs_rng_below(&farm->rng, 10)]);
}

static void draw_host(hs_farm *farm, hs_farm_channel *c)
{
    switch (hs_rng_below(&farm->rng, 4)) {
    case 0:
        hs_farm_force(farm, c, hs_rng_below(&farm->rng, 2) == 0 ? HMX_NONE : any_upstream(farm));
        break;
    case 1:
        (void)hs_link_upstreams(&farm->link, &farm->table);
        break;
    case 2: {
        hs_farm_state state = {0};
        (void)hs_farm_save(farm, &state);
        hs_farm_state_free(&state);
        break;
    }
    default:
        hs_farm_close(farm, c, 1 + hs_rng_below(&farm->rng, 3));
        break;
    }
}

static void draw_step(hs_farm *farm)
{
    const uint32_t what = hs_rng_below(&farm->rng, 100);
    hs_farm_channel *const c = any_channel(farm);
    if (what < 12) {
        draw_pool(farm);
    } else if (what < 28 || c == NULL) {
        draw_opening(farm);
    } else if (what < 34) {
        draw_update(farm, c);
    } else if (what < 60) {
        draw_share(farm, c);
    } else if (what < 70) {
        draw_time(farm);
    } else if (what < 78) {
        draw_host(farm, c);
    } else if (what < 84) {
        hs_farm_tick_room(farm, hs_rng_below(&farm->rng, 3));
    } else {
        hs_farm_pass(farm, 1);
        hs_farm_tick(farm);
    }
}

void hs_farm_random(hs_farm *farm, uint32_t steps)
{
    for (uint32_t i = 0; i < steps && farm->found == 0 && farm->host_found == 0; i++) {
        draw_step(farm);
    }
}
