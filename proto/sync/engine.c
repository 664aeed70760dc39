/* SPDX-License-Identifier: Apache-2.0
 *
 * The one door: public functions, the turn they share, timers, and what the host draws out. */
#include "proto/sync/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/base/text.h"
#include "proto/sync/engine_priv.h"

/* A budget always has room for one frame of records and what must go beside it. */
#define BUDGET_MIN PH_MIB(3)
_Static_assert(BUDGET_MIN > PH_FRAME_MAX + PH__ROOM_KEPT, "the largest record can always be sent");
_Static_assert(BUDGET_MIN <= PH_SESSION_BUDGET, "the default is used as it is");

/* ---- what the others in this folder use ---- */

enum ph_err ph__view(struct ph_engine *engine)
{
    if (engine->view_open)
        return PH_OK;
    enum ph_err err = engine->config.view.begin(engine->config.view.ctx);
    engine->view_open = err == PH_OK;
    return err;
}

bool ph__view_has(struct ph_engine *engine, const struct ph_id *id)
{
    bool has = false;
    enum ph_err err = ph__view(engine);
    if (!err)
        err = engine->config.view.has(engine->config.view.ctx, id, &has);
    return err || has;
}

void ph__event(struct ph_engine *engine, enum ph_event_kind kind, enum ph_err err,
               const struct ph__session *s, const struct ph_id *id, const char *text)
{
    struct ph_effect effect = {.kind = PH_EFFECT_EVENT, .conn = s ? s->conn : 0};
    struct ph_event *event = &effect.event;
    static const struct ph_transport_key none;
    char key[PH_KEY_TEXT_MAX];
    event->kind = kind;
    event->err = err;
    if (s && s->known) {
        event->has_peer = true;
        event->node = s->node;
        event->org = s->org;
    }
    if (id)
        event->id = *id;
    if (s && !s->known && !ph_transport_key_equal(&s->key, &none)) {
        ph_transport_key_text(key, &s->key);
        (void)snprintf(event->text, sizeof(event->text), "%.80s (%s)", text, key);
    } else {
        (void)snprintf(event->text, sizeof(event->text), "%s", text);
    }
    enum ph_err pushed = ph__effects_push(&engine->effects, &effect); /* a full queue drops news */
    (void)pushed;
}

struct ph_channel_ends ph__ends(const struct ph_engine *engine, const struct ph__session *s)
{
    return (struct ph_channel_ends){
        .members = engine->members, .self = engine->config.org, .peer = s->org};
}

ph_ms ph__jitter(struct ph_engine *engine, ph_ms ms)
{
    return ms - ms / 5 + ph_random_below(&engine->random, ms / 5 * 2 + 1);
}

/* ---- a turn ---- */

static void enter(struct ph_engine *engine, struct ph_now now)
{
    engine->now.wall = now.wall;
    engine->now.mono = PH_MAX(engine->now.mono, now.mono);
}

void ph__session_pump(struct ph_engine *engine, struct ph__session *s)
{
    if (!ph__session_is_up(s))
        return;
    ph__inbox_pump(engine, s);
    ph__credit_pump(engine, s);
    ph__recon_pump(engine, s);
    ph__announce_flush(engine, s);
    ph__fetch_pump(engine, s);
    ph__serve_pump(engine, s);
}

static void leave(struct ph_engine *engine)
{
    PH_LIST_EACH (it, &engine->sessions)
        ph__session_pump(engine, PH_LIST_ITEM(it, struct ph__session, link));
    ph__topology_dial(engine);
    if (engine->view_open)
        engine->config.view.end(engine->config.view.ctx);
    engine->view_open = false;
}

/* ---- birth and death ---- */

static void trust_of(struct ph__trust *out, const struct ph_members *members)
{
    *out = (struct ph__trust){.roster_seq = ph_members_roster(members)->seq,
                              .roster_hash = ph_members_roster_hash(members),
                              .cards_digest = ph_members_cards_digest(members)};
}

