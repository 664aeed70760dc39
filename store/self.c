/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/reader.h"
#include "proto/base/writer.h"
#include "store/store_priv.h"

/* [code, name, country, kind, key, joined] */
static enum ph_err self_encode(struct ph_buf *out, const struct ph_roster_org *self)
{
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, 6);
    ph_write_str(&w, self->code.s);
    ph_write_str(&w, self->name);
    ph_write_str(&w, self->country);
    ph_write_uint(&w, (uint64_t)self->kind);
    ph_write_bin(&w, ph_bytes(self->key.b, 32));
    ph_write_uint(&w, self->joined);
    return ph_writer_end(&w);
}

static void read_str(struct ph_reader *r, char *out, size_t size)
{
    struct ph_bytes text = ph_read_text(r, size - 1);
    if (text.n)
        memcpy(out, text.p, text.n);
    out[text.n] = '\0';
}

static enum ph_err self_decode(struct ph_roster_org *out, struct ph_bytes value)
{
    struct ph_roster_org self = {0};
    struct ph_reader r = ph_reader(value);
    ph_read_array_exact(&r, 6);
    read_str(&r, self.code.s, sizeof(self.code.s));
    read_str(&r, self.name, sizeof(self.name));
    read_str(&r, self.country, sizeof(self.country));
    self.kind = (enum ph_org_kind)ph_read_uint(&r, PH_ORG_PARTNER);
    ph_read_bin_exact(&r, self.key.b, 32);
    self.joined = ph_read_uint(&r, UINT64_MAX);
    enum ph_err err = ph_reader_end(&r, NULL);
    if (!err)
        *out = self;
    return err;
}

enum ph_err ph__self_get(struct ph__txn *txn, struct ph_roster_org *out)
{
    struct ph_bytes value;
    bool found;
    enum ph_err err = ph__meta_get(txn, PH_META_SELF, &value, &found);
    if (err)
        return err;
    if (!found) {
        err = ph_fail(txn->why, PH_ERR_NOTFOUND, "no organisation set up here yet");
        ph_hint(txn->why, "Run: posthorn init");
        return err;
    }
    return self_decode(out, value) ? ph__corrupt(txn, PH_DB_META) : PH_OK;
}

enum ph_err ph_store_self(struct ph_store *store, struct ph_roster_org *out, struct ph_why *why)
{
    struct ph__txn txn;
    enum ph_err err = ph__txn_read(&txn, &store->env, why);
    if (err)
        return err;
    err = ph__self_get(&txn, out);
    ph__txn_abort(&txn);
    return err;
}

enum ph_err ph_store_set_self(struct ph_store *store, const struct ph_roster_org *self,
                              struct ph_why *why)
{
    struct ph_buf buf = ph_buf(1024);
    struct ph__txn txn;
    enum ph_err err = self_encode(&buf, self);
    if (!err)
        err = ph__store_begin(store, &txn, PH_GROWS_NOT, why);
    if (!err) {
        err = ph__meta_put(&txn, PH_META_SELF, ph_buf_bytes(&buf));
        if (err)
            ph__store_abort(store, &txn);
        else
            err = ph__store_commit(store, &txn);
    }
    ph_buf_done(&buf);
    return err;
}
