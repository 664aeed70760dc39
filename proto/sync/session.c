/* SPDX-License-Identifier: Apache-2.0
 *
 * Life and death of one session, its table of states, and the queue towards its peer. */
#include "proto/sync/session.h"

#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/sync/engine_priv.h"

#define BIT(state) (1u << (state))

/* clang-format off */
static const struct {
    const char *name;
    unsigned next; /* states that may follow */
} states[] = {
    [PH__GREETING] = {"greeting", BIT(PH__PROVING) | BIT(PH__HELLO) | BIT(PH__CLOSING)},
    [PH__PROVING]  = {"proving",  BIT(PH__HELLO) | BIT(PH__CLOSING)},
    [PH__HELLO]    = {"hello",    BIT(PH__TRUST) | BIT(PH__LIVE) | BIT(PH__CLOSING)},
    [PH__TRUST]    = {"trust",    BIT(PH__LIVE) | BIT(PH__CLOSING)},
    [PH__LIVE]     = {"live",     BIT(PH__TRUST) | BIT(PH__CLOSING)},
    [PH__CLOSING]  = {"closing",  0},
};
/* clang-format on */

const char *ph__state_name(enum ph__state state)
{
    return states[state].name;
}

void ph__session_move(struct ph__session *s, enum ph__state to)
{
    PH_ASSERT(states[s->state].next & BIT(to));
    s->state = to;
}

struct ph__session *ph__session_new(struct ph_engine *engine, ph_conn conn, bool outgoing)
{
    struct ph__session *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->conn = conn;
    s->state = PH__GREETING;
    s->outgoing = outgoing;
    s->since = engine->now.mono;
    s->heard = engine->now.mono;
    s->sent_mono = engine->now.mono;
    s->deadline = engine->now.mono + PH_HANDSHAKE_MS;
    s->rx = ph_rx(outgoing ? PH_NOISE_MESSAGE2_MAX : PH_NOISE_MESSAGE1_MAX);
    s->tx = ph_tx(engine->config.session_budget);
    s->roster = ph_buf(PH_HANDSHAKE_PAYLOAD_MAX);
    s->card = ph_buf(PH_HANDSHAKE_PAYLOAD_MAX);
    s->client.held = ph_buf(PH_RECON_MAX);
    s->server.held = ph_buf(PH_RECON_MAX);
    s->serve = ph__ids(PH__SERVE_MAX);
    s->serve_headers = ph__ids(PH__SERVE_MAX);
    s->announce = ph__ids(PH_IDS_MAX);
    ph_credit_init(&s->credit, engine->config.session_budget);
    ph_list_init(&s->ask);
    ph_list_init(&s->asked);
    ph_list_append(&engine->sessions, &s->link);
    return s;
}

/* Records that nobody has checked yet are let go, and fetched again from another who has them. */
static void drop_inbox(struct ph_engine *engine, struct ph__session *s)
{
    for (size_t i = 0; s->inbox && i < s->inbox->n; i++) {
        struct ph__want *want = ph__wanted_get(&engine->wanted, &s->inbox->items[i].record->id);
        if (want)
            ph__fetch_elsewhere(engine, want, s->conn);
    }
    ph_batch_free(s->inbox);
    s->inbox = NULL;
}

/* Everything but the queue of bytes that still has to go out. */
static void release(struct ph_engine *engine, struct ph__session *s)
{
    ph__fetch_drop_session(engine, s);
    ph__recon_stop(s);
    ph_buf_done(&s->client.held);
    ph_buf_done(&s->server.held);
    ph__ids_done(&s->serve);
    ph__ids_done(&s->serve_headers);
    ph__ids_done(&s->announce);
    drop_inbox(engine, s);
    ph_buf_done(&s->roster);
    ph_buf_done(&s->card);
    ph_noise_done(&s->noise);
    ph_rx_done(&s->rx);
}

void ph__session_free(struct ph_engine *engine, struct ph__session *s)
{
    if (s->peer && s->peer->session == s)
        s->peer->session = NULL;
    release(engine, s);
    ph_tx_done(&s->tx);
    ph_list_remove(&s->link);
    free(s);
}

struct ph__session *ph__session_find(const struct ph_engine *engine, ph_conn conn)
{
    PH_LIST_EACH (it, &engine->sessions) {
        struct ph__session *s = PH_LIST_ITEM(it, struct ph__session, link);
        if (s->conn == conn)
            return s;
    }
    return NULL;
}

