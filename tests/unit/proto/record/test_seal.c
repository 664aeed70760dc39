/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "proto/base/hash.h"
#include "tests/lib/fail.h"
#include "tests/unit/proto/record/record_test.h"

#define TAG 16

static const char TEXT[] = "The post horn is the call that couriers blew to warn the road ahead.";

static struct ph_bytes text(void)
{
    return ph_bytes_str(TEXT);
}

static struct ph_header sample(void)
{
    return ph_test_header(PH_RECORD_CONTENT, PH_TLP_AMBER, PH_AUDIENCE_DIRECT);
}

static struct ph_buf seal(const struct ph_header *h, struct ph_bytes plain)
{
    struct ph_audience_key key = ph_test_audience_key();
    struct ph_buf out = ph_buf(PH_BODY_MAX);
    struct ph_why why = {0};
    if (ph_seal(&out, h, plain, ph_header_is_sealed(h) ? &key : NULL, &why))
        fail_msg("cannot seal: %s", why.what);
    return out;
}

/* On failure nothing may have changed. */
static enum ph_err unseal(struct ph_buf *out, const struct ph_header *h, struct ph_bytes sealed)
{
    struct ph_audience_key key = ph_test_audience_key();
    struct ph_why why = {0};
    size_t before = out->n;
    enum ph_err err = ph_unseal(out, h, sealed, ph_header_is_sealed(h) ? &key : NULL, &why);
    if (err) {
        assert_int_equal(out->n, before);
        assert_true(why.code == err && why.what[0] != '\0');
    }
    return err;
}

static enum ph_err refused(const struct ph_header *h, struct ph_bytes sealed)
{
    struct ph_buf out = ph_buf(PH_PLAIN_MAX);
    enum ph_err err = unseal(&out, h, sealed);
    ph_buf_wipe(&out);
    return err;
}

static void test_seal__opens_what_it_sealed(void **state)
{
    (void)state;
    struct ph_header headers[] = {
        ph_test_header(PH_RECORD_CONTENT, PH_TLP_CLEAR, PH_AUDIENCE_COMMUNITY),
        ph_test_header(PH_RECORD_BLOB, PH_TLP_CLEAR, PH_AUDIENCE_COMMUNITY),
        ph_test_header(PH_RECORD_CONTENT, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY),
        ph_test_header(PH_RECORD_BLOB, PH_TLP_AMBER, PH_AUDIENCE_GROUP),
        ph_test_header(PH_RECORD_CONTENT, PH_TLP_AMBER_STRICT, PH_AUDIENCE_DIRECT),
        ph_test_header(PH_RECORD_CONTENT, PH_TLP_RED, PH_AUDIENCE_DIRECT),
        ph_test_header(PH_RECORD_RECEIPT, PH_TLP_AMBER_STRICT, PH_AUDIENCE_DIRECT),
    };
    for (size_t i = 0; i < PH_LEN(headers); i++) {
        struct ph_buf sealed = seal(&headers[i], text());
        struct ph_buf out = ph_buf(PH_PLAIN_MAX);
        assert_int_equal(unseal(&out, &headers[i], ph_buf_bytes(&sealed)), PH_OK);
        assert_true(ph_bytes_equal(ph_buf_bytes(&out), text()));
        bool readable = memmem(sealed.p, sealed.n, "couriers", 8) != NULL;
        assert_int_equal(readable, headers[i].label == PH_TLP_CLEAR);
        ph_buf_wipe(&out);
        ph_buf_done(&sealed);
        ph_header_done(&headers[i]);
    }
}

