/* SPDX-License-Identifier: Apache-2.0
 *
 * records.json, read as a second implementation reads it: from the file, not from what made it. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/hash.h"
#include "proto/base/text.h"
#include "proto/record/content.h"
#include "proto/record/grant.h"
#include "tests/lib/test.h"
#include "tests/vectors/records.h"

static json_t *file;

static int setup(void **state)
{
    (void)state;
    json_object_seed(1);
    file = json_load_file(PH_TEST_DIR "/vectors/records.json", JSON_REJECT_DUPLICATES, NULL);
    return file ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(file);
    return 0;
}

/* The bytes of a member that is hex. Free with ph_buf_done(). */
static struct ph_buf member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    struct ph_buf out = ph_buf(PH_BODY_MAX);
    uint8_t *to;
    assert_non_null(text);
    size_t n = strlen(text) / 2;
    assert_int_equal(ph_buf_extend(&out, n, &to), PH_OK);
    assert_true(ph_hex_parse(to, n, ph_bytes_str(text)));
    return out;
}

static void member_exact(uint8_t *out, size_t n, const json_t *object, const char *key)
{
    struct ph_buf buf = member(object, key);
    assert_int_equal(buf.n, n);
    memcpy(out, buf.p, n);
    ph_buf_done(&buf);
}

static struct ph_record *record_of(const json_t *entry)
{
    struct ph_buf header = member(entry, "header_bytes");
    struct ph_buf body = member(entry, "body");
    struct ph_record *record;
    uint8_t sig[64];
    uint8_t id[32];
    struct ph_why why = {0};
    member_exact(sig, sizeof(sig), entry, "signature");
    member_exact(id, sizeof(id), entry, "id");
    enum ph_err err =
        ph_record_new(&record, ph_buf_bytes(&header), sig, ph_buf_bytes(&body), true, &why);
    if (!err)
        err = ph_record_check(record, &why);
    if (err)
        fail_msg("%s: %s", json_string_value(json_object_get(entry, "name")), why.what);
    assert_memory_equal(record->id.b, id, sizeof(id));
    ph_buf_done(&header);
    ph_buf_done(&body);
    return record;
}

static void test_records__are_what_make_records_prints(void **state)
{
    (void)state;
    struct ph_buf text = ph_test_records_text();
    char *committed = malloc(text.n + 1);
    FILE *f = fopen(PH_TEST_DIR "/vectors/records.json", "rb");
    assert_true(f && committed);
    size_t n = fread(committed, 1, text.n + 1, f);
    assert_int_equal(fclose(f), 0);
    if (n != text.n || memcmp(committed, text.p, n) != 0)
        fail_msg("records.json is not what make_records prints");
    free(committed);
    ph_buf_done(&text);
}

static void assert_unseals(const json_t *entry, const struct ph_record *record)
{
    struct ph_buf plain = member(entry, "plain");
    struct ph_buf out = ph_buf(PH_PLAIN_MAX);
    struct ph_audience_key key;
    if (record->header.has_key)
        member_exact(key.b, sizeof(key.b), entry, "audience_key");
    assert_int_equal(
        ph_unseal(&out, &record->header, record->body, record->header.has_key ? &key : NULL, NULL),
        PH_OK);
    assert_true(ph_bytes_equal(ph_buf_bytes(&out), ph_buf_bytes(&plain)));
    ph_buf_wipe(&out);
    ph_buf_done(&plain);
}

static void assert_grants(const json_t *entry, const struct ph_record *record)
{
    json_t *boxes = json_object_get(entry, "boxes");
    struct ph_audience_key expected;
    member_exact(expected.b, sizeof(expected.b), entry, "audience_key");
    for (size_t i = 0; i < json_array_size(boxes); i++) {
        uint8_t public_key[32];
        uint8_t secret[32];
        struct ph_audience_key key;
        uint64_t epoch;
        bool found;
        member_exact(public_key, 32, json_array_get(boxes, i), "public");
        member_exact(secret, 32, json_array_get(boxes, i), "secret");
        assert_int_equal(ph_grant_open(&key, &epoch, &found, record, public_key, secret, NULL),
                         PH_OK);
        assert_true(found);
        assert_memory_equal(key.b, expected.b, sizeof(key.b));
        assert_true((json_int_t)epoch == json_integer_value(json_object_get(entry, "epoch")));
    }
}

