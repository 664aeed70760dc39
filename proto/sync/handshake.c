/* SPDX-License-Identifier: Apache-2.0
 *
 * From a connection to a proved peer: Noise IK, and what its first message carries.
 *
 * Payload of message 1: [timestamp ms, newest roster | nil, own card | nil]. It can be replayed, so
 * it has no effect that lasts: the timestamp is remembered, and the enclosed documents are handed
 * to the host, only once the initiator has sent a transport message. Until then nothing of ours is
 * written but message 2, and that to a member's key only. */
#include "proto/base/assert.h"
#include "proto/base/reader.h"
#include "proto/base/writer.h"
#include "proto/sync/engine_priv.h"

#define PROLOGUE "posthorn/1"
/* What the payload needs besides the two documents. */
#define PAYLOAD_FRAMING 32

struct payload {
    ph_ms at;
    struct ph_bytes roster; /* empty: nil */
    struct ph_bytes card;
};

static struct ph_bytes read_document(struct ph_reader *r)
{
    return ph_read_nil(r) ? ph_bytes(NULL, 0) : ph_read_bin(r, PH_HANDSHAKE_PAYLOAD_MAX);
}

static enum ph_err payload_decode(struct payload *out, struct ph_bytes bytes)
{
    struct ph_reader r = ph_reader(bytes);
    struct payload p = {.at = 0};
    ph_read_array_exact(&r, 3);
    p.at = ph_read_uint(&r, PH_CREATED_MAX);
    p.roster = read_document(&r);
    p.card = read_document(&r);
    enum ph_err err = ph_reader_end(&r, NULL);
    if (!err)
        *out = p;
    return err;
}

static void write_document(struct ph_writer *w, struct ph_bytes document)
{
    if (document.n)
        ph_write_bin(w, document);
    else
        ph_write_nil(w);
}

static enum ph_err payload_encode(struct ph_buf *out, const struct payload *p)
{
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, 3);
    ph_write_uint(&w, p->at);
    write_document(&w, p->roster);
    write_document(&w, p->card);
    return ph_writer_end(&w);
}

/* A peer that has not been seen to know our card gets it, and the newest roster where it fits. */
static struct payload make_payload(const struct ph_engine *engine, const struct ph__peer *peer)
{
    const struct ph_members *members = engine->members;
    struct payload p = {.at = engine->now.wall};
    if (peer && peer->has_our_card)
        return p;
    size_t left = PH_HANDSHAKE_PAYLOAD_MAX - PAYLOAD_FRAMING;
    struct ph_bytes card = ph_members_card_bytes(members, &engine->config.org);
    struct ph_bytes roster = ph_members_roster_bytes(members, engine->trust.roster_seq);
    if (card.n <= left) {
        p.card = card;
        left -= card.n;
    }
    if (engine->trust.roster_seq > 1 && roster.n <= left)
        p.roster = roster;
    return p;
}

static enum ph_err send_message1(struct ph_engine *engine, struct ph__session *s,
                                 const struct ph__peer *peer)
{
    struct payload p = make_payload(engine, peer);
    struct ph_buf plain = ph_buf(PH_HANDSHAKE_PAYLOAD_MAX);
    struct ph_buf message = ph_buf(PH_NOISE_MESSAGE1_MAX);
    enum ph_err err = payload_encode(&plain, &p);
    if (!err)
        err = ph_noise_write(&s->noise, ph_buf_bytes(&plain), &message, NULL);
    if (!err)
        err = ph_tx_handshake(&s->tx, ph_buf_bytes(&message));
    ph_buf_done(&plain);
    ph_buf_done(&message);
    return err;
}

enum ph_err ph__handshake_begin(struct ph_engine *engine, struct ph__session *s,
                                const struct ph_dial *expect, const uint8_t ephemeral[static 32])
{
    uint8_t prologue[sizeof(PROLOGUE) - 1 + 32];
    memcpy(prologue, PROLOGUE, sizeof(PROLOGUE) - 1);
    memcpy(prologue + sizeof(PROLOGUE) - 1, ph_members_community(engine->members)->b, 32);
    const uint8_t *secret = engine->config.transport_secret->b;
    if (!expect)
        return ph_noise_respond(&s->noise, ph_bytes(prologue, sizeof(prologue)), secret, ephemeral,
                                NULL);
    struct ph_member_node member;
    enum ph_err err =
        ph_members_may_connect(engine->members, &expect->key, engine->now.wall, &member, NULL);
    if (err)
        return err;
    s->known = true;
    s->key = expect->key;
    s->node = member.node->sign_key;
    s->org = member.card->org;
    err = ph_noise_initiate(&s->noise, ph_bytes(prologue, sizeof(prologue)), secret, &expect->key,
                            ephemeral, NULL);
    return err ? err : send_message1(engine, s, ph__peer_find(engine, &expect->key));
}

