/* SPDX-License-Identifier: Apache-2.0
 *
 * RECON: Negentropy over one channel after the other. The leader asks, learns who lacks what, and
 * turns it into WANT and HAVE; the other only answers.
 *
 * Pace: a side that still has much to fetch keeps the next message back (the leader its question,
 * the other its answer), so that an empty node does not collect a million ids before the first
 * record. A pass ends after PH_RECON_ROUNDS_MAX rounds; what it missed, the next one finds. */
#include <stdlib.h>

#include "proto/sync/engine_priv.h"

/* A set for Negentropy is one channel of the view. */
struct set_ctx {
    const struct ph_view *view;
    struct ph_channel channel;
};

static enum ph_err set_sum(void *ctx, const struct ph_bound *from, const struct ph_bound *to,
                           struct ph_sum *out)
{
    struct set_ctx *set = ctx;
    return set->view->sum(set->view->ctx, &set->channel, from, to, &out->count, out->b);
}

static enum ph_err set_select(void *ctx, const struct ph_bound *from, uint64_t k,
                              struct ph_item *out)
{
    struct set_ctx *set = ctx;
    return set->view->select(set->view->ctx, &set->channel, from, k, out);
}

static enum ph_err set_list(void *ctx, const struct ph_bound *from, const struct ph_bound *to,
                            size_t max, struct ph_item *out, size_t *out_n)
{
    struct set_ctx *set = ctx;
    return set->view->list(set->view->ctx, &set->channel, from, to, max, out, out_n);
}

static struct ph_negentropy_set set_of(struct set_ctx *ctx)
{
    return (struct ph_negentropy_set){
        .ctx = ctx, .sum = set_sum, .select = set_select, .list = set_list};
}

bool ph__recon_leads(const struct ph_engine *engine, const struct ph__session *s)
{
    return memcmp(engine->config.transport.b, s->key.b, 32) < 0;
}

/* Little is on its way: asked for, or here and not in the set yet. A message made from a set that
 * lags far behind finds the same differences again. */
static bool is_drained(const struct ph__session *s)
{
    size_t n = s->n_ask + s->n_asked + s->n_batches * (size_t)PH__BATCH_RECORDS;
    return n + (s->inbox ? s->inbox->n : 0) < PH__FETCH_LOW;
}

static bool has_room(const struct ph_engine *engine, const struct ph__session *s)
{
    return ph__session_room(engine, s) > PH__ROOM_KEPT;
}

static bool send_recon(struct ph_engine *engine, struct ph__session *s,
                       const struct ph__shared *channel, uint64_t round, bool from_initiator,
                       struct ph_bytes bytes)
{
    struct ph_message message = {.type = PH_MESSAGE_RECON};
    message.recon = (struct ph_msg_recon){.channel = channel->wire,
                                          .round = round,
                                          .from_initiator = from_initiator,
                                          .message = bytes};
    return ph__send_or_close(engine, s, &message);
}

void ph__recon_stop(struct ph__session *s)
{
    free(s->client.todo);
    s->client.todo = NULL;
    s->client.n_todo = 0;
    s->client.active = false;
    s->server.active = false;
    ph_buf_done(&s->client.held);
    ph_buf_done(&s->server.held);
}

/* ---- the leader ---- */

/* The pass is over. When it moved nothing since the last one did, the difference is one that
 * neither side will close (a record refused there, held here): ask less often. */
static void pass_done(struct ph_engine *engine, struct ph__session *s)
{
    uint64_t moved = s->records_in + s->records_out;
    bool fruitless = moved == s->moved_mark || !s->client.found;
    s->moved_mark = moved;
    s->was_cut = s->client.cut && !fruitless;
    ph__recon_stop(s);
    if (s->was_cut) {
        s->heads_at = engine->now.mono + PH__CUT_MS;
        s->heads_wanted = true;
    } else if (fruitless) {
        s->interval = PH_MIN(s->interval * 2,
                             PH_MAX(engine->config.reconcile_ms, (ph_ms)PH__RECONCILE_MAX_MS));
        s->heads_at = engine->now.mono + ph__jitter(engine, s->interval);
        s->heads_wanted = false;
    } else {
        s->interval = engine->config.reconcile_ms;
        ph__heads_soon(engine, s);
    }
}

