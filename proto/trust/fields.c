/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/fields.h"

#include <stdlib.h>

#include "proto/base/limits.h"

/* C1 controls are U+0080 to U+009F, in UTF-8 C2 80 to C2 9F. */
static bool has_control(struct ph_bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c < 0x20 || c == 0x7f)
            return true;
        if (c == 0xc2 && i + 1 < text.n && text.p[i + 1] < 0xa0)
            return true;
    }
    return false;
}

void ph__doc_read_line(struct ph_reader *r, char *out, size_t max)
{
    struct ph_bytes text = ph_read_text(r, max);
    if (has_control(text))
        ph_read_fail(r, PH_ERR_FORMAT, "control character in a text");
    else if (!r->err && text.n > 0)
        memcpy(out, text.p, text.n);
}

void ph__doc_read_name(struct ph_reader *r, char *out, size_t max)
{
    ph__doc_read_line(r, out, max);
    if (!r->err && out[0] == '\0')
        ph_read_fail(r, PH_ERR_FORMAT, "empty name");
}

bool ph__is_line(const char *text, size_t max)
{
    struct ph_bytes bytes = ph_bytes_str(text);
    return bytes.n <= max && ph_utf8_is_valid(bytes) && !has_control(bytes);
}

void ph__doc_read_code(struct ph_reader *r, struct ph_code *out)
{
    struct ph_bytes text = ph_read_text(r, PH_CODE_MAX);
    if (!r->err && ph_code_parse(out, text, NULL))
        ph_read_fail(r, PH_ERR_FORMAT, "not an organisation code");
}

void ph__doc_read_handle(struct ph_reader *r, struct ph_handle *out)
{
    struct ph_bytes text = ph_read_text(r, PH_HANDLE_MAX);
    if (!r->err && ph_handle_parse(out, text, NULL))
        ph_read_fail(r, PH_ERR_FORMAT, "not a person's handle");
}

ph_ms ph__doc_read_ms(struct ph_reader *r)
{
    return ph_read_uint(r, PH_CREATED_MAX);
}

uint64_t ph__doc_read_seq(struct ph_reader *r)
{
    uint64_t seq = ph_read_uint(r, PH__SEQ_MAX);
    if (seq == 0)
        ph_read_fail(r, PH_ERR_RANGE, "version numbers start at 1");
    return seq;
}

bool ph__is_country(const char *text)
{
    return strlen(text) == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' &&
           text[1] <= 'Z';
}

void ph__doc_read_country(struct ph_reader *r, char out[static 3])
{
    struct ph_bytes text = ph_read_text(r, 2);
    if (text.n == 2)
        memcpy(out, text.p, 2);
    if (!r->err && !ph__is_country(out))
        ph_read_fail(r, PH_ERR_FORMAT, "not a two-letter country code");
}

void ph__doc_read_ed25519(struct ph_reader *r, uint8_t out[static 32], const uint8_t *known)
{
    ph_read_bin_exact(r, out, 32);
    if (r->err || (known && ph_bytes_equal(ph_bytes(out, 32), ph_bytes(known, 32))))
        return;
    if (!ph_ed25519_is_valid(out))
        ph_read_fail(r, PH_ERR_FORMAT, "not a valid signing key");
}

void ph__doc_read_x25519(struct ph_reader *r, uint8_t out[static 32])
{
    ph_read_bin_exact(r, out, 32);
    if (!r->err && !ph_x25519_is_valid(out))
        ph_read_fail(r, PH_ERR_FORMAT, "not a valid key");
}

void *ph__doc_read_list(struct ph_reader *r, uint32_t max, size_t size, size_t *out_n)
{
    *out_n = 0;
    uint32_t n = ph_read_array(r, max);
    if (n == 0 || r->err)
        return NULL;
    void *list = calloc(n, size);
    if (list)
        *out_n = n;
    else
        ph_read_fail(r, PH_ERR_NOMEM, "out of memory");
    return list;
}

void ph__doc_write_hash(struct ph_writer *w, const struct ph_hash *hash)
{
    ph_write_bin(w, ph_bytes(hash->b, sizeof(hash->b)));
}

void ph__doc_write_key(struct ph_writer *w, const uint8_t key[static 32])
{
    ph_write_bin(w, ph_bytes(key, 32));
}

int ph__key_cmp(const void *a, const void *b)
{
    return memcmp(a, b, 32); /* public */
}

enum ph_err ph__keys_unique(const void *first, size_t stride, size_t n)
{
    if (n < 2)
        return PH_OK;
    uint8_t(*keys)[32] = calloc(n, sizeof(*keys));
    if (!keys)
        return PH_ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        memcpy(keys[i], (const uint8_t *)first + i * stride, 32);
    qsort(keys, n, sizeof(*keys), ph__key_cmp);
    enum ph_err err = PH_OK;
    for (size_t i = 1; i < n && !err; i++)
        if (ph__key_cmp(keys[i - 1], keys[i]) == 0)
            err = PH_ERR_CONFLICT;
    free(keys);
    return err;
}

void *ph__memdup(const void *p, size_t n, size_t size)
{
    if (n == 0)
        return NULL;
    void *copy = calloc(n, size);
    if (copy)
        memcpy(copy, p, n * size);
    return copy;
}

enum ph_err ph__signed_encode(struct ph_buf *out, struct ph_bytes document,
                              const uint8_t sig[static 64])
{
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, 2);
    ph_write_bin(&w, document);
    ph_write_bin(&w, ph_bytes(sig, 64));
    return ph_writer_end(&w);
}

enum ph_err ph__signed_decode(struct ph_bytes *out_document, uint8_t out_sig[static 64],
                              struct ph_bytes bytes, size_t max, const char *noun,
                              struct ph_why *why)
{
    if (bytes.n > max)
        return ph_fail(why, PH_ERR_LIMIT, "%s is %zu bytes, limit is %zu", noun, bytes.n, max);
    uint8_t sig[64];
    struct ph_reader r = ph_reader(bytes);
    ph_read_array_exact(&r, 2);
    struct ph_bytes document = ph_read_bin(&r, max);
    ph_read_bin_exact(&r, sig, sizeof(sig));
    enum ph_err err = ph_reader_end(&r, why);
    if (err)
        return ph_why_wrap(why, err, "%s", noun);
    *out_document = document;
    memcpy(out_sig, sig, sizeof(sig));
    return PH_OK;
}
