/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/record/record_test.h"

#include <stdlib.h>

#include "proto/base/writer.h"

struct ph_node_key ph_test_author(void)
{
    struct ph_node_key key;
    uint8_t secret[64];
    ph_test_ed25519(key.b, secret, "author", 1);
    return key;
}

void ph_test_author_secret(uint8_t out[static 64])
{
    struct ph_node_key key;
    ph_test_ed25519(key.b, out, "author", 1);
}

struct ph_audience_key ph_test_audience_key(void)
{
    struct ph_audience_key key;
    for (size_t i = 0; i < sizeof(key.b); i++)
        key.b[i] = (uint8_t)(0xa0 + i);
    return key;
}

struct ph_bytes ph_test_body(void)
{
    static const char body[] = "forty bytes that stand for a sealed body";
    return ph_bytes(body, sizeof(body) - 1);
}

void ph_test_set_recipients(struct ph_header *header, const char *const *texts, size_t n)
{
    free(header->recipients);
    header->recipients = calloc(n, sizeof(*header->recipients));
    assert_non_null(header->recipients);
    header->n_recipients = n;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(ph_recipient_parse(&header->recipients[i], ph_bytes_str(texts[i]), NULL),
                         PH_OK);
    assert_int_equal(ph_audience_direct(&header->audience, header->recipients, n), PH_OK);
}

struct ph_header ph_test_header(enum ph_record_type type, enum ph_tlp label,
                                enum ph_audience_kind kind)
{
    static const char *const orgs[] = {"CH", "IT"};
    static const char *const persons[] = {"CH/alice", "IT/bob"};
    struct ph_audience_key key = ph_test_audience_key();
    struct ph_header h = {
        .type = type,
        .author = ph_test_author(),
        .created = PH_TEST_T0,
        .expires = PH_TEST_T0 + PH_TEST_LIFETIME,
        .label = label,
        .audience = {.kind = kind},
        .body_size = (uint32_t)ph_test_body().n,
        .body_hash = ph_record_body_hash(ph_test_body()),
    };
    memset(h.community.b, 0xc0, sizeof(h.community.b));
    if (kind == PH_AUDIENCE_GROUP)
        memset(h.audience.id.b, 0x67, sizeof(h.audience.id.b));
    if (kind == PH_AUDIENCE_DIRECT)
        ph_test_set_recipients(&h, label == PH_TLP_RED ? persons : orgs,
                               type == PH_RECORD_RECEIPT ? 1 : 2);
    h.has_nonce = ph_header_is_sealed(&h);
    h.has_key = h.has_nonce || type == PH_RECORD_GRANT;
    if (h.has_key)
        h.key_commitment = ph_key_commitment(&key);
    if (h.has_nonce)
        memset(h.nonce.b, 0x24, sizeof(h.nonce.b));
    return h;
}

struct ph_buf ph_test_raw_header(const struct ph_header *header)
{
    struct ph_buf out = ph_buf(2 * PH_HEADER_MAX);
    assert_int_equal(ph_header_encode_aad(&out, header), PH_OK);
    out.p[0] = 0x9e; /* array of 14, not 12 */
    struct ph_writer w = ph_writer(&out);
    ph_write_uint(&w, header->body_size);
    ph_write_bin(&w, ph_bytes(header->body_hash.b, sizeof(header->body_hash.b)));
    assert_int_equal(ph_writer_end(&w), PH_OK);
    return out;
}

struct ph_record *ph_test_record(const struct ph_header *header, struct ph_bytes body)
{
    struct ph_record *record;
    struct ph_why why = {0};
    uint8_t secret[64];
    ph_test_author_secret(secret);
    if (ph_record_make(&record, header, body, secret, &why))
        fail_msg("cannot make the record: %s", why.what);
    return record;
}

void ph_test_header_refused(const struct ph_header *header, enum ph_err err, const char *words)
{
    struct ph_why why = {0};
    struct ph_header out;
    struct ph_buf raw = ph_test_raw_header(header);
    enum ph_err got = ph_header_decode(&out, ph_buf_bytes(&raw), &why);
    if (got != err || !strstr(why.what, words))
        fail_msg("wanted %s with \"%s\", got %s: %s", ph_err_token(err), words, ph_err_token(got),
                 why.what);
    ph_buf_clear(&raw);
    assert_int_equal(ph_header_encode(&raw, header, NULL), err);
    assert_int_equal(raw.n, 0);
    ph_buf_done(&raw);
}
