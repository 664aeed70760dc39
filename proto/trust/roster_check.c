/* SPDX-License-Identifier: Apache-2.0
 *
 * What one roster must be, whatever came before it. */
#include <stdlib.h>

#include "proto/trust/fields.h"
#include "proto/trust/roster_priv.h"

static enum ph_err check_head(const struct ph_roster *r, struct ph_why *why)
{
    if (r->name[0] == '\0' || !ph__is_line(r->name, PH_NAME_MAX))
        return ph_fail(why, PH_ERR_FORMAT, "the community's name is empty or not one line of text");
    if (r->seq == 0 || r->seq > PH__SEQ_MAX)
        return ph_fail(why, PH_ERR_RANGE, "seq is outside 1 to 2^48 - 1");
    if ((r->seq == 1) != ph_hash_is_zero(&r->prev))
        return ph_fail(why, PH_ERR_FORMAT, "only seq 1 has no document before it");
    if (r->issued > PH_CREATED_MAX || r->review_by > PH_CREATED_MAX || r->review_by < r->issued)
        return ph_fail(why, PH_ERR_RANGE, "review_by is before issued, or out of range");
    return PH_OK;
}

static enum ph_err check_stewards(const struct ph_roster *r, struct ph_why *why)
{
    if (r->n_stewards == 0 || r->n_stewards > PH_STEWARDS_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "%zu stewards: must be 1 to %d", r->n_stewards,
                       PH_STEWARDS_MAX);
    if (r->threshold == 0 || r->threshold > r->n_stewards)
        return ph_fail(why, PH_ERR_RANGE, "threshold %u of %zu stewards", r->threshold,
                       r->n_stewards);
    for (size_t i = 1; i < r->n_stewards; i++)
        if (ph__key_cmp(&r->stewards[i - 1], &r->stewards[i]) >= 0)
            return ph_fail(why, PH_ERR_FORMAT, "steward %zu is out of order or listed twice", i);
    return PH_OK;
}

static enum ph_err check_org(const struct ph_roster_org *org, struct ph_why *why)
{
    struct ph_code code;
    if (ph_code_parse(&code, ph_bytes_str(org->code.s), NULL) || ph_code_cmp(&code, &org->code))
        return ph_fail(why, PH_ERR_FORMAT, "an organisation's code is malformed");
    if (org->name[0] == '\0' || !ph__is_line(org->name, PH_NAME_MAX))
        return ph_fail(why, PH_ERR_FORMAT, "%s: name is empty or not one line of text",
                       org->code.s);
    if (!ph__is_country(org->country))
        return ph_fail(why, PH_ERR_FORMAT, "%s: country is not two capital letters", org->code.s);
    if ((unsigned)org->kind >= PH__N_ORG_KINDS || org->joined > PH_CREATED_MAX)
        return ph_fail(why, PH_ERR_RANGE, "%s: kind or time of joining is out of range",
                       org->code.s);
    return PH_OK;
}

static enum ph_err check_orgs(const struct ph_roster *r, struct ph_why *why)
{
    if (r->n_orgs > PH_ORGS_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "%zu organisations, limit is %d", r->n_orgs, PH_ORGS_MAX);
    for (size_t i = 0; i < r->n_orgs; i++) {
        enum ph_err err = check_org(&r->orgs[i], why);
        if (err)
            return err;
        if (i > 0 && ph_code_cmp(&r->orgs[i - 1].code, &r->orgs[i].code) >= 0)
            return ph_fail(why, PH_ERR_FORMAT, "organisation %s is out of order or listed twice",
                           r->orgs[i].code.s);
    }
    if (r->n_orgs == 0)
        return PH_OK;
    enum ph_err err = ph__keys_unique(&r->orgs[0].key, sizeof(r->orgs[0]), r->n_orgs);
    if (err == PH_ERR_CONFLICT)
        return ph_fail(why, PH_ERR_FORMAT, "two organisations have one key");
    return err;
}

/* a-z 0-9 and '-': a name that nobody has to quote in `--to group:NAME`. */
static bool is_group_name(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return n > 0 && n <= PH_HANDLE_MAX;
}

static enum ph_err check_group(const struct ph_roster *r, const struct ph_group *group,
                               struct ph_why *why)
{
    if (!is_group_name(group->name))
        return ph_fail(why, PH_ERR_FORMAT, "a group's name is not 1 to %d of a-z, 0-9 and '-'",
                       PH_HANDLE_MAX);
    if (!ph__is_line(group->title, PH_NAME_MAX))
        return ph_fail(why, PH_ERR_FORMAT, "group %s: title is not one line of text", group->name);
    if (ph_hash_is_zero(&group->id))
        return ph_fail(why, PH_ERR_FORMAT, "group %s: has no id", group->name);
    for (size_t i = 0; i < group->n_members; i++) {
        const struct ph_code *member = &group->members[i];
        if (i > 0 && ph_code_cmp(&group->members[i - 1], member) >= 0)
            return ph_fail(why, PH_ERR_FORMAT, "group %s: a member is out of order or listed twice",
                           group->name);
        if (!ph_roster_org(r, member))
            return ph_fail(why, PH_ERR_FORMAT, "group %s: %.16s is not on the roster", group->name,
                           member->s);
    }
    return PH_OK;
}

