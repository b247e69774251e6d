/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/check/jobs.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/check/channels.h"

#include "host_stub/base/array.h"

static const char *pool_name(const hs_check *c, uint32_t pool)
{
    return c->pools.pools[pool].name;
}

/* The pool that a valid job's span belongs to; 0 when the job could not be traced. */
static int span_pool(const hs_check *c, const hs_session_job *job, uint32_t *pool)
{
    const hs_check_work *const work = job->mark;
    *pool = work != NULL ? work->pool : HS_CHECK_POOL_NONE;
    return work != NULL || c->pools.count == 0;
}

/* The channel searches that space from now on, if it did not already. */
static void begin_space(hs_check *c, const hs_session_channel *channel, uint32_t pool,
                        const hs_sv2_b032 *prefix)
{
    hs_check_channel *const own = hs_check_channel_of(c, channel);
    hs_check_span span;
    memset(&span, 0, sizeof span);
    for (size_t i = 0; own != NULL && i < own->open_count; i++) {
        if (own->open[i].pool == pool && hs_prefix_equal(&own->open[i].prefix, prefix)) {
            return;
        }
    }
    if (own == NULL) {
        return;
    }
    if (HS_GROW(own->open, own->open_capacity, own->open_count + 1) != 0) {
        hs_check_report(c, HS_RULE_MEMORY, "no memory for another span");
        return;
    }
    span.timeline = c->now.timeline;
    span.pool = pool;
    span.prefix = *prefix;
    span.from = c->now.is_timed ? c->now.now_ms : c->now.frame;
    span.file = c->now.file;
    span.channel_id = channel->channel_id;
    span.line = c->now.line;
    span.frame = c->now.frame;
    span.offset = c->now.offset;
    own->open[own->open_count++] = span;
}

static hs_sv2_b032 root_of(const hs_session_job *job)
{
    hs_sv2_b032 root = {.len = sizeof job->merkle_root.byte};
    memcpy(root.byte, job->merkle_root.byte, sizeof job->merkle_root.byte);
    return root;
}

/* Of a channel that is not told its prefix the root says what it searches, and the prefix only as
 * long as the pool's job was found with it. */
static void begin_span(hs_check *c, const hs_session_channel *channel, const hs_session_job *job)
{
    uint32_t pool = 0;
    const int header_only = hs_check_is_header_only(c, channel);
    if (header_only) {
        const hs_sv2_b032 root = root_of(job);
        begin_space(c, channel, HS_CHECK_POOL_ROOT, &root);
    }
    if (span_pool(c, job, &pool) && (!header_only || job->mark != NULL)) {
        begin_space(c, channel, pool, &job->prefix);
    }
}

static int is_searched_by(const hs_check *c, const hs_session_job *job, const hs_check_span *span)
{
    uint32_t pool = 0;
    if (span->pool == HS_CHECK_POOL_ROOT) {
        const hs_sv2_b032 root = root_of(job);
        return hs_prefix_equal(&root, &span->prefix);
    }
    return span_pool(c, job, &pool) && pool == span->pool &&
           hs_prefix_equal(&job->prefix, &span->prefix);
}

static int still_valid(const hs_check *c, const hs_session_channel *channel,
                       const hs_check_span *span)
{
    for (size_t i = 0; i < channel->job_count; i++) {
        const hs_session_job *const job = &channel->jobs[i];
        if (job->state != HS_JOB_STALE && is_searched_by(c, job, span)) {
            return 1;
        }
    }
    return 0;
}

static void end_span(hs_check *c, const hs_check_span *span)
{
    hs_check_span ended = *span;
    ended.to = c->now.is_timed ? c->now.now_ms : c->now.frame;
    HS_CHECK_REPORT_IF(c, ended.to > ended.from && hs_check_spans_add(&c->spans, &ended) != 0,
                       HS_RULE_MEMORY, "no memory for another span");
}

/* Ends the spans of which the channel has no valid job any more. */
static void retire(hs_check *c, const hs_session_channel *channel)
{
    hs_check_channel *const own = hs_check_channel_of(c, channel);
    size_t kept = 0;
    for (size_t i = 0; own != NULL && i < own->open_count; i++) {
        if (still_valid(c, channel, &own->open[i])) {
            own->open[kept++] = own->open[i];
        } else {
            end_span(c, &own->open[i]);
        }
    }
    if (own != NULL) {
        own->open_count = kept;
    }
}

static void forget(hs_check *c, const hs_session_channel *channel)
{
    retire(c, channel);
    hs_check_forget_debts(c, channel->channel_id);
}

void hs_check_closed(hs_check *c, const hs_session_step *step)
{
    size_t count = 0;
    const hs_session_channel *const channels = hs_session_channels(c->now.session, &count);
    if (step->channel != NULL) {
        forget(c, step->channel);
        return;
    }
    for (size_t i = 0; i < count; i++) { /* a group: its members are not to be told any more */
        if (!channels[i].open) {
            forget(c, &channels[i]);
        }
    }
}