/* Keys of both directions come into force. */
static enum ph_err open_transport(struct ph__session *s)
{
    struct ph_cipher tx, rx;
    enum ph_err err = ph_noise_split(&s->noise, &tx, &rx);
    if (err)
        return err;
    ph_tx_open(&s->tx, &tx);
    ph_rx_open(&s->rx, &rx);
    return PH_OK;
}

/* A member that our view does not list yet, proved by the documents it brought along. */
static enum ph_err check_enclosed(struct ph_engine *engine, struct ph__session *s,
                                  const struct payload *p, size_t n_rosters,
                                  struct ph_member_node *member, struct ph_members **view)
{
    struct ph_members_result result;
    enum ph_err err = ph_members_extend(view, engine->members, &p->roster, n_rosters, &p->card,
                                        p->card.n ? 1 : 0, NULL, NULL, &result, NULL);
    if (err)
        return err;
    err = ph_members_may_connect(*view, &s->key, engine->now.wall, member, NULL);
    if (err) {
        ph_members_unref(*view);
        *view = NULL;
    }
    return err;
}

static void name_peer(struct ph__session *s, const struct ph_member_node *member)
{
    s->known = true;
    s->node = member->node->sign_key;
    s->org = member->card->org;
}

/* Who is it? First by our own view; then by what the message encloses: card and roster, or, where
 * that roster leads nowhere from ours, the card alone. */
static enum ph_err identify(struct ph_engine *engine, struct ph__session *s,
                            const struct payload *p)
{
    struct ph_member_node member;
    enum ph_err err =
        ph_members_may_connect(engine->members, &s->key, engine->now.wall, &member, NULL);
    if (!err) {
        name_peer(s, &member);
        return PH_OK;
    }
    if (p->card.n == 0 && p->roster.n == 0)
        return err;
    struct ph_members *view = NULL;
    enum ph_err enclosed = PH_ERR_AUTHOR;
    if (p->roster.n)
        enclosed = check_enclosed(engine, s, p, 1, &member, &view);
    if (enclosed && p->card.n)
        enclosed = check_enclosed(engine, s, p, 0, &member, &view);
    if (enclosed)
        return err;
    name_peer(s, &member); /* copies: the view goes away again, nothing is stored yet */
    ph_members_unref(view);
    s->unlisted = true;
    err = ph_buf_add(&s->roster, p->roster);
    return err ? err : ph_buf_add(&s->card, p->card);
}

/* Within ten minutes of our clock and newer than anything from that key. */
static enum ph_err check_timestamp(struct ph_engine *engine, struct ph__session *s, ph_ms at)
{
    ph_ms now = engine->now.wall;
    if (at > now + PH_CLOCK_SKEW_MS || at + PH_CLOCK_SKEW_MS < now)
        return PH_ERR_CLOCK;
    ph_ms last = 0;
    enum ph_err err = ph__view(engine);
    if (!err)
        err = engine->config.view.last_handshake(engine->config.view.ctx, &s->key, &last);
    if (err)
        return err;
    const struct ph__peer *peer = ph__peer_find(engine, &s->key);
    if (at <= last || (peer && at <= peer->handshake_at))
        return PH_ERR_ROLLBACK;
    s->handshake_at = at;
    return PH_OK;
}

static size_t n_established(const struct ph_engine *engine)
{
    size_t n = 0;
    PH_LIST_EACH (it, &engine->sessions)
        n += ph__session_is_up(PH_LIST_ITEM(it, struct ph__session, link));
    return n;
}

static enum ph_err check_room(struct ph_engine *engine, struct ph__session *s)
{
    const struct ph__peer *peer = ph__peer_find(engine, &s->key);
    if (peer && peer->blocked_until > engine->now.mono)
        return PH_ERR_POLICY;
    bool replaces = peer && peer->session;
    if (!replaces && n_established(engine) >= engine->config.sessions_max)
        return PH_ERR_BUSY;
    return PH_OK;
}

static enum ph_err answer_message1(struct ph__session *s)
{
    struct ph_buf message = ph_buf(PH_NOISE_MESSAGE2_MIN);
    enum ph_err err = ph_noise_write(&s->noise, ph_bytes(NULL, 0), &message, NULL);
    if (!err)
        err = ph_tx_handshake(&s->tx, ph_buf_bytes(&message));
    if (!err)
        err = open_transport(s);
    ph_buf_done(&message);
    if (!err)
        ph__session_move(s, PH__PROVING);
    return err;
}

