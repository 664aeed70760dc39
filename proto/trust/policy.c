/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/policy.h"

#include "proto/base/assert.h"

/* What a cell of the table says. */
enum verdict {
    NO,
    YES,
    LOGGED,       /* yes, after an audit entry */
    RECIPIENT,    /* yes, if the peer's organisation is in the audience or a recipient's */
    CARRY,        /* yes, sealed, if the author lets others carry it */
    WHOLE,        /* yes, if the audience is the community; a narrower one needs flag 8 */
    TO_COMMUNITY, /* yes, if the wider audience is the community */
    TERMINAL /* yes, to the named person with their own key, on a terminal, after an audit entry */
};

struct cell {
    enum verdict verdict;
    const char *rule;
};

/* The egress table: rows are the label, columns the door. This is the one place where
 * it is written; the tests hold a second copy, written from the design. */
/* clang-format off */
static const struct cell TABLE[PH_N_TLP][PH_N_DOORS] = {
    [PH_TLP_CLEAR] = {
        [PH_DOOR_PEER]      = {YES, "CLEAR goes to every member's node"},
        [PH_DOOR_CARRIER]   = {YES, "CLEAR goes to every member's node"},
        [PH_DOOR_INTERNAL]  = {YES, "CLEAR may be read by anyone"},
        [PH_DOOR_CLIENT]    = {YES, "CLEAR may be read by anyone"},
        [PH_DOOR_COMMUNITY] = {YES, "CLEAR may be read by anyone"},
        [PH_DOOR_PUBLIC]    = {YES, "CLEAR may be published"},
        [PH_DOOR_RESHARE]   = {YES, "CLEAR may be shared with anyone"},
    },
    [PH_TLP_GREEN] = {
        [PH_DOOR_PEER]      = {RECIPIENT, "GREEN goes to nodes in its audience"},
        [PH_DOOR_CARRIER]   = {CARRY, "GREEN is carried outside its audience, sealed, only where its author allows carrying"},
        [PH_DOOR_INTERNAL]  = {YES, "GREEN may be read in the own organisation"},
        [PH_DOOR_CLIENT]    = {YES, "GREEN may go to the organisation's clients"},
        [PH_DOOR_COMMUNITY] = {WHOLE, "GREEN for the whole community may go to its partners; for fewer, only where its author allows community tokens"},
        [PH_DOOR_PUBLIC]    = {NO, "GREEN stays in the community: no public feed or file"},
        [PH_DOOR_RESHARE]   = {TO_COMMUNITY, "GREEN may be shared further inside the community, not beyond"},
    },
    [PH_TLP_AMBER] = {
        [PH_DOOR_PEER]      = {RECIPIENT, "AMBER goes to nodes in its audience"},
        [PH_DOOR_CARRIER]   = {CARRY, "AMBER is carried outside its audience, sealed, only where its author allows carrying"},
        [PH_DOOR_INTERNAL]  = {YES, "AMBER may be read in the own organisation"},
        [PH_DOOR_CLIENT]    = {LOGGED, "AMBER may go to the organisation's clients; each time is logged"},
        [PH_DOOR_COMMUNITY] = {NO, "AMBER stays with its recipients and their clients: no community partners"},
        [PH_DOOR_PUBLIC]    = {NO, "AMBER stays with its recipients and their clients: no public feed or file"},
        [PH_DOOR_RESHARE]   = {NO, "AMBER is not shared with a wider audience; only its author may loosen it"},
    },
    [PH_TLP_AMBER_STRICT] = {
        [PH_DOOR_PEER]      = {RECIPIENT, "AMBER+STRICT goes to nodes in its audience"},
        [PH_DOOR_CARRIER]   = {CARRY, "AMBER+STRICT is carried outside its audience, sealed, only where its author allows carrying"},
        [PH_DOOR_INTERNAL]  = {LOGGED, "AMBER+STRICT may be read in the own organisation; each time is logged"},
        [PH_DOOR_CLIENT]    = {NO, "AMBER+STRICT stays inside the recipient organisation: no clients"},
        [PH_DOOR_COMMUNITY] = {NO, "AMBER+STRICT stays inside the recipient organisation: no community partners"},
        [PH_DOOR_PUBLIC]    = {NO, "AMBER+STRICT stays inside the recipient organisation: no public feed or file"},
        [PH_DOOR_RESHARE]   = {NO, "AMBER+STRICT is not shared with a wider audience; only its author may loosen it"},
    },
    [PH_TLP_RED] = {
        [PH_DOOR_PEER]      = {RECIPIENT, "RED goes only to nodes of a recipient's organisation"},
        [PH_DOOR_CARRIER]   = {CARRY, "RED is carried by other nodes, sealed, only where its author allows carrying"},
        [PH_DOOR_INTERNAL]  = {TERMINAL, "RED is opened by the named person only, with their own key, on a terminal; each time is logged"},
        [PH_DOOR_CLIENT]    = {NO, "RED is for named persons: no clients"},
        [PH_DOOR_COMMUNITY] = {NO, "RED is for named persons: no community partners"},
        [PH_DOOR_PUBLIC]    = {NO, "RED is for named persons: no public feed or file"},
        [PH_DOOR_RESHARE]   = {NO, "RED is not shared with a wider audience"},
    },
};
/* clang-format on */