/* The layout of docs/protocol.md, taken apart with libsodium and libzstd alone. */
static void test_seal__is_what_the_protocol_says(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_audience_key key = ph_test_audience_key();
    struct ph_buf sealed = seal(&h, text());
    struct ph_buf aad = ph_buf(PH_HEADER_MAX);
    assert_int_equal(ph_header_encode_aad(&aad, &h), PH_OK);
    uint8_t record_key[32];
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, key.b, sizeof(key.b), 32);
    crypto_generichash_update(&hash, (const uint8_t *)"posthorn record key 1", 22);
    crypto_generichash_update(&hash, (const uint8_t *)"\x02", 1); /* AMBER */
    crypto_generichash_update(&hash, h.nonce.b, sizeof(h.nonce.b));
    crypto_generichash_final(&hash, record_key, 32);

    uint8_t padded[512];
    char plain[sizeof(TEXT)];
    unsigned long long n;
    assert_true(sealed.n < sizeof(padded));
    assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(
                         padded, &n, NULL, sealed.p, sealed.n, aad.p, aad.n, h.nonce.b, record_key),
                     0);
    assert_int_equal(ph_get_be32(padded), sizeof(TEXT) - 1);
    uint32_t zstd_size = ph_get_be32(padded + 4);
    assert_int_equal(n, ph_padme(8 + zstd_size));
    for (size_t i = 8 + zstd_size; i < n; i++)
        assert_int_equal(padded[i], 0);
    assert_int_equal(ZSTD_decompress(plain, sizeof(plain), padded + 8, zstd_size),
                     sizeof(TEXT) - 1);
    assert_memory_equal(plain, TEXT, sizeof(TEXT) - 1);
    ph_buf_done(&aad);
    ph_buf_done(&sealed);
    ph_header_done(&h);
}

/* R3 for those who hold the key and get the body from elsewhere than the record. */
static void test_seal__refuses_every_single_bit_flip(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_buf sealed = seal(&h, text());
    for (size_t bit = 0; bit < 8 * sealed.n; bit++) {
        sealed.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(refused(&h, ph_buf_bytes(&sealed)), PH_ERR_FORGED);
        sealed.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < sealed.n; n++)
        assert_int_equal(refused(&h, ph_bytes(sealed.p, n)), PH_ERR_FORGED);
    assert_int_equal(refused(&h, ph_buf_bytes(&sealed)), PH_OK);
    ph_buf_done(&sealed);
    ph_header_done(&h);
}

static void test_seal__refuses_a_body_moved_to_another_header(void **state)
{
    (void)state;
    static const char *const other_recipients[] = {"CH", "DE"};
    struct ph_header h = sample();
    struct ph_buf sealed = seal(&h, text());
    for (unsigned field = 0; field < 10; field++) {
        struct ph_header other;
        assert_int_equal(ph_header_copy(&other, &h), PH_OK);
        switch (field) {
        case 0:
            other.type = PH_RECORD_BLOB;
            break;
        case 1:
            other.community.b[0] ^= 1;
            break;
        case 2:
            other.author.b[0] ^= 1;
            break;
        case 3:
            other.created++;
            break;
        case 4:
            other.expires++;
            break;
        case 5:
            other.label = PH_TLP_GREEN;
            break;
        case 6:
            ph_test_set_recipients(&other, other_recipients, 2);
            break;
        case 7:
            other.flags = PH_FLAG_CARRY;
            break;
        case 8:
            other.nonce.b[0] ^= 1;
            break;
        default:
            other.audience = (struct ph_audience){PH_AUDIENCE_GROUP, other.audience.id};
            free(other.recipients);
            other.recipients = NULL;
            other.n_recipients = 0;
            break;
        }
        assert_int_equal(ph_header_check(&other, NULL), PH_OK); /* a good header, not this body's */
        assert_int_equal(refused(&other, ph_buf_bytes(&sealed)), PH_ERR_FORGED);
        ph_header_done(&other);
    }
    /* Size and hash of the body are the signature's to guard, not the seal's. */
    h.body_size++;
    h.body_hash.b[0] ^= 1;
    assert_int_equal(refused(&h, ph_buf_bytes(&sealed)), PH_OK);
    ph_buf_done(&sealed);
    ph_header_done(&h);
}