static enum ph_err on_message1(struct ph_engine *engine, struct ph__session *s,
                               struct ph_bytes message)
{
    struct ph_buf plain = ph_buf(PH_HANDSHAKE_PAYLOAD_MAX);
    struct ph_member_node member;
    struct payload p;
    enum ph_err err = ph_noise_read(&s->noise, message, &plain, NULL);
    if (!err) {
        s->key = *ph_noise_remote(&s->noise);
        if (ph_members_by_transport_key(engine->members, &s->key, &member))
            name_peer(s, &member); /* so that a refusal has a name */
        err = payload_decode(&p, ph_buf_bytes(&plain));
    }
    if (!err && ph_transport_key_equal(&s->key, &engine->config.transport)) {
        ph__event(engine, PH_EVENT_CLONE, PH_ERR_DUPLICATE, NULL, NULL,
                  "another node dialled us with our own key");
        err = PH_ERR_DUPLICATE;
    }
    if (!err)
        err = check_timestamp(engine, s, p.at);
    if (!err)
        err = check_room(engine, s);
    if (!err)
        err = identify(engine, s, &p);
    if (!err)
        err = answer_message1(s);
    ph_buf_done(&plain);
    return err;
}

static enum ph_err on_message2(struct ph_engine *engine, struct ph__session *s,
                               struct ph_bytes message)
{
    struct ph_buf plain = ph_buf(PH_HANDSHAKE_PAYLOAD_MAX);
    enum ph_err err = ph_noise_read(&s->noise, message, &plain, NULL);
    ph_buf_done(&plain); /* empty in this version; room for a later one */
    if (!err)
        err = open_transport(s);
    if (!err)
        ph__handshake_proved(engine, s);
    return err;
}

void ph__handshake_message(struct ph_engine *engine, struct ph__session *s, struct ph_bytes message)
{
    enum ph_err err =
        s->outgoing ? on_message2(engine, s, message) : on_message1(engine, s, message);
    if (err)
        ph__session_close(engine, s, err, false, ph_err_text(err));
}

/* Of two sessions with one node, which goes? Two that crossed: the one dialled by the higher
 * transport key, on both sides alike. Else the older: whoever dials again has lost it. */
static struct ph__session *which_goes(const struct ph_engine *engine, struct ph__session *older,
                                      struct ph__session *newer)
{
    bool crossed =
        older->outgoing != newer->outgoing && engine->now.mono - older->since < PH__SIMULTANEOUS_MS;
    if (!crossed)
        return older;
    bool we_are_lower = memcmp(engine->config.transport.b, newer->key.b, 32) < 0;
    return newer->outgoing == we_are_lower ? older : newer;
}

/* The host is given what message 1 proved, now that it was no replay. */
static enum ph_err hand_over(struct ph_engine *engine, struct ph__session *s)
{
    if (s->outgoing)
        return PH_OK;
    struct ph_effect effect = {.kind = PH_EFFECT_HANDSHAKE, .conn = s->conn};
    effect.handshake.key = s->key;
    effect.handshake.at = s->handshake_at;
    enum ph_err err = ph__effects_push(&engine->effects, &effect);
    if (err || !s->unlisted)
        return err;
    return ph__trust_hand_over(engine, s, &s->roster, &s->card);
}

void ph__handshake_proved(struct ph_engine *engine, struct ph__session *s)
{
    struct ph__peer *peer = ph__peer_get(engine, &s->key);
    enum ph_err err = peer || s->unlisted ? hand_over(engine, s) : PH_ERR_NOMEM;
    if (err) {
        ph__session_close(engine, s, err, false, ph_err_text(err));
        return;
    }
    ph__session_move(s, PH__HELLO);
    s->deadline = engine->now.mono + PH__HELLO_MS;
    s->since = engine->now.mono;
    s->check_at = engine->now.mono + PH__CHECK_MS;
    s->rekey_at = engine->now.mono + PH_REKEY_MS;
    ph__peer_adopt(engine, s, peer);
    if (s->state == PH__HELLO)
        ph__hello_send(engine, s);
}

void ph__peer_adopt(struct ph_engine *engine, struct ph__session *s, struct ph__peer *peer)
{
    if (!peer || s->peer == peer)
        return;
    struct ph__session *older = peer->session;
    if (older) {
        struct ph__session *goes = which_goes(engine, older, s);
        if (goes == older) {
            s->replaced = true;
            s->replaced_heard = older->heard;
        }
        ph__session_close(engine, goes, PH_ERR_DUPLICATE, false,
                          "another connection to the same node is kept");
        if (goes == s)
            return;
    }
    s->peer = peer;
    peer->session = s;
    peer->dialing = false;
    if (!s->outgoing)
        peer->handshake_at = PH_MAX(peer->handshake_at, s->handshake_at);
}
