/* SPDX-License-Identifier: Apache-2.0
 *
 * The way of a record from a session's inbox through verification and commit to the other peers,
 * and what follows when it is refused on the way.
 *
 * Fair: of each session at most PH__BATCHES_MAX batches are outside at a time, so a peer that sends
 * much waits for itself. A record is announced only after it was committed. */
#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/sync/engine_priv.h"

/* The first records of @from, up to the limits of one batch. All of it where it fits. */
static struct ph_batch *split(struct ph__session *s)
{
    struct ph_batch *all = s->inbox;
    size_t n = 0, bytes = 0;
    while (n < all->n && n < PH__BATCH_RECORDS && (n == 0 || bytes < PH__BATCH_BYTES))
        bytes += all->items[n++].bytes;
    if (n == all->n) {
        s->inbox = NULL;
        return all;
    }
    struct ph_batch *batch = calloc(1, sizeof(*batch));
    struct ph_batch_item *rest = malloc(all->n * 2 * sizeof(*rest));
    if (!batch || !rest) {
        free(batch);
        free(rest);
        return NULL;
    }
    *batch = *all;
    batch->n = n;
    batch->bytes = bytes;
    all->n -= n;
    all->bytes -= bytes;
    memcpy(rest, batch->items + n, all->n * sizeof(*rest));
    all->items = rest;
    return batch;
}

static enum ph_err push_batch(struct ph_engine *engine, enum ph_effect_kind kind,
                              struct ph_batch *batch)
{
    struct ph_effect effect = {.kind = kind, .conn = batch->from, .batch = batch};
    return ph__effects_push(&engine->effects, &effect);
}

void ph__inbox_pump(struct ph_engine *engine, struct ph__session *s)
{
    while (s->inbox && s->inbox->n > 0 && s->n_batches < PH__BATCHES_MAX) {
        struct ph_batch *batch = split(s);
        if (!batch)
            return;
        batch->members = ph_members_ref(engine->members);
        batch->now = engine->now.wall;
        s->n_batches++;
        if (push_batch(engine, PH_EFFECT_VERIFY, batch) == PH_OK)
            continue;
        /* No memory for the effect: the records are let go, to be fetched again. */
        s->n_batches--;
        for (size_t i = 0; i < batch->n; i++)
            ph__fetch_forget(engine, &batch->items[i].record->id);
        ph_credit_settle(&s->credit, batch->bytes, true);
        ph__heads_soon(engine, s);
        ph_batch_free(batch);
    }
}

static void send_reject(struct ph_engine *engine, struct ph__session *s, const struct ph_id *id,
                        enum ph_err err)
{
    struct ph_reject reject = {.id = *id, .code = err};
    struct ph_message message = {.type = PH_MESSAGE_REJECT, .reject = {.rejects = &reject, .n = 1}};
    enum ph_err sent = ph__send(engine, s, &message); /* news, not a promise */
    (void)sent;
}

void ph__refuse(struct ph_engine *engine, struct ph__session *s, const struct ph_id *id,
                enum ph_err err)
{
    if (!engine->refused.ring) {
        uint8_t seed[16];
        ph_random_bytes(&engine->random, seed, sizeof(seed));
        enum ph_err made = ph__refused_init(&engine->refused, PH__REFUSED_MAX, seed);
        if (made)
            return;
    }
    ph__refused_add(&engine->refused, id, engine->now.mono + PH__REFUSED_MS);
    if (!s || !ph__session_is_up(s))
        return;
    s->refused++;
    send_reject(engine, s, id, err);
}

/* What becomes of a record whose verdict is not PH_OK. True when its sender is to blame. */
static bool turn_away(struct ph_engine *engine, struct ph__session *s, const struct ph_batch *batch,
                      const struct ph_batch_item *item)
{
    const struct ph_id *id = &item->record->id;
    ph__fetch_forget(engine, id);
    switch (ph_err_class(item->verdict)) {
    case PH_CLASS_PEER:
        if (item->verdict == PH_ERR_AUTHOR && !batch->trust_equal)
            return false; /* its author may be on a card that is on its way to us */
        if (s && ph__session_is_up(s)) {
            s->refused++;
            send_reject(engine, s, id, item->verdict);
            ph__event(engine, PH_EVENT_REJECTED, item->verdict, s, id, ph_err_text(item->verdict));
        }
        return true;
    case PH_CLASS_IGNORE:
        ph__refuse(engine, s, id, item->verdict);
        return false;
    case PH_CLASS_NONE:
    case PH_CLASS_POLICY:
    case PH_CLASS_INPUT:
    case PH_CLASS_LOCAL:
    case PH_CLASS_BUG:
        return false; /* ours: asked for again later */
    }
    return false;
}

