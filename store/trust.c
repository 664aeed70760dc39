/* SPDX-License-Identifier: Apache-2.0
 *
 * `rosters` and `cards`: the signed documents that say who is a member, as they came. */
#include <stdlib.h>

#include "store/evidence.h"
#include "store/store_priv.h"

#define PH_DOCS_MAX (PH_ORGS_MAX + 65536)

/* Documents of one database, copied out of a snapshot. */
struct docs {
    struct ph_bytes *v;
    size_t n;
};

static void docs_done(struct docs *docs)
{
    free(docs->v);
    *docs = (struct docs){0};
}

/* Views into @txn, in the order of keys. */
static enum ph_err docs_read(struct ph__txn *txn, enum ph_db db, struct docs *out)
{
    struct ph__cursor c;
    uint64_t n;
    enum ph_err err = ph__db_count(txn, db, &n);
    if (err)
        return err;
    if (n > PH_DOCS_MAX)
        return ph__corrupt(txn, db);
    out->v = calloc(n ? n : 1, sizeof(*out->v));
    if (!out->v)
        return ph_fail(txn->why, PH_ERR_NOMEM, "out of memory");
    err = ph__cursor_open(&c, txn, db);
    for (err = err ? err : ph__cursor_first(&c); !err && c.at && out->n < n;
         err = ph__cursor_next(&c))
        out->v[out->n++] = c.value;
    ph__cursor_close(&c);
    return err;
}

static enum ph_err no_community(struct ph_why *why)
{
    enum ph_err err = ph_fail(why, PH_ERR_NOTFOUND, "no community yet");
    ph_hint(why, "Run: posthorn community create, or posthorn join FILE.invite");
    return err;
}

static enum ph_err load_members(struct ph__txn *txn, struct ph_members **out)
{
    struct docs rosters = {0};
    struct docs cards = {0};
    enum ph_err err = docs_read(txn, PH_DB_ROSTERS, &rosters);
    if (!err)
        err = docs_read(txn, PH_DB_CARDS, &cards);
    if (!err && rosters.n == 0)
        err = no_community(txn->why);
    else if (!err)
        err = ph_members_new(out, rosters.v, rosters.n, cards.v, cards.n, txn->why);
    docs_done(&rosters);
    docs_done(&cards);
    return err;
}

/* The cached view; the caller holds `trust`. A writer's cache is always true, since only it changes
 * trust; a reader's store may be changed by the writer, so it reads anew. */
static enum ph_err cached_members(struct ph_store *store, struct ph_members **out,
                                  struct ph_why *why)
{
    if (store->members && store->env.write) {
        *out = ph_members_ref(store->members);
        return PH_OK;
    }
    struct ph__txn txn;
    struct ph_members *members = NULL;
    enum ph_err err = ph__txn_read(&txn, &store->env, why);
    if (err)
        return err;
    err = load_members(&txn, &members);
    ph__txn_abort(&txn);
    if (err)
        return err;
    ph_members_unref(store->members);
    store->members = ph_members_ref(members);
    *out = members;
    return PH_OK;
}

enum ph_err ph_store_members(struct ph_store *store, struct ph_members **out, struct ph_why *why)
{
    pthread_mutex_lock(&store->trust);
    enum ph_err err = cached_members(store, out, why);
    pthread_mutex_unlock(&store->trust);
    return err;
}

/* One call of ph_store_take_trust(). */
struct taking {
    const struct ph_bytes *rosters;
    size_t n_rosters;
    const struct ph_bytes *cards;
    size_t n_cards;
    bool *taken_rosters;
    bool *taken_cards;
    struct ph_members *base; /* NULL: the store is empty */
    struct ph_members *view;
    struct ph_members_result result;
};

static enum ph_err start_community(struct taking *t, const struct ph_hash *community,
                                   struct ph_why *why)
{
    enum ph_err err = ph_members_new(&t->view, t->rosters, t->n_rosters, t->cards, t->n_cards, why);
    if (err)
        return err;
    if (community && !ph_hash_equal(community, ph_members_community(t->view)))
        return ph_fail(why, PH_ERR_COMMUNITY, "these rosters are of another community");
    t->result = (struct ph_members_result){
        .changed = true, .n_rosters_new = t->n_rosters, .n_cards_new = t->n_cards};
    memset(t->taken_rosters, true, t->n_rosters);
    memset(t->taken_cards, true, t->n_cards);
    return PH_OK;
}

static enum ph_err put_roster(struct ph__txn *txn, struct ph_bytes bytes)
{
    struct ph_roster *roster;
    uint8_t key[8];
    enum ph_err err = ph_roster_decode(&roster, bytes, txn->why);
    if (err)
        return err;
    ph_put_be64(key, roster->seq);
    ph_roster_free(roster);
    return ph__db_put(txn, PH_DB_ROSTERS, ph_bytes(key, sizeof(key)), bytes);
}

/* The view knows which card of an organisation counts; that one is stored, whichever came. */
static enum ph_err put_card(struct ph__txn *txn, const struct ph_members *view,
                            struct ph_bytes bytes)
{
    struct ph_card *card;
    uint8_t key[PH_ORG_KEY];
    enum ph_err err = ph_card_decode(&card, bytes, txn->why);
    if (err)
        return err;
    struct ph_bytes newest = ph_members_card_bytes(view, &card->org);
    ph__org_key(key, &card->org);
    ph_card_free(card);
    return newest.n ? ph__db_put(txn, PH_DB_CARDS, ph_bytes(key, sizeof(key)), newest) : PH_OK;
}

