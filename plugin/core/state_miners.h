/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * state_miners: what a saved state knew about the hashrate of miners that have not come back yet.
 *
 * Channel numbers do not survive a restart, the user_identity of a miner does. So an estimate is
 * kept under the hash of the identity, and the first channel that opens under it and declares about
 * the same hashrate takes it over, instead of four hours of measurement being replaced by what the
 * miner declares. Several channels of one identity are several rows. A miner that stays away for a
 * day is forgotten. The rows come from hm_miners_fill only; when the last one is taken all memory
 * goes back.
 */
#ifndef PLUGIN_CORE_STATE_MINERS_H
#define PLUGIN_CORE_STATE_MINERS_H

#include <stdint.h>

#include "plugin/base/memory.h"
#include "plugin/farm/estimator.h"

enum {
    HM_MINERS_MAX = 65536,      /* rows; what is beyond starts from its declared hashrate */
    HM_MINER_ID_SIZE = 16,      /* bytes of an identity's hash */
    HM_MINER_AWAY_MAX_S = 86400 /* then it is forgotten */
};

typedef struct hm_miner {
    uint8_t id[HM_MINER_ID_SIZE];
    double a; /* as in hm_estimate */
    double b;
    double reference;
    double nominal;
    double difficulty;
    uint32_t away_s; /* since its channel was open, when the rows were filled */
    uint32_t next;   /* in its chain, or a mark */
} hm_miner;

typedef struct hm_miners {
    const hm_memory *memory;
    hm_miner *rows;   /* `count` of them; NULL when there are none */
    uint32_t *chains; /* first row of each chain, `chain_count` of them, a power of two */
    uint32_t count;
    uint32_t chain_count;
    uint32_t left; /* rows that nobody has taken */
    uint32_t pad0;
    uint64_t filled_ns;
    unsigned char hash_key[16];
} hm_miners;

/* The key of a user_identity (len > 0). */
void hm_miner_id(uint8_t id[HM_MINER_ID_SIZE], const void *identity, uint32_t len);

/* A row for an estimate. Returns 0, or -1 when there is nothing in it worth keeping. */
int hm_miner_of(const hm_estimate *estimate, hm_miner *out);
/* Every number of it is in its range. */
int hm_miner_is_sound(const hm_miner *miner);

/* Room for `count` rows, which the caller then writes (m->rows) and hm_miners_fill takes into the
 * chains. Returns 0, or -1 when out of memory: then nothing is held. hash_key: so that nobody can
 * choose identities that make the look-up slow. */
int hm_miners_reserve(hm_miners *m, const hm_memory *memory, uint32_t count,
                      const unsigned char hash_key[16]);
void hm_miners_fill(hm_miners *m, uint64_t now_ns);
void hm_miners_free(hm_miners *m);

/* How long the miner of a row that nobody has taken has been away, seconds; HM_MINER_AWAY_MAX_S + 1
 * when it was taken or is forgotten. */
uint32_t hm_miner_away_s(const hm_miners *m, uint32_t row, uint64_t now_ns);

/* A channel of this identity opened and declares `nominal`: when it is known its estimate becomes
 * what was known, and the row is taken. Returns the hashrate, or 0 when it is not known. */
double hm_miners_recall(hm_miners *m, const void *identity, uint32_t len, double nominal,
                        uint64_t now_ns, hm_estimate *estimate);

#endif
