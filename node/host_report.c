/* SPDX-License-Identifier: Apache-2.0
 *
 * What the host tells people: log lines, alarms, and the status that tools ask for. */
#include <stdio.h>
#include <stdlib.h>

#include "node/host_priv.h"
#include "proto/base/text.h"

#define DAY_MS UINT64_C(86400000)

static enum ph_log_level level_of(const struct ph_event *event)
{
    switch (event->kind) {
    case PH_EVENT_SESSION_UP:
    case PH_EVENT_SESSION_DOWN:
    case PH_EVENT_IN_SYNC:
        return PH_LOG_INFO;
    case PH_EVENT_REFUSED:
        return event->err == PH_ERR_DUPLICATE ? PH_LOG_DEBUG : PH_LOG_WARN;
    case PH_EVENT_REJECTED:
    case PH_EVENT_REJECT_HEARD:
    case PH_EVENT_CLOCK:
    case PH_EVENT_CLONE:
        return PH_LOG_WARN;
    }
    return PH_LOG_ERROR;
}

static const char *name_of(enum ph_event_kind kind)
{
    switch (kind) {
    case PH_EVENT_SESSION_UP:
        return "session up";
    case PH_EVENT_SESSION_DOWN:
        return "session down";
    case PH_EVENT_REFUSED:
        return "connection refused";
    case PH_EVENT_REJECTED:
        return "record rejected";
    case PH_EVENT_REJECT_HEARD:
        return "peer refused our record";
    case PH_EVENT_IN_SYNC:
        return "in sync";
    case PH_EVENT_CLOCK:
        return "clock differs";
    case PH_EVENT_CLONE:
        return "node key in use twice";
    }
    return "unknown event";
}

static void raise_alarm(struct ph_host *h, const struct ph_event *event)
{
    char topic[32];
    ph_ms until = ph_clock_now().wall + DAY_MS;
    const char *org = event->has_peer ? event->org.s : "";
    switch (event->kind) {
    case PH_EVENT_CLOCK:
        snprintf(topic, sizeof(topic), "clock %s", org);
        (void)ph_alarm_raise(&h->alarms, topic, until,
                             "clock of %s and ours are more than ten minutes apart", org);
        break;
    case PH_EVENT_CLONE:
        (void)ph_alarm_raise(&h->alarms, "clone", until,
                             "a node key is in use on two machines at once: %s", event->text);
        break;
    case PH_EVENT_REJECTED:
        snprintf(topic, sizeof(topic), "rejected %s", org);
        (void)ph_alarm_raise(&h->alarms, topic, until, "%s handed over a bad record: %s", org,
                             ph_err_text(event->err));
        break;
    case PH_EVENT_REJECT_HEARD:
        snprintf(topic, sizeof(topic), "refused by %s", org);
        (void)ph_alarm_raise(&h->alarms, topic, until, "%s refused a record of ours: %s", org,
                             ph_err_text(event->err));
        break;
    case PH_EVENT_SESSION_UP:
    case PH_EVENT_SESSION_DOWN:
    case PH_EVENT_REFUSED:
    case PH_EVENT_IN_SYNC:
        break;
    }
}

void ph__host_event(struct ph_host *h, ph_conn conn, const struct ph_event *event)
{
    char node[PH_KEY_TEXT_MAX] = "-", id[65] = "-";
    static const struct ph_id no_id;
    if (event->kind == PH_EVENT_SESSION_UP)
        ph_net_established(h->net, conn);
    if (event->has_peer)
        ph_node_key_text(node, &event->node);
    if (!ph_id_equal(&event->id, &no_id))
        ph_hex(id, ph_bytes(event->id.b, sizeof(event->id.b)));
    ph_log_event(h->log, level_of(event), name_of(event->kind),
                 PH_S("org", event->has_peer ? event->org.s : "-"), PH_S("node", node),
                 PH_S("address", ph_net_peer(h->net, conn)),
                 PH_S("reason", ph_err_token(event->err)), PH_S("record", id),
                 PH_S("what", event->text));
    raise_alarm(h, event);
}

void ph__host_store_trouble(struct ph_host *h, enum ph_err err, const struct ph_why *why)
{
    if (ph_alarm_raise(&h->alarms, "store", PH_NEVER_MS, "store %s: %s", ph_err_token(err),
                       why->what[0] ? why->what : ph_err_text(err)))
        ph_log_event(h->log, PH_LOG_ERROR, "store trouble", PH_S("reason", ph_err_token(err)),
                     PH_S("what", why->what), PH_S("hint", why->hint));
}

