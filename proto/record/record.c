/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/record.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/base/hash.h"

/* What one allocation holds: this, then recipients, header bytes, body bytes. */
struct box {
    atomic_uint refs;
    struct ph_record record;
};

static struct box *box_of(struct ph_record *record)
{
    return (struct box *)(void *)((char *)record - offsetof(struct box, record));
}

/* Place @bytes at *@p, which moves on. */
static struct ph_bytes place(uint8_t **p, struct ph_bytes bytes)
{
    struct ph_bytes view = ph_bytes(*p, bytes.n);
    if (bytes.n)
        memcpy(*p, bytes.p, bytes.n);
    *p += bytes.n;
    return view;
}

/* Recipients are bytes only, so they need no alignment behind the struct. */
_Static_assert(_Alignof(struct ph_recipient) == 1, "placed right behind the struct");

static struct box *box_new(const struct ph_header *header, struct ph_bytes raw,
                           struct ph_bytes body, bool has_body)
{
    size_t recipients_size = header->n_recipients * sizeof(*header->recipients);
    /* No overflow: the header is decoded, the sizes are within their limits. */
    struct box *box = malloc(sizeof(*box) + recipients_size + raw.n + body.n);
    if (!box)
        return NULL;
    uint8_t *p = (uint8_t *)(box + 1);
    atomic_init(&box->refs, 1);
    box->record = (struct ph_record){.header = *header, .has_body = has_body};
    struct ph_bytes recipients = place(&p, ph_bytes(header->recipients, recipients_size));
    box->record.header.recipients =
        recipients_size ? (struct ph_recipient *)(void *)(p - recipients.n) : NULL;
    box->record.raw_header = place(&p, raw);
    if (has_body)
        box->record.body = place(&p, body);
    return box;
}

enum ph_err ph_record_new(struct ph_record **out, struct ph_bytes header,
                          const uint8_t sig[static 64], struct ph_bytes body, bool has_body,
                          struct ph_why *why)
{
    struct ph_header h;
    enum ph_err err = ph_header_decode(&h, header, why);
    if (err)
        return err;
    if (!has_body)
        body = ph_bytes(NULL, 0);
    if (has_body && body.n != h.body_size) {
        ph_header_done(&h);
        return ph_fail(why, PH_ERR_FORMAT, "body is %zu bytes, its header says %u", body.n,
                       (unsigned)h.body_size);
    }
    struct box *box = box_new(&h, header, body, has_body);
    ph_header_done(&h);
    if (!box)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for a record of %zu bytes", header.n + body.n);
    memcpy(box->record.sig, sig, sizeof(box->record.sig));
    box->record.id = ph_header_id(header, box->record.header.created);
    *out = &box->record;
    return PH_OK;
}

struct ph_record *ph_record_ref(struct ph_record *record)
{
    unsigned before = atomic_fetch_add_explicit(&box_of(record)->refs, 1, memory_order_relaxed);
    PH_ASSERT(before > 0 && before < UINT32_MAX);
    return record;
}

void ph_record_unref(struct ph_record *record)
{
    if (!record)
        return;
    struct box *box = box_of(record);
    unsigned before = atomic_fetch_sub_explicit(&box->refs, 1, memory_order_acq_rel);
    PH_ASSERT(before > 0);
    if (before == 1)
        free(box);
}

struct ph_hash ph_record_body_hash(struct ph_bytes body)
{
    return ph_hash_one("record body", body);
}

enum ph_err ph_record_check(const struct ph_record *record, struct ph_why *why)
{
    const struct ph_header *h = &record->header;
    enum ph_err err =
        ph_signature_check(record->sig, "record", &h->community, record->raw_header, h->author.b);
    if (err)
        return ph_fail(why, err,
                       err == PH_ERR_FORGED ? "the author's signature does not verify"
                                            : "no memory to check a signature");
    if (!record->has_body)
        return PH_OK;
    struct ph_hash hash = ph_record_body_hash(record->body);
    if (!ph_hash_equal(&hash, &h->body_hash))
        return ph_fail(why, PH_ERR_FORGED, "body is not the one that the author signed");
    return PH_OK;
}

enum ph_err ph_record_make(struct ph_record **out, const struct ph_header *header,
                           struct ph_bytes body, const uint8_t author_secret[static 64],
                           struct ph_why *why)
{
    if (body.n > PH_BODY_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "body is %zu bytes, limit is %d", body.n, PH_BODY_MAX);
    if (memcmp(author_secret + 32, header->author.b, 32) != 0) /* public */
        return ph_fail(why, PH_ERR_KEY, "the signing key is not the author's");
    struct ph_header h = *header; /* borrows the recipients */
    h.body_size = (uint32_t)body.n;
    h.body_hash = ph_record_body_hash(body);
    struct ph_buf raw = ph_buf(PH_HEADER_MAX);
    enum ph_err err = ph_header_encode(&raw, &h, why);
    if (err)
        goto done;
    uint8_t sig[64];
    if (!ph_sign(sig, "record", &h.community, ph_buf_bytes(&raw), author_secret)) {
        err = ph_fail(why, PH_ERR_NOMEM, "no memory to sign a record");
        goto done;
    }
    err = ph_record_new(out, ph_buf_bytes(&raw), sig, body, true, why);
done:
    ph_buf_done(&raw);
    return err;
}
