/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "proto/base/hash.h"
#include "proto/base/reader.h"
#include "proto/base/writer.h"
#include "tests/lib/fail.h"
#include "tests/unit/proto/record/record_test.h"

static struct ph_header sample(void)
{
    return ph_test_header(PH_RECORD_CONTENT, PH_TLP_AMBER, PH_AUDIENCE_DIRECT);
}

static void assert_headers_equal(const struct ph_header *a, const struct ph_header *b)
{
    assert_int_equal(a->type, b->type);
    assert_true(ph_hash_equal(&a->community, &b->community));
    assert_true(ph_node_key_equal(&a->author, &b->author));
    assert_true(a->created == b->created && a->expires == b->expires);
    assert_int_equal(a->label, b->label);
    assert_true(ph_audience_equal(&a->audience, &b->audience));
    assert_int_equal(a->n_recipients, b->n_recipients);
    for (size_t i = 0; i < a->n_recipients; i++)
        assert_int_equal(ph_recipient_cmp(&a->recipients[i], &b->recipients[i]), 0);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->has_key, b->has_key);
    assert_true(ph_hash_equal(&a->key_commitment, &b->key_commitment));
    assert_int_equal(a->has_nonce, b->has_nonce);
    assert_memory_equal(a->nonce.b, b->nonce.b, sizeof(a->nonce.b));
    assert_int_equal(a->body_size, b->body_size);
    assert_true(ph_hash_equal(&a->body_hash, &b->body_hash));
}

static void test_header__decodes_what_it_encodes(void **state)
{
    (void)state;
    struct ph_header headers[] = {
        ph_test_header(PH_RECORD_CONTENT, PH_TLP_CLEAR, PH_AUDIENCE_COMMUNITY),
        ph_test_header(PH_RECORD_BLOB, PH_TLP_GREEN, PH_AUDIENCE_GROUP),
        ph_test_header(PH_RECORD_CONTENT, PH_TLP_RED, PH_AUDIENCE_DIRECT),
        ph_test_header(PH_RECORD_GRANT, PH_TLP_AMBER, PH_AUDIENCE_DIRECT),
        ph_test_header(PH_RECORD_RETRACT, PH_TLP_AMBER_STRICT, PH_AUDIENCE_GROUP),
        ph_test_header(PH_RECORD_RECEIPT, PH_TLP_AMBER_STRICT, PH_AUDIENCE_DIRECT),
        ph_test_header(PH_RECORD_ANCHOR, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY),
    };
    headers[1].flags = PH_FLAGS_ALL;
    for (size_t i = 0; i < PH_LEN(headers); i++) {
        struct ph_buf raw = ph_buf(PH_HEADER_MAX);
        struct ph_buf again = ph_buf(PH_HEADER_MAX);
        struct ph_header out;
        assert_int_equal(ph_header_encode(&raw, &headers[i], NULL), PH_OK);
        assert_int_equal(ph_header_decode(&out, ph_buf_bytes(&raw), NULL), PH_OK);
        assert_headers_equal(&headers[i], &out);
        assert_int_equal(ph_header_encode(&again, &out, NULL), PH_OK);
        assert_true(ph_bytes_equal(ph_buf_bytes(&raw), ph_buf_bytes(&again)));
        ph_header_done(&out);
        ph_header_done(&headers[i]);
        ph_buf_done(&raw);
        ph_buf_done(&again);
    }
}

