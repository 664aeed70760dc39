/* SPDX-License-Identifier: Apache-2.0
 *
 * The roster: the one document that stewards sign. It says who the members, groups and stewards
 * are; versions form a hash chain, and the hash of the first is the community's id.
 *
 * This file is one document: its fields, its canonical bytes, its signatures. The rule that leads
 * from one document to the next is chain.h. Canonical form: docs/protocol.md, "Roster". */
#ifndef PH_TRUST_ROSTER_H
#define PH_TRUST_ROSTER_H

#include "proto/base/limits.h"
#include "proto/trust/tlp.h"

enum ph_org_kind {
    PH_ORG_OPERATOR,
    PH_ORG_REGULATOR,
    PH_ORG_GOVERNMENT,
    PH_ORG_PARTNER
};
const char *ph_org_kind_text(enum ph_org_kind kind);
enum ph_err ph_org_kind_parse(enum ph_org_kind *out, struct ph_bytes text, struct ph_why *why);

struct ph_roster_org {
    struct ph_code code;
    char name[PH_NAME_MAX + 1];
    char country[3]; /* ISO 3166-1 alpha-2, upper case */
    enum ph_org_kind kind;
    struct ph_org_key key;
    ph_ms joined;
};

struct ph_group {
    struct ph_hash id;            /* random at creation, never reused */
    char name[PH_HANDLE_MAX + 1]; /* a-z 0-9 - : what `--to group:NAME` says */
    char title[PH_NAME_MAX + 1];
    struct ph_code *members; /* sorted, unique */
    size_t n_members;
};

struct ph_removed {
    struct ph_code code;
    struct ph_org_key key;
    ph_ms at;
    ph_ms back;              /* 0: has not come back */
    struct ph_hash frontier; /* zero: none set */
    char reason[PH_NAME_MAX + 1];
};

struct ph_roster_signature {
    struct ph_steward_key steward;
    uint8_t sig[64];
};

/** One roster. Arrays are owned; ph_roster_free() frees them with the struct. Orgs sort by code,
 * groups by name, stewards by key, removed by (code, at): sorted order is part of the canonical
 * form. */
struct ph_roster {
    char name[PH_NAME_MAX + 1];
    uint64_t seq;        /* 1 for the genesis */
    struct ph_hash prev; /* zero for the genesis */
    ph_ms issued;
    ph_ms review_by;
    struct ph_steward_key *stewards;
    size_t n_stewards;
    uint32_t threshold;
    struct ph_roster_org *orgs;
    size_t n_orgs;
    struct ph_group *groups;
    size_t n_groups;
    struct ph_removed *removed;
    size_t n_removed;
    struct ph_roster_signature *sigs;
    size_t n_sigs;
};

void ph_roster_free(struct ph_roster *roster);
enum ph_err ph_roster_copy(struct ph_roster **out, const struct ph_roster *roster);

/** Decode document and signatures: array [document bin, [[steward key, signature] …]]. Checks every
 * limit, order, uniqueness (a code, a key, a group name or id twice is refused) and key validity;
 * not the signatures. PH_ERR_FORMAT, PH_ERR_LIMIT, PH_ERR_RANGE, PH_ERR_NOMEM with @why. */
enum ph_err ph_roster_decode(struct ph_roster **out, struct ph_bytes bytes, struct ph_why *why);
/** Canonical bytes, with signatures. */
enum ph_err ph_roster_encode(struct ph_buf *out, const struct ph_roster *roster);
/** Hash of the document without its signatures. */
enum ph_err ph_roster_hash(struct ph_hash *out, const struct ph_roster *roster);

/** Sign with @secret (Ed25519, 64 bytes). @community is NULL for a genesis. Adds or replaces the
 * signature of that steward. Who may sign is the stewards of the roster before and of this one, and
 * a signature by anyone else makes the roster invalid: ask ph_chain_may_sign() first. A genesis
 * knows all who may, so there a stranger's key is refused here. PH_ERR_POLICY, PH_ERR_LIMIT,
 * PH_ERR_NOMEM. */
enum ph_err ph_roster_sign(struct ph_roster *roster, const struct ph_hash *community,
                           const uint8_t secret[static 64], struct ph_why *why);

const struct ph_roster_org *ph_roster_org(const struct ph_roster *roster,
                                          const struct ph_code *code);
const struct ph_group *ph_roster_group(const struct ph_roster *roster, const struct ph_hash *id);
const struct ph_group *ph_roster_group_named(const struct ph_roster *roster, struct ph_bytes name);
bool ph_group_has(const struct ph_group *group, const struct ph_code *code);
bool ph_roster_has_steward(const struct ph_roster *roster, const struct ph_steward_key *key);
/** Newest `removed` entry of @code, or NULL when it never left. */
const struct ph_removed *ph_roster_removed(const struct ph_roster *roster,
                                           const struct ph_code *code);

/* Editing a draft (the next seq). Each keeps the sorted order and refuses what would not be valid,
 * with the rule in @why; the draft is then as it was. Each drops the signatures that the draft had:
 * they covered another document. */

/** The next draft after @last: seq + 1, prev set, no signatures, issued @now (not before @last
 * was), review_by as long after it as @last had. */
enum ph_err ph_roster_draft(struct ph_roster **out, const struct ph_roster *last, ph_ms now);
/** Add an organisation. One that had left comes back: its `removed` entry gets `back`. */
enum ph_err ph_roster_add_org(struct ph_roster *draft, const struct ph_roster_org *org,
                              struct ph_why *why);
/** Another key for an organisation that stays: its old one was lost or stolen. Cards under the old
 * key then count for records from before only. */
enum ph_err ph_roster_set_org_key(struct ph_roster *draft, const struct ph_code *code,
                                  const struct ph_org_key *key, struct ph_why *why);
/** Take an organisation off the roster and its groups; its records from @now on are refused. */
enum ph_err ph_roster_remove_org(struct ph_roster *draft, const struct ph_code *code,
                                 const char *reason, ph_ms now, struct ph_why *why);
/** Create or replace the group @name with exactly these members; @new_id is used when it is new. */
enum ph_err ph_roster_set_group(struct ph_roster *draft, const char *name, const char *title,
                                const struct ph_code *members, size_t n,
                                const struct ph_hash *new_id, struct ph_why *why);
enum ph_err ph_roster_remove_group(struct ph_roster *draft, const char *name, struct ph_why *why);
enum ph_err ph_roster_set_stewards(struct ph_roster *draft, const struct ph_steward_key *keys,
                                   size_t n, uint32_t threshold, struct ph_why *why);

#endif
