/* SPDX-License-Identifier: Apache-2.0
 *
 * WANT, and what answers it: RECORD within the peer's credit and budget, GONE for the rest.
 *
 * Every id is judged by the entitlement rule when it is its turn. What the peer may not hold is
 * answered exactly like what is not here. */
#include "proto/base/assert.h"
#include "proto/sync/engine_priv.h"

#define LOOKUPS_A_TURN 512
#define FRAMING        16 /* of a RECORD message around its records */

void ph__on_want(struct ph_engine *engine, struct ph__session *s, const struct ph_message *message,
                 size_t frame_bytes)
{
    const struct ph_msg_want *want = &message->want;
    (void)engine;
    (void)frame_bytes;
    /* Past the limit ids are dropped: the peer asks again, or its next comparison finds them. */
    for (size_t i = 0; i < want->whole.n; i++)
        if (ph__ids_add(&s->serve, &want->whole.ids[i]) != PH_OK)
            break;
    for (size_t i = 0; i < want->header_only.n; i++)
        if (ph__ids_add(&s->serve_headers, &want->header_only.ids[i]) != PH_OK)
            break;
}

/* The record, if it is here, lives and may be held by the peer; else NULL. */
static struct ph_record *load(struct ph_engine *engine, const struct ph__session *s,
                              const struct ph_id *id)
{
    const struct ph_view *view = &engine->config.view;
    struct ph_channel_ends ends = ph__ends(engine, s);
    struct ph_record *record = NULL;
    if (view->record(view->ctx, id, &record) != PH_OK || !record)
        return NULL;
    if (record->header.expires > engine->now.wall && ph_channel_may_hold(&ends, record))
        return record;
    ph_record_unref(record);
    return NULL;
}

/* One turn's answers. */
struct answer {
    struct ph_record *records[PH__FRAME_RECORDS];
    struct ph_wire_record wire[PH__FRAME_RECORDS];
    size_t n;
    size_t bytes;
    struct ph_id gone[LOOKUPS_A_TURN];
    size_t n_gone;
    size_t lookups;
};

static void send_gone(struct ph_engine *engine, struct ph__session *s, struct answer *a)
{
    if (a->n_gone == 0)
        return;
    struct ph_message message = {.type = PH_MESSAGE_GONE};
    message.ids.ids = (struct ph_ids){.ids = a->gone, .n = a->n_gone};
    a->n_gone = 0;
    (void)ph__send_or_close(engine, s, &message);
}

/* The frame that @a has gathered. */
static void send_records(struct ph_engine *engine, struct ph__session *s, struct answer *a)
{
    struct ph_bytes pieces[PH_RECORD_PIECES(PH__FRAME_RECORDS)];
    size_t n_pieces = 0, total = 0;
    if (a->n == 0)
        return;
    enum ph_err err = ph_message_encode_records(&engine->scratch, pieces, &n_pieces, a->wire, a->n);
    for (size_t i = 0; i < n_pieces && !err; i++)
        total += pieces[i].n;
    if (!err && PH_NEVER(!ph_credit_spend(&s->credit, total)))
        err = PH_ERR_INTERNAL;
    if (!err)
        err = ph_tx_frame(&s->tx, pieces, n_pieces);
    if (err)
        ph__session_close(engine, s, err, false, ph_err_text(err));
    else
        s->records_out += a->n;
    for (size_t i = 0; i < a->n; i++)
        ph_record_unref(a->records[i]);
    a->n = 0;
    a->bytes = 0;
}

static bool fits(const struct ph_engine *engine, struct ph__session *s, const struct answer *a,
                 size_t size)
{
    size_t total = a->bytes + size + FRAMING;
    size_t room = ph__session_room(engine, s);
    if (total <= s->credit.available && total + PH__ROOM_KEPT <= room)
        return true;
    /* Not looked up again before it has a chance. */
    s->serve_credit = size + FRAMING;
    s->serve_room = size + FRAMING + PH__ROOM_KEPT;
    return false;
}

/* Take ids off @ids into @a. False when the peer can take no more for now. */
static bool gather(struct ph_engine *engine, struct ph__session *s, struct ph__ids *ids,
                   bool header_only, struct answer *a)
{
    while (ids->n > 0 && a->lookups < LOOKUPS_A_TURN && a->n < PH__FRAME_RECORDS) {
        struct ph_id id = ph__ids_front(ids, 1).ids[0];
        struct ph_record *record = load(engine, s, &id);
        a->lookups++;
        if (!record) {
            a->gone[a->n_gone++] = id;
            ph__ids_drop(ids, 1);
            continue;
        }
        struct ph_wire_record wire = {.header = record->raw_header,
                                      .has_body = record->has_body && !header_only,
                                      .body = record->body};
        if (!wire.has_body)
            wire.body = ph_bytes(NULL, 0);
        memcpy(wire.signature, record->sig, sizeof(wire.signature));
        size_t size = ph_wire_record_size(&wire);
        bool frame_full = a->n > 0 && a->bytes + size > PH__FRAME_TARGET;
        if (frame_full || !fits(engine, s, a, size)) {
            ph_record_unref(record);
            return frame_full;
        }
        a->records[a->n] = record;
        a->wire[a->n++] = wire;
        a->bytes += size;
        ph__ids_drop(ids, 1);
    }
    return true;
}

bool ph__serve_is_ready(const struct ph_engine *engine, const struct ph__session *s)
{
    return s->state == PH__LIVE && s->serve.n + s->serve_headers.n > 0 &&
           s->credit.available >= s->serve_credit &&
           ph__session_room(engine, s) >= PH_MAX(s->serve_room, (size_t)PH__ROOM_KEPT);
}

void ph__serve_pump(struct ph_engine *engine, struct ph__session *s)
{
    struct answer a;
    a.n = a.n_gone = a.lookups = a.bytes = 0;
    uint64_t spent = s->credit.available;
    bool more = ph__serve_is_ready(engine, s) && ph__view(engine) == PH_OK;
    while (more && s->state == PH__LIVE && s->serve.n + s->serve_headers.n > 0 &&
           a.lookups < LOOKUPS_A_TURN && spent - s->credit.available < PH__TURN_BYTES) {
        s->serve_credit = 0;
        s->serve_room = 0;
        more = gather(engine, s, &s->serve_headers, true, &a) &&
               gather(engine, s, &s->serve, false, &a);
        send_records(engine, s, &a);
    }
    if (s->state == PH__LIVE)
        send_gone(engine, s, &a);
}

void ph__announce(struct ph_engine *engine, struct ph__session *s, const struct ph_record *record)
{
    if (ph__ids_add(&s->announce, &record->id) != PH_OK)
        ph__heads_soon(engine, s);
}

void ph__announce_flush(struct ph_engine *engine, struct ph__session *s)
{
    if (s->announce.n == 0 || s->state != PH__LIVE)
        return;
    struct ph_message message = {.type = PH_MESSAGE_HAVE};
    message.ids.ids = ph__ids_front(&s->announce, PH_IDS_MAX);
    /* A peer that does not keep up misses announcements, and finds the records by comparing. */
    if (ph__send(engine, s, &message) != PH_OK)
        ph__heads_soon(engine, s);
    ph__ids_drop(&s->announce, s->announce.n);
}