/* Byte for byte as docs/protocol.md has it, written by hand. */
static void test_header__is_an_array_of_fourteen_fields(void **state)
{
    (void)state;
    struct ph_header h = ph_test_header(PH_RECORD_ANCHOR, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY);
    h.created = 0x1234;
    h.expires = 0x123456;
    h.flags = PH_FLAG_CARRY;
    memset(h.author.b, 0xaa, 32);
    memset(h.body_hash.b, 0xbb, 32);
    struct ph_buf raw = ph_buf(PH_HEADER_MAX);
    assert_int_equal(ph_header_encode(&raw, &h, NULL), PH_OK);

    uint8_t expected[128] = {0x9e, 1, 5, 0xc4, 32};
    size_t n = 5;
    memset(expected + n, 0xc0, 32);
    n += 32;
    memcpy(expected + n, "\xc4\x20", 2);
    memset(expected + n + 2, 0xaa, 32);
    n += 34;
    static const uint8_t middle[] = {0xcd, 0x12, 0x34, 0xce, 0,    0x12, 0x34, 0x56, 1, 0x92,
                                     0,    0xc0, 0xc0, 1,    0xc0, 0xc0, 40,   0xc4, 32};
    memcpy(expected + n, middle, sizeof(middle));
    n += sizeof(middle);
    memset(expected + n, 0xbb, 32);
    n += 32;
    assert_int_equal(raw.n, n);
    assert_memory_equal(raw.p, expected, n);
    ph_buf_done(&raw);
}

static void test_header__aad_is_the_first_twelve_fields(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_buf raw = ph_test_raw_header(&h);
    struct ph_buf aad = ph_buf(PH_HEADER_MAX);
    assert_int_equal(ph_header_encode_aad(&aad, &h), PH_OK);
    assert_int_equal(aad.p[0], 0x9c);
    assert_int_equal(aad.n, raw.n - 1 - 34); /* size 40 in one byte, hash as bin 32 */
    assert_memory_equal(aad.p + 1, raw.p + 1, aad.n - 1);
    ph_buf_done(&aad);
    ph_buf_done(&raw);
    ph_header_done(&h);
}

static void test_header__id_is_time_and_hash(void **state)
{
    (void)state;
    struct ph_bytes bytes = ph_bytes_str("any bytes");
    struct ph_id id = ph_header_id(bytes, UINT64_C(0x0000123456789abc));
    struct ph_hash hash = ph_hash_one("record id", bytes);
    assert_memory_equal(id.b, "\x12\x34\x56\x78\x9a\xbc", 6);
    assert_memory_equal(id.b + 6, hash.b, 26);
    assert_true(ph_id_created(&id) == UINT64_C(0x123456789abc));
}

static void test_header__refuses_every_cut_and_every_addition(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_buf raw = ph_test_raw_header(&h);
    struct ph_header out;
    for (size_t n = 0; n < raw.n; n++) {
        enum ph_err err = ph_header_decode(&out, ph_bytes(raw.p, n), NULL);
        assert_int_equal(ph_err_class(err), PH_CLASS_PEER);
    }
    assert_int_equal(ph_buf_add(&raw, ph_bytes_str("\xc0")), PH_OK);
    assert_int_equal(ph_header_decode(&out, ph_buf_bytes(&raw), NULL), PH_ERR_FORMAT);
    ph_buf_done(&raw);
    ph_header_done(&h);
}

/* A header with the bytes of one field, given by its number, replaced. */
static struct ph_buf with_field(const struct ph_buf *raw, unsigned field, struct ph_bytes value)
{
    struct ph_buf out = ph_buf(4 * PH_HEADER_MAX);
    struct ph_reader r = ph_reader(ph_bytes(raw->p + 1, raw->n - 1));
    assert_int_equal(ph_buf_add(&out, ph_bytes(raw->p, 1)), PH_OK);
    for (unsigned i = 0; i < 14; i++) {
        struct ph_bytes old = ph_read_raw(&r);
        assert_int_equal(ph_buf_add(&out, i == field ? value : old), PH_OK);
    }
    assert_int_equal(ph_reader_end(&r, NULL), PH_OK);
    return out;
}

