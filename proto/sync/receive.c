/* SPDX-License-Identifier: Apache-2.0
 *
 * From bytes to messages to the one function that handles each, where the session's state allows
 * it. */
#include <stdio.h>

#include "proto/base/assert.h"
#include "proto/sync/engine_priv.h"

#define BIT(state)   (1u << (state))
#define BEFORE_HELLO BIT(PH__HELLO)
#define AFTER_HELLO  (BIT(PH__TRUST) | BIT(PH__LIVE))
#define ANY_TIME     (BEFORE_HELLO | AFTER_HELLO)

/* What may come when. In PH__TRUST the peer may believe that trust is equal still, so messages
 * about records are no fault then; each handler knows what to do with them. */
/* clang-format off */
static const struct {
    ph__on_message *handle;
    unsigned states;
} handlers[] = {
    [PH_MESSAGE_HELLO]  = {ph__on_hello,  ANY_TIME},
    [PH_MESSAGE_HEADS]  = {ph__on_heads,  AFTER_HELLO},
    [PH_MESSAGE_TRUST]  = {ph__on_trust,  AFTER_HELLO},
    [PH_MESSAGE_RECON]  = {ph__on_recon,  AFTER_HELLO},
    [PH_MESSAGE_HAVE]   = {ph__on_have,   AFTER_HELLO},
    [PH_MESSAGE_WANT]   = {ph__on_want,   AFTER_HELLO},
    [PH_MESSAGE_RECORD] = {ph__on_record, AFTER_HELLO},
    [PH_MESSAGE_GONE]   = {ph__on_gone,   AFTER_HELLO},
    [PH_MESSAGE_REJECT] = {ph__on_reject, AFTER_HELLO},
    [PH_MESSAGE_CREDIT] = {ph__on_credit, AFTER_HELLO},
    [PH_MESSAGE_PRUNE]  = {ph__on_prune,  AFTER_HELLO},
    [PH_MESSAGE_GRAFT]  = {ph__on_prune,  AFTER_HELLO},
    [PH_MESSAGE_PING]   = {ph__on_ping,   AFTER_HELLO},
    [PH_MESSAGE_PONG]   = {ph__on_pong,   AFTER_HELLO},
    [PH_MESSAGE_BYE]    = {ph__on_bye,    ANY_TIME},
};
/* clang-format on */

static void dispatch(struct ph_engine *engine, struct ph__session *s,
                     const struct ph_message *message, size_t frame_bytes)
{
    char text[96];
    if (message->type == PH_MESSAGE_REKEY) /* never seen: struct ph_rx swallows it */
        return;
    if (message->type == PH_MESSAGE_UNKNOWN) {
        if (s->hello_heard && s->peer_minor > PH_WIRE_MINOR)
            return;
        (void)snprintf(text, sizeof(text), "message of unknown type %llu",
                       (unsigned long long)message->number);
        ph__session_close(engine, s, PH_ERR_PROTOCOL, true, text);
        return;
    }
    if (PH_NEVER((size_t)message->type >= PH_LEN(handlers) || !handlers[message->type].handle))
        return;
    if (!(handlers[message->type].states & BIT(s->state))) {
        (void)snprintf(text, sizeof(text), "%s in state %s", ph_message_name(message->type),
                       ph__state_name(s->state));
        ph__session_close(engine, s, PH_ERR_PROTOCOL, true, text);
        return;
    }
    handlers[message->type].handle(engine, s, message, frame_bytes);
}

static void on_frame(struct ph_engine *engine, struct ph__session *s, struct ph_bytes frame)
{
    struct ph_message message;
    struct ph_why why = {.code = PH_OK};
    if (s->state == PH__PROVING) {
        ph__handshake_proved(engine, s);
        if (!ph__session_is_up(s))
            return;
    }
    enum ph_err err = ph_message_decode(&message, frame, &why);
    if (err) {
        ph__session_close(engine, s, err, err != PH_ERR_NOMEM, why.what);
        return;
    }
    dispatch(engine, s, &message, frame.n);
    ph_message_done(&message);
}

/* A peer may burst, but not for ever: one-byte frames at full speed would starve the others. */
static bool is_flood(const struct ph_engine *engine, struct ph__session *s)
{
    ph_ms elapsed = engine->now.mono - s->frames_mono;
    uint64_t refill = elapsed * PH__FRAMES_PER_S / 1000;
    if (refill > 0) {
        s->frames_seen += PH_MIN(refill, s->rx.frames - s->frames_seen);
        s->frames_mono = engine->now.mono;
    }
    return s->rx.frames - s->frames_seen > PH__FRAMES_BURST;
}

/* The transport's errors. What fails authentication may be anybody's doing on the way; only what a
 * proved peer sealed itself is held against it. */
static void on_broken(struct ph_engine *engine, struct ph__session *s, enum ph_err err,
                      const char *text)
{
    bool sealed_by_peer = ph__session_is_up(s) && ph_err_class(err) == PH_CLASS_PEER &&
                          err != PH_ERR_FORGED && err != PH_ERR_TRUNCATED;
    ph__session_close(engine, s, err, sealed_by_peer, text);
}

void ph__receive(struct ph_engine *engine, struct ph__session *s, struct ph_bytes bytes)
{
    s->heard = engine->now.mono;
    s->bytes_in += bytes.n;
    while (s->state != PH__CLOSING) {
        struct ph_bytes piece = ph_bytes(NULL, 0);
        struct ph_why why = {.code = PH_OK};
        bool got = false;
        bool in_handshake = s->state == PH__GREETING;
        enum ph_err err = in_handshake ? ph_rx_handshake(&s->rx, &bytes, &piece, &got, &why)
                                       : ph_rx_next(&s->rx, &bytes, &piece, &got, &why);
        if (err) {
            on_broken(engine, s, err, why.what);
            return;
        }
        if (!got)
            return;
        if (in_handshake)
            ph__handshake_message(engine, s, piece);
        else
            on_frame(engine, s, piece);
        if (s->state != PH__CLOSING && is_flood(engine, s))
            ph__session_close(engine, s, PH_ERR_LIMIT, true, "too many messages");
    }
}