static enum ph_err check_groups(const struct ph_roster *r, struct ph_why *why)
{
    if (r->n_groups > PH_GROUPS_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "%zu groups, limit is %d", r->n_groups, PH_GROUPS_MAX);
    for (size_t i = 0; i < r->n_groups; i++) {
        enum ph_err err = check_group(r, &r->groups[i], why);
        if (err)
            return err;
        if (i > 0 && strcmp(r->groups[i - 1].name, r->groups[i].name) >= 0)
            return ph_fail(why, PH_ERR_FORMAT, "group %s is out of order or listed twice",
                           r->groups[i].name);
    }
    if (r->n_groups == 0)
        return PH_OK;
    enum ph_err err = ph__keys_unique(&r->groups[0].id, sizeof(r->groups[0]), r->n_groups);
    if (err == PH_ERR_CONFLICT)
        return ph_fail(why, PH_ERR_FORMAT, "two groups have one id");
    return err;
}

/* One entry against the next one of the same organisation, or against the roster when it is its
 * last: who is off the roster has an open entry, who is on it has none. */
static enum ph_err check_removed_one(const struct ph_roster *r, size_t i, struct ph_why *why)
{
    const struct ph_removed *entry = &r->removed[i];
    bool is_last = i + 1 == r->n_removed || ph_code_cmp(&entry->code, &r->removed[i + 1].code) != 0;
    bool is_back = entry->back != 0;
    if (entry->at > PH_CREATED_MAX || entry->back > PH_CREATED_MAX ||
        (is_back && entry->back < entry->at))
        return ph_fail(why, PH_ERR_RANGE, "removed %s: came back before it left, or out of range",
                       entry->code.s);
    if (!is_last && (!is_back || r->removed[i + 1].at < entry->back))
        return ph_fail(why, PH_ERR_RANGE, "removed %s: left again before it came back",
                       entry->code.s);
    if (is_last && is_back != (ph_roster_org(r, &entry->code) != NULL))
        return ph_fail(why, PH_ERR_RANGE,
                       is_back ? "removed %s: has come back but is not on the roster"
                               : "%s is on the roster though removed: `back` is not set",
                       entry->code.s);
    return PH_OK;
}

/* Who holds a key: a member, or one who left. */
struct holder {
    const struct ph_org_key *key;
    const struct ph_code *code;
};

static int holder_cmp(const void *a, const void *b)
{
    const struct holder *x = a;
    const struct holder *y = b;
    int order = ph__key_cmp(x->key, y->key);
    return order != 0 ? order : ph_code_cmp(x->code, y->code);
}

/* A key that left with one code does not come back under another. */
static enum ph_err check_removed_keys(const struct ph_roster *r, struct ph_why *why)
{
    size_t n = r->n_orgs + r->n_removed;
    if (r->n_removed == 0)
        return PH_OK;
    struct holder *holders = calloc(n, sizeof(*holders));
    if (!holders)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < r->n_orgs; i++)
        holders[i] = (struct holder){.key = &r->orgs[i].key, .code = &r->orgs[i].code};
    for (size_t i = 0; i < r->n_removed; i++)
        holders[r->n_orgs + i] =
            (struct holder){.key = &r->removed[i].key, .code = &r->removed[i].code};
    qsort(holders, n, sizeof(*holders), holder_cmp);
    enum ph_err err = PH_OK;
    for (size_t i = 1; i < n && !err; i++)
        if (ph_org_key_equal(holders[i - 1].key, holders[i].key) &&
            ph_code_cmp(holders[i - 1].code, holders[i].code) != 0)
            err = ph_fail(why, PH_ERR_RANGE, "one key is of %s and of %s, and one of them left",
                          holders[i - 1].code->s, holders[i].code->s);
    free(holders);
    return err;
}

static enum ph_err check_removed(const struct ph_roster *r, struct ph_why *why)
{
    if (r->n_removed > PH__REMOVED_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "%zu removed organisations, limit is %d", r->n_removed,
                       PH__REMOVED_MAX);
    for (size_t i = 0; i < r->n_removed; i++) {
        const struct ph_removed *entry = &r->removed[i];
        struct ph_code code;
        if (ph_code_parse(&code, ph_bytes_str(entry->code.s), NULL))
            return ph_fail(why, PH_ERR_FORMAT, "a removed organisation's code is malformed");
        if (!ph__is_line(entry->reason, PH_NAME_MAX))
            return ph_fail(why, PH_ERR_FORMAT, "removed %s: reason is not one line of text",
                           entry->code.s);
        if (i > 0) {
            int order = ph_code_cmp(&r->removed[i - 1].code, &entry->code);
            if (order > 0 || (order == 0 && r->removed[i - 1].at >= entry->at))
                return ph_fail(why, PH_ERR_FORMAT, "removed %s is out of order or listed twice",
                               entry->code.s);
        }
        enum ph_err err = check_removed_one(r, i, why);
        if (err)
            return err;
    }
    return check_removed_keys(r, why);
}

static enum ph_err check_sigs(const struct ph_roster *r, struct ph_why *why)
{
    if (r->n_sigs > PH__ROSTER_SIGS_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "%zu signatures, limit is %d", r->n_sigs,
                       PH__ROSTER_SIGS_MAX);
    for (size_t i = 1; i < r->n_sigs; i++)
        if (ph__key_cmp(&r->sigs[i - 1].steward, &r->sigs[i].steward) >= 0)
            return ph_fail(why, PH_ERR_FORMAT, "a signature is out of order or there twice");
    return PH_OK;
}

enum ph_err ph__roster_check(const struct ph_roster *roster, struct ph_why *why)
{
    enum ph_err (*const checks[])(const struct ph_roster *, struct ph_why *) = {
        check_head, check_stewards, check_orgs, check_groups, check_removed, check_sigs,
    };
    for (size_t i = 0; i < PH_LEN(checks); i++) {
        enum ph_err err = checks[i](roster, why);
        if (err)
            return ph_why_wrap(why, err, "roster");
    }
    return PH_OK;
}
