/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/limits.h"
#include "proto/intel/json.h"
#include "proto/intel/stix_id.h"
#include "proto/intel/stix_write.h"
#include "tests/lib/test.h"
#include "tests/unit/proto/intel/bundle.h"

#define ID "bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"

static struct ph_buf write_bundle(const char *id, const char *const *objects, size_t n)
{
    struct ph_buf out = ph_buf(PH_MIB(1));
    struct ph_stix_writer w;
    assert_int_equal(ph_stix_write_begin(&w, &out, id, NULL), PH_OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(ph_stix_write_object(&w, ph_bytes_str(objects[i])), PH_OK);
    assert_int_equal(ph_stix_write_end(&w), PH_OK);
    return out;
}

static json_t *parse(const struct ph_buf *buf)
{
    json_t *value = NULL;
    assert_int_equal(ph_json_parse(&value, ph_buf_bytes(buf), PH_MIB(1), 1, NULL), PH_OK);
    return value;
}

static void test_stix_write__bundle_is_read_back_object_by_object(void **state)
{
    (void)state;
    static const char *const objects[] = {"{\"a\":1}", "{\"b\":[2.5]}"};
    struct ph_buf out = write_bundle(ID, objects, 2);
    json_t *bundle = parse(&out);
    assert_string_equal(ph_json_str(bundle, "type"), "bundle");
    assert_string_equal(ph_json_str(bundle, "id"), ID);
    json_decref(bundle);
    struct ph_buf found = ph_test_transcript(ph_buf_bytes(&out), 5);
    assert_string_equal((char *)found.p, "0 ok {\"a\":1}\n1 ok {\"b\":[2.5]}\nend ok\n");
    ph_buf_done(&found);
    ph_buf_done(&out);
}

static const char *id_of(const json_t *bundle)
{
    const char *id = ph_json_str(bundle, "id");
    assert_true(ph_stix_id_is_valid(id, "bundle"));
    return id;
}

static void test_stix_write__id_is_made_from_the_content(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{\"a\":1}", "{\"b\":2}"},
        {"{\"b\":2}", "{\"a\":1}"},
        {"{\"a\":1}", "{\"b\":3}"},
    };
    struct ph_buf first = write_bundle(NULL, rows[0], 2);
    struct ph_buf again = write_bundle(NULL, rows[0], 2);
    assert_true(ph_bytes_equal(ph_buf_bytes(&first), ph_buf_bytes(&again)));
    json_t *bundle = parse(&first);
    for (size_t i = 1; i <= PH_LEN(rows); i++) {
        /* one object less is another bundle too */
        struct ph_buf out =
            i < PH_LEN(rows) ? write_bundle(NULL, rows[i], 2) : write_bundle(NULL, rows[0], 1);
        json_t *other = parse(&out);
        assert_string_not_equal(id_of(bundle), id_of(other));
        json_decref(other);
        ph_buf_done(&out);
    }
    json_decref(bundle);
    ph_buf_done(&again);
    ph_buf_done(&first);
}

static void test_stix_write__no_objects_no_list(void **state)
{
    (void)state;
    struct ph_buf out = write_bundle(NULL, NULL, 0);
    json_t *bundle = parse(&out);
    assert_null(json_object_get(bundle, "objects"));
    assert_non_null(id_of(bundle));
    json_decref(bundle);
    ph_buf_done(&out);
}

static void test_stix_write__refuses_a_foreign_id_and_keeps_the_buffers_limit(void **state)
{
    (void)state;
    struct ph_buf out = ph_buf(64);
    struct ph_stix_writer w;
    assert_int_equal(ph_stix_write_begin(&w, &out, "bundle--\",\"x\":\"", NULL), PH_ERR_INPUT);
    assert_int_equal(out.n, 0);
    assert_int_equal(ph_stix_write_begin(&w, &out, NULL, NULL), PH_OK);
    size_t before = out.n;
    char big[64];
    memset(big, ' ', sizeof(big));
    assert_int_equal(ph_stix_write_object(&w, ph_bytes(big, sizeof(big))), PH_ERR_LIMIT);
    assert_int_equal(out.n, before);
    /* the caller empties the buffer as it likes */
    ph_buf_clear(&out);
    assert_int_equal(ph_stix_write_object(&w, ph_bytes_str("{}")), PH_OK);
    assert_true(ph_bytes_equal(ph_buf_bytes(&out), ph_bytes_str(",\"objects\":[\n{}")));
    ph_buf_done(&out);
}

int main(void)
{
    json_object_seed(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stix_write__bundle_is_read_back_object_by_object),
        cmocka_unit_test(test_stix_write__id_is_made_from_the_content),
        cmocka_unit_test(test_stix_write__no_objects_no_list),
        cmocka_unit_test(test_stix_write__refuses_a_foreign_id_and_keeps_the_buffers_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