static enum ph_err init_parts(struct ph_engine *engine)
{
    uint8_t seed[16];
    ph_random_init(&engine->random, engine->config.seed);
    ph_random_bytes(&engine->random, seed, sizeof(seed));
    size_t wanted_max = (size_t)engine->config.sessions_max * PH__FETCH_MAX;
    enum ph_err err =
        ph__wanted_init(&engine->wanted, PH_MIN(wanted_max, (size_t)PH__WANTED_MAX), seed);
    if (err)
        return err;
    ph_random_bytes(&engine->random, seed, sizeof(seed));
    err = ph_map_init(&engine->peers, 64, seed);
    return err ? err : ph__topology_refresh(engine);
}

enum ph_err ph_engine_new(struct ph_engine **out, const struct ph_engine_config *config,
                          struct ph_now now, struct ph_why *why)
{
    struct ph_member_node self;
    if (!ph_members_by_transport_key(config->members, &config->transport, &self) ||
        !ph_node_key_equal(&self.node->sign_key, &config->node) ||
        ph_code_cmp(&self.card->org, &config->org) != 0)
        return ph_fail(why, PH_ERR_AUTHOR, "this node is not on the card of %s", config->org.s);
    struct ph_engine *engine = calloc(1, sizeof(*engine));
    if (!engine)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for the engine");
    engine->config = *config;
    if (!engine->config.sessions_max)
        engine->config.sessions_max = PH_SESSIONS_MAX;
    if (!engine->config.session_budget)
        engine->config.session_budget = PH_SESSION_BUDGET;
    engine->config.session_budget = PH_MAX(engine->config.session_budget, (uint32_t)BUDGET_MIN);
    if (!engine->config.reconcile_ms)
        engine->config.reconcile_ms = PH__RECONCILE_MS;
    ph_list_init(&engine->sessions);
    engine->scratch = ph_buf(PH_FRAME_MAX);
    engine->members = ph_members_ref(config->members);
    engine->config.members = NULL;
    trust_of(&engine->trust, engine->members);
    enter(engine, now);
    enum ph_err err = init_parts(engine);
    if (err) {
        ph_engine_free(engine);
        return ph_fail(why, err, "no memory for the engine");
    }
    *out = engine;
    return PH_OK;
}

void ph_engine_free(struct ph_engine *engine)
{
    if (!engine)
        return;
    PH_LIST_EACH (it, &engine->sessions)
        ph__session_free(engine, PH_LIST_ITEM(it, struct ph__session, link));
    ph__effects_done(&engine->effects);
    ph__wanted_done(&engine->wanted);
    ph__refused_done(&engine->refused);
    ph__topology_done(engine);
    ph_buf_done(&engine->scratch);
    ph_members_unref(engine->members);
    free(engine);
}

/* ---- connections ---- */

static size_t n_half_open(const struct ph_engine *engine)
{
    size_t n = 0;
    PH_LIST_EACH (it, &engine->sessions) {
        const struct ph__session *s = PH_LIST_ITEM(it, struct ph__session, link);
        n += !s->outgoing && ph__session_is_half_open(s);
    }
    return n;
}

static void refuse_connection(struct ph_engine *engine, ph_conn conn, enum ph_err err)
{
    struct ph_effect effect = {.kind = PH_EFFECT_CLOSE, .conn = conn, .close = {.reason = err}};
    enum ph_err pushed = ph__effects_push(&engine->effects, &effect);
    (void)pushed; /* without memory for this the host's own handshake limit ends it */
}

