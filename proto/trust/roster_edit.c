/* SPDX-License-Identifier: Apache-2.0
 *
 * Making the next roster: each edit works on a copy, checks the whole and only then takes its
 * place, so a refused edit leaves the draft as it was. And signing, which is the last edit. */
#include <sodium.h>
#include <stdlib.h>

#include "proto/base/hash.h"
#include "proto/trust/fields.h"
#include "proto/trust/roster_priv.h"

#define REVIEW_MS_DEFAULT (UINT64_C(365) * 86400000)

/* Frees the copy, after putting it in the draft's place when the edit is valid. */
static enum ph_err take_edit(struct ph_roster *draft, struct ph_roster *copy, enum ph_err err,
                             struct ph_why *why)
{
    if (!err)
        err = ph__roster_check(copy, why);
    if (!err) {
        struct ph_roster old = *draft;
        *draft = *copy;
        *copy = old;
        free(draft->sigs); /* they were over the document before the edit */
        draft->sigs = NULL;
        draft->n_sigs = 0;
    }
    ph_roster_free(copy);
    return err;
}

/* Makes room for one element of @size at @at in a list of @n; NULL (list untouched) without memory.
 */
static void *insert_at(void *list, size_t n, size_t size, size_t at)
{
    uint8_t *grown = realloc(list, (n + 1) * size);
    if (!grown)
        return NULL;
    memmove(grown + (at + 1) * size, grown + at * size, (n - at) * size);
    memset(grown + at * size, 0, size);
    return grown;
}

static void remove_at(void *list, size_t n, size_t size, size_t at)
{
    uint8_t *bytes = list;
    memmove(bytes + at * size, bytes + (at + 1) * size, (n - at - 1) * size);
}

enum ph_err ph_roster_draft(struct ph_roster **out, const struct ph_roster *last, ph_ms now)
{
    struct ph_hash prev;
    struct ph_roster *draft = NULL;
    enum ph_err err = ph_roster_hash(&prev, last);
    if (!err)
        err = ph_roster_copy(&draft, last);
    if (err)
        return err;
    free(draft->sigs);
    draft->sigs = NULL;
    draft->n_sigs = 0;
    draft->seq = last->seq + 1;
    draft->prev = prev;
    /* A steward whose clock lags still makes a valid draft: issued never goes back. */
    draft->issued = PH_MAX(now, last->issued);
    ph_ms interval = last->review_by - last->issued;
    draft->review_by = draft->issued + (interval > 0 ? interval : REVIEW_MS_DEFAULT);
    draft->review_by = PH_MIN(draft->review_by, PH_CREATED_MAX);
    *out = draft;
    return PH_OK;
}

/* Index at which @code stands or would stand among the organisations. */
static size_t org_place(const struct ph_roster *r, const struct ph_code *code)
{
    size_t i = 0;
    while (i < r->n_orgs && ph_code_cmp(&r->orgs[i].code, code) < 0)
        i++;
    return i;
}

/* Closes the newest `removed` entry of a code that comes back. */
static void mark_back(struct ph_roster *r, const struct ph_code *code)
{
    for (size_t i = r->n_removed; i-- > 0;) {
        struct ph_removed *entry = &r->removed[i];
        if (ph_code_cmp(&entry->code, code) == 0) {
            if (entry->back == 0)
                entry->back = PH_MAX(r->issued, entry->at);
            return;
        }
    }
}

enum ph_err ph_roster_add_org(struct ph_roster *draft, const struct ph_roster_org *org,
                              struct ph_why *why)
{
    if (ph_roster_org(draft, &org->code))
        return ph_fail(why, PH_ERR_EXISTS, "%s is on the roster already", org->code.s);
    if (!ph_ed25519_is_valid(org->key.b))
        return ph_fail(why, PH_ERR_INPUT, "%s: its key is not a valid signing key", org->code.s);
    struct ph_roster *copy;
    enum ph_err err = ph_roster_copy(&copy, draft);
    if (err)
        return ph_fail(why, err, "out of memory for a roster");
    size_t at = org_place(copy, &org->code);
    void *grown = insert_at(copy->orgs, copy->n_orgs, sizeof(*copy->orgs), at);
    if (grown) {
        copy->orgs = grown;
        copy->orgs[at] = *org;
        copy->n_orgs++;
        mark_back(copy, &org->code);
    } else {
        err = ph_fail(why, PH_ERR_NOMEM, "out of memory for a roster");
    }
    return take_edit(draft, copy, err, why);
}