/* Drop from @batch what was refused. Returns the first verdict that is its sender's fault, or
 * PH_OK. */
static enum ph_err sift(struct ph_engine *engine, struct ph__session *s, struct ph_batch *batch)
{
    enum ph_err fault = PH_OK;
    size_t kept = 0;
    for (size_t i = 0; i < batch->n; i++) {
        struct ph_batch_item item = batch->items[i];
        if (item.verdict == PH_OK) {
            batch->items[kept++] = item;
            continue;
        }
        if (turn_away(engine, s, batch, &item) && !fault)
            fault = item.verdict;
        ph_record_unref(item.record);
    }
    batch->n = kept;
    return fault;
}

static void batch_is_done(struct ph_engine *engine, struct ph__session *s, struct ph_batch *batch,
                          bool stored)
{
    if (s && s->state != PH__CLOSING) {
        PH_ASSERT(s->n_batches > 0);
        s->n_batches--;
        ph_credit_settle(&s->credit, batch->bytes, stored);
    }
    (void)engine;
    ph_batch_free(batch);
}

void ph__verified(struct ph_engine *engine, struct ph_batch *batch)
{
    struct ph__session *s = ph__session_find(engine, batch->from);
    enum ph_err fault = sift(engine, s, batch);
    if (fault && s)
        ph__session_close(engine, s, fault, true, ph_err_text(fault));
    if (batch->n > 0 && push_batch(engine, PH_EFFECT_COMMIT, batch) == PH_OK)
        return;
    for (size_t i = 0; i < batch->n; i++)
        ph__fetch_forget(engine, &batch->items[i].record->id);
    batch_is_done(engine, s, batch, true);
}

/* Tell everyone who may hold it, but those who are known to. Their channels have changed. */
static void pass_on(struct ph_engine *engine, struct ph_record *record, ph_conn from)
{
    const struct ph__want *want = ph__wanted_get(&engine->wanted, &record->id);
    PH_LIST_EACH (it, &engine->sessions) {
        struct ph__session *s = PH_LIST_ITEM(it, struct ph__session, link);
        struct ph_channel_ends ends = ph__ends(engine, s);
        if (s->state != PH__LIVE || !ph_channel_may_hold(&ends, record))
            continue;
        s->in_sync = false;
        s->interval = engine->config.reconcile_ms;
        if (ph__recon_leads(engine, s))
            ph__heads_soon(engine, s);
        if (s->conn != from && !(want && ph__want_has_source(want, s->conn)))
            ph__announce(engine, s, record);
    }
}

/* The store does not write. Nothing more is asked for, and credit stays with us, until it may
 * again. */
static void stall(struct ph_engine *engine, struct ph_batch *batch)
{
    if (engine->stalled_until == 0) {
        engine->stall_ms =
            PH_MIN(PH_MAX(engine->stall_ms * 2, (ph_ms)PH__STALL_MS), (ph_ms)PH__STALL_MAX_MS);
        engine->stalled_until = engine->now.mono + engine->stall_ms;
    }
    for (size_t i = 0; i < batch->n; i++)
        ph__fetch_forget(engine, &batch->items[i].record->id);
}

void ph__stall_tick(struct ph_engine *engine)
{
    if (engine->stalled_until == 0 || engine->stalled_until > engine->now.mono)
        return;
    engine->stalled_until = 0;
    PH_LIST_EACH (it, &engine->sessions) {
        struct ph__session *s = PH_LIST_ITEM(it, struct ph__session, link);
        ph_credit_release(&s->credit);
        ph__heads_soon(engine, s);
    }
}

void ph__committed(struct ph_engine *engine, struct ph_batch *batch, enum ph_err err)
{
    struct ph__session *s = ph__session_find(engine, batch->from);
    if (err) {
        stall(engine, batch);
        batch_is_done(engine, s, batch, false);
        return;
    }
    engine->stall_ms = 0;
    for (size_t i = 0; i < batch->n; i++) {
        const struct ph_batch_item *item = &batch->items[i];
        if (item->verdict == PH_OK && item->is_new)
            pass_on(engine, item->record, batch->from);
        if (item->verdict == PH_OK || item->verdict == PH_ERR_EXISTS)
            ph__fetch_forget(engine, &item->record->id);
        else
            (void)turn_away(engine, s, batch, item);
    }
    batch_is_done(engine, s, batch, true);
}

void ph__published(struct ph_engine *engine, struct ph_record *record)
{
    if (engine->stalled_until) { /* it wrote this, so it may write more */
        engine->stall_ms = 0;
        engine->stalled_until = engine->now.mono;
        ph__stall_tick(engine);
    }
    pass_on(engine, record, 0);
}
