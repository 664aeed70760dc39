/* SPDX-License-Identifier: Apache-2.0
 *
 * What `peers` and `status` show: one entry a member node, connected or not. */
#include "proto/sync/engine_priv.h"

static void add_session(struct ph_peer_info *info, const struct ph__session *s)
{
    info->connected = s->came_up;
    info->outgoing = s->outgoing;
    info->in_sync = s->in_sync;
    info->since_mono = s->since;
    info->last_heard_mono = s->heard;
    info->rtt_ms = s->rtt_ms;
    info->bytes_in += s->bytes_in;
    info->bytes_out += s->bytes_out;
    info->records_in += s->records_in;
    info->records_out += s->records_out;
    info->refused += s->refused;
    info->next_dial_mono = PH_NEVER_MS;
}

static struct ph_peer_info info_of(const struct ph_engine *engine,
                                   const struct ph_member_node *member)
{
    struct ph_peer_info info = {
        .org = member->card->org, .node = member->node->sign_key, .next_dial_mono = PH_NEVER_MS};
    const struct ph__peer *peer = ph__peer_find(engine, &member->node->transport_key);
    if (!peer)
        return info;
    info.last_heard_mono = peer->heard;
    info.rtt_ms = peer->rtt_ms;
    info.bytes_in = peer->bytes_in;
    info.bytes_out = peer->bytes_out;
    info.records_in = peer->records_in;
    info.records_out = peer->records_out;
    info.refused = peer->refused;
    info.last_error = peer->last_error;
    if (member->node->n_addresses > 0)
        info.next_dial_mono = peer->next_dial;
    if (peer->session)
        add_session(&info, peer->session);
    return info;
}

size_t ph_engine_peers(const struct ph_engine *engine, struct ph_peer_info *out, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < ph_members_n_nodes(engine->members); i++) {
        struct ph_member_node member = ph_members_node(engine->members, i);
        if (ph_transport_key_equal(&member.node->transport_key, &engine->config.transport))
            continue;
        if (n < max)
            out[n] = info_of(engine, &member);
        n++;
    }
    return n;
}
