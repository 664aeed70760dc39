/* SPDX-License-Identifier: Apache-2.0
 *
 * The timers of one session, in two views that must name the same moments: what to do when they
 * have passed, and when the next one will. */
#include "proto/sync/engine_priv.h"

static bool is_due(const struct ph_engine *engine, ph_ms at)
{
    return at <= engine->now.mono;
}

/* Membership also ends by the clock (`until` on a card), and a newcomer's card must come to be
 * known. */
static void check_membership(struct ph_engine *engine, struct ph__session *s)
{
    struct ph_member_node member;
    enum ph_err err =
        ph_members_may_connect(engine->members, &s->key, engine->now.wall, &member, NULL);
    s->check_at = engine->now.mono + PH__CHECK_MS;
    if (err)
        ph__session_close(engine, s, err, false, ph_err_text(err));
}

static ph_ms ping_at(const struct ph__session *s)
{
    return s->ping_mono ? PH_NEVER_MS : s->heard + PH__PING_MS;
}

static ph_ms stuck_at(const struct ph__session *s)
{
    return s->unsent ? s->sent_mono + PH__STUCK_MS : PH_NEVER_MS;
}

static void tick_up(struct ph_engine *engine, struct ph__session *s)
{
    if (is_due(engine, s->heard + PH__DEAD_MS))
        ph__session_close(engine, s, PH_ERR_TIMEOUT, false, "silent for too long");
    else if (is_due(engine, stuck_at(s)))
        ph__session_close(engine, s, PH_ERR_TIMEOUT, false, "does not read what it is sent");
    if (ph__session_is_up(s) && is_due(engine, s->check_at))
        check_membership(engine, s);
    if (ph__session_is_up(s) && is_due(engine, s->rekey_at)) {
        s->rekey_at = engine->now.mono + PH_REKEY_MS;
        enum ph_err err = ph_tx_rekey(&s->tx);
        if (err)
            ph__session_close(engine, s, err, false, ph_err_text(err));
    }
    if (s->state == PH__TRUST && is_due(engine, s->trust_retry)) {
        s->summary_is_current = false;
        ph__trust_ask(engine, s);
    }
    if (s->hello_heard && ph__session_is_up(s) && is_due(engine, ping_at(s)))
        ph__ping_send(engine, s);
}

void ph__session_tick(struct ph_engine *engine, struct ph__session *s)
{
    if (s->state == PH__CLOSING)
        return;
    bool waits = ph__session_is_half_open(s) || !s->hello_heard;
    if (waits && is_due(engine, s->deadline)) {
        ph__session_close(engine, s, PH_ERR_TIMEOUT, false, "handshake took too long");
        return;
    }
    if (ph__session_is_up(s))
        tick_up(engine, s);
    if (s->state != PH__LIVE)
        return;
    ph__fetch_tick(engine, s);
    ph__recon_tick(engine, s);
    ph__heads_tick(engine, s);
}

static ph_ms live_deadline(const struct ph_engine *engine, const struct ph__session *s)
{
    ph_ms at = s->heads_at;
    if (ph__serve_is_ready(engine, s))
        return engine->now.mono;
    if (!ph_list_is_empty(&s->asked))
        at = PH_MIN(at,
                    PH_LIST_ITEM(s->asked.next, struct ph__want, link)->asked_mono + PH__WANT_MS);
    if (s->server.held.n > 0 && ph__recon_is_spent(engine, s))
        at = PH_MIN(at, s->server.window_mono + PH__WORK_WINDOW_MS);
    if (s->client.active && s->client.held.n == 0)
        at = PH_MIN(at, s->client.sent_mono + PH__RECON_WAIT_MS);
    return at;
}

ph_ms ph__session_deadline(const struct ph_engine *engine, const struct ph__session *s)
{
    if (s->state == PH__CLOSING)
        return PH_NEVER_MS;
    ph_ms at = PH_NEVER_MS;
    if (ph__session_is_half_open(s) || !s->hello_heard)
        at = s->deadline;
    if (!ph__session_is_up(s))
        return at;
    at = PH_MIN(at, s->heard + PH__DEAD_MS);
    at = PH_MIN(at, stuck_at(s));
    at = PH_MIN(at, s->check_at);
    at = PH_MIN(at, s->rekey_at);
    if (s->state == PH__TRUST)
        at = PH_MIN(at, s->trust_retry);
    if (s->hello_heard)
        at = PH_MIN(at, ping_at(s));
    return s->state == PH__LIVE ? PH_MIN(at, live_deadline(engine, s)) : at;
}
