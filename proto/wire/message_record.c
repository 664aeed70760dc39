/* SPDX-License-Identifier: Apache-2.0
 *
 * RECORD: [7, [[header, signature, body | nil] …]], whole or as pieces. */
#include "proto/base/assert.h"
#include "proto/wire/message_priv.h"

#define SIGNATURE_LEN 64
#define RECORD_LEAST  (1 + 3 + 2 + SIGNATURE_LEN + 1) /* fewest bytes of one record on the wire */
#define BIN_HEAD_MAX  5

void ph__read_record(struct ph_reader *r, struct ph_message *m)
{
    struct ph_wire_record *records;
    size_t n = ph_read_array(r, PH_RECORDS_MAX);

    if (n == 0)
        ph_read_fail(r, PH_ERR_FORMAT, "RECORD of nothing");
    records = ph__list_new(r, n, sizeof(*records), RECORD_LEAST);
    m->owned[0] = records;
    if (!records)
        return;
    for (size_t i = 0; i < n; i++) {
        ph_read_array_exact(r, 3);
        records[i].header = ph_read_bin(r, PH_HEADER_MAX);
        if (records[i].header.n == 0)
            ph_read_fail(r, PH_ERR_FORMAT, "empty header");
        ph_read_bin_exact(r, records[i].signature, SIGNATURE_LEN);
        records[i].has_body = !ph_read_nil(r);
        if (records[i].has_body)
            records[i].body = ph_read_bin(r, PH_BODY_MAX);
        if (r->err)
            return;
    }
    m->record.records = records;
    m->record.n = n;
}

static enum ph_err check(const struct ph_wire_record *record)
{
    if (record->header.n == 0)
        return PH_ERR_RANGE;
    if (record->header.n > PH_HEADER_MAX || (record->has_body && record->body.n > PH_BODY_MAX))
        return PH_ERR_LIMIT;
    return PH_OK;
}

static enum ph_err check_count(size_t n)
{
    if (n == 0)
        return PH_ERR_RANGE;
    return n > PH_RECORDS_MAX ? PH_ERR_LIMIT : PH_OK;
}

enum ph_err ph__write_record(struct ph_writer *w, const struct ph_msg_record *record)
{
    enum ph_err err = check_count(record->n);

    if (err)
        return err;
    ph_write_array(w, record->n);
    for (size_t i = 0; i < record->n; i++) {
        const struct ph_wire_record *one = &record->records[i];

        err = check(one);
        if (err)
            return err;
        ph_write_array(w, 3);
        ph_write_bin(w, one->header);
        ph_write_bin(w, ph_bytes(one->signature, SIGNATURE_LEN));
        if (one->has_body)
            ph_write_bin(w, one->body);
        else
            ph_write_nil(w);
    }
    return PH_OK;
}

/* msgpack's bin 8, bin 16, bin 32: the bytes in front of @n bytes of binary. */
static size_t bin_head(uint8_t out[static BIN_HEAD_MAX], size_t n)
{
    if (n <= UINT8_MAX) {
        out[0] = 0xc4;
        out[1] = (uint8_t)n;
        return 2;
    }
    if (n <= UINT16_MAX) {
        out[0] = 0xc5;
        ph_put_be16(out + 1, (uint16_t)n);
        return 3;
    }
    out[0] = 0xc6;
    ph_put_be32(out + 1, (uint32_t)n);
    return 5;
}

static size_t bin_size(size_t n)
{
    uint8_t head[BIN_HEAD_MAX];

    return bin_head(head, n) + n;
}

size_t ph_wire_record_size(const struct ph_wire_record *record)
{
    return 1 + bin_size(record->header.n) + bin_size(SIGNATURE_LEN) +
           (record->has_body ? bin_size(record->body.n) : 1);
}

static void write_bin_head(struct ph_writer *w, size_t n)
{
    uint8_t head[BIN_HEAD_MAX];

    ph_write_raw(w, ph_bytes(head, bin_head(head, n)));
}

/* What is in @scratch from @from on is the next piece. */
static size_t scratch_piece(const struct ph_buf *scratch, size_t from, struct ph_bytes *piece)
{
    *piece = ph_bytes(scratch->p + from, scratch->n - from);
    return scratch->n;
}

enum ph_err ph_message_encode_records(struct ph_buf *scratch, struct ph_bytes *pieces,
                                      size_t *out_n_pieces, const struct ph_wire_record *records,
                                      size_t n)
{
    struct ph_writer w = ph_writer(scratch);
    enum ph_err err = check_count(n);
    size_t total = PH_RECORD_OVERHEAD;
    size_t from = 0;
    size_t k = 0;

    ph_buf_clear(scratch);
    for (size_t i = 0; i < n && !err; i++) {
        err = check(&records[i]);
        total += ph_wire_record_size(&records[i]);
    }
    if (!err && total > PH_FRAME_MAX)
        err = PH_ERR_LIMIT;
    if (!err)
        err =
            ph_buf_reserve(scratch, PH_RECORD_SCRATCH(n)); /* so that pieces stay where they are */
    if (err)
        return err;

    ph_write_array(&w, 2);
    ph_write_uint(&w, PH_MESSAGE_RECORD);
    ph_write_array(&w, n);
    for (size_t i = 0; i < n; i++) {
        ph_write_array(&w, 3);
        write_bin_head(&w, records[i].header.n);
        from = scratch_piece(scratch, from, &pieces[k++]);
        pieces[k++] = records[i].header;
        ph_write_bin(&w, ph_bytes(records[i].signature, SIGNATURE_LEN));
        if (records[i].has_body) {
            write_bin_head(&w, records[i].body.n);
            from = scratch_piece(scratch, from, &pieces[k++]);
            pieces[k++] = records[i].body;
        } else {
            ph_write_nil(&w); /* goes with the next record's piece, or the last one */
        }
    }
    if (from < scratch->n)
        (void)scratch_piece(scratch, from, &pieces[k++]);
    PH_ASSERT(k <= PH_RECORD_PIECES(n));
    err = ph_writer_end(&w);
    if (!err)
        *out_n_pieces = k;
    return err;
}