void ph_engine_connected(struct ph_engine *engine, ph_conn conn, const struct ph_dial *expect,
                         const uint8_t ephemeral[static 32], struct ph_now now)
{
    enter(engine, now);
    struct ph__peer *peer = expect ? ph__peer_get(engine, &expect->key) : NULL;
    enum ph_err err = PH_OK;
    if (engine->stopping)
        err = PH_ERR_SHUTDOWN;
    else if (expect && !peer)
        err = PH_ERR_AUTHOR;
    else if (peer && peer->session)
        err = PH_ERR_DUPLICATE;
    else if (!expect && n_half_open(engine) >= PH_HALF_OPEN_MAX)
        err = PH_ERR_BUSY;
    struct ph__session *s = err ? NULL : ph__session_new(engine, conn, expect != NULL);
    if (!s) {
        if (peer)
            peer->dialing = false;
        refuse_connection(engine, conn, err ? err : PH_ERR_NOMEM);
        leave(engine);
        return;
    }
    if (peer)
        peer->dialing = true;
    err = ph__handshake_begin(engine, s, expect, ephemeral);
    if (err)
        ph__session_end(engine, s, err, false, ph_err_text(err));
    leave(engine);
}

void ph_engine_dial_failed(struct ph_engine *engine, const struct ph_dial *dial, struct ph_now now)
{
    enter(engine, now);
    struct ph__peer *peer = ph__peer_find(engine, &dial->key);
    if (peer && peer->dialing) {
        peer->dialing = false;
        if (!peer->session)
            ph__peer_failed(engine, peer, PH_ERR_CONNECT, false);
    }
    leave(engine);
}

void ph_engine_bytes(struct ph_engine *engine, ph_conn conn, struct ph_bytes bytes,
                     struct ph_now now)
{
    enter(engine, now);
    struct ph__session *s = ph__session_find(engine, conn);
    if (s && s->state != PH__CLOSING)
        ph__receive(engine, s, bytes);
    leave(engine);
}

void ph_engine_sent(struct ph_engine *engine, ph_conn conn, size_t n, struct ph_now now)
{
    enter(engine, now);
    struct ph__session *s = ph__session_find(engine, conn);
    if (s) {
        PH_ASSERT(n <= s->unsent);
        s->unsent -= n;
        s->sent_mono = engine->now.mono;
    }
    leave(engine);
}

void ph_engine_closed(struct ph_engine *engine, ph_conn conn, struct ph_now now)
{
    enter(engine, now);
    struct ph__session *s = ph__session_find(engine, conn);
    if (s) {
        enum ph_err err = ph_rx_end(&s->rx);
        if (err == PH_OK)
            err = PH_ERR_CLOSED;
        ph__session_end(engine, s, err, false, ph_err_text(err));
        ph__session_free(engine, s);
    }
    leave(engine);
}

void ph_engine_verified(struct ph_engine *engine, struct ph_batch *batch, struct ph_now now)
{
    enter(engine, now);
    ph__verified(engine, batch);
    leave(engine);
}

void ph_engine_committed(struct ph_engine *engine, struct ph_batch *batch, enum ph_err err,
                         struct ph_now now)
{
    enter(engine, now);
    ph__committed(engine, batch, err);
    leave(engine);
}

void ph_engine_published(struct ph_engine *engine, struct ph_record *const *records, size_t n,
                         struct ph_now now)
{
    enter(engine, now);
    for (size_t i = 0; i < n; i++)
        ph__published(engine, records[i]);
    leave(engine);
}

/* ---- trust ---- */

/* Where a session stands under new members: ended, or listed at last. */
static void recheck(struct ph_engine *engine, struct ph__session *s)
{
    struct ph_member_node member;
    if (!s->known || s->state == PH__CLOSING)
        return;
    enum ph_err err =
        ph_members_may_connect(engine->members, &s->key, engine->now.wall, &member, NULL);
    if (err && s->unlisted)
        return; /* its card may be next; ph__session_tick() ends the wait */
    if (err) {
        ph__session_close(engine, s, err, false, ph_err_text(err));
        return;
    }
    s->node = member.node->sign_key;
    s->org = member.card->org;
    s->unlisted = false;
    if (ph__session_is_up(s))
        ph__peer_adopt(engine, s, ph__peer_get(engine, &s->key));
}