static void next_channel(struct ph_engine *engine, struct ph__session *s);

static enum ph_err begin_channel(struct ph_engine *engine, struct ph__session *s)
{
    struct set_ctx ctx = {.view = &engine->config.view, .channel = s->client.channel.own};
    struct ph_negentropy_set set = set_of(&ctx);
    ph_buf_clear(&s->client.held);
    enum ph_err err = ph__view(engine);
    if (!err)
        err = ph_negentropy_init(&s->client.ne, &set, PH_RECON_MAX);
    if (!err)
        err = ph_negentropy_initiate(&s->client.ne, &s->client.held);
    return err;
}

static void next_channel(struct ph_engine *engine, struct ph__session *s)
{
    if (s->client.n_todo == 0) {
        pass_done(engine, s);
        return;
    }
    s->client.channel = s->client.todo[--s->client.n_todo];
    s->client.round = 0;
    if (begin_channel(engine, s) != PH_OK) /* our store: another time */
        pass_done(engine, s);
}

void ph__recon_start(struct ph_engine *engine, struct ph__session *s, struct ph__shared *todo,
                     size_t n)
{
    ph__recon_stop(s);
    s->client.active = true;
    s->client.found = false;
    s->client.cut = false;
    s->client.n_have = 0;
    s->client.todo = todo;
    s->client.n_todo = n;
    next_channel(engine, s);
}

/* What a message showed. */
struct found_ctx {
    struct ph_engine *engine;
    struct ph__session *s;
};

/* Enough for this pass: more would only be dropped. The next one goes on from there. */
static enum ph_err cut_short(struct ph__session *s)
{
    s->client.cut = true;
    return PH_ERR_BUSY;
}

static enum ph_err on_have(void *ctx, const struct ph_id *id)
{
    struct found_ctx *found = ctx;
    struct ph__session *s = found->s;
    s->client.found = true;
    if (s->client.n_have == PH__PASS_HAVE_MAX)
        return cut_short(s);
    s->client.n_have++;
    enum ph_err err = ph__ids_add(&s->announce, id);
    return err == PH_ERR_LIMIT ? cut_short(s) : err;
}

static enum ph_err on_need(void *ctx, const struct ph_id *id)
{
    struct found_ctx *found = ctx;
    switch (ph__fetch_offer(found->engine, found->s, id)) {
    case PH__OFFER_TAKEN:
        found->s->client.found = true;
        return PH_OK;
    case PH__OFFER_DECLINED:
        return PH_OK;
    case PH__OFFER_FULL:
        break;
    }
    return cut_short(found->s);
}

/* The peer's answer to our last question. */
static void on_answer(struct ph_engine *engine, struct ph__session *s,
                      const struct ph_msg_recon *recon)
{
    if (!s->client.active)
        return; /* we gave the pass up meanwhile */
    if (!ph_wire_channel_equal(&recon->channel, &s->client.channel.wire) ||
        recon->round != s->client.round || s->client.held.n > 0) {
        ph__session_close(engine, s, PH_ERR_PROTOCOL, true, "RECON answers what was not asked");
        return;
    }
    struct set_ctx set = {.view = &engine->config.view, .channel = s->client.channel.own};
    struct found_ctx ctx = {.engine = engine, .s = s};
    struct ph_negentropy_found found = {.ctx = &ctx, .have = on_have, .need = on_need};
    struct ph_why why = {.code = PH_OK};
    bool done = false;
    s->client.ne.set = set_of(&set);
    enum ph_err err = ph__view(engine);
    if (!err)
        err = ph_negentropy_proceed(&s->client.ne, recon->message, &found, &s->client.held, &done,
                                    &why);
    if (s->client.cut) {
        pass_done(engine, s);
        return;
    }
    if (err && ph_err_class(err) == PH_CLASS_PEER) {
        ph__session_close(engine, s, err, true, why.what);
        return;
    }
    s->client.round++;
    if (err)
        pass_done(engine, s);
    else if (done)
        next_channel(engine, s);
    else if (s->client.round >= PH_RECON_ROUNDS_MAX)
        next_channel(engine, s); /* the set moves too fast, or the peer lies: next time */
}

/* ---- the other side ---- */

/* A peer may cost us PH__WORK_MAX in each window of time; past it, its question waits for the next.
 */