/* R12. */
static void test_seal__wants_the_key_that_the_header_commits_to(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_buf sealed = seal(&h, text());
    struct ph_buf out = ph_buf(PH_PLAIN_MAX);
    struct ph_audience_key other = ph_test_audience_key();
    other.b[31] ^= 1;
    assert_int_equal(ph_unseal(&out, &h, ph_buf_bytes(&sealed), &other, NULL), PH_ERR_KEY);
    assert_int_equal(ph_seal(&out, &h, text(), &other, NULL), PH_ERR_KEY);
    assert_int_equal(ph_unseal(&out, &h, ph_buf_bytes(&sealed), NULL, NULL), PH_ERR_KEY);
    assert_int_equal(ph_seal(&out, &h, text(), NULL, NULL), PH_ERR_KEY);
    other = ph_test_audience_key();
    h.has_nonce = false; /* headers that ph_header_check() would not take */
    assert_int_equal(ph_seal(&out, &h, text(), &other, NULL), PH_ERR_KEY);
    h.has_nonce = true;
    h.has_key = false;
    assert_int_equal(ph_seal(&out, &h, text(), &other, NULL), PH_ERR_KEY);
    h.has_key = true;
    h.key_commitment.b[0] ^= 1;
    assert_int_equal(refused(&h, ph_buf_bytes(&sealed)), PH_ERR_KEY);
    assert_int_equal(out.n, 0);
    ph_buf_done(&sealed);
    ph_header_done(&h);

    struct ph_header clear = ph_test_header(PH_RECORD_CONTENT, PH_TLP_CLEAR, PH_AUDIENCE_COMMUNITY);
    struct ph_audience_key key = ph_test_audience_key();
    assert_int_equal(ph_seal(&out, &clear, text(), &key, NULL), PH_ERR_KEY);
    assert_int_equal(ph_unseal(&out, &clear, text(), &key, NULL), PH_ERR_KEY);
    ph_buf_done(&out);
}

static void test_seal__is_not_for_bodies_that_everyone_reads(void **state)
{
    (void)state;
    const struct ph_header headers[] = {
        ph_test_header(PH_RECORD_GRANT, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY),
        ph_test_header(PH_RECORD_RETRACT, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY),
        ph_test_header(PH_RECORD_ANCHOR, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY),
    };
    struct ph_audience_key key = ph_test_audience_key();
    struct ph_buf out = ph_buf(PH_BODY_MAX);
    for (size_t i = 0; i < PH_LEN(headers); i++) {
        assert_int_equal(ph_seal(&out, &headers[i], text(), NULL, NULL), PH_ERR_MISFIT);
        assert_int_equal(ph_seal(&out, &headers[i], text(), &key, NULL), PH_ERR_MISFIT);
        assert_int_equal(ph_unseal(&out, &headers[i], text(), NULL, NULL), PH_ERR_MISFIT);
    }
    assert_int_equal(out.n, 0);
}

/* Encrypt any padded plain text: what a hostile author with a good key does. */
static struct ph_buf encrypt(const struct ph_header *h, struct ph_bytes padded)
{
    struct ph_audience_key key = ph_test_audience_key();
    struct ph_buf aad = ph_buf(PH_HEADER_MAX);
    struct ph_buf out = ph_buf(2 * PH_BODY_MAX);
    uint8_t label = (uint8_t)h->label;
    const struct ph_bytes pieces[] = {ph_bytes(&label, 1), ph_bytes(h->nonce.b, 24)};
    struct ph_hash secret = ph_hash_keyed("record key", key.b, pieces, 2);
    uint8_t *to;
    assert_int_equal(ph_header_encode_aad(&aad, h), PH_OK);
    assert_int_equal(ph_buf_extend(&out, padded.n + TAG, &to), PH_OK);
    assert_int_equal(crypto_aead_xchacha20poly1305_ietf_encrypt(to, NULL, padded.p, padded.n, aad.p,
                                                                aad.n, NULL, h->nonce.b, secret.b),
                     0);
    ph_buf_done(&aad);
    return out;
}

/* u32 plain || u32 zstd || frame || zeros to @padded_size, sealed. */
static enum ph_err refused_inside(uint32_t plain_size, uint32_t zstd_size, struct ph_bytes frame,
                                  size_t padded_size, size_t nonzero_at)
{
    struct ph_header h = sample();
    uint8_t *padded = calloc(1, padded_size + 8);
    assert_non_null(padded);
    ph_put_be32(padded, plain_size);
    ph_put_be32(padded + 4, zstd_size);
    assert_true(8 + frame.n <= padded_size + 8);
    memcpy(padded + 8, frame.p, frame.n);
    if (nonzero_at)
        padded[nonzero_at] = 1;
    struct ph_buf sealed = encrypt(&h, ph_bytes(padded, padded_size));
    enum ph_err err = refused(&h, ph_buf_bytes(&sealed));
    ph_buf_done(&sealed);
    free(padded);
    ph_header_done(&h);
    return err;
}