static void assert_retracts(const json_t *entry, const struct ph_record *record)
{
    struct ph_retraction targets[8];
    size_t n;
    json_t *list = json_object_get(entry, "targets");
    assert_int_equal(ph_retract_parse(targets, PH_LEN(targets), &n, record->body, NULL), PH_OK);
    assert_int_equal(n, json_array_size(list));
    for (size_t i = 0; i < n; i++) {
        char id[65];
        ph_hex(id, ph_bytes(targets[i].id.b, 32));
        json_t *pair = json_array_get(list, i);
        assert_string_equal(id, json_string_value(json_array_get(pair, 0)));
        assert_true((json_int_t)targets[i].expires == json_integer_value(json_array_get(pair, 1)));
    }
}

static void test_records__open(void **state)
{
    (void)state;
    json_t *list = json_object_get(file, "records");
    unsigned seen = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        struct ph_record *record = record_of(entry);
        seen |= 1u << record->header.type;
        switch (record->header.type) {
        case PH_RECORD_CONTENT:
        case PH_RECORD_BLOB:
        case PH_RECORD_RECEIPT:
            assert_unseals(entry, record);
            break;
        case PH_RECORD_GRANT:
            assert_grants(entry, record);
            break;
        case PH_RECORD_RETRACT:
            assert_retracts(entry, record);
            break;
        case PH_RECORD_ANCHOR:
            break;
        }
        ph_record_unref(record);
    }
    assert_int_equal(seen, (1u << PH_N_RECORD_TYPES) - 1);
}

/* R12: two keys, one ciphertext. The seal alone would open it to both. */
static void test_records__have_one_reading_for_one_body(void **state)
{
    (void)state;
    const json_t *entry = json_object_get(file, "two_readings");
    struct ph_record *record = record_of(entry);
    struct ph_buf out = ph_buf(PH_PLAIN_MAX);
    struct ph_audience_key other;
    member_exact(other.b, sizeof(other.b), entry, "other_audience_key");
    assert_unseals(entry, record);
    assert_int_equal(ph_unseal(&out, &record->header, record->body, &other, NULL), PH_ERR_KEY);

    struct ph_buf aad = ph_buf(PH_HEADER_MAX);
    uint8_t opened[PH_BODY_MAX / 1024];
    uint8_t label = (uint8_t)record->header.label;
    const struct ph_nonce *nonce = &record->header.nonce;
    const struct ph_bytes pieces[] = {ph_bytes(&label, 1), ph_bytes(nonce->b, sizeof(nonce->b))};
    struct ph_hash key = ph_hash_keyed("record key", other.b, pieces, 2);
    assert_int_equal(ph_header_encode_aad(&aad, &record->header), PH_OK);
    assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(opened, NULL, NULL, record->body.p,
                                                                record->body.n, aad.p, aad.n,
                                                                nonce->b, key.b),
                     0);
    ph_buf_done(&aad);
    ph_record_unref(record);
}

static void test_records__refuse_what_the_file_says(void **state)
{
    (void)state;
    json_t *list = json_object_get(file, "refused_headers");
    assert_true(json_array_size(list) > 15);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        struct ph_buf bytes = member(entry, "header_bytes");
        struct ph_header out;
        enum ph_err err = ph_header_decode(&out, ph_buf_bytes(&bytes), NULL);
        const char *expected = json_string_value(json_object_get(entry, "error"));
        if (strcmp(ph_err_token(err), expected) != 0)
            fail_msg("%s: %s, not %s", json_string_value(json_object_get(entry, "name")),
                     ph_err_token(err), expected);
        ph_buf_done(&bytes);
    }
}

static void test_records__hold_objects(void **state)
{
    (void)state;
    json_t *list = json_object_get(file, "content");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        struct ph_buf plain = member(entry, "plain");
        struct ph_bytes view;
        size_t n;
        json_t *object;
        assert_int_equal(ph_content_split(&view, 1, &n, ph_buf_bytes(&plain), NULL), PH_OK);
        assert_int_equal(ph_content_object(&object, view, NULL), PH_OK);
        assert_true(json_equal(object, json_object_get(entry, "object")));
        json_decref(object);
        ph_buf_done(&plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records__are_what_make_records_prints),
        cmocka_unit_test(test_records__open),
        cmocka_unit_test(test_records__have_one_reading_for_one_body),
        cmocka_unit_test(test_records__refuse_what_the_file_says),
        cmocka_unit_test(test_records__hold_objects),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