bool ph__recon_is_spent(const struct ph_engine *engine, const struct ph__session *s)
{
    return s->server.work >= PH__WORK_MAX &&
           engine->now.mono - s->server.window_mono < PH__WORK_WINDOW_MS;
}

static void charge(struct ph_engine *engine, struct ph__session *s, uint64_t work)
{
    if (engine->now.mono - s->server.window_mono >= PH__WORK_WINDOW_MS) {
        s->server.window_mono = engine->now.mono;
        s->server.work = 0;
    }
    s->server.work += work;
}

static void answer(struct ph_engine *engine, struct ph__session *s, struct ph_bytes request)
{
    struct set_ctx ctx = {.view = &engine->config.view, .channel = s->server.channel.own};
    struct ph_negentropy_set set = set_of(&ctx);
    struct ph_buf out = ph_buf(PH_RECON_MAX);
    struct ph_why why = {.code = PH_OK};
    struct ph_negentropy ne;
    enum ph_err err = ph__view(engine);
    if (!err)
        err = ph_negentropy_init(&ne, &set, PH_RECON_MAX);
    if (!err) {
        ne.work_max = PH__WORK_MAX;
        err = ph_negentropy_answer(&ne, request, &out, &why);
        charge(engine, s, ne.work);
    }
    if (!err)
        (void)send_recon(engine, s, &s->server.channel, s->server.round++, false,
                         ph_buf_bytes(&out));
    else if (ph_err_class(err) == PH_CLASS_PEER)
        ph__session_close(engine, s, err, true, why.code ? why.what : ph_err_text(err));
    else
        s->server.active = false; /* our store: the leader's pass ends by its timer */
    ph_buf_done(&out);
}

static void on_question(struct ph_engine *engine, struct ph__session *s,
                        const struct ph_msg_recon *recon)
{
    struct ph_channel_ends ends = ph__ends(engine, s);
    struct ph_channel own;
    bool first = recon->round == 0;
    bool follows = s->server.active && recon->round == s->server.round &&
                   ph_wire_channel_equal(&recon->channel, &s->server.channel.wire);
    if (ph__recon_leads(engine, s) || !(first || follows) || s->server.held.n > 0 ||
        ph_channel_from_wire(&own, &ends, &recon->channel, NULL) != PH_OK) {
        ph__session_close(engine, s, PH_ERR_PROTOCOL, true, "RECON out of turn");
        return;
    }
    s->server.active = true;
    s->server.channel = (struct ph__shared){.wire = recon->channel, .own = own};
    s->server.round = recon->round;
    enum ph_err err = ph_buf_add(&s->server.held, recon->message);
    if (err)
        s->server.active = false;
    else
        ph__recon_pump(engine, s);
}

/* ---- both ---- */

void ph__recon_pump(struct ph_engine *engine, struct ph__session *s)
{
    if (s->state != PH__LIVE || !is_drained(s) || !has_room(engine, s))
        return;
    if (s->client.active && s->client.held.n > 0) {
        struct ph_buf held = s->client.held;
        s->client.held = ph_buf(PH_RECON_MAX);
        s->client.sent_mono = engine->now.mono;
        (void)send_recon(engine, s, &s->client.channel, s->client.round, true, ph_buf_bytes(&held));
        ph_buf_done(&held);
    }
    if (s->server.active && s->server.held.n > 0 && !ph__recon_is_spent(engine, s)) {
        struct ph_buf held = s->server.held;
        s->server.held = ph_buf(PH_RECON_MAX);
        answer(engine, s, ph_buf_bytes(&held));
        ph_buf_done(&held);
    }
}

void ph__recon_tick(struct ph_engine *engine, struct ph__session *s)
{
    if (s->client.active && s->client.held.n == 0 &&
        engine->now.mono - s->client.sent_mono >= PH__RECON_WAIT_MS)
        pass_done(engine, s);
}

void ph__on_recon(struct ph_engine *engine, struct ph__session *s, const struct ph_message *message,
                  size_t frame_bytes)
{
    const struct ph_msg_recon *recon = &message->recon;
    (void)frame_bytes;
    if (s->state != PH__LIVE)
        return;
    if (recon->from_initiator)
        on_question(engine, s, recon);
    else
        on_answer(engine, s, recon);
}
