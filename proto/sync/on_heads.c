/* SPDX-License-Identifier: Apache-2.0
 *
 * HEADS: the cheapest comparison. One fingerprint a shared channel; equal, and nothing more is
 * said.
 *
 * Of two peers the one with the lower transport key leads: its HEADS is answered with HEADS, and it
 * walks the channels that differ with Negentropy. The other may send HEADS at any time to have the
 * leader compare. A channel that is not named is empty. */
#include <stdlib.h>

#include "proto/sync/engine_priv.h"

static bool is_done(const struct ph__session *s)
{
    return s->n_ask == 0 && s->n_asked == 0 && s->n_batches == 0 && !s->inbox && s->serve.n == 0;
}

/* The shared channels, with what the store says of each. Frees nothing on failure but its own. */
struct heads {
    struct ph__shared *channels;
    struct ph_head *heads;
    size_t n;
};

static void heads_done(struct heads *h)
{
    free(h->channels);
    free(h->heads);
    *h = (struct heads){.n = 0};
}

static enum ph_err head_of(struct ph_engine *engine, const struct ph__shared *channel,
                           struct ph_head *out)
{
    struct ph_sum sum = {.count = 0};
    const struct ph_view *view = &engine->config.view;
    enum ph_err err = view->head(view->ctx, &channel->own, &sum.count, sum.b);
    if (!err)
        *out = (struct ph_head){
            .channel = channel->wire, .count = sum.count, .fingerprint = ph_fingerprint_full(&sum)};
    return err;
}

static enum ph_err list_channels(struct ph_engine *engine, struct ph__session *s, struct heads *h)
{
    struct ph_channel_ends ends = ph__ends(engine, s);
    size_t n = ph_channel_shared(&ends, NULL, NULL, 0);
    n = PH_MIN(n, (size_t)PH_HEADS_MAX);
    struct ph_wire_channel *wire = calloc(n, sizeof(*wire));
    struct ph_channel *own = calloc(n, sizeof(*own));
    h->channels = calloc(n, sizeof(*h->channels));
    h->heads = calloc(n, sizeof(*h->heads));
    enum ph_err err = wire && own && h->channels && h->heads ? PH_OK : PH_ERR_NOMEM;
    if (!err) {
        (void)ph_channel_shared(&ends, wire, own, n);
        for (size_t i = 0; i < n; i++)
            h->channels[i] = (struct ph__shared){.wire = wire[i], .own = own[i]};
        h->n = n;
    }
    free(wire);
    free(own);
    return err;
}

static enum ph_err load_heads(struct ph_engine *engine, struct ph__session *s, struct heads *h)
{
    *h = (struct heads){.n = 0};
    enum ph_err err = ph__view(engine);
    if (!err)
        err = list_channels(engine, s, h);
    for (size_t i = 0; i < h->n && !err; i++)
        err = head_of(engine, &h->channels[i], &h->heads[i]);
    if (err)
        heads_done(h);
    return err;
}

/* Channels that both sides need no word about are left out: nodes of one organisation share one
 * with every other there is. */
static size_t without_empty(struct ph_head *heads, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (heads[i].count > 0 || heads[i].channel.kind != PH_CHANNEL_DIRECT)
            heads[kept++] = heads[i];
    return kept;
}

static void send_heads(struct ph_engine *engine, struct ph__session *s, struct heads *h)
{
    struct ph_message message = {.type = PH_MESSAGE_HEADS};
    message.heads.time = engine->now.wall;
    message.heads.heads = h->heads;
    message.heads.n = without_empty(h->heads, h->n);
    s->heads_wanted = false;
    s->was_cut = false;
    s->heads_sent = engine->now.mono;
    s->heads_at = engine->now.mono + ph__jitter(engine, s->interval);
    (void)ph__send_or_close(engine, s, &message);
}

void ph__heads_send(struct ph_engine *engine, struct ph__session *s)
{
    struct heads h;
    if (load_heads(engine, s, &h) != PH_OK) { /* the store is in trouble: another time */
        s->heads_at = engine->now.mono + ph__jitter(engine, s->interval);
        return;
    }
    send_heads(engine, s, &h);
    heads_done(&h);
}