static void test_header__refuses_other_spellings_of_each_field(void **state)
{
    (void)state;
    static const struct {
        unsigned field;
        const char *bytes;
        size_t n;
        enum ph_err err;
    } rows[] = {
        {0, "\xcc\x01", 2, PH_ERR_FORMAT}, /* 1, long form */
        {0, "\x02", 1, PH_ERR_VERSION},    /* a later version */
        {0, "\x00", 1, PH_ERR_VERSION},
        {0, "\xc0", 1, PH_ERR_FORMAT},         /* nil */
        {1, "\x06", 1, PH_ERR_RANGE},          /* type 6 */
        {1, "\xff", 1, PH_ERR_FORMAT},         /* -1 */
        {1, "\xd0\x00", 2, PH_ERR_FORMAT},     /* 0 as int 8 */
        {2, "\xc4\x01\x00", 3, PH_ERR_FORMAT}, /* short community */
        {2, "\xc0", 1, PH_ERR_FORMAT},
        {3, "\xd9\x20................................", 34, PH_ERR_FORMAT}, /* text, not binary */
        {4, "\xcf\x00\x01\x00\x00\x00\x00\x00\x00", 9, PH_ERR_RANGE},       /* 2^48 */
        {4, "\xcb\x42\x7a\x00\x00\x00\x00\x00\x00", 9, PH_ERR_FORMAT},      /* a double */
        {4, "\xca\x4f\x00\x00\x00", 5, PH_ERR_FORMAT},                      /* a float */
        {6, "\x05", 1, PH_ERR_RANGE},                                       /* label 5 */
        {7, "\x92\x03\xc0", 3, PH_ERR_RANGE},                               /* audience kind 3 */
        {7, "\x92\x02\xc0", 3, PH_ERR_FORMAT},                              /* direct without id */
        {7, "\x91\x02", 2, PH_ERR_FORMAT},
        {7, "\x82\x00\xc0\x01\xc0", 5, PH_ERR_FORMAT},
        {7, "\x92\x00\xc0", 3, PH_ERR_MISFIT}, /* community with recipients */
        {8, "\x90", 1, PH_ERR_FORMAT},         /* empty list, not nil */
        {8, "\xc0", 1, PH_ERR_MISFIT},         /* direct without recipients */
        {8,
         "\x92\xa2"
         "CH"
         "\xa2"
         "ch",
         7, PH_ERR_FORMAT}, /* no code */
        {8,
         "\x92\xa2"
         "CH"
         "\xa3"
         "IT/",
         8, PH_ERR_FORMAT}, /* no handle */
        {8,
         "\x92\xa2"
         "CH"
         "\xc4\x02"
         "IT",
         8, PH_ERR_FORMAT}, /* binary, not text */
        {8,
         "\x92\xa2"
         "IT"
         "\xa2"
         "CH",
         7, PH_ERR_FORMAT}, /* not sorted */
        {8,
         "\x92\xa2"
         "CH"
         "\xa2"
         "CH",
         7, PH_ERR_FORMAT}, /* twice */
        {8,
         "\x92\xa2"
         "CH"
         "\xa2"
         "DE",
         7, PH_ERR_MISFIT},                 /* not those that were hashed */
        {9, "\x10", 1, PH_ERR_RANGE},       /* flag 16 */
        {10, "\xc4\x00", 2, PH_ERR_FORMAT}, /* empty, not nil */
        {11, "\xc4\x00", 2, PH_ERR_FORMAT},
        {12, "\xcc\x28", 2, PH_ERR_FORMAT}, /* 40, long form */
        {12, "\xcd\x00\x28", 3, PH_ERR_FORMAT},
        {12, "\xce\x00\x10\x00\x01", 5, PH_ERR_LIMIT}, /* 1 MiB and a byte */
        {13, "\xd4\x01\x00", 3, PH_ERR_FORMAT},        /* extension type */
        {13, "\xdc\x00\x01\x00", 4, PH_ERR_FORMAT},
    };
    struct ph_header h = sample();
    struct ph_buf raw = ph_test_raw_header(&h);
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_buf other = with_field(&raw, rows[i].field, ph_bytes(rows[i].bytes, rows[i].n));
        struct ph_header out;
        struct ph_why why = {0};
        enum ph_err err = ph_header_decode(&out, ph_buf_bytes(&other), &why);
        if (err != rows[i].err)
            fail_msg("row %zu: wanted %s, got %s: %s", i, ph_err_token(rows[i].err),
                     ph_err_token(err), why.what);
        ph_buf_done(&other);
    }
    ph_buf_done(&raw);
    ph_header_done(&h);
}

