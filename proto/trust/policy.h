/* SPDX-License-Identifier: Apache-2.0
 *
 * The egress table: every way out of a node asks ph_policy_ask(), and no other code decides.
 * The table itself is data in policy.c, one row a label, one column a door (trust.md). */
#ifndef PH_TRUST_POLICY_H
#define PH_TRUST_POLICY_H

#include "proto/trust/tlp.h"

enum ph_door {
    PH_DOOR_PEER,      /* push to a node in the audience */
    PH_DOOR_CARRIER,   /* push to a node outside it, sealed */
    PH_DOOR_INTERNAL,  /* own organisation: `internal` token, local command line */
    PH_DOOR_CLIENT,    /* clients of the organisation: `client` token */
    PH_DOOR_COMMUNITY, /* community partner without a node: `community` token */
    PH_DOOR_PUBLIC,    /* public feed or file */
    PH_DOOR_RESHARE    /* reshare to a wider audience */
};
#define PH_N_DOORS 7

/** "peer", "carrier", "internal", "client", "community", "public", "reshare". */
const char *ph_door_text(enum ph_door door);
enum ph_err ph_door_parse(enum ph_door *out, struct ph_bytes text, struct ph_why *why);

/** What the table is asked about. Fill all of it. */
struct ph_policy_case {
    enum ph_tlp label;
    enum ph_audience_kind audience;
    bool carry;              /* header flag 1 */
    bool community_tokens;   /* header flag 8 */
    bool peer_is_recipient;  /* PEER: the peer's organisation is in the audience / a recipient's */
    bool person_on_terminal; /* INTERNAL and RED: the named person, own key, on a terminal */
    bool reshare_to_community; /* RESHARE: the wider audience is the community */
};

/** The answer. @rule is a static sentence that names the cell, for `policy explain`. */
struct ph_policy_answer {
    bool allowed;
    bool logged; /* an audit entry must be written before the bytes leave */
    const char *rule;
};
struct ph_policy_answer ph_policy_ask(enum ph_door door, const struct ph_policy_case *c);

#endif
