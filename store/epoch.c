/* SPDX-License-Identifier: Apache-2.0 */
#include "store/epoch.h"

#include <stdlib.h>

#include "proto/base/reader.h"
#include "proto/base/writer.h"

#define PH_EPOCH_VALUE_MAX PH_KIB(64)

void ph__epoch_done(struct ph__epoch *epoch)
{
    free(epoch->recipients);
    *epoch = (struct ph__epoch){0};
}

/* [commitment, started, lost nodes, uses, [[org, person] …]] */
static enum ph_err encode(struct ph_buf *out, const struct ph__epoch *epoch)
{
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, 5);
    ph_write_bin(&w, ph_bytes(epoch->commitment.b, 32));
    ph_write_uint(&w, epoch->started);
    ph_write_uint(&w, epoch->n_lost);
    ph_write_uint(&w, epoch->uses);
    ph_write_array(&w, epoch->n_recipients);
    for (size_t i = 0; i < epoch->n_recipients; i++) {
        ph_write_array(&w, 2);
        ph_write_str(&w, epoch->recipients[i].org.s);
        ph_write_str(&w, epoch->recipients[i].person.s);
    }
    return ph_writer_end(&w);
}

static void read_str(struct ph_reader *r, char *out, size_t size)
{
    struct ph_bytes text = ph_read_text(r, size - 1);
    if (text.n)
        memcpy(out, text.p, text.n);
}

static enum ph_err decode(struct ph__txn *txn, struct ph__epoch *out, struct ph_bytes key,
                          struct ph_bytes value)
{
    struct ph__epoch epoch = {0};
    struct ph_reader r = ph_reader(value);
    if (key.n != PH_EPOCH_KEY || key.p[33] > PH_AUDIENCE_DIRECT)
        return ph__corrupt(txn, PH_DB_GRANTS);
    epoch.audience.kind = (enum ph_audience_kind)key.p[33];
    memcpy(epoch.audience.id.b, key.p + 34, 32);
    epoch.number = ph_get_be64(key.p + 66);
    ph_read_array_exact(&r, 5);
    ph_read_bin_exact(&r, epoch.commitment.b, 32);
    epoch.started = ph_read_uint(&r, UINT64_MAX);
    epoch.n_lost = (uint32_t)ph_read_uint(&r, UINT32_MAX);
    epoch.uses = (uint16_t)ph_read_uint(&r, UINT16_MAX);
    uint32_t n = ph_read_array(&r, PH_RECIPIENTS_MAX);
    epoch.recipients = n ? calloc(n, sizeof(*epoch.recipients)) : NULL;
    if (n && !epoch.recipients)
        return ph_fail(txn->why, PH_ERR_NOMEM, "out of memory");
    for (uint32_t i = 0; i < n; i++) {
        ph_read_array_exact(&r, 2);
        read_str(&r, epoch.recipients[i].org.s, sizeof(epoch.recipients[i].org.s));
        read_str(&r, epoch.recipients[i].person.s, sizeof(epoch.recipients[i].person.s));
    }
    epoch.n_recipients = n;
    if (ph_reader_end(&r, NULL)) {
        ph__epoch_done(&epoch);
        return ph__corrupt(txn, PH_DB_GRANTS);
    }
    *out = epoch;
    return PH_OK;
}

enum ph_err ph__epoch_last(struct ph__txn *txn, const struct ph_node_key *node,
                           const struct ph_audience *audience, struct ph__epoch *out, bool *found)
{
    uint8_t key[PH_EPOCH_KEY];
    struct ph__cursor c;
    *found = false;
    ph__epoch_key(key, node, audience, UINT64_MAX);
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_GRANTS);
    if (!err)
        err = ph__cursor_seek_before(&c, ph_bytes(key, sizeof(key)));
    if (!err && c.at && ph__has_prefix(c.key, ph_bytes(key, PH_EPOCH_KEY - 8))) {
        err = decode(txn, out, c.key, c.value);
        *found = !err;
    }
    ph__cursor_close(&c);
    return err;
}

enum ph_err ph__epoch_put(struct ph__txn *txn, const struct ph_node_key *node,
                          const struct ph__epoch *epoch)
{
    uint8_t key[PH_EPOCH_KEY];
    struct ph_buf value = ph_buf(PH_EPOCH_VALUE_MAX);
    ph__epoch_key(key, node, &epoch->audience, epoch->number);
    enum ph_err err = encode(&value, epoch);
    if (!err)
        err = ph__db_put(txn, PH_DB_GRANTS, ph_bytes(key, sizeof(key)), ph_buf_bytes(&value));
    ph_buf_done(&value);
    return err;
}

enum ph_err ph__epoch_next(struct ph__txn *txn, const struct ph_node_key *node,
                           uint8_t after[static PH_EPOCH_KEY], struct ph__epoch *out, bool *found)
{
    struct ph__cursor c;
    uint8_t key[PH_EPOCH_KEY];
    bool fresh = after[0] != 'E';
    *found = false;
    ph__epoch_key(key, node, &(struct ph_audience){.kind = PH_AUDIENCE_COMMUNITY}, 0);
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_GRANTS);
    if (!err)
        err = ph__cursor_seek(&c, ph_bytes(fresh ? key : after, PH_EPOCH_KEY));
    if (!err && c.at && !fresh && ph_bytes_equal(c.key, ph_bytes(after, PH_EPOCH_KEY)))
        err = ph__cursor_next(&c);
    if (!err && c.at && ph__has_prefix(c.key, ph_bytes(key, 33))) {
        err = decode(txn, out, c.key, c.value);
        *found = !err;
        if (!err)
            memcpy(after, c.key.p, PH_EPOCH_KEY);
    }
    ph__cursor_close(&c);
    return err;
}