void ph_engine_members(struct ph_engine *engine, const struct ph_members *members,
                       struct ph_now now)
{
    enter(engine, now);
    struct ph_members *old = engine->members;
    engine->members = ph_members_ref(members);
    ph_members_unref(old);
    trust_of(&engine->trust, engine->members);
    PH_LIST_EACH (it, &engine->sessions)
        recheck(engine, PH_LIST_ITEM(it, struct ph__session, link));
    /* HELLO first, on every link, before anything that is only right under the new view. */
    PH_LIST_EACH (jt, &engine->sessions) {
        struct ph__session *s = PH_LIST_ITEM(jt, struct ph__session, link);
        s->summary_is_current = false;
        s->trust_tries = 0;
        if (ph__session_is_up(s))
            ph__hello_send(engine, s);
        if (ph__session_is_up(s))
            ph__trust_compare(engine, s);
    }
    enum ph_err err = ph__topology_refresh(engine);
    (void)err; /* without memory the old choice stays, less its strangers */
    leave(engine);
}

void ph_engine_trust_refused(struct ph_engine *engine, ph_conn from, enum ph_err err,
                             struct ph_now now)
{
    enter(engine, now);
    struct ph__session *s = ph__session_find(engine, from);
    if (s && ph_err_class(err) == PH_CLASS_PEER) {
        s->refused++;
        ph__event(engine, PH_EVENT_REJECTED, err, s, NULL, "bad trust documents");
        ph__session_close(engine, s, err, true, "bad trust documents");
    }
    leave(engine);
}

/* ---- time ---- */

void ph_engine_tick(struct ph_engine *engine, struct ph_now now)
{
    enter(engine, now);
    ph__stall_tick(engine);
    PH_LIST_EACH (it, &engine->sessions)
        ph__session_tick(engine, PH_LIST_ITEM(it, struct ph__session, link));
    leave(engine);
}

ph_ms ph_engine_deadline(const struct ph_engine *engine)
{
    ph_ms at = ph__topology_deadline(engine);
    if (engine->stalled_until)
        at = PH_MIN(at, engine->stalled_until);
    PH_LIST_EACH (it, &engine->sessions) {
        ph_ms one = ph__session_deadline(engine, PH_LIST_ITEM(it, struct ph__session, link));
        at = PH_MIN(at, one);
    }
    return at;
}

void ph_engine_shutdown(struct ph_engine *engine, struct ph_now now)
{
    enter(engine, now);
    engine->stopping = true;
    PH_LIST_EACH (it, &engine->sessions)
        ph__session_close(engine, PH_LIST_ITEM(it, struct ph__session, link), PH_ERR_SHUTDOWN,
                          false, ph_err_text(PH_ERR_SHUTDOWN));
    leave(engine);
}

/* ---- effects ---- */

/* A whole queue goes out in one write: one write a record is 10 to 25 times slower. */
static bool take_send(struct ph_engine *engine, struct ph__session *s, struct ph_effect *out)
{
    if (ph_tx_pending(&s->tx) == 0)
        return false;
    *out = (struct ph_effect){.kind = PH_EFFECT_SEND, .conn = s->conn};
    enum ph_err err = ph_tx_take(&s->tx, &out->send);
    if (err) {
        ph__session_end(engine, s, err, false, ph_err_text(err));
        ph_tx_done(&s->tx);
        return false;
    }
    if (s->unsent == 0)
        s->sent_mono = engine->now.mono;
    s->unsent += out->send.n;
    s->bytes_out += out->send.n;
    return true;
}

bool ph_engine_next(struct ph_engine *engine, struct ph_effect *out)
{
    if (ph__effects_pop(&engine->effects, out))
        return true;
    PH_LIST_EACH (it, &engine->sessions) {
        struct ph__session *s = PH_LIST_ITEM(it, struct ph__session, link);
        if (take_send(engine, s, out))
            return true;
        if (s->state != PH__CLOSING)
            continue;
        *out = (struct ph_effect){.kind = PH_EFFECT_CLOSE, .conn = s->conn};
        out->close.reason = s->close_reason;
        ph__session_free(engine, s);
        return true;
    }
    return ph__effects_pop(&engine->effects, out);
}
