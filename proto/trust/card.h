/* SPDX-License-Identifier: Apache-2.0
 *
 * The card: what an organisation says of itself, signed by its organisation key: nodes, reading
 * keys, named people. And the join request, which is a card's seed before a community is known.
 *
 * Cards order by (seq of the roster that set the organisation key, card seq). Canonical form:
 * docs/protocol.md, "Card". */
#ifndef PH_TRUST_CARD_H
#define PH_TRUST_CARD_H

#include "proto/trust/roster.h"

struct ph_card_node {
    char name[PH_NAME_MAX + 1];
    struct ph_node_key sign_key;
    struct ph_transport_key transport_key;
    char addresses[PH_ADDRESSES_MAX][PH_ADDRESS_MAX + 1]; /* "host:port" or "[v6]:port" */
    size_t n_addresses;
    bool relay;
    ph_ms since;
    ph_ms until;             /* 0: in use */
    ph_ms lost;              /* 0: not lost */
    struct ph_hash frontier; /* zero: none */
};

struct ph_card_reading_key {
    struct ph_reading_key key;
    ph_ms since;
    ph_ms until; /* 0: in use */
};

struct ph_card_person {
    struct ph_handle handle;
    char name[PH_NAME_MAX + 1];
    char role[PH_NAME_MAX + 1];
    struct ph_person_key key;
    ph_ms since;
    ph_ms until; /* 0: in use */
};

#define PH_CARD_TEXT_MAX  256 /* bytes of one identity, brand, domain or sender */
#define PH_CARD_TEXTS_MAX 256 /* entries of one such list */

/** A list of short texts: identities, brands, domains, senders. */
struct ph_texts {
    char **v;
    size_t n;
};

/** One card. Arrays are owned. Bounded by PH_CARD_MAX as a whole. */
struct ph_card {
    struct ph_code org;
    uint64_t seq;
    ph_ms issued;
    ph_ms expires;
    struct ph_card_node *nodes;
    size_t n_nodes;
    struct ph_card_reading_key *reading_keys;
    size_t n_reading_keys;
    struct ph_card_person *persons;
    size_t n_persons;
    struct ph_texts identities; /* STIX identity ids */
    struct ph_texts brands;
    struct ph_texts official_domains;
    struct ph_texts official_senders;
    char contact[PH_TEXT_MAX + 1];
    uint8_t sig[64];
};

void ph_card_free(struct ph_card *card);
enum ph_err ph_card_copy(struct ph_card **out, const struct ph_card *card);
/** Decode [document bin, signature]. Checks limits, key validity and uniqueness inside the card,
 * not the signature. */
enum ph_err ph_card_decode(struct ph_card **out, struct ph_bytes bytes, struct ph_why *why);
enum ph_err ph_card_encode(struct ph_buf *out, const struct ph_card *card);
enum ph_err ph_card_hash(struct ph_hash *out, const struct ph_card *card);
enum ph_err ph_card_sign(struct ph_card *card, const struct ph_hash *community,
                         const uint8_t org_secret[static 64], struct ph_why *why);
/** Signature by @key over the card, in @community. PH_ERR_FORGED. */
enum ph_err ph_card_check(const struct ph_card *card, const struct ph_hash *community,
                          const struct ph_org_key *key, struct ph_why *why);

/** What a newcomer hands to the stewards (`IT.request`): who it is, signed with its organisation
 * key for no community yet. [document bin, signature]; document = [code, name, country, kind, org
 * key, issued]. */
struct ph_request {
    struct ph_roster_org org; /* joined: the time of the request */
    uint8_t sig[64];
};
enum ph_err ph_request_sign(struct ph_request *request, const uint8_t org_secret[static 64]);
enum ph_err ph_request_encode(struct ph_buf *out, const struct ph_request *request);
/** Decode and check the signature. PH_ERR_FORMAT, PH_ERR_FORGED. */
enum ph_err ph_request_decode(struct ph_request *out, struct ph_bytes bytes, struct ph_why *why);
/** Hash that the six words are read from. */
enum ph_err ph_request_hash(struct ph_hash *out, const struct ph_request *request);

/** `IT.invite`: [document bin, signature of the inviting node], document = [community id, for org
 * code, inviter node key, chain (rosters as bin), cards (as bin), expires]. The reader checks: the
 * chain from the genesis, that the inviting node is on a card in it, its signature, the
 * organisation it is for and the expiry. Views into @bytes, which must outlive it. */
#define PH_INVITE_MAX PH_MIB(32)
struct ph_invite {
    struct ph_hash community;
    struct ph_code org;
    struct ph_node_key inviter;
    ph_ms expires;
    struct ph_bytes *rosters;
    size_t n_rosters;
    struct ph_bytes *cards;
    size_t n_cards;
};
void ph_invite_done(struct ph_invite *invite);
enum ph_err ph_invite_encode(struct ph_buf *out, const struct ph_invite *invite,
                             const uint8_t node_secret[static 64]);
/** @org  whom we are: an invite for another is PH_ERR_COMMUNITY … named in @why. @now against
 * expires: PH_ERR_EXPIRED. Chain and cards are checked as ph_members_new() does. */
enum ph_err ph_invite_decode(struct ph_invite *out, struct ph_bytes bytes,
                             const struct ph_code *org, ph_ms now, struct ph_why *why);

#endif
