/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/header.h"

#include <stdlib.h>

#include "proto/base/hash.h"
#include "proto/base/reader.h"
#include "proto/base/writer.h"

#define VERSION       1
#define FIELDS        14
#define AAD_FIELDS    12 /* all but size and hash of the body, which do not exist yet */
#define RECIPIENT_MAX 51 /* "ORG/person" */

_Static_assert(PH_RECIPIENTS_MAX *(2 + RECIPIENT_MAX) + 512 <= PH_HEADER_MAX,
               "whatever passes the check fits a header");

void ph_header_done(struct ph_header *header)
{
    free(header->recipients);
    header->recipients = NULL;
    header->n_recipients = 0;
}

enum ph_err ph_header_copy(struct ph_header *out, const struct ph_header *header)
{
    struct ph_header copy = *header;
    copy.recipients = NULL;
    if (header->n_recipients > 0) {
        copy.recipients = calloc(header->n_recipients, sizeof(*copy.recipients));
        if (!copy.recipients)
            return PH_ERR_NOMEM;
        memcpy(copy.recipients, header->recipients,
               header->n_recipients * sizeof(*copy.recipients));
    }
    *out = copy;
    return PH_OK;
}

struct ph_id ph_header_id(struct ph_bytes bytes, ph_ms created)
{
    struct ph_id id;
    struct ph_hash hash = ph_hash_one("record id", bytes);
    for (int i = 0; i < 6; i++)
        id.b[i] = (uint8_t)(created >> (40 - 8 * i));
    memcpy(id.b + 6, hash.b, sizeof(id.b) - 6);
    return id;
}

/* Out. */

static void write_audience(struct ph_writer *w, const struct ph_audience *audience)
{
    ph_write_array(w, 2);
    ph_write_uint(w, (uint64_t)audience->kind);
    if (audience->kind == PH_AUDIENCE_COMMUNITY)
        ph_write_nil(w);
    else
        ph_write_bin(w, ph_bytes(audience->id.b, sizeof(audience->id.b)));
}

/* The same bytes that ph_audience_direct() hashes. */
static void write_recipients(struct ph_writer *w, const struct ph_header *header)
{
    if (header->n_recipients == 0) {
        ph_write_nil(w);
        return;
    }
    ph_write_array(w, header->n_recipients);
    for (size_t i = 0; i < header->n_recipients; i++) {
        char text[RECIPIENT_MAX + 1];
        ph_recipient_text(text, &header->recipients[i]);
        ph_write_str(w, text);
    }
}

static void write_optional(struct ph_writer *w, bool has, struct ph_bytes bytes)
{
    if (has)
        ph_write_bin(w, bytes);
    else
        ph_write_nil(w);
}

static void write_fields_to_11(struct ph_writer *w, const struct ph_header *h)
{
    ph_write_uint(w, VERSION);
    ph_write_uint(w, (uint64_t)h->type);
    ph_write_bin(w, ph_bytes(h->community.b, sizeof(h->community.b)));
    ph_write_bin(w, ph_bytes(h->author.b, sizeof(h->author.b)));
    ph_write_uint(w, h->created);
    ph_write_uint(w, h->expires);
    ph_write_uint(w, (uint64_t)h->label);
    write_audience(w, &h->audience);
    write_recipients(w, h);
    ph_write_uint(w, h->flags);
    write_optional(w, h->has_key, ph_bytes(h->key_commitment.b, sizeof(h->key_commitment.b)));
    write_optional(w, h->has_nonce, ph_bytes(h->nonce.b, sizeof(h->nonce.b)));
}

enum ph_err ph_header_encode_aad(struct ph_buf *out, const struct ph_header *header)
{
    size_t before = out->n;
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, AAD_FIELDS);
    write_fields_to_11(&w, header);
    enum ph_err err = ph_writer_end(&w);
    if (err)
        out->n = before;
    return err;
}

enum ph_err ph_header_encode(struct ph_buf *out, const struct ph_header *header, struct ph_why *why)
{
    enum ph_err err = ph_header_check(header, why);
    if (err)
        return err;
    size_t before = out->n;
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, FIELDS);
    write_fields_to_11(&w, header);
    ph_write_uint(&w, header->body_size);
    ph_write_bin(&w, ph_bytes(header->body_hash.b, sizeof(header->body_hash.b)));
    err = ph_writer_end(&w);
    if (err) {
        out->n = before;
        return ph_fail(why, err, "cannot encode header: %s", ph_err_text(err));
    }
    return PH_OK;
}

