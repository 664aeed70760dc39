/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages that hold a list of small structs: HEADS, REJECT, TRUST. */
#include "proto/wire/message_priv.h"

/* Fewest bytes that one element takes on the wire. */
#define HEAD_LEAST     (1 + 4 + 1 + 34)
#define REJECT_LEAST   (1 + 34 + 1)
#define KNOWN_LEAST    (1 + 3 + 1 + 1 + 34)
#define DOCUMENT_LEAST 3

/* HEADS: [2, time, [[channel, count, fingerprint] …]] */
void ph__read_heads(struct ph_reader *r, struct ph_message *m)
{
    struct ph_head *heads;
    size_t n;

    m->heads.time = ph_read_uint(r, UINT64_MAX);
    n = ph_read_array(r, PH_HEADS_MAX);
    heads = ph__list_new(r, n, sizeof(*heads), HEAD_LEAST);
    m->owned[0] = heads;
    if (!heads)
        return;
    for (size_t i = 0; i < n; i++) {
        ph_read_array_exact(r, 3);
        ph__read_channel(r, &heads[i].channel);
        heads[i].count = ph_read_uint(r, UINT64_MAX);
        ph__read_hash(r, &heads[i].fingerprint);
        if (r->err)
            return;
    }
    m->heads.heads = heads;
    m->heads.n = n;
}

enum ph_err ph__write_heads(struct ph_writer *w, const struct ph_msg_heads *heads)
{
    if (heads->n > PH_HEADS_MAX)
        return PH_ERR_LIMIT;
    ph_write_uint(w, heads->time);
    ph_write_array(w, heads->n);
    for (size_t i = 0; i < heads->n; i++) {
        enum ph_err err;

        ph_write_array(w, 3);
        err = ph__write_channel(w, &heads->heads[i].channel);
        if (err)
            return err;
        ph_write_uint(w, heads->heads[i].count);
        ph__write_hash(w, &heads->heads[i].fingerprint);
    }
    return PH_OK;
}

/* REJECT: [10, [[id, code] …]] */
void ph__read_reject(struct ph_reader *r, struct ph_message *m)
{
    struct ph_reject *rejects;
    size_t n = ph_read_array(r, PH_REJECTS_MAX);

    if (n == 0)
        ph_read_fail(r, PH_ERR_FORMAT, "REJECT of nothing");
    rejects = ph__list_new(r, n, sizeof(*rejects), REJECT_LEAST);
    m->owned[0] = rejects;
    if (!rejects)
        return;
    for (size_t i = 0; i < n; i++) {
        uint64_t number;

        ph_read_array_exact(r, 2);
        ph_read_bin_exact(r, rejects[i].id.b, sizeof(rejects[i].id.b));
        number = ph_read_uint(r, UINT16_MAX);
        if (number == 0)
            ph_read_fail(r, PH_ERR_RANGE, "REJECT without a reason");
        if (r->err)
            return;
        rejects[i].code = ph_err_from_number(number);
    }
    m->reject.rejects = rejects;
    m->reject.n = n;
}

enum ph_err ph__write_reject(struct ph_writer *w, const struct ph_msg_reject *reject)
{
    if (reject->n > PH_REJECTS_MAX)
        return PH_ERR_LIMIT;
    if (reject->n == 0)
        return PH_ERR_RANGE;
    ph_write_array(w, reject->n);
    for (size_t i = 0; i < reject->n; i++) {
        if (reject->rejects[i].code == PH_OK)
            return PH_ERR_RANGE;
        ph_write_array(w, 2);
        ph_write_bin(w, ph_bytes(reject->rejects[i].id.b, sizeof(struct ph_id)));
        ph_write_uint(w, reject->rejects[i].code);
    }
    return PH_OK;
}

