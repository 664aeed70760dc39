/* SPDX-License-Identifier: Apache-2.0 */
#include "store/publish.h"

#include <sodium.h>
#include <stdlib.h>

#include "store/follower.h"
#include "store/granting.h"
#include "store/grants.h"

/* One publication on its way. */
struct publishing {
    struct ph__making m;
    const struct ph_publication *p;
    struct ph__boxes boxes;
    struct ph__packs packs;
    struct ph__epoch epoch;
    struct ph_audience_key key; /* of the epoch; wiped at the end */
    bool has_epoch;             /* a key of an epoch is used */
    bool new_epoch;
};

void ph_published_done(struct ph_published *published)
{
    for (size_t i = 0; i < published->n_records; i++)
        ph_record_unref(published->records[i]);
    free(published->records);
    *published = (struct ph_published){0};
}

/* Refuses what has no such audience, with the name that is wrong. */
static enum ph_err check_audience(struct publishing *s, struct ph_why *why)
{
    const struct ph_publication *p = s->p;
    const struct ph_roster *roster = ph_members_roster(s->m.members);
    s->m.audience = p->audience;
    enum ph_err err = ph_tlp_fits(p->label, p->audience.kind, p->recipients, p->n_recipients, why);
    if (err)
        return err;
    switch (p->audience.kind) {
    case PH_AUDIENCE_COMMUNITY:
        break;
    case PH_AUDIENCE_GROUP:
        if (!ph_roster_group(roster, &p->audience.id))
            return ph_fail(why, PH_ERR_NOTFOUND, "no such group on the roster");
        break;
    case PH_AUDIENCE_DIRECT:
        for (size_t i = 0; i < p->n_recipients; i++) {
            if (!ph_roster_org(roster, &p->recipients[i].org))
                return ph_fail(why, PH_ERR_NOTFOUND, "%s is not a member", p->recipients[i].org.s);
        }
        err = ph_audience_direct(&s->m.audience, p->recipients, p->n_recipients);
        if (err)
            return err;
        break;
    }
    struct ph_code org;
    return ph_members_judge(s->m.members, &s->m.store->identity->node, s->m.now, &s->m.audience,
                            p->recipients, p->n_recipients, &org, why);
}

static enum ph_err prepare(struct publishing *s, struct ph_why *why)
{
    const struct ph_publication *p = s->p;
    s->m.label = p->label;
    s->m.recipients = p->recipients;
    s->m.n_recipients = p->n_recipients;
    s->m.flags = p->flags;
    enum ph_err err = ph__making_start(&s->m, why);
    if (!err)
        err = check_audience(s, why);
    if (!err && p->label != PH_TLP_CLEAR)
        err = ph__boxes_of(&s->boxes, s->m.members, &s->m.self, p->label != PH_TLP_RED, s->m.now,
                           &s->m.audience, p->recipients, p->n_recipients, why);
    if (!err && p->label != PH_TLP_CLEAR && s->boxes.n == 0) {
        err = ph_fail(why, PH_ERR_NOTFOUND, "nobody in this audience has a reading key yet");
        ph_hint(why, "Its cards have not come. See: posthorn peers");
    }
    if (!err)
        err = ph__index_all(s->m.store, why);
    if (!err)
        err = ph__packs_make(&s->packs, s->m.store, p, &s->m.audience, &s->m.self, why);
    return err;
}

static enum ph_err copy_recipients(struct ph__epoch *epoch, const struct ph_recipient *recipients,
                                   size_t n, struct ph_why *why)
{
    if (!n)
        return PH_OK;
    epoch->recipients = calloc(n, sizeof(*recipients));
    if (!epoch->recipients)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    memcpy(epoch->recipients, recipients, n * sizeof(*recipients));
    epoch->n_recipients = n;
    return PH_OK;
}

static enum ph_err start_epoch(struct publishing *s, uint64_t number, struct ph_why *why)
{
    randombytes_buf(s->key.b, sizeof(s->key.b));
    s->epoch = (struct ph__epoch){
        .audience = s->m.audience,
        .number = number,
        .commitment = ph_key_commitment(&s->key),
        .started = s->m.now,
        .n_lost = s->boxes.n_lost,
    };
    s->new_epoch = true;
    return copy_recipients(&s->epoch, s->m.recipients, s->m.n_recipients, why);
}

static enum ph_err use_epoch(struct publishing *s, struct ph__txn *txn)
{
    struct ph__epoch last;
    bool found;
    bool good = false;
    enum ph_err err =
        ph__epoch_last(txn, &s->m.store->identity->node, &s->m.audience, &last, &found);
    if (err)
        return err;
    if (!found)
        return start_epoch(s, 1, txn->why);
    err = ph__epoch_is_good(txn, &last, &s->boxes, s->m.now, &good);
    if (!err && good)
        err = ph__grants_get(s->m.store, txn, &last.commitment, &s->m.self, &s->m.audience, &s->key,
                             &good);
    if (err || !good) {
        uint64_t number = last.number + 1;
        ph__epoch_done(&last);
        return err ? err : start_epoch(s, number, txn->why);
    }
    s->epoch = last;
    return PH_OK;
}

