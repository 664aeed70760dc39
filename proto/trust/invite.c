/* SPDX-License-Identifier: Apache-2.0
 *
 * The invite: chain and cards for one newcomer, signed by the inviting node. Format:
 * docs/protocol.md, "Invite". */
#include <stdlib.h>

#include "proto/base/hash.h"
#include "proto/trust/fields.h"
#include "proto/trust/members.h"

#define INVITE_CARDS_MAX (2 * PH_ORGS_MAX) /* members, and the last cards of those who left */

void ph_invite_done(struct ph_invite *invite)
{
    free(invite->rosters);
    free(invite->cards);
    invite->rosters = NULL;
    invite->cards = NULL;
    invite->n_rosters = 0;
    invite->n_cards = 0;
}

static void write_documents(struct ph_writer *w, const struct ph_bytes *documents, size_t n)
{
    ph_write_array(w, n);
    for (size_t i = 0; i < n; i++)
        ph_write_bin(w, documents[i]);
}

static enum ph_err document_of(struct ph_buf *out, const struct ph_invite *invite)
{
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, 6);
    ph__doc_write_hash(&w, &invite->community);
    ph_write_str(&w, invite->org.s);
    ph__doc_write_key(&w, invite->inviter.b);
    write_documents(&w, invite->rosters, invite->n_rosters);
    write_documents(&w, invite->cards, invite->n_cards);
    ph_write_uint(&w, invite->expires);
    return ph_writer_end(&w);
}

enum ph_err ph_invite_encode(struct ph_buf *out, const struct ph_invite *invite,
                             const uint8_t node_secret[static 64])
{
    uint8_t sig[64];
    struct ph_buf document = ph_buf(PH_INVITE_MAX);
    enum ph_err err = document_of(&document, invite);
    if (!err && !ph_sign(sig, "invite", &invite->community, ph_buf_bytes(&document), node_secret))
        err = PH_ERR_NOMEM;
    if (!err)
        err = ph__signed_encode(out, ph_buf_bytes(&document), sig);
    ph_buf_done(&document);
    return err;
}

static void read_documents(struct ph_reader *r, struct ph_bytes **out, size_t *out_n, uint32_t max,
                           size_t document_max)
{
    struct ph_bytes *documents = ph__doc_read_list(r, max, sizeof(*documents), out_n);
    for (size_t i = 0; i < *out_n && !r->err; i++)
        documents[i] = ph_read_bin(r, document_max);
    *out = documents;
}

static enum ph_err parse(struct ph_invite *out, struct ph_bytes document, struct ph_why *why)
{
    struct ph_reader r = ph_reader(document);
    ph_read_array_exact(&r, 6);
    ph_read_bin_exact(&r, out->community.b, sizeof(out->community.b));
    ph__doc_read_code(&r, &out->org);
    ph__doc_read_ed25519(&r, out->inviter.b, NULL);
    read_documents(&r, &out->rosters, &out->n_rosters, PH_CHAIN_EXCHANGE_MAX, PH_ROSTER_MAX);
    read_documents(&r, &out->cards, &out->n_cards, INVITE_CARDS_MAX, PH_CARD_MAX);
    out->expires = ph__doc_read_ms(&r);
    return ph_reader_end(&r, why);
}

/* The inviting node must be a member's, by the chain that it hands over, and in use. */
static enum ph_err check_inviter(const struct ph_invite *invite, const struct ph_members *members,
                                 ph_ms now, struct ph_why *why)
{
    struct ph_member_node node;
    if (!ph_members_by_sign_key(members, &invite->inviter, &node))
        return ph_fail(why, PH_ERR_AUTHOR, "the inviting node is on no card in it");
    enum ph_err err = ph_members_may_connect(members, &node.node->transport_key, now, &node, why);
    return err ? ph_why_wrap(why, err, "inviting node") : PH_OK;
}

static enum ph_err check_documents(const struct ph_invite *invite, ph_ms now, struct ph_why *why)
{
    struct ph_members *members;
    enum ph_err err = ph_members_new(&members, invite->rosters, invite->n_rosters, invite->cards,
                                     invite->n_cards, why);
    if (err)
        return err;
    if (!ph_hash_equal(ph_members_community(members), &invite->community))
        err = ph_fail(why, PH_ERR_COMMUNITY, "its chain begins with another community's roster");
    else if (!ph_roster_org(ph_members_roster(members), &invite->org))
        err = ph_fail(why, PH_ERR_OUTSIDE, "%s is not on the newest roster in it", invite->org.s);
    else
        err = check_inviter(invite, members, now, why);
    ph_members_unref(members);
    return err;
}

static enum ph_err check(const struct ph_invite *invite, struct ph_bytes document,
                         const uint8_t sig[static 64], const struct ph_code *org, ph_ms now,
                         struct ph_why *why)
{
    if (!ph_signature_is_valid(sig, "invite", &invite->community, document, invite->inviter.b))
        return ph_fail(why, PH_ERR_FORGED, "its signature does not verify: the file was altered");
    if (ph_code_cmp(&invite->org, org) != 0)
        return ph_fail(why, PH_ERR_COMMUNITY, "it is for %s, and this is %s", invite->org.s,
                       org->s);
    if (now >= invite->expires) {
        char when[PH_TIME_TEXT_MAX];
        ph_time_text(when, invite->expires);
        enum ph_err err = ph_fail(why, PH_ERR_EXPIRED, "it expired at %s", when);
        ph_hint(why, "Ask for a new one: posthorn invite %s", invite->org.s);
        return err;
    }
    return check_documents(invite, now, why);
}

enum ph_err ph_invite_decode(struct ph_invite *out, struct ph_bytes bytes,
                             const struct ph_code *org, ph_ms now, struct ph_why *why)
{
    struct ph_bytes document;
    uint8_t sig[64];
    struct ph_invite invite = {0};
    enum ph_err err = ph__signed_decode(&document, sig, bytes, PH_INVITE_MAX, "invite", why);
    if (err)
        return err;
    err = parse(&invite, document, why);
    if (!err)
        err = check(&invite, document, sig, org, now, why);
    if (err) {
        ph_invite_done(&invite);
        return ph_why_wrap(why, err, "invite");
    }
    *out = invite;
    return PH_OK;
}
