/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/chain.h"

#include "proto/base/hash.h"
#include "proto/trust/fields.h"
#include "proto/trust/roster_priv.h"

bool ph_chain_may_sign(const struct ph_roster *last, const struct ph_roster *next,
                       const struct ph_steward_key *key)
{
    return ph_roster_has_steward(next, key) || (last && ph_roster_has_steward(last, key));
}

/* Checks every signature on @roster and counts those of the stewards before (@last, NULL for a
 * genesis) and of its own. A stranger's signature is refused: it would count for nobody, and would
 * give one document many encodings. That a steward counts once is the order of signatures
 * (roster_check.c). */
static enum ph_err count_signatures(const struct ph_hash *community, const struct ph_roster *last,
                                    const struct ph_roster *roster, struct ph_bytes document,
                                    size_t *out_old, size_t *out_new, struct ph_why *why)
{
    size_t n_old = 0;
    size_t n_new = 0;
    for (size_t i = 0; i < roster->n_sigs; i++) {
        const struct ph_roster_signature *sig = &roster->sigs[i];
        char key[PH_KEY_TEXT_MAX];
        ph_steward_key_text(key, &sig->steward);
        if (!ph_chain_may_sign(last, roster, &sig->steward))
            return ph_fail(why, PH_ERR_THRESHOLD, "signed by %.20s…, who is not a steward", key);
        if (!ph_signature_is_valid(sig->sig, "roster", community, document, sig->steward.b))
            return ph_fail(why, PH_ERR_FORGED,
                           "the signature of %.20s… does not verify in this community", key);
        n_old += last && ph_roster_has_steward(last, &sig->steward);
        n_new += ph_roster_has_steward(roster, &sig->steward);
    }
    *out_old = n_old;
    *out_new = n_new;
    return PH_OK;
}

enum ph_err ph_chain_check_genesis(struct ph_hash *out_community, const struct ph_roster *genesis,
                                   struct ph_why *why)
{
    enum ph_err err = ph__roster_check(genesis, why);
    if (err)
        return err;
    if (genesis->seq != 1)
        return ph_fail(why, PH_ERR_FORMAT, "a chain starts with seq 1, not with %llu",
                       (unsigned long long)genesis->seq);
    if (genesis->n_removed > 0)
        return ph_fail(why, PH_ERR_RANGE, "a first roster has nobody to remove");
    struct ph_buf document = ph_buf(PH_ROSTER_MAX);
    size_t n_old;
    size_t n_new = 0;
    err = ph__roster_document(&document, genesis);
    if (!err)
        err = count_signatures(NULL, NULL, genesis, ph_buf_bytes(&document), &n_old, &n_new, why);
    if (!err && n_new < genesis->threshold)
        err = ph_fail(why, PH_ERR_THRESHOLD, "roster 1: %zu of %u signatures needed", n_new,
                      genesis->threshold);
    if (!err)
        *out_community = ph__roster_document_hash(ph_buf_bytes(&document));
    ph_buf_done(&document);
    return err;
}

/* Entries of `removed` never go and never change, except that the last facts are filled in. */
static bool removed_is_kept(const struct ph_removed *before, const struct ph_removed *after)
{
    return ph_code_cmp(&before->code, &after->code) == 0 && before->at == after->at &&
           ph_org_key_equal(&before->key, &after->key) &&
           strcmp(before->reason, after->reason) == 0 &&
           (before->back == 0 || before->back == after->back) &&
           (ph_hash_is_zero(&before->frontier) ||
            ph_hash_equal(&before->frontier, &after->frontier));
}

/* A new entry is about an organisation that was on the last roster, and that is off now. */
static enum ph_err check_new_removed(const struct ph_roster *last, const struct ph_removed *entry,
                                     struct ph_why *why)
{
    const struct ph_roster_org *org = ph_roster_org(last, &entry->code);
    if (!org || !ph_org_key_equal(&org->key, &entry->key))
        return ph_fail(why, PH_ERR_RANGE, "removed %s: was not on the roster before with that key",
                       entry->code.s);
    if (entry->back != 0)
        return ph_fail(why, PH_ERR_RANGE, "removed %s: leaves and comes back in one roster",
                       entry->code.s);
    return PH_OK;
}