static int cmp_box_id(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct ph_key_id));
}

static bool has_box(const struct ph__boxes *boxes, const uint8_t id[static 16])
{
    return boxes->n && bsearch(id, boxes->v, boxes->n, sizeof(*boxes->v), cmp_box_id);
}

enum ph_err ph__epoch_is_good(struct ph__txn *txn, const struct ph__epoch *epoch,
                              const struct ph__boxes *boxes, ph_ms now, bool *out)
{
    *out = now < epoch->started + PH_EPOCH_MS && epoch->n_lost == boxes->n_lost;
    if (!*out)
        return PH_OK;
    uint8_t prefix[33] = {'G'};
    memcpy(prefix + 1, epoch->commitment.b, 32);
    struct ph_bytes p = ph_bytes(prefix, sizeof(prefix));
    struct ph__cursor c;
    enum ph_err err = ph__cursor_open(&c, txn, PH_DB_GRANTS);
    if (!err)
        err = ph__cursor_seek(&c, p);
    while (!err && *out && c.at && c.key.n == PH_GRANTED_KEY && ph__has_prefix(c.key, p)) {
        *out = has_box(boxes, c.key.p + 35);
        err = ph__cursor_next(&c);
    }
    ph__cursor_close(&c);
    return err;
}

enum ph_err ph__epoch_missing(struct ph__txn *txn, const struct ph__epoch *epoch, enum ph_tlp label,
                              bool carry, const struct ph__boxes *boxes, size_t *out, size_t *out_n)
{
    enum ph_err err = PH_OK;
    *out_n = 0;
    for (size_t i = 0; i < boxes->n && !err; i++) {
        uint8_t key[PH_GRANTED_KEY];
        struct ph_bytes value;
        bool found;
        ph__granted_key(key, &epoch->commitment, label, carry, boxes->v[i].id.b);
        err = ph__db_get(txn, PH_DB_GRANTS, ph_bytes(key, sizeof(key)), &value, &found);
        if (!err && !found)
            out[(*out_n)++] = i;
    }
    return err;
}

enum ph_err ph__epoch_note_granted(struct ph__txn *txn, const struct ph_hash *commitment,
                                   enum ph_tlp label, bool carry, const struct ph_key_id *id)
{
    uint8_t key[PH_GRANTED_KEY];
    ph__granted_key(key, commitment, label, carry, id->b);
    return ph__db_put(txn, PH_DB_GRANTS, ph_bytes(key, sizeof(key)), ph_bytes(NULL, 0));
}

static uint32_t count_lost(const struct ph_members *members, const struct ph_box_key *keys,
                           size_t n)
{
    uint32_t lost = 0;
    for (size_t i = 0; i < n; i++) {
        bool repeated = false;
        for (size_t k = 0; k < i && !repeated; k++)
            repeated = ph_code_cmp(&keys[k].org, &keys[i].org) == 0;
        const struct ph_card *card = repeated ? NULL : ph_members_card(members, &keys[i].org);
        for (size_t k = 0; card && k < card->n_nodes; k++)
            lost += card->nodes[k].lost != 0;
    }
    return lost;
}

static void add_boxes(struct ph__boxes *out, const struct ph_box_key *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct ph__box *box = &out->v[out->n++];
        box->id = ph_key_id(keys[i].key);
        memcpy(box->key, keys[i].key, 32);
    }
}

static void sort_boxes(struct ph__boxes *boxes)
{
    size_t kept = 0;
    if (boxes->n)
        qsort(boxes->v, boxes->n, sizeof(*boxes->v), cmp_box_id);
    for (size_t i = 0; i < boxes->n; i++) {
        if (!kept || cmp_box_id(&boxes->v[i], &boxes->v[kept - 1]) != 0)
            boxes->v[kept++] = boxes->v[i];
    }
    boxes->n = kept;
}

enum ph_err ph__boxes_of(struct ph__boxes *out, const struct ph_members *members,
                         const struct ph_code *self, bool own, ph_ms now,
                         const struct ph_audience *audience, const struct ph_recipient *recipients,
                         size_t n_recipients, struct ph_why *why)
{
    struct ph_box_key *theirs = NULL;
    struct ph_box_key *ours = NULL;
    size_t n_theirs = 0;
    size_t n_ours = 0;
    struct ph_recipient me = {.org = *self};
    struct ph_audience direct = {.kind = PH_AUDIENCE_DIRECT};
    struct ph__boxes boxes = {0};
    enum ph_err err = ph_members_box_keys(&theirs, &n_theirs, members, now, audience, recipients,
                                          n_recipients, why);
    if (!err && own)
        err = ph_members_box_keys(&ours, &n_ours, members, now, &direct, &me, 1, why);
    if (!err) {
        boxes.v = calloc(n_theirs + n_ours + 1, sizeof(*boxes.v));
        err = boxes.v ? PH_OK : ph_fail(why, PH_ERR_NOMEM, "out of memory");
    }
    if (!err) {
        boxes.n_lost = count_lost(members, theirs, n_theirs);
        add_boxes(&boxes, theirs, n_theirs);
        add_boxes(&boxes, ours, n_ours);
        sort_boxes(&boxes);
        *out = boxes;
    }
    free(theirs);
    free(ours);
    return err;
}

void ph__boxes_done(struct ph__boxes *boxes)
{
    free(boxes->v);
    *boxes = (struct ph__boxes){0};
}
