/* SPDX-License-Identifier: Apache-2.0
 *
 * Labels (TLP 2.0, FIRST) and audiences: what a recipient may do, and who the recipients are.
 *
 * A record has one of each, in its signed header, and they must fit: CLEAR goes with the community
 * only; GREEN, AMBER and AMBER+STRICT with any audience; RED with named persons only. */
#ifndef PH_TRUST_TLP_H
#define PH_TRUST_TLP_H

#include "proto/trust/keys.h"

/** Numbers are the wire's, and order from loose to strict. */
enum ph_tlp {
    PH_TLP_CLEAR = 0,
    PH_TLP_GREEN = 1,
    PH_TLP_AMBER = 2,
    PH_TLP_AMBER_STRICT = 3,
    PH_TLP_RED = 4
};
#define PH_N_TLP 5

/** "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED". */
const char *ph_tlp_text(enum ph_tlp tlp);
/** Parse, any case, with or without "TLP:"; "WHITE" is CLEAR. PH_ERR_INPUT names the five. */
enum ph_err ph_tlp_parse(enum ph_tlp *out, struct ph_bytes text, struct ph_why *why);

enum ph_audience_kind {
    PH_AUDIENCE_COMMUNITY = 0,
    PH_AUDIENCE_GROUP = 1,
    PH_AUDIENCE_DIRECT = 2
};

/** One recipient of a direct record: an organisation, or one named person of it (handle not empty).
 */
struct ph_recipient {
    struct ph_code org;
    struct ph_handle person;
};
/** Order of recipients in a header: by text "ORG" or "ORG/person". */
int ph_recipient_cmp(const struct ph_recipient *a, const struct ph_recipient *b);
/** Parse "IT" or "IT/alice". */
enum ph_err ph_recipient_parse(struct ph_recipient *out, struct ph_bytes text, struct ph_why *why);
/** Text form into @out (at least 52 bytes). */
void ph_recipient_text(char out[static 52], const struct ph_recipient *recipient);

/** Who may read. @id is zero for the community, the group's id, or the hash of the recipients. */
struct ph_audience {
    enum ph_audience_kind kind;
    struct ph_hash id;
};
static inline bool ph_audience_equal(const struct ph_audience *a, const struct ph_audience *b)
{
    return a->kind == b->kind && ph_hash_equal(&a->id, &b->id);
}
/** Id of a direct audience: hash of the canonical encoding of the sorted recipients (header field
 * 8). */
enum ph_err ph_audience_direct(struct ph_audience *out, const struct ph_recipient *recipients,
                               size_t n);

/** Whether @label and audience fit, as trust.md's table says. PH_ERR_MISFIT names the rule.
 * @recipients  of a direct audience: RED wants persons in all, the other labels organisations in
 * all. */
enum ph_err ph_tlp_fits(enum ph_tlp label, enum ph_audience_kind kind,
                        const struct ph_recipient *recipients, size_t n_recipients,
                        struct ph_why *why);
/** What carry is when the author says nothing: CLEAR and GREEN true, the others false. */
bool ph_tlp_default_carry(enum ph_tlp label);

#endif