static enum ph_err check_removed(const struct ph_roster *last, const struct ph_roster *next,
                                 struct ph_why *why)
{
    size_t kept = 0; /* of last->removed; both lists are in order of (code, at) */
    for (size_t i = 0; i < next->n_removed; i++) {
        const struct ph_removed *entry = &next->removed[i];
        if (kept < last->n_removed && removed_is_kept(&last->removed[kept], entry)) {
            kept++;
            continue;
        }
        enum ph_err err = check_new_removed(last, entry, why);
        if (err)
            return err;
    }
    if (kept < last->n_removed)
        return ph_fail(why, PH_ERR_RANGE, "the entry of removed %s was dropped or changed",
                       last->removed[kept].code.s);
    return PH_OK;
}

/* Whoever is gone has an open `removed` entry, and nobody takes over another's key. Both lists are
 * in order of codes. */
static enum ph_err check_orgs(const struct ph_roster *last, const struct ph_roster *next,
                              struct ph_why *why)
{
    for (size_t i = 0; i < last->n_orgs; i++) {
        const struct ph_code *code = &last->orgs[i].code;
        if (ph_roster_org(next, code))
            continue;
        const struct ph_removed *entry = ph_roster_removed(next, code);
        if (!entry || entry->back != 0)
            return ph_fail(why, PH_ERR_RANGE, "%s is gone without a `removed` entry", code->s);
    }
    return PH_OK;
}

static bool same_stewards(const struct ph_roster *a, const struct ph_roster *b)
{
    if (a->n_stewards != b->n_stewards || a->threshold != b->threshold)
        return false;
    for (size_t i = 0; i < a->n_stewards; i++)
        if (!ph_steward_key_equal(&a->stewards[i], &b->stewards[i]))
            return false;
    return true;
}

static enum ph_err check_thresholds(const struct ph_hash *community, const struct ph_roster *last,
                                    const struct ph_roster *next, struct ph_bytes document,
                                    struct ph_why *why)
{
    size_t n_old;
    size_t n_new;
    enum ph_err err = count_signatures(community, last, next, document, &n_old, &n_new, why);
    if (err)
        return err;
    if (n_old < last->threshold)
        return ph_fail(why, PH_ERR_THRESHOLD, "%zu of %u signatures needed of the stewards before",
                       n_old, last->threshold);
    if (!same_stewards(last, next) && n_new < next->threshold)
        return ph_fail(why, PH_ERR_THRESHOLD, "%zu of %u signatures needed of the new stewards",
                       n_new, next->threshold);
    return PH_OK;
}

static enum ph_err check_order(const struct ph_roster *last, const struct ph_hash *last_hash,
                               const struct ph_roster *next, struct ph_why *why)
{
    unsigned long long have = last->seq;
    unsigned long long got = next->seq;
    if (next->seq < last->seq)
        return ph_fail(why, PH_ERR_ROLLBACK, "seq %llu is older than %llu", got, have);
    if (next->seq == last->seq)
        return ph_fail(why, PH_ERR_CONFLICT, "another document with seq %llu", got);
    if (next->seq > last->seq + 1)
        return ph_fail(why, PH_ERR_GAP, "seq %llu after %llu: one between is missing", got, have);
    if (!ph_hash_equal(&next->prev, last_hash))
        return ph_fail(why, PH_ERR_FORMAT, "seq %llu does not follow the seq %llu known here", got,
                       have);
    if (next->issued < last->issued)
        return ph_fail(why, PH_ERR_RANGE, "seq %llu is issued before seq %llu was", got, have);
    return PH_OK;
}

static enum ph_err check_next(const struct ph_hash *community, const struct ph_roster *last,
                              const struct ph_roster *next, struct ph_bytes document,
                              struct ph_why *why)
{
    struct ph_hash last_hash;
    enum ph_err err = ph_roster_hash(&last_hash, last);
    if (err)
        return err;
    struct ph_hash next_hash = ph__roster_document_hash(document);
    if (next->seq == last->seq && ph_hash_equal(&next_hash, &last_hash))
        return PH_OK;
    err = check_order(last, &last_hash, next, why);
    if (!err)
        err = check_thresholds(community, last, next, document, why);
    if (!err)
        err = check_removed(last, next, why);
    if (!err)
        err = check_orgs(last, next, why);
    return err;
}

enum ph_err ph_chain_check_next(const struct ph_hash *community, const struct ph_roster *last,
                                const struct ph_roster *next, struct ph_why *why)
{
    enum ph_err err = ph__roster_check(next, why);
    if (err)
        return err;
    struct ph_buf document = ph_buf(PH_ROSTER_MAX);
    err = ph__roster_document(&document, next);
    if (!err)
        err = check_next(community, last, next, ph_buf_bytes(&document), why);
    ph_buf_done(&document);
    return err ? ph_why_wrap(why, err, "roster") : PH_OK;
}
