/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/miner/core: the mining devices of one connection without their sockets: they set the
 * connection up, open channels, hash the active job of each at its rate, submit what they find, and
 * count what becomes of it. What a channel's jobs are is the session's business (session.h): it
 * keeps prefix and target of each job as they were at its arrival, and judges each share too, so
 * that a verdict of the server that does not hold is noticed. Time is told (milliseconds since the
 * start of the process); sockets and signals are live/miner/live's.
 *
 * A channel that is refused or closed is asked for again after a second, as a device does. */
#ifndef HOST_STUB_LIVE_MINER_CORE_H
#define HOST_STUB_LIVE_MINER_CORE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "host_stub/live/miner/options.h"
#include "host_stub/sv2/types.h"

enum { HS_MINER_CODES_MAX = 16, HS_MINER_CODE_SIZE = 48 };

typedef struct hs_miner_rejects {
    char code[HS_MINER_CODE_SIZE];
    uint64_t count;
} hs_miner_rejects;

/* What has been counted, for one channel or for all. Its place is a miner's name: a channel that is
 * opened again goes on with it. */
typedef struct hs_miner_counts {
    uint64_t hashes;
    uint64_t submitted;
    uint64_t accepted;
    double work_accepted;    /* difficulty, of the jobs' own targets */
    uint64_t stale_tip;      /* refused as stale, and a new tip came after it had been submitted */
    uint64_t stale_move;     /* the same, and that tip came with another prefix: a move */
    uint64_t stale_needless; /* of them, those of a move onto the tip that was there before */
    uint64_t stale_odd;      /* and nothing that we saw made it stale */
    uint64_t stale_ms_most;  /* from submitting it to hearing of the new tip */
    uint64_t duplicates;
    hs_miner_rejects
        rejected[HS_MINER_CODES_MAX]; /* by the code on the wire; the last one takes what
                                                  finds no place */
    uint64_t cut_off;                 /* unanswered when the connection was lost */
    uint64_t closed;                  /* unanswered on a channel that was closed */
    uint64_t unanswered;              /* all others, at the end */
    uint64_t answer_ms_most;
    uint64_t opens;
    uint64_t open_errors;
    uint64_t jobs;
    uint64_t tips;
    uint64_t targets;
    uint64_t moves_hard;   /* another prefix, then a new tip */
    uint64_t moves_soft;   /* another prefix, then a job on the same tip */
    uint64_t firsts;       /* moves after which a share was accepted */
    uint64_t first_ms_sum; /* from the new prefix to the answer to the first accepted one */
    uint64_t first_ms_most;
} hs_miner_counts;

/* What the devices do to their connection; `link` is what hs_miner_new was given. Neither may call
 * back. */
typedef struct hs_miner_out {
    void (*send)(void *link, const hs_sv2_message *message);
    /* The connection has to end; hs_miner_lost follows. */
    void (*end)(void *link, const char *reason);
} hs_miner_out;

typedef struct hs_miner hs_miner;

/* `options` lives longer. The channels are those from `first` on, counted from 0. NULL when out of
 * memory. */
hs_miner *hs_miner_new(const hs_miner_options *options, uint32_t first, uint32_t count,
                       const hs_miner_out *out, void *link);
void hs_miner_free(hs_miner *miner);

/* The connection is made: asks for its setup. 0, or -1 when out of memory. */
int hs_miner_connected(hs_miner *miner, uint64_t now_ms);
/* It is gone: shares without an answer are cut off. */
void hs_miner_lost(hs_miner *miner);
void hs_miner_frame(hs_miner *miner, const uint8_t *frame, size_t len, uint64_t now_ms);
/* Opens what is due, hashes what the rates allow since the last call. */
void hs_miner_advance(hs_miner *miner, uint64_t now_ms);
/* No more hashing, for good. */
void hs_miner_stop(hs_miner *miner);
/* Shares without an answer, on channels that are still open. */
size_t hs_miner_unanswered(const hs_miner *miner);
/* Do all channels have a job? */
int hs_miner_is_mining(const hs_miner *miner);
/* Where the server has asked to reconnect to: 1 once, with the place. */
int hs_miner_take_reconnect(hs_miner *miner, char *host, size_t host_size, uint16_t *port);
/* At the end: what is unanswered now stays so. */
void hs_miner_settle(hs_miner *miner);

/* Adds what the devices have counted to *total. */
void hs_miner_add_counts(const hs_miner *miner, hs_miner_counts *total);
/* Messages of the server that break a rule; *first gets the first one's sentence, "" if none. */
uint64_t hs_miner_faults(const hs_miner *miner, const char **first);

/* The members of a count, put into `object`: "hashes", "submitted", "accepted", "work_accepted",
 * "hashes_accepted", "stale":{"tip","move","needless","odd","ms_most"}, "duplicates",
 * "rejected":{code:n}, "cut_off", "closed", "unanswered", "answer_ms_most", "opens", "open_errors",
 * "jobs", "tips", "targets",
 * "moves":{"hard","soft","first_accepts","ms_to_first_accept","ms_most"}. At the end "submitted" is
 * the sum of "accepted", "tip", "move", "odd", "duplicates", the codes, "cut_off", "closed" and
 * "unanswered". */
void hs_miner_put_counts(json_t *object, const hs_miner_counts *counts);
/* Appends {"name","kind","rate","nominal", and the counts} for each channel. */
void hs_miner_put_channels(const hs_miner *miner, json_t *array);

#endif