/* Grants of the epoch's key for whoever has none under this label and carry. */
static enum ph_err grant_epoch(struct publishing *s, struct ph__txn *txn)
{
    bool carry = (s->m.flags & PH_FLAG_CARRY) != 0;
    size_t n = 0;
    size_t *which = calloc(s->boxes.n, sizeof(*which));
    if (!which)
        return ph_fail(txn->why, PH_ERR_NOMEM, "out of memory");
    enum ph_err err = ph__epoch_missing(txn, &s->epoch, s->m.label, carry, &s->boxes, which, &n);
    if (!err)
        err = ph__make_grants(&s->m, &s->key, s->epoch.number, ph__epoch_grant_expires(&s->epoch),
                              &s->boxes, which, n, txn->why);
    s->epoch.uses |= (uint16_t)(1u << ((unsigned)s->m.label * 2 + carry));
    free(which);
    return err;
}

static enum ph_err choose_key(struct publishing *s, struct ph_why *why)
{
    struct ph__txn txn;
    enum ph_err err = ph__txn_read(&txn, &s->m.store->env, why);
    if (err)
        return err;
    err = use_epoch(s, &txn);
    s->has_epoch = !err;
    if (!err)
        err = grant_epoch(s, &txn);
    ph__txn_abort(&txn);
    return err;
}

static ph_ms expires_of(const struct publishing *s, const struct ph__pack *pack)
{
    return s->p->expires ? s->p->expires : s->m.now + pack->lifetime;
}

/* RED: a fresh key for each record, granted to the named persons, kept nowhere. */
static enum ph_err make_red(struct publishing *s, const struct ph__pack *pack, struct ph_why *why)
{
    struct ph_audience_key key;
    size_t *which = calloc(s->boxes.n, sizeof(*which));
    if (!which)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < s->boxes.n; i++)
        which[i] = i;
    randombytes_buf(key.b, sizeof(key.b));
    ph_ms expires = expires_of(s, pack);
    enum ph_err err = ph__make_grants(&s->m, &key, 0, expires, &s->boxes, which, s->boxes.n, why);
    if (!err)
        err = ph__make_content(&s->m, ph_buf_bytes(&pack->plain), expires, &key, why);
    ph_wipe(&key, sizeof(key));
    s->m.n_granted = 0; /* nothing of it is remembered */
    free(which);
    return err;
}

static enum ph_err make_all(struct publishing *s, struct ph_why *why)
{
    enum ph_err err = PH_OK;
    bool sealed = s->m.label != PH_TLP_CLEAR;
    bool red = s->m.label == PH_TLP_RED;
    if (sealed && !red && s->packs.n)
        err = choose_key(s, why);
    for (size_t i = 0; i < s->packs.n && !err; i++) {
        const struct ph__pack *pack = &s->packs.v[i];
        err = red ? make_red(s, pack, why)
                  : ph__make_content(&s->m, ph_buf_bytes(&pack->plain), expires_of(s, pack),
                                     sealed ? &s->key : NULL, why);
    }
    return err;
}

static enum ph_err put_epoch(struct ph__commit *c, struct publishing *s)
{
    bool is_new;
    enum ph_err err = ph__grants_put(s->m.store, &c->txn, &s->key, &s->epoch.commitment, &s->m.self,
                                     &s->m.audience, &is_new);
    return err ? err : ph__epoch_put(&c->txn, &s->m.store->identity->node, &s->epoch);
}

static enum ph_err store_all(struct publishing *s, struct ph_why *why)
{
    if (s->m.n_records == 0)
        return PH_OK;
    struct ph__commit c;
    enum ph_err err = ph__commit_begin(&c, s->m.store, s->m.now, ph__making_growth(&s->m), why);
    if (err)
        return err;
    if (s->has_epoch)
        err = put_epoch(&c, s);
    if (!err)
        err = ph__making_put(&s->m, &c);
    if (err) {
        ph__commit_abort(&c);
        return err;
    }
    return ph__commit_end(&c);
}

enum ph_err ph_store_publish(struct ph_store *store, const struct ph_members *members,
                             const struct ph_publication *publication, ph_ms now,
                             struct ph_published *out, struct ph_why *why)
{
    struct publishing s = {.m = {.store = store, .members = members, .now = now}, .p = publication};
    pthread_mutex_lock(&store->publishing);
    enum ph_err err = prepare(&s, why);
    if (!err)
        err = make_all(&s, why);
    if (!err)
        err = store_all(&s, why);
    pthread_mutex_unlock(&store->publishing);
    if (!err) {
        *out = (struct ph_published){.n_new = s.packs.n_new, .n_known = s.packs.n_known};
        ph__making_hand_out(&s.m, out);
    }
    ph_wipe(&s.key, sizeof(s.key));
    ph__epoch_done(&s.epoch);
    ph__packs_done(&s.packs);
    ph__boxes_done(&s.boxes);
    ph__making_done(&s.m);
    return err;
}