/* R2: the array itself in other forms. */
static void test_header__refuses_other_spellings_of_the_array(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } heads[] = {
        {"\xdc\x00\x0e", 3}, {"\xdd\x00\x00\x00\x0e", 5}, {"\x9d", 1}, {"\x9f", 1}, {"\x8e", 1},
    };
    struct ph_header h = sample();
    struct ph_buf raw = ph_test_raw_header(&h);
    for (size_t i = 0; i < PH_LEN(heads); i++) {
        struct ph_buf other = ph_buf(PH_HEADER_MAX);
        struct ph_header out;
        assert_int_equal(ph_buf_add(&other, ph_bytes(heads[i].bytes, heads[i].n)), PH_OK);
        assert_int_equal(ph_buf_add(&other, ph_bytes(raw.p + 1, raw.n - 1)), PH_OK);
        assert_int_equal(ph_header_decode(&out, ph_buf_bytes(&other), NULL), PH_ERR_FORMAT);
        ph_buf_done(&other);
    }
    ph_buf_done(&raw);
    ph_header_done(&h);
}

/* R1. */
static void test_header__takes_no_memory_for_bombs(void **state)
{
    (void)state;
    static uint8_t nested[10000];
    memset(nested, 0x91, sizeof(nested));
    static const char *const bombs[] = {"\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff",
                                        "\xc6\xff\xff\xff\xff"};
    struct ph_header out;
    ph_test_fail_at(0);
    for (size_t i = 0; i < PH_LEN(bombs); i++)
        assert_int_not_equal(ph_header_decode(&out, ph_bytes(bombs[i], 5), NULL), PH_OK);
    assert_int_not_equal(ph_header_decode(&out, ph_bytes(nested, sizeof(nested)), NULL), PH_OK);
    assert_int_equal(ph_test_allocations(), 0);

    struct ph_header h = sample();
    struct ph_buf raw = ph_test_raw_header(&h);
    for (unsigned field = 0; field < 14; field++) {
        for (size_t i = 0; i < PH_LEN(bombs); i++) {
            struct ph_buf other = with_field(&raw, field, ph_bytes(bombs[i], 5));
            ph_test_fail_at(0);
            enum ph_err err = ph_header_decode(&out, ph_buf_bytes(&other), NULL);
            assert_int_equal(ph_err_class(err), PH_CLASS_PEER);
            if (field <= 8)
                assert_int_equal(ph_test_allocations(), 0);
            ph_buf_done(&other);
        }
    }
    ph_buf_done(&raw);
    ph_header_done(&h);
}

static void test_header__refuses_more_than_its_limit(void **state)
{
    (void)state;
    uint8_t *big = calloc(1, PH_HEADER_MAX + 1);
    struct ph_header out;
    assert_non_null(big);
    big[0] = 0x9e;
    assert_int_equal(ph_header_decode(&out, ph_bytes(big, PH_HEADER_MAX + 1), NULL), PH_ERR_LIMIT);
    assert_int_not_equal(ph_header_decode(&out, ph_bytes(big, PH_HEADER_MAX), NULL), PH_ERR_LIMIT);
    free(big);
}

