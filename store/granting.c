/* SPDX-License-Identifier: Apache-2.0 */
#include "store/granting.h"

#include <sodium.h>
#include <stdlib.h>

static bool grow(void **rows, size_t *cap, size_t n, size_t size)
{
    if (n < *cap)
        return true;
    size_t want = *cap ? *cap * 2 : 16;
    void *p = realloc(*rows, want * size);
    if (!p)
        return false;
    *rows = p;
    *cap = want;
    return true;
}

enum ph_err ph__making_start(struct ph__making *m, struct ph_why *why)
{
    struct ph_roster_org self;
    enum ph_err err = ph_store_self(m->store, &self, why);
    if (!err)
        m->self = self.code;
    return err;
}

void ph__making_done(struct ph__making *m)
{
    for (size_t i = 0; i < m->n_records; i++)
        ph_record_unref(m->records[i]);
    free(m->records);
    free(m->granted);
    ph_zstd_done(&m->zstd);
    m->records = NULL;
    m->granted = NULL;
    m->n_records = m->n_granted = 0;
}

static enum ph_err add_record(struct ph__making *m, const struct ph_header *header,
                              struct ph_bytes body, struct ph_why *why)
{
    void *rows = m->records;
    if (!grow(&rows, &m->cap_records, m->n_records, sizeof(struct ph_record *)))
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    m->records = rows;
    struct ph_record *record;
    enum ph_err err =
        ph_record_make(&record, header, body, m->store->identity->node_secret->b, why);
    if (err)
        return err;
    record->author_org = m->self;
    m->records[m->n_records++] = record;
    return PH_OK;
}

/* The fields that all records of this publication share. Recipients are borrowed. */
static struct ph_header header_of(const struct ph__making *m, enum ph_record_type type,
                                  ph_ms expires, struct ph_recipient *recipients)
{
    return (struct ph_header){
        .type = type,
        .community = *ph_members_community(m->members),
        .author = m->store->identity->node,
        .created = m->now,
        .expires = expires,
        .label = m->label,
        .audience = m->audience,
        .recipients = recipients,
        .n_recipients = m->n_recipients,
        .flags = m->flags,
    };
}

/* Headers own their recipients, and ours are borrowed: a copy that ph_header_done() frees. */
static enum ph_err copy_recipients(const struct ph__making *m, struct ph_recipient **out,
                                   struct ph_why *why)
{
    *out = NULL;
    if (!m->n_recipients)
        return PH_OK;
    *out = calloc(m->n_recipients, sizeof(**out));
    if (!*out)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    memcpy(*out, m->recipients, m->n_recipients * sizeof(**out));
    return PH_OK;
}

enum ph_err ph__make_content(struct ph__making *m, struct ph_bytes plain, ph_ms expires,
                             const struct ph_audience_key *key, struct ph_why *why)
{
    struct ph_recipient *recipients;
    struct ph_buf body = ph_buf(PH_BODY_MAX);
    enum ph_err err = copy_recipients(m, &recipients, why);
    if (err)
        return err;
    struct ph_header header = header_of(m, PH_RECORD_CONTENT, expires, recipients);
    if (key) {
        header.has_key = header.has_nonce = true;
        header.key_commitment = ph_key_commitment(key);
        randombytes_buf(header.nonce.b, sizeof(header.nonce.b));
    }
    err = ph_seal_with(&body, &m->zstd, &header, plain, key, why);
    if (!err)
        err = add_record(m, &header, ph_buf_bytes(&body), why);
    ph_buf_done(&body);
    ph_header_done(&header);
    return err;
}

static enum ph_err note(struct ph__making *m, const struct ph_hash *commitment,
                        const struct ph_key_id *id, struct ph_why *why)
{
    void *rows = m->granted;
    if (!grow(&rows, &m->cap_granted, m->n_granted, sizeof(*m->granted)))
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    m->granted = rows;
    m->granted[m->n_granted++] =
        (struct ph__granted){*commitment, m->label, (m->flags & PH_FLAG_CARRY) != 0, *id};
    return PH_OK;
}

/* One grant record of at most PH_BOXES_MAX boxes. */
static enum ph_err make_grant(struct ph__making *m, const struct ph_audience_key *key,
                              uint64_t epoch, ph_ms expires, const uint8_t (*keys)[32], size_t n,
                              struct ph_why *why)
{
    struct ph_recipient *recipients;
    struct ph_buf body = ph_buf(PH_BODY_MAX);
    enum ph_err err = copy_recipients(m, &recipients, why);
    if (err)
        return err;
    struct ph_header header = header_of(m, PH_RECORD_GRANT, expires, recipients);
    header.flags &= PH_FLAG_CARRY;
    header.has_key = true;
    header.key_commitment = ph_key_commitment(key);
    uint8_t(*seeds)[32] = calloc(n, sizeof(*seeds));
    if (!seeds) {
        err = ph_fail(why, PH_ERR_NOMEM, "out of memory");
    } else {
        randombytes_buf(seeds, n * sizeof(*seeds));
        err = ph_grant_build(&body, epoch, &header.author, &m->audience, key, keys, n,
                             (const uint8_t(*)[32])seeds, why);
        ph_wipe(seeds, n * sizeof(*seeds));
    }
    if (!err)
        err = add_record(m, &header, ph_buf_bytes(&body), why);
    free(seeds);
    ph_buf_done(&body);
    ph_header_done(&header);
    return err;
}

enum ph_err ph__make_grants(struct ph__making *m, const struct ph_audience_key *key, uint64_t epoch,
                            ph_ms expires, const struct ph__boxes *boxes, const size_t *which,
                            size_t n, struct ph_why *why)
{
    struct ph_hash commitment = ph_key_commitment(key);
    uint8_t(*keys)[32] = calloc(n ? n : 1, sizeof(*keys));
    enum ph_err err = keys ? PH_OK : ph_fail(why, PH_ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < n && !err; i++) {
        memcpy(keys[i], boxes->v[which[i]].key, 32);
        err = note(m, &commitment, &boxes->v[which[i]].id, why);
    }
    for (size_t from = 0; from < n && !err; from += PH_BOXES_MAX)
        err = make_grant(m, key, epoch, expires, (const uint8_t(*)[32])(keys + from),
                         PH_MIN(n - from, (size_t)PH_BOXES_MAX), why);
    free(keys);
    return err;
}

uint64_t ph__making_growth(const struct ph__making *m)
{
    uint64_t grows = 0;
    for (size_t i = 0; i < m->n_records; i++)
        grows += ph__commit_growth(m->records[i]);
    return grows;
}

enum ph_err ph__making_put(struct ph__making *m, struct ph__commit *c)
{
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < m->n_granted && !err; i++) {
        const struct ph__granted *g = &m->granted[i];
        err = ph__epoch_note_granted(&c->txn, &g->commitment, g->label, g->carry, &g->id);
    }
    for (size_t i = 0; i < m->n_records && !err; i++) {
        enum ph_err verdict = PH_OK;
        bool is_new;
        err = ph__commit_record(c, m->records[i], m->members, &verdict, &is_new);
        if (!err && verdict != PH_OK && verdict != PH_ERR_EXISTS)
            err = ph_fail(c->txn.why, verdict, "own record: %s", ph_err_text(verdict));
    }
    return err;
}

void ph__making_hand_out(struct ph__making *m, struct ph_published *out)
{
    out->records = m->records;
    out->n_records = m->n_records;
    m->records = NULL;
    m->n_records = 0;
}
