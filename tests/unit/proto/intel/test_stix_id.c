/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/stix_id.h"
#include "tests/lib/test.h"

/* The namespace of the DNS, and the names that RFC 4122's errata and Python's uuid module agree on.
 */
static void test_stix_id__makes_the_uuids_that_others_make(void **state)
{
    (void)state;
    static const struct ph_uuid dns = {{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4,
                                        0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}};
    char out[PH_UUID_TEXT_MAX];
    ph_uuid5_text(out, &dns, ph_bytes_str("python.org"));
    assert_string_equal(out, "886313e1-3b8a-5372-9b90-0c9aee199e5d");
    ph_uuid5_text(out, &dns, ph_bytes_str("www.example.com"));
    assert_string_equal(out, "2ed6657d-e927-568b-95e1-2665a8aea6a2");

    /* STIX 2.1, section 2.9: an SCO's id from its contributing properties */
    static const struct ph_uuid sco = {{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01,
                                        0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}};
    ph_uuid5_text(out, &sco, ph_bytes_str("{\"value\":\"198.51.100.3\"}"));
    assert_string_equal(out, "28bb3599-77cd-5a82-a950-b5bc3caf07c4");
}

static void test_stix_id__is_a_type_and_a_uuid(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        const char *type;
        bool is_valid;
    } rows[] = {
        {"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "indicator", true},
        {"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", NULL, true},
        {"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "ipv4-addr", true},
        {"x-a-b--28bb3599-77cd-5a82-a950-b5bc3caf07c4", NULL, true},
        {"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "malware", false},
        {"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "indicator-", false},
        {"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "indicato", false},
        {"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3", NULL, false},
        {"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f1", NULL, false},
        {"indicator--8e2e2d2b-17d4-4cbf-738f-98ee46b3cd3f", NULL, false},
        {"indicator--8e2e2d2b-17d4-4cbf-c38f-98ee46b3cd3f", NULL, false},
        {"indicator--8e2e2d2g-17d4-4cbf-938f-98ee46b3cd3f", NULL, false},
        {"indicator--8e2e2d2b.17d4-4cbf-938f-98ee46b3cd3f", NULL, false},
        {"indicator-8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", NULL, false},
        {"indicator---8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", NULL, false},
        {"Indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", NULL, false},
        {"--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", NULL, false},
        {"ab--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", NULL, false},
        {"indicator--", NULL, false},
        {"", NULL, false},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++)
        if (ph_stix_id_is_valid(rows[i].id, rows[i].type) != rows[i].is_valid)
            fail_msg("%s", rows[i].id);
}

static void test_stix_id__types_have_3_to_250_characters(void **state)
{
    (void)state;
    char type[300];
    memset(type, 'a', sizeof(type));
    for (size_t n = 0; n < 260; n++) {
        type[n] = '\0';
        assert_int_equal(ph_stix_type_is_valid(type), n >= 3 && n <= 250);
        type[n] = 'a';
    }
    static const char *const bad[] = {"1ab", "-ab", "ab-", "a--b", "a_b", "aB", "a b", "\u00e4bc"};
    for (size_t i = 0; i < PH_LEN(bad); i++)
        assert_false(ph_stix_type_is_valid(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stix_id__makes_the_uuids_that_others_make),
        cmocka_unit_test(test_stix_id__is_a_type_and_a_uuid),
        cmocka_unit_test(test_stix_id__types_have_3_to_250_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
