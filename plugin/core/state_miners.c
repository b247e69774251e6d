/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/core/state_miners.h"

#include <sodium/crypto_generichash.h>
#include <sodium/crypto_shorthash.h>
#include <string.h>

#include "plugin/base/units.h"

#define MINER_END   UINT32_MAX
#define MINER_TAKEN (UINT32_MAX - 1u)

static const double RATE_MOST = 1e30; /* difficulty 1 per second; the estimator's own limit */
static const double WORK_MOST = 1e60;
static const double TIME_MOST_S = 1e12;
/* A farm may have thousands of channels under one identity: only so many are compared. */
enum { COMPARED = 16 };

_Static_assert(crypto_generichash_BYTES_MIN <= HM_MINER_ID_SIZE, "BLAKE2b can be that short");
_Static_assert(crypto_shorthash_KEYBYTES == 16, "as the instance's hash key");

void hm_miner_id(uint8_t id[HM_MINER_ID_SIZE], const void *identity, uint32_t len)
{
    (void)crypto_generichash(id, HM_MINER_ID_SIZE, identity, len, NULL, 0);
}

static int is_within(double x, double low, double high)
{
    return x >= low && x <= high; /* never true for NaN */
}

int hm_miner_is_sound(const hm_miner *m)
{
    return is_within(m->a, 1e-60, WORK_MOST) && is_within(m->b, 1e-60, TIME_MOST_S) &&
           is_within(m->a / m->b, 1e-60, RATE_MOST) && is_within(m->reference, 1e-60, RATE_MOST) &&
           is_within(m->nominal, 0.0, RATE_MOST) && is_within(m->difficulty, 1e-30, 1e30) &&
           (double)(float)m->difficulty == m->difficulty && m->away_s <= HM_MINER_AWAY_MAX_S;
}

int hm_miner_of(const hm_estimate *e, hm_miner *out)
{
    memset(out, 0, sizeof *out);
    out->a = e->a;
    out->b = e->b;
    out->reference = e->reference;
    out->nominal = e->nominal;
    out->difficulty = (double)e->difficulty; /* 0 before the first share: not sound */
    return hm_miner_is_sound(out) ? 0 : -1;
}

int hm_miners_reserve(hm_miners *m, const hm_memory *memory, uint32_t count,
                      const unsigned char hash_key[16])
{
    memset(m, 0, sizeof *m);
    m->memory = memory;
    memcpy(m->hash_key, hash_key, sizeof m->hash_key);
    if (count == 0) {
        return 0;
    }
    m->count = count;
    m->chain_count = 1;
    while (m->chain_count < count) { /* at most 2^16 */
        m->chain_count *= 2u;
    }
    m->rows = hm_alloc(memory, count, sizeof *m->rows, _Alignof(hm_miner));
    m->chains = hm_alloc(memory, m->chain_count, sizeof *m->chains, _Alignof(uint32_t));
    if (m->rows == NULL || m->chains == NULL) {
        hm_miners_free(m);
        return -1;
    }
    return 0;
}

void hm_miners_free(hm_miners *m)
{
    if (m->memory != NULL) {
        hm_free(m->memory, m->rows, m->count, sizeof *m->rows, _Alignof(hm_miner));
        hm_free(m->memory, m->chains, m->chain_count, sizeof *m->chains, _Alignof(uint32_t));
    }
    memset(m, 0, sizeof *m);
}

static uint32_t *chain_of(const hm_miners *m, const uint8_t id[HM_MINER_ID_SIZE])
{
    unsigned char hash[crypto_shorthash_BYTES];
    uint32_t bits = 0;
    (void)crypto_shorthash(hash, id, HM_MINER_ID_SIZE, m->hash_key);
    memcpy(&bits, hash, sizeof bits);
    return &m->chains[bits & (m->chain_count - 1u)];
}

void hm_miners_fill(hm_miners *m, uint64_t now_ns)
{
    m->filled_ns = now_ns;
    m->left = m->count;
    for (uint32_t i = 0; i < m->chain_count; i++) {
        m->chains[i] = MINER_END;
    }
    for (uint32_t i = m->count; i > 0; i--) { /* so that chains are in the order of the rows */
        uint32_t *const first = chain_of(m, m->rows[i - 1u].id);
        m->rows[i - 1u].next = *first;
        *first = i - 1u;
    }
}

uint32_t hm_miner_away_s(const hm_miners *m, uint32_t row, uint64_t now_ns)
{
    const uint64_t away_s = m->rows[row].away_s + (now_ns - m->filled_ns) / HM_NS_PER_S;
    return m->rows[row].next == MINER_TAKEN || away_s > HM_MINER_AWAY_MAX_S
               ? HM_MINER_AWAY_MAX_S + 1u
               : (uint32_t)away_s;
}

/* The same machine as far as it says: only a real change is better than what was measured. */
static int is_alike(double a, double b)
{
    return a > 0.0 && b > 0.0 ? a < 1.5 * b && b < 1.5 * a : !(a > 0.0) && !(b > 0.0);
}

static double take_over(const hm_miner *known, double nominal, hm_estimate *estimate)
{
    *estimate = (hm_estimate){
        .a = known->a,
        .b = known->b,
        .reference = known->reference,
        .nominal = nominal,
        .difficulty = (float)known->difficulty,
    };
    return known->a / known->b;
}

double hm_miners_recall(hm_miners *m, const void *identity, uint32_t len, double nominal,
                        uint64_t now_ns, hm_estimate *estimate)
{
    uint8_t id[HM_MINER_ID_SIZE];
    if (m->left == 0 || len == 0) {
        return 0.0;
    }
    hm_miner_id(id, identity, len);
    uint32_t *link = chain_of(m, id);
    uint32_t compared = 0;
    while (*link != MINER_END && compared < COMPARED) { /* a chain has at most `count` rows */
        const uint32_t row = *link;
        hm_miner *const known = &m->rows[row];
        const int is_same = memcmp(known->id, id, sizeof id) == 0;
        compared += is_same ? 1u : 0u;
        if (is_same && is_alike(known->nominal, nominal) &&
            hm_miner_away_s(m, row, now_ns) <= HM_MINER_AWAY_MAX_S) {
            const double rate = take_over(known, nominal, estimate);
            *link = known->next;
            known->next = MINER_TAKEN;
            m->left--;
            if (m->left == 0) {
                hm_miners_free(m);
            }
            return rate;
        }
        link = &known->next;
    }
    return 0.0;
}