/* A roster whose seq was known with another hash: proof against stewards. */
static enum ph_err note_roster(struct ph__txn *txn, const struct ph_members *view,
                               struct ph_bytes bytes)
{
    struct ph_roster *roster;
    struct ph_roster *known = NULL;
    struct ph_hash a, b;
    if (ph_roster_decode(&roster, bytes, NULL) != PH_OK)
        return PH_OK;
    struct ph_bytes other = ph_members_roster_bytes(view, roster->seq);
    enum ph_err err = PH_OK;
    if (other.n && ph_roster_decode(&known, other, NULL) == PH_OK &&
        ph_roster_hash(&a, roster) == PH_OK && ph_roster_hash(&b, known) == PH_OK &&
        !ph_hash_equal(&a, &b)) {
        err = ph__evidence_put(txn, PH_EVIDENCE_ROSTER, &a, bytes);
        if (!err)
            err = ph__evidence_put(txn, PH_EVIDENCE_ROSTER, &b, other);
    }
    ph_roster_free(known);
    ph_roster_free(roster);
    return err;
}

static enum ph_err note_card(struct ph__txn *txn, const struct ph_members *view,
                             struct ph_bytes bytes)
{
    struct ph_card *card;
    struct ph_hash a, b;
    if (ph_card_decode(&card, bytes, NULL) != PH_OK)
        return PH_OK;
    const struct ph_card *known = ph_members_card(view, &card->org);
    enum ph_err err = PH_OK;
    if (known && known->seq == card->seq && ph_card_hash(&a, card) == PH_OK &&
        ph_card_hash(&b, known) == PH_OK && !ph_hash_equal(&a, &b)) {
        err = ph__evidence_put(txn, PH_EVIDENCE_CARD, &a, bytes);
        if (!err)
            err = ph__evidence_put(txn, PH_EVIDENCE_CARD, &b,
                                   ph_members_card_bytes(view, &card->org));
    }
    ph_card_free(card);
    return err;
}

static enum ph_err put_taken(struct ph__txn *txn, const struct taking *t)
{
    const struct ph_hash *community = ph_members_community(t->view);
    const struct ph_members *before = t->base ? t->base : t->view;
    enum ph_err err = ph__meta_put(txn, PH_META_COMMUNITY, ph_bytes(community->b, 32));
    for (size_t i = 0; i < t->n_rosters && !err; i++) {
        if (t->taken_rosters[i])
            err = put_roster(txn, t->rosters[i]);
        else if (t->result.equivocation)
            err = note_roster(txn, before, t->rosters[i]);
    }
    for (size_t i = 0; i < t->n_cards && !err; i++) {
        if (t->taken_cards[i])
            err = put_card(txn, t->view, t->cards[i]);
        if (t->result.equivocation && !err)
            err = note_card(txn, before, t->cards[i]);
    }
    return err;
}

static enum ph_err store_taken(struct ph_store *store, const struct taking *t, struct ph_why *why)
{
    if (!t->result.changed && !t->result.equivocation)
        return PH_OK;
    struct ph__txn txn;
    enum ph_err err = ph__store_begin(store, &txn, PH_GROWS_NOT, why);
    if (err)
        return err;
    err = put_taken(&txn, t);
    if (err) {
        ph__store_abort(store, &txn);
        return err;
    }
    return ph__store_commit(store, &txn);
}

static enum ph_err take(struct ph_store *store, struct taking *t, const struct ph_hash *community,
                        struct ph_why *why)
{
    enum ph_err err = cached_members(store, &t->base, why);
    if (err == PH_ERR_NOTFOUND) {
        if (why)
            *why = (struct ph_why){.code = PH_OK};
        err = start_community(t, community, why);
    } else if (!err && community && !ph_hash_equal(community, ph_members_community(t->base))) {
        err = ph_fail(why, PH_ERR_COMMUNITY, "this store belongs to another community");
    } else if (!err) {
        err = ph_members_extend(&t->view, t->base, t->rosters, t->n_rosters, t->cards, t->n_cards,
                                t->taken_rosters, t->taken_cards, &t->result, why);
    }
    if (!err)
        err = store_taken(store, t, why);
    if (err)
        return err;
    ph_members_unref(store->members);
    store->members = ph_members_ref(t->view);
    return PH_OK;
}

enum ph_err ph_store_take_trust(struct ph_store *store, const struct ph_hash *community,
                                const struct ph_bytes *rosters, size_t n_rosters,
                                const struct ph_bytes *cards, size_t n_cards,
                                struct ph_members **out, struct ph_members_result *result,
                                struct ph_why *why)
{
    struct taking t = {
        .rosters = rosters, .n_rosters = n_rosters, .cards = cards, .n_cards = n_cards};
    t.taken_rosters = calloc(n_rosters + 1, sizeof(bool));
    t.taken_cards = calloc(n_cards + 1, sizeof(bool));
    enum ph_err err = PH_OK;
    if (!t.taken_rosters || !t.taken_cards) {
        err = ph_fail(why, PH_ERR_NOMEM, "out of memory");
    } else {
        pthread_mutex_lock(&store->trust);
        err = take(store, &t, community, why);
        pthread_mutex_unlock(&store->trust);
    }
    if (!err) {
        if (result)
            *result = t.result;
        *out = ph_members_ref(t.view);
    }
    ph_members_unref(t.view);
    ph_members_unref(t.base);
    free(t.taken_rosters);
    free(t.taken_cards);
    return err;
}