static void test_seal__refuses_frames_that_do_not_add_up(void **state)
{
    (void)state;
    struct ph_zstd zstd = {0};
    struct ph_buf frame = ph_buf(1024);
    assert_int_equal(ph_compress(&frame, &zstd, text()), PH_OK);
    uint32_t plain = sizeof(TEXT) - 1;
    uint32_t n = (uint32_t)frame.n;
    struct ph_bytes f = ph_buf_bytes(&frame);
    size_t size = (size_t)ph_padme(8 + n);
    assert_true(size > 8 + n + 1); /* so that there is padding to spoil */

    assert_int_equal(refused_inside(plain, n, f, size, 0), PH_OK);
    for (size_t at = 8 + n; at < size; at++)
        assert_int_equal(refused_inside(plain, n, f, size, at), PH_ERR_FORMAT);
    assert_int_equal(refused_inside(plain, n, f, size - 1, 0), PH_ERR_FORMAT);
    assert_int_equal(refused_inside(plain, n, f, size + 1, 0), PH_ERR_FORMAT);
    assert_int_equal(refused_inside(plain, n, f, (size_t)ph_padme(size + 1), 0), PH_ERR_FORMAT);
    assert_int_equal(refused_inside(plain - 1, n, f, size, 0), PH_ERR_FORMAT);
    assert_int_equal(refused_inside(plain + 1, n, f, size, 0), PH_ERR_FORMAT);
    assert_int_equal(refused_inside(plain, n - 1, f, size, 0), PH_ERR_FORMAT);
    assert_int_equal(refused_inside(plain, n + 1, f, size, 0), PH_ERR_FORMAT); /* a zero behind */
    assert_int_equal(refused_inside(plain, UINT32_MAX, f, size, 0), PH_ERR_FORMAT);
    assert_int_equal(refused_inside(PH_PLAIN_MAX + 1, n, f, size, 0), PH_ERR_LIMIT);
    assert_int_equal(refused_inside(UINT32_MAX, n, f, size, 0), PH_ERR_LIMIT);
    for (size_t short_size = 0; short_size < 8; short_size++)
        assert_int_equal(refused_inside(plain, n, ph_bytes("", 0), short_size, 0), PH_ERR_FORMAT);
    ph_buf_done(&frame);
    ph_zstd_done(&zstd);
}

static void test_seal__of_clear_has_neither_padding_nor_tail(void **state)
{
    (void)state;
    struct ph_header h = ph_test_header(PH_RECORD_CONTENT, PH_TLP_CLEAR, PH_AUDIENCE_COMMUNITY);
    struct ph_buf sealed = seal(&h, text());
    assert_int_equal(sealed.n, 8 + ph_get_be32(sealed.p + 4));
    assert_int_equal(ph_buf_add(&sealed, ph_bytes("", 1)), PH_OK);
    assert_int_equal(refused(&h, ph_buf_bytes(&sealed)), PH_ERR_FORMAT);
    for (size_t n = 0; n < sealed.n - 1; n++)
        assert_int_equal(refused(&h, ph_bytes(sealed.p, n)), PH_ERR_FORMAT);
    ph_buf_done(&sealed);
}

static void fill_noise(uint8_t *out, size_t n)
{
    static const uint8_t seed[randombytes_SEEDBYTES] = {7};
    randombytes_buf_deterministic(out, n, seed);
}

