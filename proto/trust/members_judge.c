/* SPDX-License-Identifier: Apache-2.0
 *
 * What the view says of a record or a connection: was this author a member then, may this node
 * connect now. All answers follow from the documents and the times handed in, so any two nodes with
 * equal documents give equal ones. */
#include "proto/trust/members_priv.h"

/* When the key that signed the card was replaced by another; PH_NEVER_MS while it is the newest. */
static ph_ms key_replaced_at(const struct ph__chain *chain, const struct ph__card_entry *entry)
{
    size_t n;
    const struct ph__era *eras = ph__chain_eras(chain, &entry->card->org, &n);
    const struct ph__era *era = ph__chain_era(chain, &entry->card->org, &entry->key);
    for (size_t i = 0; i < n; i++)
        if (eras[i].seq > era->seq)
            return eras[i].issued;
    return PH_NEVER_MS;
}

/* Whether the node itself and the card that lists it were good at @at. A node that was `lost` is
 * treated as one that ended at that time; the frontier, which will also close the way back before
 * it, is kept in the documents but not judged yet. */
static enum ph_err check_node(const struct ph_members *members, const struct ph__node_ref *ref,
                              ph_ms at, struct ph_why *why)
{
    const struct ph_card_node *node = ph__node_of(ref);
    const char *org = ref->card->card->org.s;
    if (at < node->since)
        return ph_fail(why, PH_ERR_ENDED, "node of %s: its key was not in use yet", org);
    if (node->until != 0 && at >= node->until)
        return ph_fail(why, PH_ERR_ENDED, "node of %s: its key had ended", org);
    if (node->lost != 0 && at >= node->lost)
        return ph_fail(why, PH_ERR_ENDED, "node of %s: was reported lost", org);
    if (at >= key_replaced_at(members->chain, ref->card))
        return ph_fail(why, PH_ERR_ENDED,
                       "node of %s: known only from a card under an organisation key that was "
                       "replaced",
                       org);
    return PH_OK;
}

enum ph_err ph_members_may_connect(const struct ph_members *members,
                                   const struct ph_transport_key *key, ph_ms now,
                                   struct ph_member_node *out, struct ph_why *why)
{
    char text[PH_KEY_TEXT_MAX];
    const struct ph__node_ref *ref = ph__by_transport_key(members, key);
    if (!ref) {
        ph_transport_key_text(text, key);
        return ph_fail(why, PH_ERR_AUTHOR, "%s is on no member's card", text);
    }
    struct ph_member_node found = ph__member_node(members, ref);
    if (!found.org)
        return ph_fail(why, PH_ERR_ENDED, "%s is no member any more", found.card->org.s);
    /* A clock that lags a little must not shut out a node on its first day. */
    enum ph_err err = check_node(members, ref, PH_MAX(now, found.node->since), why);
    if (!err)
        *out = found;
    return err;
}

const struct ph_roster *ph_members_roster_at(const struct ph_members *members, ph_ms at)
{
    const struct ph__chain *chain = members->chain;
    size_t low = 0; /* issued never falls along the chain (chain.c) */
    size_t high = chain->n_rosters;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (chain->rosters[middle]->roster->issued <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return chain->rosters[low > 0 ? low - 1 : 0]->roster;
}

/* Membership at @at: by the roster in force then, and by the newest one's `removed`, whose `at` may
 * lie before the roster that says so. */
static enum ph_err check_member(const struct ph_members *members, const struct ph_code *org,
                                ph_ms at, struct ph_why *why)
{
    const struct ph_roster *newest = ph_members_roster(members);
    if (!ph_roster_org(ph_members_roster_at(members, at), org))
        return ph_fail(why, PH_ERR_ENDED, "%s was not a member then", org->s);
    for (size_t i = 0; i < newest->n_removed; i++) {
        const struct ph_removed *removed = &newest->removed[i];
        if (ph_code_cmp(&removed->code, org) == 0 && at >= removed->at &&
            (removed->back == 0 || at < removed->back))
            return ph_fail(why, PH_ERR_ENDED, "%s had been removed then", org->s);
    }
    return PH_OK;
}

static enum ph_err check_group(const struct ph_members *members, const struct ph_code *org,
                               const struct ph_hash *id, ph_ms at, struct ph_why *why)
{
    const struct ph_group *group = ph_roster_group(ph_members_roster_at(members, at), id);
    if (!group)
        return ph_fail(why, PH_ERR_OUTSIDE, "its group did not exist then");
    if (!ph_group_has(group, org))
        return ph_fail(why, PH_ERR_OUTSIDE, "%s was not in group %s then", org->s, group->name);
    return PH_OK;
}

static enum ph_err check_recipients(const struct ph_members *members,
                                    const struct ph_recipient *recipients, size_t n,
                                    struct ph_why *why)
{
    for (size_t i = 0; i < n; i++) {
        size_t n_eras;
        if (!ph__chain_eras(members->chain, &recipients[i].org, &n_eras))
            return ph_fail(why, PH_ERR_OUTSIDE, "recipient %s never was a member",
                           recipients[i].org.s);
    }
    return PH_OK;
}

enum ph_err ph_members_judge(const struct ph_members *members, const struct ph_node_key *author,
                             ph_ms created, const struct ph_audience *audience,
                             const struct ph_recipient *recipients, size_t n_recipients,
                             struct ph_code *out_org, struct ph_why *why)
{
    const struct ph__node_ref *ref = ph__by_sign_key(members, author);
    if (!ref) {
        char text[PH_KEY_TEXT_MAX];
        ph_node_key_text(text, author);
        return ph_fail(why, PH_ERR_AUTHOR, "author %s is on no member's card", text);
    }
    const struct ph_code *org = &ref->card->card->org;
    enum ph_err err = check_node(members, ref, created, why);
    if (!err)
        err = check_member(members, org, created, why);
    if (!err && audience->kind == PH_AUDIENCE_GROUP)
        err = check_group(members, org, &audience->id, created, why);
    if (!err && audience->kind == PH_AUDIENCE_DIRECT)
        err = check_recipients(members, recipients, n_recipients, why);
    if (!err)
        *out_org = *org;
    return err;
}

static bool is_recipient(const struct ph_recipient *recipients, size_t n, const struct ph_code *org)
{
    for (size_t i = 0; i < n; i++)
        if (ph_code_cmp(&recipients[i].org, org) == 0)
            return true;
    return false;
}

bool ph_members_in_audience(const struct ph_members *members, const struct ph_code *org,
                            const struct ph_audience *audience,
                            const struct ph_recipient *recipients, size_t n_recipients)
{
    const struct ph_roster *roster = ph_members_roster(members);
    if (!ph_roster_org(roster, org))
        return false;
    switch (audience->kind) {
    case PH_AUDIENCE_COMMUNITY:
        return true;
    case PH_AUDIENCE_GROUP: {
        const struct ph_group *group = ph_roster_group(roster, &audience->id);
        return group && ph_group_has(group, org);
    }
    case PH_AUDIENCE_DIRECT:
        return is_recipient(recipients, n_recipients, org);
    }
    return false;
}