static void say_bye(struct ph_engine *engine, struct ph__session *s, enum ph_err err,
                    const char *text)
{
    struct ph_bytes words = ph_bytes_str(text);
    words.n = PH_MIN(words.n, (size_t)PH_BYE_TEXT_MAX);
    struct ph_message bye = {.type = PH_MESSAGE_BYE, .bye = {.code = err, .text = words}};
    /* Best effort: a peer that does not read learns it from the closed connection. */
    enum ph_err sent = ph__send(engine, s, &bye);
    (void)sent;
}

void ph__session_end(struct ph_engine *engine, struct ph__session *s, enum ph_err err, bool blame,
                     const char *text)
{
    if (s->state == PH__CLOSING)
        return;
    if (ph__session_is_half_open(s)) {
        /* Not a byte to whom we do not know, not even what was queued. */
        ph_tx_done(&s->tx);
        if (err != PH_ERR_CLOSED)
            ph__event(engine, PH_EVENT_REFUSED, err, s, NULL, text);
    } else if (s->came_up) {
        ph__event(engine, PH_EVENT_SESSION_DOWN, err, s, NULL, text);
    }
    s->close_reason = err;
    ph__session_move(s, PH__CLOSING);
    ph__peer_session_ended(engine, s, err, blame);
    release(engine, s);
}

void ph__session_close(struct ph_engine *engine, struct ph__session *s, enum ph_err err, bool blame,
                       const char *text)
{
    if (ph__session_is_up(s))
        say_bye(engine, s, err, text);
    ph__session_end(engine, s, err, blame, text);
}

size_t ph__session_room(const struct ph_engine *engine, const struct ph__session *s)
{
    size_t used = ph_tx_pending(&s->tx) + s->unsent;
    size_t budget = engine->config.session_budget;
    return used < budget ? budget - used : 0;
}

enum ph_err ph__send(struct ph_engine *engine, struct ph__session *s,
                     const struct ph_message *message)
{
    ph_buf_clear(&engine->scratch);
    enum ph_err err = ph_message_encode(&engine->scratch, message);
    if (err)
        return err;
    if (engine->scratch.n + 64 > ph__session_room(engine, s))
        return PH_ERR_LIMIT;
    struct ph_bytes frame = ph_buf_bytes(&engine->scratch);
    return ph_tx_frame(&s->tx, &frame, 1);
}

bool ph__send_or_close(struct ph_engine *engine, struct ph__session *s,
                       const struct ph_message *message)
{
    enum ph_err err = ph__send(engine, s, message);
    if (!err)
        return true;
    ph__session_close(engine, s, err == PH_ERR_LIMIT ? PH_ERR_TIMEOUT : err, false,
                      err == PH_ERR_LIMIT ? "does not read what it is sent" : ph_err_text(err));
    return false;
}

enum ph_err ph__ids_add(struct ph__ids *ids, const struct ph_id *id)
{
    if (ids->n == ids->max)
        return PH_ERR_LIMIT;
    if (ids->first + ids->n == ids->cap) {
        if (ids->first >= ids->cap / 2 && ids->first > 0) {
            memmove(ids->v, ids->v + ids->first, ids->n * sizeof(*ids->v));
        } else {
            size_t cap = ids->cap ? ids->cap * 2 : 32;
            struct ph_id *v = malloc(cap * sizeof(*v));
            if (!v)
                return PH_ERR_NOMEM;
            if (ids->n)
                memcpy(v, ids->v + ids->first, ids->n * sizeof(*v));
            free(ids->v);
            ids->v = v;
            ids->cap = cap;
        }
        ids->first = 0;
    }
    ids->v[ids->first + ids->n++] = *id;
    return PH_OK;
}

struct ph_ids ph__ids_front(const struct ph__ids *ids, size_t max)
{
    return (struct ph_ids){.ids = ids->n ? ids->v + ids->first : NULL, .n = PH_MIN(ids->n, max)};
}

void ph__ids_drop(struct ph__ids *ids, size_t n)
{
    PH_ASSERT(n <= ids->n);
    ids->first += n;
    ids->n -= n;
    if (ids->n == 0)
        ids->first = 0;
}

void ph__ids_done(struct ph__ids *ids)
{
    free(ids->v);
    *ids = (struct ph__ids){.max = ids->max};
}