/* Limits at n - 1, n, n + 1; noise, because it does not compress. */
static void test_seal__holds_to_its_limits(void **state)
{
    (void)state;
    struct ph_header blob = ph_test_header(PH_RECORD_BLOB, PH_TLP_AMBER, PH_AUDIENCE_GROUP);
    struct ph_header content = ph_test_header(PH_RECORD_CONTENT, PH_TLP_AMBER, PH_AUDIENCE_GROUP);
    struct ph_audience_key key = ph_test_audience_key();
    uint8_t *noise = malloc(PH_PLAIN_MAX + 1);
    assert_non_null(noise);
    fill_noise(noise, PH_PLAIN_MAX + 1);
    for (int d = -1; d <= 0; d++) { /* a full piece of an attachment fits */
        struct ph_buf sealed = seal(&blob, ph_bytes(noise, (size_t)(PH_BLOB_PIECE_MAX + d)));
        assert_true(sealed.n <= PH_BODY_MAX);
        assert_int_equal(refused(&blob, ph_buf_bytes(&sealed)), PH_OK);
        ph_buf_done(&sealed);
    }
    struct ph_buf out = ph_buf(PH_BODY_MAX);
    assert_int_equal(ph_seal(&out, &blob, ph_bytes(noise, PH_BLOB_PIECE_MAX + 1), &key, NULL),
                     PH_ERR_LIMIT);
    assert_int_equal(ph_seal(&out, &content, ph_bytes(noise, PH_BODY_MAX - 64), &key, NULL),
                     PH_ERR_LIMIT); /* sealed it would be over 1 MiB */
    assert_int_equal(ph_seal(&out, &content, ph_bytes(noise, PH_PLAIN_MAX + 1), &key, NULL),
                     PH_ERR_LIMIT);
    assert_int_equal(out.n, 0);

    memset(noise, ' ', PH_PLAIN_MAX + 1);
    assert_int_equal(ph_seal(&out, &content, ph_bytes(noise, PH_PLAIN_MAX + 1), &key, NULL),
                     PH_ERR_LIMIT);
    struct ph_buf most = seal(&content, ph_bytes(noise, PH_PLAIN_MAX));
    assert_int_equal(refused(&content, ph_buf_bytes(&most)), PH_OK);
    ph_buf_done(&most);

    struct ph_buf opened = ph_buf(PH_PLAIN_MAX);
    assert_int_equal(ph_unseal(&opened, &content, ph_bytes(noise, PH_BODY_MAX + 1), &key, NULL),
                     PH_ERR_LIMIT);
    free(noise);
}

/* A body of exactly 1 MiB: only CLEAR has any length. */
static void test_seal__fills_a_body_to_the_byte(void **state)
{
    (void)state;
    struct ph_header h = ph_test_header(PH_RECORD_CONTENT, PH_TLP_CLEAR, PH_AUDIENCE_COMMUNITY);
    struct ph_buf out = ph_buf(2 * PH_BODY_MAX);
    uint8_t *noise = malloc(PH_BODY_MAX + 1);
    assert_non_null(noise);
    fill_noise(noise, PH_BODY_MAX);
    struct ph_buf less = seal(&h, ph_bytes(noise, PH_BODY_MAX - 100));
    size_t fits = PH_BODY_MAX - (less.n - (PH_BODY_MAX - 100));
    assert_int_equal(ph_seal(&out, &h, ph_bytes(noise, fits + 1), NULL, NULL), PH_ERR_LIMIT);
    assert_int_equal(ph_seal(&out, &h, ph_bytes(noise, fits), NULL, NULL), PH_OK);
    assert_int_equal(out.n, PH_BODY_MAX);
    assert_int_equal(refused(&h, ph_buf_bytes(&out)), PH_OK);
    assert_int_equal(ph_buf_add(&out, ph_bytes("", 1)), PH_OK);
    assert_int_equal(refused(&h, ph_buf_bytes(&out)), PH_ERR_LIMIT);
    free(noise);
    ph_buf_done(&less);
    ph_buf_done(&out);
}

static void test_seal__hides_sizes_that_are_close(void **state)
{
    (void)state;
    struct ph_header h = ph_test_header(PH_RECORD_CONTENT, PH_TLP_AMBER, PH_AUDIENCE_GROUP);
    uint8_t noise[2000];
    size_t n_sizes = 0;
    size_t last = 0;
    fill_noise(noise, sizeof(noise));
    for (size_t n = 1000; n < 2000; n++) {
        struct ph_buf sealed = seal(&h, ph_bytes(noise, n));
        n_sizes += sealed.n != last;
        last = sealed.n;
        assert_true(ph_padme(sealed.n - TAG) == sealed.n - TAG);
        ph_buf_done(&sealed);
    }
    assert_true(n_sizes <= 18); /* a thousand sizes look like these */
}

