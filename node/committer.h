/* SPDX-License-Identifier: Apache-2.0
 *
 * The one writer: everything that changes the store runs here, one job after another, off the loop.
 *
 * While one commit is on its way to disk the next batches gather, and go together in one
 * transaction: group commit without a timer. Indexing runs in between, at least every quarter of a
 * second. */
#ifndef PH_NODE_COMMITTER_H
#define PH_NODE_COMMITTER_H

#include <uv.h>

#include "proto/base/list.h"
#include "store/publish.h"
#include "store/read.h"

struct ph_committer;

enum ph_job_kind {
    PH_JOB_COMMIT,    /* @batch */
    PH_JOB_PUBLISH,   /* @publication → @published */
    PH_JOB_TRUST,     /* @rosters, @cards → @members, @result */
    PH_JOB_NEWCOMERS, /* → @published */
    PH_JOB_HANDSHAKE, /* @key, @at */
    PH_JOB_AUDIT      /* @who, @door, @ids */
};

/** One job. Made by the caller, zeroed, on the heap or in a larger struct; the caller's again when
 * @done runs on the loop. Inputs must live until then. */
struct ph_job {
    struct ph_link link; /* the committer's */
    enum ph_job_kind kind;
    ph_ms now;
    const struct ph_members *members; /* to publish by; borrowed until @done */
    void (*done)(struct ph_job *job, void *ctx);
    void *ctx;
    void (*before_done)(struct ph_job *job, void *host); /* the host's own step, run first */
    void *host;
    /* inputs */
    struct ph_batch *batch;
    struct ph_publication publication;
    struct ph_bytes *rosters, *cards;
    size_t n_rosters, n_cards;
    struct ph_transport_key key;
    ph_ms at;
    const char *who, *door;
    const struct ph_id *ids;
    size_t n_ids;
    /* outputs */
    enum ph_err err;
    struct ph_why why;
    struct ph_published published;
    struct ph_members *new_members; /* TRUST: one reference for the caller */
    struct ph_members_result result;
};

/** @loop and @store outlive it. */
enum ph_err ph_committer_new(struct ph_committer **out, uv_loop_t *loop, struct ph_store *store);
/** Only when idle (ph_committer_is_idle()). */
void ph_committer_free(struct ph_committer *committer);
void ph_committer_add(struct ph_committer *committer, struct ph_job *job);
/** Members that indexing opens records by; takes a reference. */
void ph_committer_members(struct ph_committer *committer, const struct ph_members *members);
/** Nothing queued and nothing running. With @stop set before, indexing no longer keeps it busy. */
bool ph_committer_is_idle(const struct ph_committer *committer);
void ph_committer_stop(struct ph_committer *committer);
/** Jobs waiting, for status. */
size_t ph_committer_queued(const struct ph_committer *committer);

#endif