/* In. */

static void read_audience(struct ph_reader *r, struct ph_audience *out)
{
    ph_read_array_exact(r, 2);
    out->kind = (enum ph_audience_kind)ph_read_uint(r, PH_AUDIENCE_DIRECT);
    if (out->kind == PH_AUDIENCE_COMMUNITY && !ph_read_nil(r))
        ph_read_fail(r, PH_ERR_FORMAT, "the community's audience has nil for its id");
    if (out->kind != PH_AUDIENCE_COMMUNITY)
        ph_read_bin_exact(r, out->id.b, sizeof(out->id.b));
}

/* Nil or a list of at least one; order and uniqueness are ph_header_check()'s. */
static void read_recipients(struct ph_reader *r, struct ph_header *h)
{
    if (ph_read_nil(r))
        return;
    uint32_t n = ph_read_array(r, PH_RECIPIENTS_MAX);
    if (!r->err && n == 0)
        ph_read_fail(r, PH_ERR_FORMAT, "an empty list of recipients is written as nil");
    if (r->err)
        return;
    h->recipients = calloc(n, sizeof(*h->recipients));
    if (!h->recipients) {
        ph_read_fail(r, PH_ERR_NOMEM, "no memory for the recipients");
        return;
    }
    h->n_recipients = n;
    for (uint32_t i = 0; i < n && !r->err; i++) {
        struct ph_bytes text = ph_read_text(r, RECIPIENT_MAX);
        if (!r->err && ph_recipient_parse(&h->recipients[i], text, NULL))
            ph_read_fail(r, PH_ERR_FORMAT, "a recipient is neither ORG nor ORG/person");
    }
}

static bool read_optional(struct ph_reader *r, uint8_t *out, size_t n)
{
    if (ph_read_nil(r))
        return false;
    ph_read_bin_exact(r, out, n);
    return true;
}

static void read_fields(struct ph_reader *r, struct ph_header *h)
{
    h->type = (enum ph_record_type)ph_read_uint(r, PH_RECORD_ANCHOR);
    ph_read_bin_exact(r, h->community.b, sizeof(h->community.b));
    ph_read_bin_exact(r, h->author.b, sizeof(h->author.b));
    h->created = ph_read_uint(r, PH_CREATED_MAX);
    h->expires = ph_read_uint(r, UINT64_MAX);
    h->label = (enum ph_tlp)ph_read_uint(r, PH_TLP_RED);
    read_audience(r, &h->audience);
    read_recipients(r, h);
    h->flags = (uint32_t)ph_read_uint(r, PH_FLAGS_ALL);
    h->has_key = read_optional(r, h->key_commitment.b, sizeof(h->key_commitment.b));
    h->has_nonce = read_optional(r, h->nonce.b, sizeof(h->nonce.b));
    h->body_size = (uint32_t)ph_read_uint(r, UINT32_MAX);
    ph_read_bin_exact(r, h->body_hash.b, sizeof(h->body_hash.b));
}

enum ph_err ph_header_decode(struct ph_header *out, struct ph_bytes bytes, struct ph_why *why)
{
    if (bytes.n > PH_HEADER_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "header is %zu bytes, limit is %d", bytes.n,
                       PH_HEADER_MAX);
    struct ph_header h = {0};
    struct ph_reader r = ph_reader(bytes);
    /* Version before number of fields: a later version may have more of them. */
    uint32_t n = ph_read_array(&r, UINT32_MAX);
    if (ph_read_uint(&r, UINT64_MAX) != VERSION)
        ph_read_fail(&r, PH_ERR_VERSION, "record version is not 1");
    if (n != FIELDS)
        ph_read_fail(&r, PH_ERR_FORMAT, "a header has 14 fields");
    read_fields(&r, &h);
    enum ph_err err = ph_reader_end(&r, why);
    if (!err)
        err = ph_header_check(&h, why);
    if (err) {
        ph_header_done(&h);
        return ph_why_wrap(why, err, "header");
    }
    *out = h;
    return PH_OK;
}