/* [roster_seq, [[org, key_seq, card_seq, card hash] …]], or nil */
static void read_summary(struct ph_reader *r, struct ph_message *m)
{
    struct ph_trust_known *known;
    size_t n;

    if (ph_read_nil(r))
        return;
    m->trust.has_summary = true;
    ph_read_array_exact(r, 2);
    m->trust.roster_seq = ph_read_uint(r, UINT64_MAX);
    n = ph_read_array(r, PH_ORGS_MAX);
    known = ph__list_new(r, n, sizeof(*known), KNOWN_LEAST);
    m->owned[0] = known;
    if (!known)
        return;
    for (size_t i = 0; i < n; i++) {
        ph_read_array_exact(r, 4);
        ph__read_code(r, &known[i].org);
        known[i].key_seq = ph_read_uint(r, UINT64_MAX);
        known[i].card_seq = ph_read_uint(r, UINT64_MAX);
        ph__read_hash(r, &known[i].card_hash);
        if (!r->err && i > 0 && ph_code_cmp(&known[i - 1].org, &known[i].org) >= 0)
            ph_read_fail(r, PH_ERR_FORMAT, "organisations are not in ascending order");
        if (r->err)
            return;
    }
    m->trust.known = known;
    m->trust.n_known = n;
}

static void read_documents(struct ph_reader *r, size_t n_max, size_t size_max, void **owned,
                           const struct ph_bytes **out, size_t *out_n)
{
    size_t n = ph_read_array(r, (uint32_t)n_max);
    struct ph_bytes *documents = ph__list_new(r, n, sizeof(*documents), DOCUMENT_LEAST);

    *owned = documents;
    if (!documents)
        return;
    for (size_t i = 0; i < n; i++) {
        documents[i] = ph_read_bin(r, size_max);
        if (documents[i].n == 0)
            ph_read_fail(r, PH_ERR_FORMAT, "empty document");
        if (r->err)
            return;
    }
    *out = documents;
    *out_n = n;
}

/* TRUST: [3, summary | nil, [roster …], [card …]] */
void ph__read_trust(struct ph_reader *r, struct ph_message *m)
{
    struct ph_msg_trust *t = &m->trust;

    read_summary(r, m);
    read_documents(r, PH_CHAIN_EXCHANGE_MAX, PH_ROSTER_MAX, &m->owned[1], &t->rosters,
                   &t->n_rosters);
    read_documents(r, PH_ORGS_MAX, PH_CARD_MAX, &m->owned[2], &t->cards, &t->n_cards);
}

static enum ph_err write_summary(struct ph_writer *w, const struct ph_msg_trust *trust)
{
    if (!trust->has_summary) {
        ph_write_nil(w);
        return trust->n_known || trust->roster_seq ? PH_ERR_RANGE : PH_OK;
    }
    if (trust->n_known > PH_ORGS_MAX)
        return PH_ERR_LIMIT;
    ph_write_array(w, 2);
    ph_write_uint(w, trust->roster_seq);
    ph_write_array(w, trust->n_known);
    for (size_t i = 0; i < trust->n_known; i++) {
        const struct ph_trust_known *known = &trust->known[i];
        enum ph_err err;

        if (i > 0 && ph_code_cmp(&trust->known[i - 1].org, &known->org) >= 0)
            return PH_ERR_RANGE;
        ph_write_array(w, 4);
        err = ph__write_code(w, &known->org);
        if (err)
            return err;
        ph_write_uint(w, known->key_seq);
        ph_write_uint(w, known->card_seq);
        ph__write_hash(w, &known->card_hash);
    }
    return PH_OK;
}

static enum ph_err write_documents(struct ph_writer *w, const struct ph_bytes *documents, size_t n,
                                   size_t n_max, size_t size_max)
{
    if (n > n_max)
        return PH_ERR_LIMIT;
    ph_write_array(w, n);
    for (size_t i = 0; i < n; i++) {
        if (documents[i].n == 0)
            return PH_ERR_RANGE;
        if (documents[i].n > size_max)
            return PH_ERR_LIMIT;
        ph_write_bin(w, documents[i]);
    }
    return PH_OK;
}

enum ph_err ph__write_trust(struct ph_writer *w, const struct ph_msg_trust *trust)
{
    enum ph_err err = write_summary(w, trust);

    if (err)
        return err;
    err =
        write_documents(w, trust->rosters, trust->n_rosters, PH_CHAIN_EXCHANGE_MAX, PH_ROSTER_MAX);
    if (err)
        return err;
    return write_documents(w, trust->cards, trust->n_cards, PH_ORGS_MAX, PH_CARD_MAX);
}