void hs_check_connection_ended(hs_check *c)
{
    c->now.frame++; /* so that a span of the last frame has an end behind its beginning */
    for (size_t i = 0; i < c->now.channel_count; i++) {
        hs_check_channel *const own = &c->now.channels[i];
        for (size_t k = 0; k < own->open_count; k++) {
            end_span(c, &own->open[k]);
        }
        own->open_count = 0;
    }
    c->now.frame--;
}

static void learn(hs_check *c, const hs_session_channel *channel, const hs_session_job *job)
{
    hs_check_work *const work =
        hs_check_pools_add_work(&c->pools, c->now.pool, channel, job, hs_check_now(c));
    hs_tip tip = job->tip;
    tip.min_ntime = job->min_ntime;
    if (work == NULL ||
        (job->state != HS_JOB_FUTURE && hs_check_pools_add_tip(&c->pools, work, &tip) != 0)) {
        hs_check_report(c, HS_RULE_MEMORY, "no memory for a pool's job");
        return;
    }
    hs_session_mark_job(c->now.session, channel->channel_id, job->job_id, work);
}

/* Is the job worked on with a tip that its pool gave it? */
static void check_tip(hs_check *c, const hs_session_channel *channel, const hs_session_job *job)
{
    const hs_check_work *const work = job->mark;
    const hs_tip *const tip = hs_check_work_tip(work, &job->tip);
    if (tip == NULL) {
        hs_check_report(c, HS_CHECK_POOL_TIP,
                        "job %u of channel %u is %s's, and is worked on with a prev_hash or nbits "
                        "that %s has not given it",
                        (unsigned)job->job_id, (unsigned)channel->channel_id,
                        pool_name(c, work->pool), pool_name(c, work->pool));
    } else if (job->min_ntime < tip->min_ntime) {
        hs_check_report(c, HS_CHECK_POOL_TIP,
                        "job %u of channel %u allows ntime from %u on, and %s from %u on only",
                        (unsigned)job->job_id, (unsigned)channel->channel_id,
                        (unsigned)job->min_ntime, pool_name(c, work->pool),
                        (unsigned)tip->min_ntime);
    }
}

/* The same for a job that cannot be traced, since nobody has told its prefix: is it any pool's? */
static void check_some_tip(hs_check *c, const hs_session_channel *channel,
                           const hs_session_job *job)
{
    const hs_check_channel *const own = hs_check_channel_of(c, channel);
    if (own != NULL && own->is_silent && job->state != HS_JOB_FUTURE &&
        !hs_check_pools_has_tip(&c->pools, &job->tip)) {
        hs_check_report(c, HS_CHECK_POOL_TIP,
                        "job %u of channel %u is worked on with a prev_hash or nbits that no pool "
                        "has given to any job",
                        (unsigned)job->job_id, (unsigned)channel->channel_id);
    }
}

/* A half sentence about a prefix that does not fit. */
static void report_fit(hs_check *c, const hs_session_channel *channel, const hs_session_job *job,
                       enum hs_check_space_fit fit, const char *whose)
{
    const unsigned full = (unsigned)(job->prefix.len + channel->extranonce_size);
    if (fit == HS_SPACE_LENGTH) {
        hs_check_report(c, HS_CHECK_PREFIX_LENGTH,
                        "job %u of channel %u has %u bytes of prefix and extranonce together, and "
                        "the coinbase of %s has room for another number",
                        (unsigned)job->job_id, (unsigned)channel->channel_id, full, whose);
    } else if (fit == HS_SPACE_FOREIGN) {
        hs_check_report(c, HS_CHECK_PREFIX_SPACE,
                        "the prefix that was in force when job %u of channel %u arrived does not "
                        "begin with the one that %s granted",
                        (unsigned)job->job_id, (unsigned)channel->channel_id, whose);
    }
}