static void test_header__takes_512_recipients_and_no_more(void **state)
{
    (void)state;
    struct ph_header h = sample();
    static char names[PH_RECIPIENTS_MAX + 1][PH_CODE_MAX + 1];
    const char *texts[PH_RECIPIENTS_MAX + 1];
    for (size_t i = 0; i < PH_LEN(names); i++) {
        assert_int_equal(snprintf(names[i], sizeof(names[i]), "ORG-%08zu-XYZ", i), 16);
        texts[i] = names[i];
    }
    ph_test_set_recipients(&h, texts, PH_RECIPIENTS_MAX);
    struct ph_buf raw = ph_buf(PH_HEADER_MAX);
    struct ph_header out;
    assert_int_equal(ph_header_encode(&raw, &h, NULL), PH_OK);
    assert_int_equal(ph_header_decode(&out, ph_buf_bytes(&raw), NULL), PH_OK);
    assert_int_equal(out.n_recipients, PH_RECIPIENTS_MAX);
    ph_header_done(&out);
    ph_buf_done(&raw);

    struct ph_recipient *more = realloc(h.recipients, PH_LEN(names) * sizeof(*more));
    assert_non_null(more);
    h.recipients = more;
    assert_int_equal(
        ph_recipient_parse(&more[PH_RECIPIENTS_MAX], ph_bytes_str(texts[PH_RECIPIENTS_MAX]), NULL),
        PH_OK);
    h.n_recipients = PH_LEN(names);
    ph_test_header_refused(&h, PH_ERR_LIMIT, "more elements");
    ph_header_done(&h);
}

static void test_header__copies_deeply(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_header copy;
    assert_int_equal(ph_header_copy(&copy, &h), PH_OK);
    assert_ptr_not_equal(copy.recipients, h.recipients);
    assert_headers_equal(&copy, &h);
    ph_header_done(&h);
    assert_null(h.recipients);
    assert_int_equal(h.n_recipients, 0);
    assert_int_equal(copy.n_recipients, 2);
    ph_test_fail_at(1);
    assert_int_equal(ph_header_copy(&h, &copy), PH_ERR_NOMEM);
    ph_test_fail_at(0);
    assert_null(h.recipients);
    ph_header_done(&copy);

    struct ph_header bare = ph_test_header(PH_RECORD_ANCHOR, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY);
    ph_test_fail_at(1);
    assert_int_equal(ph_header_copy(&copy, &bare), PH_OK); /* nothing to take memory for */
    ph_test_fail_at(0);
    assert_null(copy.recipients);
}

static void test_header__leaves_a_full_buffer_as_it_was(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_buf out = ph_buf(100);
    assert_int_equal(ph_buf_add(&out, ph_bytes_str("kept")), PH_OK);
    assert_int_equal(ph_header_encode(&out, &h, NULL), PH_ERR_LIMIT);
    assert_int_equal(out.n, 4);
    assert_int_equal(ph_header_encode_aad(&out, &h), PH_ERR_LIMIT);
    assert_int_equal(out.n, 4);
    ph_buf_done(&out);
    ph_header_done(&h);
}

static void test_header__survives_every_failed_allocation(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_buf raw = ph_test_raw_header(&h);
    struct ph_header out;
    enum ph_err err = PH_ERR_NOMEM;
    size_t n;
    for (n = 1; err == PH_ERR_NOMEM; n++) {
        memset(&out, 0x5a, sizeof(out));
        ph_test_fail_at(n);
        err = ph_header_decode(&out, ph_buf_bytes(&raw), NULL);
        ph_test_fail_at(0);
        if (err)
            assert_true(out.flags == 0x5a5a5a5a); /* untouched */
    }
    assert_int_equal(err, PH_OK);
    assert_true(n > 2);
    ph_header_done(&out);
    ph_header_done(&h);
    ph_buf_done(&raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header__decodes_what_it_encodes),
        cmocka_unit_test(test_header__is_an_array_of_fourteen_fields),
        cmocka_unit_test(test_header__aad_is_the_first_twelve_fields),
        cmocka_unit_test(test_header__id_is_time_and_hash),
        cmocka_unit_test(test_header__refuses_every_cut_and_every_addition),
        cmocka_unit_test(test_header__refuses_other_spellings_of_each_field),
        cmocka_unit_test(test_header__refuses_other_spellings_of_the_array),
        cmocka_unit_test(test_header__takes_no_memory_for_bombs),
        cmocka_unit_test(test_header__refuses_more_than_its_limit),
        cmocka_unit_test(test_header__takes_512_recipients_and_no_more),
        cmocka_unit_test(test_header__copies_deeply),
        cmocka_unit_test(test_header__leaves_a_full_buffer_as_it_was),
        cmocka_unit_test(test_header__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
