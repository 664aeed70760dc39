/* SPDX-License-Identifier: Apache-2.0
 *
 * Own audience keys for whoever has come into their audience since: a member that joined, a card
 * that arrived, a reading key that was rotated. They get the epochs of the last PH_HISTORY_DAYS. */
#include <stdlib.h>

#include "store/granting.h"
#include "store/grants.h"

/* Grants of one epoch for keys that have come into its audience since, one for each label it was
 * used under. */
static enum ph_err grant_again(struct ph__making *m, struct ph__txn *txn,
                               const struct ph__epoch *epoch, const struct ph__boxes *boxes,
                               const struct ph_audience_key *key)
{
    size_t *which = calloc(boxes->n ? boxes->n : 1, sizeof(*which));
    if (!which)
        return ph_fail(txn->why, PH_ERR_NOMEM, "out of memory");
    enum ph_err err = PH_OK;
    for (unsigned use = 0; use < 2 * PH_N_TLP && !err; use++) {
        size_t n;
        if (!(epoch->uses & 1u << use))
            continue;
        m->label = (enum ph_tlp)(use / 2);
        m->flags = use % 2 ? PH_FLAG_CARRY : 0;
        err = ph__epoch_missing(txn, epoch, m->label, m->flags != 0, boxes, which, &n);
        if (!err && n)
            err = ph__make_grants(m, key, epoch->number, ph__epoch_grant_expires(epoch), boxes,
                                  which, n, txn->why);
    }
    free(which);
    return err;
}

/* Whether we may still publish to that audience: who left it grants nothing more. */
static bool still_ours(const struct ph__making *m)
{
    struct ph_code org;
    return ph_members_judge(m->members, &m->store->identity->node, m->now, &m->audience,
                            m->recipients, m->n_recipients, &org, NULL) == PH_OK;
}

static enum ph_err visit_epoch(struct ph__making *m, struct ph__txn *txn,
                               const struct ph__epoch *epoch)
{
    const ph_ms history = (ph_ms)PH_HISTORY_DAYS * 86400000;
    struct ph__boxes boxes = {0};
    struct ph_audience_key key;
    bool found = false;
    m->audience = epoch->audience;
    m->recipients = epoch->recipients;
    m->n_recipients = epoch->n_recipients;
    if (epoch->started + PH_EPOCH_MS + history < m->now || !still_ours(m))
        return PH_OK;
    enum ph_err err = ph__boxes_of(&boxes, m->members, &m->self, true, m->now, &m->audience,
                                   m->recipients, m->n_recipients, NULL);
    if (err) /* an audience that is no more has no newcomers */
        return err == PH_ERR_NOMEM ? ph_fail(txn->why, err, "out of memory") : PH_OK;
    err = ph__grants_get(m->store, txn, &epoch->commitment, &m->self, &m->audience, &key, &found);
    if (!err && found)
        err = grant_again(m, txn, epoch, &boxes, &key);
    ph_wipe(&key, sizeof(key));
    ph__boxes_done(&boxes);
    return err;
}

static enum ph_err visit_epochs(struct ph__making *m, struct ph_why *why)
{
    uint8_t at[PH_EPOCH_KEY] = {0};
    struct ph__epoch epoch;
    struct ph__txn txn;
    bool found = true;
    enum ph_err err = ph__txn_read(&txn, &m->store->env, why);
    if (err)
        return err;
    while (!err && found) {
        err = ph__epoch_next(&txn, &m->store->identity->node, at, &epoch, &found);
        if (err || !found)
            break;
        err = visit_epoch(m, &txn, &epoch);
        ph__epoch_done(&epoch);
    }
    ph__txn_abort(&txn);
    return err;
}

static enum ph_err store_grants(struct ph__making *m, struct ph_why *why)
{
    struct ph__commit c;
    if (m->n_records == 0)
        return PH_OK;
    enum ph_err err = ph__commit_begin(&c, m->store, m->now, ph__making_growth(m), why);
    if (err)
        return err;
    err = ph__making_put(m, &c);
    if (err) {
        ph__commit_abort(&c);
        return err;
    }
    return ph__commit_end(&c);
}

enum ph_err ph_store_grant_newcomers(struct ph_store *store, const struct ph_members *members,
                                     ph_ms now, struct ph_published *out, struct ph_why *why)
{
    struct ph__making m = {.store = store, .members = members, .now = now};
    enum ph_err err = ph__making_start(&m, why);
    if (err)
        return err;
    pthread_mutex_lock(&store->publishing);
    err = visit_epochs(&m, why);
    if (!err)
        err = store_grants(&m, why);
    pthread_mutex_unlock(&store->publishing);
    if (!err) {
        *out = (struct ph_published){0};
        ph__making_hand_out(&m, out);
    }
    ph__making_done(&m);
    return err;
}