enum ph_err ph_roster_set_org_key(struct ph_roster *draft, const struct ph_code *code,
                                  const struct ph_org_key *key, struct ph_why *why)
{
    if (!ph_roster_org(draft, code))
        return ph_fail(why, PH_ERR_NOTFOUND, "%s is not on the roster", code->s);
    if (!ph_ed25519_is_valid(key->b))
        return ph_fail(why, PH_ERR_INPUT, "%s: its key is not a valid signing key", code->s);
    struct ph_roster *copy;
    enum ph_err err = ph_roster_copy(&copy, draft);
    if (err)
        return ph_fail(why, err, "out of memory for a roster");
    copy->orgs[org_place(copy, code)].key = *key;
    return take_edit(draft, copy, PH_OK, why);
}

/* Adds the `removed` entry of an organisation, behind its older ones. */
static enum ph_err add_removed(struct ph_roster *r, const struct ph_roster_org *org,
                               const char *reason, ph_ms now, struct ph_why *why)
{
    size_t at = 0;
    while (at < r->n_removed && ph_code_cmp(&r->removed[at].code, &org->code) <= 0)
        at++;
    struct ph_removed entry = {
        .code = org->code, .key = org->key, .at = PH_MIN(now, PH_CREATED_MAX)};
    size_t reason_n = strlen(reason);
    if (reason_n > PH_NAME_MAX)
        return ph_fail(why, PH_ERR_INPUT, "reason is %zu bytes, limit is %d", reason_n,
                       PH_NAME_MAX);
    memcpy(entry.reason, reason, reason_n);
    void *grown = insert_at(r->removed, r->n_removed, sizeof(*r->removed), at);
    if (!grown)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory for a roster");
    r->removed = grown;
    r->removed[at] = entry;
    r->n_removed++;
    return PH_OK;
}

static void drop_from_groups(struct ph_roster *r, const struct ph_code *code)
{
    for (size_t i = 0; i < r->n_groups; i++) {
        struct ph_group *group = &r->groups[i];
        for (size_t j = group->n_members; j-- > 0;)
            if (ph_code_cmp(&group->members[j], code) == 0)
                remove_at(group->members, group->n_members--, sizeof(*group->members), j);
    }
}

enum ph_err ph_roster_remove_org(struct ph_roster *draft, const struct ph_code *code,
                                 const char *reason, ph_ms now, struct ph_why *why)
{
    const struct ph_roster_org *org = ph_roster_org(draft, code);
    if (!org)
        return ph_fail(why, PH_ERR_NOTFOUND, "%s is not on the roster", code->s);
    struct ph_roster *copy;
    enum ph_err err = ph_roster_copy(&copy, draft);
    if (err)
        return ph_fail(why, err, "out of memory for a roster");
    err = add_removed(copy, org, reason, now, why);
    if (!err) {
        remove_at(copy->orgs, copy->n_orgs--, sizeof(*copy->orgs), org_place(copy, code));
        drop_from_groups(copy, code);
    }
    return take_edit(draft, copy, err, why);
}

static size_t group_place(const struct ph_roster *r, const char *name)
{
    size_t i = 0;
    while (i < r->n_groups && strcmp(r->groups[i].name, name) < 0)
        i++;
    return i;
}

static int code_cmp(const void *a, const void *b)
{
    return ph_code_cmp(a, b);
}

/* The group at @at, made there first when the draft has none of that name. NULL without memory. */
static struct ph_group *group_at(struct ph_roster *r, size_t at, const char *name,
                                 const struct ph_hash *new_id)
{
    if (at < r->n_groups && strcmp(r->groups[at].name, name) == 0)
        return &r->groups[at];
    void *grown = insert_at(r->groups, r->n_groups, sizeof(*r->groups), at);
    if (!grown)
        return NULL;
    r->groups = grown;
    r->n_groups++;
    r->groups[at].id = *new_id;
    memcpy(r->groups[at].name, name, strlen(name));
    return &r->groups[at];
}

enum ph_err ph_roster_set_group(struct ph_roster *draft, const char *name, const char *title,
                                const struct ph_code *members, size_t n,
                                const struct ph_hash *new_id, struct ph_why *why)
{
    if (strlen(name) > PH_HANDLE_MAX || strlen(title) > PH_NAME_MAX)
        return ph_fail(why, PH_ERR_INPUT, "group: name is over %d bytes or title over %d",
                       PH_HANDLE_MAX, PH_NAME_MAX);
    struct ph_roster *copy;
    enum ph_err err = ph_roster_copy(&copy, draft);
    if (err)
        return ph_fail(why, err, "out of memory for a roster");
    struct ph_group *group = group_at(copy, group_place(copy, name), name, new_id);
    struct ph_code *sorted = ph__memdup(members, n, sizeof(*members));
    if (!group || (!sorted && n > 0)) {
        free(sorted);
        return take_edit(draft, copy, ph_fail(why, PH_ERR_NOMEM, "out of memory for a roster"),
                         why);
    }
    if (n > 1)
        qsort(sorted, n, sizeof(*sorted), code_cmp);
    free(group->members);
    group->members = sorted;
    group->n_members = n;
    memset(group->title, 0, sizeof(group->title));
    memcpy(group->title, title, strlen(title));
    return take_edit(draft, copy, PH_OK, why);
}