/* Which of the pools' jobs is it? NULL when none, and that was reported if it is wrong. */
static hs_check_work *trace(hs_check *c, const hs_session_channel *channel,
                            const hs_session_job *job, hs_check_channel *own)
{
    hs_check_work *work = NULL;
    const int may_be_silent = own->has_job && hs_check_is_header_only(c, channel);
    own->has_job = 1;
    if (own->is_silent) {
        return NULL;
    }
    if (job->body != NULL) {
        work = hs_check_pools_find_parts(&c->pools, job, channel->extranonce_size);
        HS_CHECK_REPORT_IF(c, work == NULL, HS_CHECK_POOL_JOB,
                           "job %u of channel %u has a coinbase, merkle path or version of no "
                           "pool's job",
                           (unsigned)job->job_id, (unsigned)channel->channel_id);
        return work;
    }
    enum hs_check_space_fit best = HS_SPACE_FOREIGN;
    for (uint32_t i = 0; i < c->pools.count && best != HS_SPACE_FITS; i++) {
        const enum hs_check_space_fit fit = hs_check_pools_fit(&c->pools, i, &job->prefix, 0);
        best = fit < best ? fit : best;
    }
    if (best != HS_SPACE_FITS) {
        report_fit(c, channel, job, best, "any pool");
        return NULL;
    }
    work = hs_check_pools_find_root(&c->pools, job, hs_check_now(c));
    own->is_silent = work == NULL && may_be_silent;
    HS_CHECK_REPORT_IF(c, work == NULL && !may_be_silent, HS_CHECK_MERKLE_ROOT,
                       "no job of a pool makes the merkle root of job %u with the version and the "
                       "prefix of channel %u",
                       (unsigned)job->job_id, (unsigned)channel->channel_id);
    return work;
}

static void check_origin(hs_check *c, const hs_session_channel *channel, const hs_session_job *job)
{
    hs_check_channel *const own = hs_check_channel_of(c, channel);
    hs_check_work *const work = own != NULL ? trace(c, channel, job, own) : NULL;
    if (work == NULL) {
        check_some_tip(c, channel, job);
        return;
    }
    const char *const name = pool_name(c, work->pool);
    c->totals.traced++;
    HS_CHECK_REPORT_IF(
        c, work->since_ms != HS_TIME_NONE && c->now.is_timed && work->since_ms > c->now.now_ms,
        HS_CHECK_POOL_JOB, "job %u of channel %u is one that %s sent only later",
        (unsigned)job->job_id, (unsigned)channel->channel_id, name);
    report_fit(c, channel, job,
               hs_check_pools_fit(&c->pools, work->pool, &job->prefix, channel->extranonce_size),
               name);
    HS_CHECK_REPORT_IF(c, job->version_rolling && !work->version_rolling, HS_RULE_VERSION_ROLLING,
                       "job %u of channel %u lets the version roll, and that of %s does not",
                       (unsigned)job->job_id, (unsigned)channel->channel_id, name);
    HS_CHECK_REPORT_IF(
        c, own->pool != HS_CHECK_POOL_NONE && own->pool != work->pool && own->carries_extensions,
        HS_CHECK_ENDPOINT_OWED,
        "channel %u carried frames of extensions with %s and gets a job of %s "
        "without ChannelEndpointChanged",
        (unsigned)channel->channel_id, pool_name(c, own->pool), name);
    own->pool = work->pool;
    hs_session_mark_job(c->now.session, channel->channel_id, job->job_id, work);
    if (job->state != HS_JOB_FUTURE) {
        check_tip(c, channel, job);
    }
}

void hs_check_job(hs_check *c, uint32_t id, uint32_t job_id, int is_custom)
{
    const hs_session_channel *channel = NULL;
    size_t at = 0;
    while ((channel = hs_session_addressed(c->now.session, id, &at)) != NULL) {
        const hs_session_job *const job = hs_session_channel_job(channel, job_id);
        if (job == NULL) {
            continue;
        }
        if (is_custom) {
            retire(c, channel); /* it may have brought its own tip */
        } else if (c->now.role == HS_CHECK_UPSTREAM) {
            learn(c, channel, job);
        } else if (c->pools.count > 0) {
            check_origin(c, channel, job);
        }
        begin_span(c, channel, job);
    }
    hs_check_served(c, id, 1);
}

void hs_check_tip(hs_check *c, const hs_sv2_message *m)
{
    const hs_sv2_set_new_prev_hash *const told = &m->as.set_new_prev_hash;
    const hs_session_channel *channel = NULL;
    size_t at = 0;
    while ((channel = hs_session_addressed(c->now.session, told->channel_id, &at)) != NULL) {
        const hs_session_job *const job = hs_session_channel_job(channel, told->job_id);
        if (job == NULL) {
            continue;
        }
        if (c->now.role == HS_CHECK_UPSTREAM) {
            HS_CHECK_REPORT_IF(c,
                               job->mark != NULL &&
                                   hs_check_pools_add_tip(&c->pools, job->mark, &job->tip) != 0,
                               HS_RULE_MEMORY, "no memory for a pool's tip");
        } else {
            HS_CHECK_REPORT_IF(c, !hs_prefix_equal(&job->prefix, &channel->prefix),
                               HS_CHECK_PREFIX_ORDER,
                               "job %u of channel %u arrived before SetExtranoncePrefix: it keeps "
                               "the prefix that was in force then, not the one that is now",
                               (unsigned)told->job_id, (unsigned)channel->channel_id);
            if (job->mark != NULL) {
                check_tip(c, channel, job);
            } else {
                check_some_tip(c, channel, job);
            }
        }
        retire(c, channel);
    }
    hs_check_served(c, told->channel_id, 0);
}
