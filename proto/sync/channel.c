/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/sync/channel.h"

static bool both_in(const struct ph_channel_ends *ends, const struct ph_group *group)
{
    return ph_group_has(group, &ends->self) && ph_group_has(group, &ends->peer);
}

static bool same_org(const struct ph_channel_ends *ends)
{
    return ph_code_cmp(&ends->self, &ends->peer) == 0;
}

bool ph_channel_is_shared(const struct ph_channel_ends *ends, const struct ph_channel *channel)
{
    const struct ph_roster *roster = ph_members_roster(ends->members);
    switch (channel->kind) {
    case PH_CHANNEL_COMMUNITY:
        return true;
    case PH_CHANNEL_GROUP: {
        const struct ph_group *group = ph_roster_group(roster, &channel->id);
        return group && both_in(ends, group);
    }
    case PH_CHANNEL_DIRECT: {
        if (same_org(ends))
            return true;
        struct ph_channel with_peer = ph_channel_direct(&ends->peer);
        return ph_hash_equal(&with_peer.id, &channel->id);
    }
    }
    return false;
}

/* Appends while there is room and counts always. */
struct list {
    struct ph_wire_channel *wire;
    struct ph_channel *own;
    size_t max;
    size_t n;
};

static void list_add(struct list *list, const struct ph_wire_channel *wire,
                     const struct ph_channel *own)
{
    if (list->n < list->max) {
        list->wire[list->n] = *wire;
        list->own[list->n] = *own;
    }
    list->n++;
}

static void add_direct(struct list *list, const struct ph_code *other, bool named)
{
    struct ph_wire_channel wire = {.kind = PH_CHANNEL_DIRECT, .has_org = named};
    if (named)
        wire.org = *other;
    struct ph_channel own = ph_channel_direct(other);
    list_add(list, &wire, &own);
}

size_t ph_channel_shared(const struct ph_channel_ends *ends, struct ph_wire_channel *out_wire,
                         struct ph_channel *out_own, size_t max)
{
    const struct ph_roster *roster = ph_members_roster(ends->members);
    struct list list = {.wire = out_wire, .own = out_own, .max = max};
    list_add(&list, &(struct ph_wire_channel){.kind = PH_CHANNEL_COMMUNITY},
             &(struct ph_channel){.kind = PH_CHANNEL_COMMUNITY});
    for (size_t i = 0; i < roster->n_groups; i++) {
        const struct ph_group *group = &roster->groups[i];
        if (both_in(ends, group))
            list_add(&list, &(struct ph_wire_channel){.kind = PH_CHANNEL_GROUP, .group = group->id},
                     &(struct ph_channel){.kind = PH_CHANNEL_GROUP, .id = group->id});
    }
    if (!same_org(ends)) {
        add_direct(&list, &ends->peer, false);
        return list.n;
    }
    /* What was sent to an organisation that has left since is still kept equal at home, for as long
     * as the roster names it. */
    for (size_t i = 0; i < roster->n_orgs; i++)
        add_direct(&list, &roster->orgs[i].code, true);
    for (size_t i = 0; i < roster->n_removed; i++)
        if (roster->removed[i].back == 0)
            add_direct(&list, &roster->removed[i].code, true);
    return list.n;
}

enum ph_err ph_channel_from_wire(struct ph_channel *out, const struct ph_channel_ends *ends,
                                 const struct ph_wire_channel *wire, struct ph_why *why)
{
    struct ph_channel channel = {.kind = wire->kind};
    if (wire->kind == PH_CHANNEL_GROUP)
        channel.id = wire->group;
    if (wire->kind == PH_CHANNEL_DIRECT) {
        /* Between two organisations only one such channel can be meant, so none is named. */
        if (wire->has_org != same_org(ends))
            return ph_fail(why, PH_ERR_PROTOCOL, "direct channel named the wrong way");
        channel = ph_channel_direct(wire->has_org ? &wire->org : &ends->peer);
    }
    if (!ph_channel_is_shared(ends, &channel))
        return ph_fail(why, PH_ERR_PROTOCOL, "channel is not shared");
    *out = channel;
    return PH_OK;
}

struct ph_code ph_channel_author(const struct ph_channel_ends *ends, const struct ph_record *record)
{
    struct ph_member_node node;
    if (record->author_org.s[0])
        return record->author_org;
    if (ph_members_by_sign_key(ends->members, &record->header.author, &node))
        return node.card->org;
    return (struct ph_code){.s = ""};
}

static bool is_party(const struct ph_record *record, const struct ph_code *author,
                     const struct ph_code *org)
{
    if (ph_code_cmp(author, org) == 0)
        return true;
    for (size_t i = 0; i < record->header.n_recipients; i++)
        if (ph_code_cmp(&record->header.recipients[i].org, org) == 0)
            return true;
    return false;
}

bool ph_channel_may_hold(const struct ph_channel_ends *ends, const struct ph_record *record)
{
    struct ph_code author = ph_channel_author(ends, record);
    struct ph_channel channel;
    size_t n = 0;
    ph_record_channels(&channel, 1, &n, &record->header, &author, &ends->self);
    if (n == 0)
        return false;
    /* A direct record is in one channel for each of its parties, so the parties themselves decide:
     * we may not even take in what was sent between two others. */
    if (channel.kind == PH_CHANNEL_DIRECT)
        return is_party(record, &author, &ends->self) && is_party(record, &author, &ends->peer);
    return ph_channel_is_shared(ends, &channel);
}