enum ph_err ph_roster_remove_group(struct ph_roster *draft, const char *name, struct ph_why *why)
{
    char safe[72];
    if (!ph_roster_group_named(draft, ph_bytes_str(name)))
        return ph_fail(why, PH_ERR_NOTFOUND, "no group \"%s\" is on the roster",
                       ph_text_safe(safe, sizeof(safe), ph_bytes_str(name)));
    struct ph_roster *copy;
    enum ph_err err = ph_roster_copy(&copy, draft);
    if (err)
        return ph_fail(why, err, "out of memory for a roster");
    size_t at = group_place(copy, name);
    free(copy->groups[at].members);
    remove_at(copy->groups, copy->n_groups--, sizeof(*copy->groups), at);
    return take_edit(draft, copy, PH_OK, why);
}

enum ph_err ph_roster_set_stewards(struct ph_roster *draft, const struct ph_steward_key *keys,
                                   size_t n, uint32_t threshold, struct ph_why *why)
{
    if (n == 0 || n > PH_STEWARDS_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "%zu stewards: must be 1 to %d", n, PH_STEWARDS_MAX);
    for (size_t i = 0; i < n; i++)
        if (!ph_ed25519_is_valid(keys[i].b))
            return ph_fail(why, PH_ERR_INPUT, "steward %zu: not a valid signing key", i + 1);
    struct ph_roster *copy;
    enum ph_err err = ph_roster_copy(&copy, draft);
    if (err)
        return ph_fail(why, err, "out of memory for a roster");
    struct ph_steward_key *sorted = ph__memdup(keys, n, sizeof(*keys));
    if (!sorted)
        return take_edit(draft, copy, ph_fail(why, PH_ERR_NOMEM, "out of memory for a roster"),
                         why);
    qsort(sorted, n, sizeof(*sorted), ph__key_cmp);
    free(copy->stewards);
    copy->stewards = sorted;
    copy->n_stewards = n;
    copy->threshold = threshold;
    return take_edit(draft, copy, PH_OK, why);
}

static enum ph_err put_signature(struct ph_roster *roster, const struct ph_roster_signature *sig,
                                 struct ph_why *why)
{
    size_t at = 0;
    while (at < roster->n_sigs && ph__key_cmp(&roster->sigs[at].steward, &sig->steward) < 0)
        at++;
    if (at == roster->n_sigs || !ph_steward_key_equal(&roster->sigs[at].steward, &sig->steward)) {
        if (roster->n_sigs == PH__ROSTER_SIGS_MAX)
            return ph_fail(why, PH_ERR_LIMIT, "roster has %d signatures already",
                           PH__ROSTER_SIGS_MAX);
        void *grown = insert_at(roster->sigs, roster->n_sigs, sizeof(*roster->sigs), at);
        if (!grown)
            return ph_fail(why, PH_ERR_NOMEM, "out of memory for a signature");
        roster->sigs = grown;
        roster->n_sigs++;
    }
    roster->sigs[at] = *sig;
    return PH_OK;
}

enum ph_err ph_roster_sign(struct ph_roster *roster, const struct ph_hash *community,
                           const uint8_t secret[static 64], struct ph_why *why)
{
    struct ph_roster_signature sig;
    memcpy(sig.steward.b, secret + 32, 32); /* libsodium: seed || public key */
    if (!community && !ph_roster_has_steward(roster, &sig.steward))
        return ph_fail(why, PH_ERR_POLICY, "this key is not a steward's of the new community");
    enum ph_err err = ph__roster_check(roster, why);
    if (err)
        return err;
    struct ph_buf document = ph_buf(PH_ROSTER_MAX);
    err = ph__roster_document(&document, roster);
    if (err)
        err = ph_fail(why, err, "roster is over its limit of %d bytes, or out of memory",
                      PH_ROSTER_MAX);
    else if (!ph_sign(sig.sig, "roster", community, ph_buf_bytes(&document), secret))
        err = ph_fail(why, PH_ERR_NOMEM, "out of memory for a signature");
    ph_buf_done(&document);
    return err ? err : put_signature(roster, &sig, why);
}