void ph__host_turned_away(void *ctx, const char *address, const char *cap)
{
    struct ph_host *h = (struct ph_host *)ctx;
    ph_ms now = ph_clock_now().mono;
    h->turned_away_since++;
    if (h->turned_away_logged != 0 && now < h->turned_away_logged + 1000)
        return;
    ph_log_event(h->log, PH_LOG_WARN, "connections turned away", PH_S("address", address),
                 PH_S("cap", cap), PH_U("count", h->turned_away_since));
    h->turned_away_logged = now;
    h->turned_away_since = 0;
}

/* Alarms that follow from the hour and the documents, not from an event. */
static void standing_alarms(struct ph_host *h, ph_ms now)
{
    const struct ph_roster *roster = ph_members_roster(h->members);
    const struct ph_card *card = ph_members_card(h->members, &h->self.code);
    ph_alarms_expire(&h->alarms, now);
    if (roster->review_by < now)
        (void)ph_alarm_raise(&h->alarms, "roster", PH_NEVER_MS,
                             "roster %llu is past its review date: ask the stewards for a new one",
                             (unsigned long long)roster->seq);
    else
        ph_alarm_clear(&h->alarms, "roster");
    if (card != NULL && card->expires < now + 30 * DAY_MS)
        (void)ph_alarm_raise(&h->alarms, "card", PH_NEVER_MS, "own card %s: sign a new one",
                             card->expires < now ? "has expired" : "expires within 30 days");
    else
        ph_alarm_clear(&h->alarms, "card");
    if (!h->locked_memory)
        (void)ph_alarm_raise(&h->alarms, "memory", PH_NEVER_MS,
                             "secrets are not in locked memory: raise LimitMEMLOCK");
}

static struct ph_control_peer control_peer(const struct ph_peer_info *p, const struct ph_now *now)
{
    return (struct ph_control_peer){
        .org = p->org,
        .node = p->node,
        .connected = p->connected,
        .outgoing = p->outgoing,
        .in_sync = p->in_sync,
        .since = p->connected ? now->wall - (now->mono - p->since_mono) : 0,
        .rtt_ms = p->rtt_ms,
        .bytes_in = p->bytes_in,
        .bytes_out = p->bytes_out,
        .records_in = p->records_in,
        .records_out = p->records_out,
        .refused = p->refused,
        .next_dial_in =
            !p->connected && p->next_dial_mono > now->mono && p->next_dial_mono != PH_NEVER_MS
                ? p->next_dial_mono - now->mono
                : 0,
        .last_error = p->last_error};
}

/* Room for every peer there is; the engine says how many. */
static size_t read_peers(struct ph_host *h)
{
    size_t n = ph_engine_peers(h->engine, h->peers, h->peers_max);
    if (n > h->peers_max) {
        struct ph_peer_info *more = (struct ph_peer_info *)realloc(h->peers, n * sizeof(*h->peers));
        if (more != NULL) {
            h->peers = more;
            h->peers_max = n;
        }
        n = ph_engine_peers(h->engine, h->peers, h->peers_max);
    }
    return PH_MIN(n, h->peers_max);
}

enum ph_err ph_host_status(struct ph_host *h, struct ph_control_status *out)
{
    const struct ph_now now = ph_clock_now();
    struct ph_control_status s = {.software = ph_bytes_str(h->software),
                                  .started = h->started.wall,
                                  .listen = ph_bytes_str(ph_net_address(h->net)),
                                  .locked_memory = h->locked_memory};
    size_t n = PH_MIN(read_peers(h), PH_CONTROL_PEERS_MAX);
    s.peers = (struct ph_control_peer *)calloc(n ? n : 1, sizeof(*s.peers));
    if (s.peers == NULL)
        return PH_ERR_NOMEM;
    s.n_peers = n;
    for (size_t i = 0; i < n; i++)
        s.peers[i] = control_peer(&h->peers[i], &now);
    standing_alarms(h, now.wall);
    s.n_alarms = h->alarms.n;
    for (size_t i = 0; i < h->alarms.n; i++)
        s.alarms[i] = ph_bytes_str(h->alarms.v[i].text);
    *out = s;
    return PH_OK;
}
