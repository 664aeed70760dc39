/* SPDX-License-Identifier: Apache-2.0
 *
 * RECORD: records come in. Decoded and judged by the entitlement rule here; signatures, clock and
 * form are checked by workers (batch.c), in batches that commit.c sends on their way.
 *
 * A record that nobody asked for is taken like any other if its channel is shared: it costs its
 * sender credit. A header without its body is only taken where that is all there is: an
 * attachment's, or what its author has retracted, as we know ourselves; else a peer could hide a
 * body behind its header. */
#include <stdlib.h>

#include "proto/sync/engine_priv.h"

static struct ph_batch *inbox_of(struct ph__session *s)
{
    if (!s->inbox) {
        s->inbox = calloc(1, sizeof(*s->inbox));
        if (s->inbox) {
            s->inbox->from = s->conn;
            s->inbox->trust_equal = true;
        }
    }
    return s->inbox;
}

/* Doubling from 8; the array lives as long as the batch. */
static enum ph_err inbox_add(struct ph__session *s, struct ph_record *record, size_t bytes)
{
    struct ph_batch *inbox = inbox_of(s);
    if (!inbox)
        return PH_ERR_NOMEM;
    bool full = inbox->n == 0 || (inbox->n >= 8 && (inbox->n & (inbox->n - 1)) == 0);
    if (full) {
        size_t cap = inbox->n ? inbox->n * 2 : 8;
        struct ph_batch_item *items = realloc(inbox->items, cap * sizeof(*items));
        if (!items)
            return PH_ERR_NOMEM;
        inbox->items = items;
    }
    inbox->items[inbox->n++] = (struct ph_batch_item){.record = record, .bytes = bytes};
    inbox->bytes += bytes;
    inbox->trust_equal &= s->state == PH__LIVE;
    return PH_OK;
}

static bool is_retracted(struct ph_engine *engine, const struct ph_channel_ends *ends,
                         const struct ph_record *record)
{
    const struct ph_view *view = &engine->config.view;
    struct ph_code author = ph_channel_author(ends, record);
    bool retracted = false;
    if (!view->retracted || ph__view(engine) != PH_OK ||
        view->retracted(view->ctx, &record->id, &author, &retracted) != PH_OK)
        return false;
    return retracted;
}

/* Whether @record is one to check and store. Sets why not; PH_OK then means: known already. */
static bool is_welcome(struct ph_engine *engine, struct ph__session *s,
                       const struct ph_record *record, enum ph_err *why_not)
{
    struct ph_channel_ends ends = ph__ends(engine, s);
    *why_not = PH_OK;
    if (!ph_channel_may_hold(&ends, record)) {
        *why_not = PH_ERR_OUTSIDE;
        return false;
    }
    if (!record->has_body && record->header.type != PH_RECORD_BLOB &&
        !is_retracted(engine, &ends, record)) {
        *why_not = PH_ERR_GAP;
        return false;
    }
    return !ph__view_has(engine, &record->id);
}

/* Mean of the sizes seen lately, for the window of ph__fetch_pump(). */
static void note_size(struct ph__session *s, size_t bytes)
{
    s->record_bytes = s->record_bytes ? (s->record_bytes * 7 + bytes) / 8 : bytes;
}

/* Takes @record; true when it went to the inbox. */
static bool sort_in(struct ph_engine *engine, struct ph__session *s, struct ph_record *record,
                    size_t bytes)
{
    enum ph_err why_not;
    struct ph_id id = record->id;
    bool welcome = is_welcome(engine, s, record, &why_not);
    if (welcome && ph__fetch_arrived(engine, s, &id)) {
        if (inbox_add(s, record, bytes) == PH_OK)
            return true;
        ph__fetch_forget(engine, &id);
    } else if (!welcome) {
        ph__fetch_forget(engine, &id);
        /* A missing retract may be on its way, and so may a roster that gives us the group. */
        if (why_not == PH_ERR_OUTSIDE && s->state == PH__LIVE)
            ph__refuse(engine, s, &id, why_not);
    }
    ph_record_unref(record);
    return false;
}

/* Malformed: no node that checks what it stores can have had it. */
static void on_bad(struct ph_engine *engine, struct ph__session *s, enum ph_err err,
                   const struct ph_why *why)
{
    bool blame = ph_err_class(err) == PH_CLASS_PEER;
    if (blame) {
        s->refused++;
        ph__event(engine, PH_EVENT_REJECTED, err, s, NULL, why->what);
    }
    ph__session_close(engine, s, err, blame, why->what);
}

void ph__on_record(struct ph_engine *engine, struct ph__session *s,
                   const struct ph_message *message, size_t frame_bytes)
{
    const struct ph_msg_record *msg = &message->record;
    if (ph_credit_received(&s->credit, frame_bytes) != PH_OK) {
        ph__session_close(engine, s, PH_ERR_PROTOCOL, true, "sent past its credit");
        return;
    }
    s->delivered = engine->now.mono;
    s->records_in += msg->n;
    size_t kept = 0;
    for (size_t i = 0; i < msg->n; i++) {
        const struct ph_wire_record *wire = &msg->records[i];
        struct ph_why why = {.code = PH_OK};
        struct ph_record *record;
        enum ph_err err =
            ph_record_new(&record, wire->header, wire->signature, wire->body, wire->has_body, &why);
        if (err) {
            on_bad(engine, s, err, &why);
            return;
        }
        size_t bytes = ph_wire_record_size(wire);
        note_size(s, bytes);
        if (sort_in(engine, s, record, bytes))
            kept += bytes;
        if (s->state == PH__CLOSING)
            return;
    }
    ph_credit_settle(&s->credit, frame_bytes - kept, true);
}