void ph__heads_soon(struct ph_engine *engine, struct ph__session *s)
{
    if (s->state != PH__LIVE)
        return;
    ph_ms at = PH_MAX(engine->now.mono + PH__SETTLE_MS,
                      s->heads_sent ? s->heads_sent + PH__HEADS_MIN_MS : 0);
    s->heads_at = PH_MIN(s->heads_at, at);
    s->heads_wanted = true;
}

static const struct ph_head *find_head(const struct ph_msg_heads *heads,
                                       const struct ph_wire_channel *channel)
{
    for (size_t i = 0; i < heads->n; i++)
        if (ph_wire_channel_equal(&heads->heads[i].channel, channel))
            return &heads->heads[i];
    return NULL;
}

static bool is_equal(const struct ph_head *ours, const struct ph_head *theirs)
{
    if (!theirs)
        return ours->count == 0;
    return ours->count == theirs->count && ph_hash_equal(&ours->fingerprint, &theirs->fingerprint);
}

/* A peer may only name what the two share, or it would be told which groups exist. */
static bool names_only_shared(struct ph_engine *engine, struct ph__session *s,
                              const struct ph_msg_heads *heads)
{
    struct ph_channel_ends ends = ph__ends(engine, s);
    for (size_t i = 0; i < heads->n; i++) {
        struct ph_channel own;
        if (ph_channel_from_wire(&own, &ends, &heads->heads[i].channel, NULL) != PH_OK)
            return false;
    }
    return true;
}

static void all_equal(struct ph_engine *engine, struct ph__session *s)
{
    bool news = !s->in_sync;
    s->in_sync = true;
    if (news)
        ph__event(engine, PH_EVENT_IN_SYNC, PH_OK, s, NULL, "");
    else
        s->interval = PH_MIN(s->interval * 2,
                             PH_MAX(engine->config.reconcile_ms, (ph_ms)PH__RECONCILE_MAX_MS));
    if (!s->heads_wanted)
        s->heads_at = engine->now.mono + ph__jitter(engine, s->interval);
}

/* The channels that differ, in the order of ours. */
static size_t differing(const struct heads *ours, const struct ph_msg_heads *theirs,
                        struct ph__shared *out)
{
    size_t n = 0;
    for (size_t i = 0; i < ours->n; i++)
        if (!is_equal(&ours->heads[i], find_head(theirs, &ours->heads[i].channel)))
            out[n++] = ours->channels[i];
    return n;
}

static void lead(struct ph_engine *engine, struct ph__session *s, const struct ph__shared *todo,
                 size_t n)
{
    if (s->client.active || engine->stalled_until > engine->now.mono)
        return;
    struct ph__shared *copy = calloc(n, sizeof(*copy));
    if (!copy)
        return;
    memcpy(copy, todo, n * sizeof(*copy));
    ph__recon_start(engine, s, copy, n);
}

void ph__on_heads(struct ph_engine *engine, struct ph__session *s, const struct ph_message *message,
                  size_t frame_bytes)
{
    (void)frame_bytes;
    if (s->state != PH__LIVE)
        return; /* it will learn from our HELLO that trust differs */
    if (!names_only_shared(engine, s, &message->heads)) {
        ph__session_close(engine, s, PH_ERR_PROTOCOL, true, "HEADS names a channel not shared");
        return;
    }
    struct heads ours;
    if (load_heads(engine, s, &ours) != PH_OK)
        return;
    struct ph__shared *todo = calloc(ours.n, sizeof(*todo));
    size_t n = todo ? differing(&ours, &message->heads, todo) : 0;
    if (todo && n == 0)
        all_equal(engine, s);
    else
        s->in_sync = false;
    if (!ph__recon_leads(engine, s))
        send_heads(engine, s, &ours);
    else if (n > 0)
        lead(engine, s, todo, n);
    free(todo);
    heads_done(&ours);
}

/* The regular comparison: the leader's, or the other's when it fears that something is missing. */
void ph__heads_tick(struct ph_engine *engine, struct ph__session *s)
{
    if (s->state != PH__LIVE || s->heads_at > engine->now.mono)
        return;
    if (s->client.active || s->server.held.n > 0 || !is_done(s)) {
        s->heads_at = engine->now.mono + (s->was_cut ? PH__CUT_MS : PH__SETTLE_MS);
        return;
    }
    if (ph__recon_leads(engine, s) || s->heads_wanted)
        ph__heads_send(engine, s);
    else
        s->heads_at = engine->now.mono + ph__jitter(engine, s->interval);
}