static const char *const DOORS[PH_N_DOORS] = {
    [PH_DOOR_PEER] = "peer",           [PH_DOOR_CARRIER] = "carrier",
    [PH_DOOR_INTERNAL] = "internal",   [PH_DOOR_CLIENT] = "client",
    [PH_DOOR_COMMUNITY] = "community", [PH_DOOR_PUBLIC] = "public",
    [PH_DOOR_RESHARE] = "reshare",
};

const char *ph_door_text(enum ph_door door)
{
    return (unsigned)door < PH_N_DOORS ? DOORS[door] : "unknown door";
}

enum ph_err ph_door_parse(enum ph_door *out, struct ph_bytes text, struct ph_why *why)
{
    for (unsigned i = 0; i < PH_N_DOORS; i++) {
        if (ph_bytes_equal(text, ph_bytes_str(DOORS[i]))) {
            *out = (enum ph_door)i;
            return PH_OK;
        }
    }
    char safe[48];
    enum ph_err err = ph_fail(why, PH_ERR_INPUT, "no door is named \"%s\"",
                              ph_text_safe(safe, sizeof(safe), text));
    ph_hint(why, "Use peer, carrier, internal, client, community, public or reshare.");
    return err;
}

static bool is_allowed(enum verdict verdict, const struct ph_policy_case *c)
{
    switch (verdict) {
    case NO:
        return false;
    case YES:
    case LOGGED:
        return true;
    case RECIPIENT:
        return c->peer_is_recipient;
    case CARRY:
        return c->carry;
    case WHOLE:
        return c->audience == PH_AUDIENCE_COMMUNITY || c->community_tokens;
    case TO_COMMUNITY:
        return c->reshare_to_community;
    case TERMINAL:
        return c->person_on_terminal;
    }
    return false;
}

struct ph_policy_answer ph_policy_ask(enum ph_door door, const struct ph_policy_case *c)
{
    /* A label or door that nobody knows is a mistake of ours, and nothing leaves because of it. */
    if (PH_NEVER((unsigned)c->label >= PH_N_TLP || (unsigned)door >= PH_N_DOORS))
        return (struct ph_policy_answer){.rule = "unknown label or door: nothing leaves"};
    const struct cell *cell = &TABLE[c->label][door];
    bool allowed = is_allowed(cell->verdict, c);
    return (struct ph_policy_answer){
        .allowed = allowed,
        .logged = allowed && (cell->verdict == LOGGED || cell->verdict == TERMINAL),
        .rule = cell->rule,
    };
}
