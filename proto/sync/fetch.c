/* SPDX-License-Identifier: Apache-2.0
 *
 * Fetching: from "a peer has it" to "it is here". Requests are pipelined in a window that shrinks
 * as records grow, so that what is under way stays near one session budget. */
#include "proto/base/assert.h"
#include "proto/sync/engine_priv.h"

static void unlink_want(struct ph_engine *engine, struct ph__want *want)
{
    struct ph__session *s = NULL;
    if (want->state != PH__WANT_HERE)
        s = ph__session_find(engine, want->with);
    if (s && want->state == PH__WANT_QUEUED)
        s->n_ask--;
    else if (s)
        s->n_asked--;
    ph_list_remove(&want->link);
}

static void queue_with(struct ph__session *s, struct ph__want *want)
{
    want->state = PH__WANT_QUEUED;
    want->with = s->conn;
    ph_list_append(&s->ask, &want->link);
    s->n_ask++;
}

void ph__fetch_forget(struct ph_engine *engine, const struct ph_id *id)
{
    struct ph__want *want = ph__wanted_get(&engine->wanted, id);
    if (!want)
        return;
    unlink_want(engine, want);
    ph__wanted_remove(&engine->wanted, want);
}

/* Not asked for: what its own time says is not due yet (it would be refused and asked for again),
 * and what was refused within the hour. */
static bool is_unwelcome(const struct ph_engine *engine, const struct ph_id *id)
{
    return ph_id_created(id) > engine->now.wall + PH_CLOCK_SKEW_MS ||
           ph__refused_has(&engine->refused, id, engine->now.mono);
}

enum ph__offer ph__fetch_offer(struct ph_engine *engine, struct ph__session *s,
                               const struct ph_id *id)
{
    struct ph__want *want = ph__wanted_get(&engine->wanted, id);
    if (want) {
        ph__want_add_source(want, s->conn);
        return PH__OFFER_TAKEN;
    }
    if (is_unwelcome(engine, id) || ph__view_has(engine, id))
        return PH__OFFER_DECLINED;
    /* Each peer has its share of the table, so that one that promises the world takes nobody's
     * place. */
    if (s->n_ask + s->n_asked >= PH__FETCH_MAX ||
        ph__wanted_add(&engine->wanted, id, &want) != PH_OK)
        return PH__OFFER_FULL;
    ph__want_add_source(want, s->conn);
    queue_with(s, want);
    return PH__OFFER_TAKEN;
}

static size_t window(const struct ph_engine *engine, const struct ph__session *s)
{
    size_t mean = PH_MAX(s->record_bytes, (size_t)1);
    size_t n = 2 * (size_t)engine->config.session_budget / mean;
    return PH_MIN(PH_MAX(n, (size_t)PH__WINDOW_MIN), (size_t)PH__WINDOW_MAX);
}

void ph__fetch_pump(struct ph_engine *engine, struct ph__session *s)
{
    size_t room = window(engine, s);
    if (s->state != PH__LIVE || s->n_ask == 0 || s->n_asked > room / 2 ||
        engine->stalled_until > engine->now.mono)
        return;
    struct ph_id ids[PH__WINDOW_MAX];
    size_t n = 0;
    PH_LIST_EACH (it, &s->ask) {
        if (n == room - s->n_asked)
            break;
        ids[n++] = PH_LIST_ITEM(it, struct ph__want, link)->id;
    }
    struct ph_message message = {.type = PH_MESSAGE_WANT};
    message.want.whole = (struct ph_ids){.ids = ids, .n = n};
    if (ph__send(engine, s, &message) != PH_OK)
        return; /* its budget is full: when it has read */
    for (size_t i = 0; i < n; i++) {
        struct ph__want *want = PH_LIST_ITEM(ph_list_take_first(&s->ask), struct ph__want, link);
        want->state = PH__WANT_ASKED;
        want->asked_mono = engine->now.mono;
        ph_list_append(&s->asked, &want->link);
    }
    s->n_ask -= n;
    s->n_asked += n;
}

static struct ph__session *other_source(struct ph_engine *engine, const struct ph__want *want)
{
    for (size_t i = 0; i < want->n_sources; i++) {
        struct ph__session *s = ph__session_find(engine, want->sources[i]);
        if (s && s->state == PH__LIVE)
            return s;
    }
    return NULL;
}

void ph__fetch_elsewhere(struct ph_engine *engine, struct ph__want *want, ph_conn not_with)
{
    unlink_want(engine, want);
    ph__want_drop_source(want, not_with);
    struct ph__session *s = other_source(engine, want);
    if (s)
        queue_with(s, want);
    else
        ph__wanted_remove(&engine->wanted, want);
}

/* "An id promised and not delivered in 10 s is asked of another peer." Not while it is we who are
 * behind with checking and storing, nor, where nobody else has it, while the peer still delivers.
 */
void ph__fetch_tick(struct ph_engine *engine, struct ph__session *s)
{
    ph_ms now = engine->now.mono;
    bool we_are_slow = s->n_batches > 0 || s->inbox;
    bool delivers = now - s->delivered < PH__WANT_MS;
    PH_LIST_EACH (it, &s->asked) {
        struct ph__want *want = PH_LIST_ITEM(it, struct ph__want, link);
        if (want->asked_mono + PH__WANT_MS > now)
            break;
        if (we_are_slow || (delivers && want->n_sources == 1)) {
            want->asked_mono = now;
            ph_list_remove(&want->link);
            ph_list_append(&s->asked, &want->link);
            continue;
        }
        ph__fetch_elsewhere(engine, want, s->conn);
    }
}

void ph__fetch_drop_session(struct ph_engine *engine, struct ph__session *s)
{
    PH_LIST_EACH (it, &s->ask)
        ph__fetch_elsewhere(engine, PH_LIST_ITEM(it, struct ph__want, link), s->conn);
    PH_LIST_EACH (jt, &s->asked)
        ph__fetch_elsewhere(engine, PH_LIST_ITEM(jt, struct ph__want, link), s->conn);
    PH_ASSERT(s->n_ask == 0 && s->n_asked == 0);
}

bool ph__fetch_arrived(struct ph_engine *engine, struct ph__session *s, const struct ph_id *id)
{
    struct ph__want *want = ph__wanted_get(&engine->wanted, id);
    if (want && want->state == PH__WANT_HERE) {
        ph__want_add_source(want, s->conn);
        return false;
    }
    if (want)
        unlink_want(engine, want);
    else if (ph__wanted_add(&engine->wanted, id, &want) != PH_OK)
        return true; /* no room to remember it by: it may be checked twice, no more */
    want->state = PH__WANT_HERE;
    ph__want_add_source(want, s->conn);
    return true;
}