static void test_seal__differs_by_nonce_and_by_label(void **state)
{
    (void)state;
    struct ph_header a = ph_test_header(PH_RECORD_CONTENT, PH_TLP_AMBER, PH_AUDIENCE_GROUP);
    struct ph_header b = a;
    b.nonce.b[23] ^= 1;
    struct ph_header c = a;
    c.label = PH_TLP_GREEN;
    struct ph_buf x = seal(&a, text());
    struct ph_buf y = seal(&b, text());
    struct ph_buf z = seal(&c, text());
    assert_int_equal(x.n, y.n);
    assert_memory_not_equal(x.p, y.p, 32);
    assert_memory_not_equal(x.p, z.p, 32); /* another key stream, though the nonce is the same */
    ph_buf_done(&x);
    ph_buf_done(&y);
    ph_buf_done(&z);
}

static void test_seal__keeps_working_memory_between_bodies(void **state)
{
    (void)state;
    struct ph_header h = ph_test_header(PH_RECORD_CONTENT, PH_TLP_AMBER, PH_AUDIENCE_GROUP);
    struct ph_audience_key key = ph_test_audience_key();
    struct ph_zstd zstd = {0};
    struct ph_buf first = seal(&h, text());
    for (int i = 0; i < 3; i++) {
        struct ph_buf sealed = ph_buf(PH_BODY_MAX);
        struct ph_buf out = ph_buf(PH_PLAIN_MAX);
        assert_int_equal(ph_seal_with(&sealed, &zstd, &h, text(), &key, NULL), PH_OK);
        assert_true(ph_bytes_equal(ph_buf_bytes(&first), ph_buf_bytes(&sealed)));
        assert_int_equal(ph_unseal_with(&out, &zstd, &h, ph_buf_bytes(&sealed), &key, NULL), PH_OK);
        assert_true(ph_bytes_equal(ph_buf_bytes(&out), text()));
        ph_buf_done(&sealed);
        ph_buf_wipe(&out);
    }
    ph_zstd_done(&zstd);
    ph_buf_done(&first);
}

static void test_seal__survives_every_failed_allocation(void **state)
{
    (void)state;
    struct ph_header h = sample();
    struct ph_audience_key key = ph_test_audience_key();
    enum ph_err err = PH_ERR_NOMEM;
    size_t n;
    for (n = 1; err == PH_ERR_NOMEM; n++) {
        struct ph_buf sealed = ph_buf(PH_BODY_MAX);
        struct ph_buf out = ph_buf(PH_PLAIN_MAX);
        ph_test_fail_at(n);
        err = ph_seal(&sealed, &h, text(), &key, NULL);
        assert_true(err == PH_OK || sealed.n == 0);
        if (!err)
            err = ph_unseal(&out, &h, ph_buf_bytes(&sealed), &key, NULL);
        assert_true(err == PH_OK || out.n == 0);
        ph_test_fail_at(0);
        ph_buf_done(&sealed);
        ph_buf_wipe(&out);
    }
    assert_int_equal(err, PH_OK);
    assert_true(n > 6);
    ph_header_done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seal__opens_what_it_sealed),
        cmocka_unit_test(test_seal__is_what_the_protocol_says),
        cmocka_unit_test(test_seal__refuses_every_single_bit_flip),
        cmocka_unit_test(test_seal__refuses_a_body_moved_to_another_header),
        cmocka_unit_test(test_seal__wants_the_key_that_the_header_commits_to),
        cmocka_unit_test(test_seal__is_not_for_bodies_that_everyone_reads),
        cmocka_unit_test(test_seal__refuses_frames_that_do_not_add_up),
        cmocka_unit_test(test_seal__of_clear_has_neither_padding_nor_tail),
        cmocka_unit_test(test_seal__holds_to_its_limits),
        cmocka_unit_test(test_seal__fills_a_body_to_the_byte),
        cmocka_unit_test(test_seal__hides_sizes_that_are_close),
        cmocka_unit_test(test_seal__differs_by_nonce_and_by_label),
        cmocka_unit_test(test_seal__keeps_working_memory_between_bodies),
        cmocka_unit_test(test_seal__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
