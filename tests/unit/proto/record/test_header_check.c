/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole table of docs/protocol.md, "Record": every type with every label and every audience;
 * and every range at its edges. */
#include <stdlib.h>

#include "tests/unit/proto/record/record_test.h"

#define SEALED     "kn"
#define COMMITMENT "k"
#define OPEN       ""

/* What a type may be, written from the design and not from the code: for each label the audiences
 * (c community, g group, d direct to organisations, p direct to persons), then whether there is a
 * key (k) and a nonce (n). */
static const struct row {
    enum ph_record_type type;
    struct {
        const char *audiences;
        const char *fields;
    } label[PH_N_TLP];
} TABLE[] = {
    {PH_RECORD_CONTENT,
     {{"c", OPEN}, {"cgd", SEALED}, {"cgd", SEALED}, {"cgd", SEALED}, {"p", SEALED}}},
    {PH_RECORD_BLOB,
     {{"c", OPEN}, {"cgd", SEALED}, {"cgd", SEALED}, {"cgd", SEALED}, {"p", SEALED}}},
    {PH_RECORD_GRANT,
     {{"", OPEN},
      {"cgd", COMMITMENT},
      {"cgd", COMMITMENT},
      {"cgd", COMMITMENT},
      {"p", COMMITMENT}}},
    {PH_RECORD_RETRACT, {{"c", OPEN}, {"cgd", OPEN}, {"cgd", OPEN}, {"cgd", OPEN}, {"p", OPEN}}},
    {PH_RECORD_RECEIPT, {{"", OPEN}, {"", OPEN}, {"", OPEN}, {"d", SEALED}, {"", OPEN}}},
    {PH_RECORD_ANCHOR, {{"", OPEN}, {"c", OPEN}, {"", OPEN}, {"", OPEN}, {"", OPEN}}},
};
static const char AUDIENCES[] = "cgdp";

/* A header as asked, right or wrong. */
static struct ph_header make(enum ph_record_type type, enum ph_tlp label, char audience,
                             bool has_key, bool has_nonce)
{
    static const char *const org[] = {"CH"};
    static const char *const person[] = {"CH/alice"};
    struct ph_header h = ph_test_header(type, label, PH_AUDIENCE_COMMUNITY);
    if (audience == 'g')
        h.audience = (struct ph_audience){PH_AUDIENCE_GROUP, {{1}}};
    if (audience == 'd')
        ph_test_set_recipients(&h, org, 1);
    if (audience == 'p')
        ph_test_set_recipients(&h, person, 1);
    h.has_key = has_key;
    h.has_nonce = has_nonce;
    return h;
}

static void test_header_check__takes_exactly_what_the_table_allows(void **state)
{
    (void)state;
    size_t n_allowed = 0;
    for (size_t row = 0; row < PH_LEN(TABLE); row++) {
        for (unsigned label = 0; label < PH_N_TLP; label++) {
            for (const char *audience = AUDIENCES; *audience; audience++) {
                for (unsigned fields = 0; fields < 4; fields++) {
                    bool key = fields & 1;
                    bool nonce = fields & 2;
                    const char *want = TABLE[row].label[label].fields;
                    bool allowed = strchr(TABLE[row].label[label].audiences, *audience) &&
                                   key == (strchr(want, 'k') != NULL) &&
                                   nonce == (strchr(want, 'n') != NULL);
                    struct ph_header h =
                        make(TABLE[row].type, (enum ph_tlp)label, *audience, key, nonce);
                    enum ph_err err = ph_header_check(&h, NULL);
                    if (err != (allowed ? PH_OK : PH_ERR_MISFIT))
                        fail_msg("%s, %s, audience %c, key %d, nonce %d: %s",
                                 ph_record_type_text(TABLE[row].type),
                                 ph_tlp_text((enum ph_tlp)label), *audience, key, nonce,
                                 ph_err_token(err));
                    if (!allowed)
                        ph_test_header_refused(&h, PH_ERR_MISFIT, "");
                    n_allowed += allowed;
                    ph_header_done(&h);
                }
            }
        }
    }
    assert_int_equal(n_allowed, 11 + 11 + 10 + 11 + 1 + 1);
}

static struct ph_header content(void)
{
    return ph_test_header(PH_RECORD_CONTENT, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY);
}

/* R7. */
static void test_header_check__holds_times_to_their_ranges(void **state)
{
    (void)state;
    const ph_ms created_max = (UINT64_C(1) << 48) - 1;
    const ph_ms ten_years = UINT64_C(3653) * 24 * 60 * 60 * 1000;
    const ph_ms month = UINT64_C(31) * 24 * 60 * 60 * 1000;
    const ph_ms year_9999 = UINT64_C(253402300799999);
    const struct {
        enum ph_record_type type;
        ph_ms created;
        ph_ms expires;
        bool ok;
        const char *words;
    } rows[] = {
        {PH_RECORD_CONTENT, 0, 1, false, ""},
        {PH_RECORD_CONTENT, 1, 2, true, ""},
        {PH_RECORD_CONTENT, year_9999, year_9999 + 1, true, ""}, /* the clock is others' to judge */
        {PH_RECORD_CONTENT, created_max - 1, created_max, true, ""},
        {PH_RECORD_CONTENT, created_max, created_max + 1, true, ""},
        {PH_RECORD_CONTENT, created_max + 1, created_max + 2, false, ""},
        {PH_RECORD_CONTENT, UINT64_MAX, UINT64_MAX, false, ""},
        {PH_RECORD_CONTENT, UINT64_MAX, 0, false, ""},
        {PH_RECORD_CONTENT, PH_TEST_T0, PH_TEST_T0 - 1, false, ""},
        {PH_RECORD_CONTENT, PH_TEST_T0, PH_TEST_T0, false, "no later"},
        {PH_RECORD_CONTENT, PH_TEST_T0, PH_TEST_T0 + 1, true, ""},
        {PH_RECORD_CONTENT, PH_TEST_T0, PH_TEST_T0 + ten_years - 1, true, ""},
        {PH_RECORD_CONTENT, PH_TEST_T0, PH_TEST_T0 + ten_years, true, ""},
        {PH_RECORD_CONTENT, PH_TEST_T0, PH_TEST_T0 + ten_years + 1, false, "longer than ten years"},
        {PH_RECORD_CONTENT, PH_TEST_T0, UINT64_MAX, false, ""},
        {PH_RECORD_BLOB, PH_TEST_T0, PH_TEST_T0 + ten_years + 1, false, ""},
        {PH_RECORD_RETRACT, PH_TEST_T0, PH_TEST_T0 + ten_years + 1, false, ""},
        {PH_RECORD_GRANT, PH_TEST_T0, PH_TEST_T0 + ten_years + 1, true, ""},
        {PH_RECORD_GRANT, PH_TEST_T0, PH_TEST_T0 + ten_years + month, true, ""},
        {PH_RECORD_GRANT, PH_TEST_T0, PH_TEST_T0 + ten_years + month + 1, false, "31 days"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_header h = ph_test_header(rows[i].type, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY);
        h.created = rows[i].created;
        h.expires = rows[i].expires;
        enum ph_err err = ph_header_check(&h, NULL);
        if (err != (rows[i].ok ? PH_OK : PH_ERR_RANGE))
            fail_msg("row %zu: %s", i, ph_err_token(err));
        if (!rows[i].ok)
            ph_test_header_refused(&h, PH_ERR_RANGE, rows[i].words);
        ph_header_done(&h);
    }
}

static void test_header_check__holds_numbers_to_their_ranges(void **state)
{
    (void)state;
    struct ph_header h = content();
    for (uint32_t flags = 0; flags <= PH_FLAGS_ALL; flags++) {
        h.flags = flags;
        assert_int_equal(ph_header_check(&h, NULL), PH_OK);
    }
    h.flags = PH_FLAGS_ALL + 1;
    ph_test_header_refused(&h, PH_ERR_RANGE, "past its limit");
    h.flags = 0;
    h.body_size = 0;
    ph_test_header_refused(&h, PH_ERR_RANGE, "empty");
    static const uint32_t good[] = {1, PH_BODY_MAX - 1, PH_BODY_MAX};
    for (size_t i = 0; i < PH_LEN(good); i++) {
        h.body_size = good[i];
        assert_int_equal(ph_header_check(&h, NULL), PH_OK);
    }
    h.body_size = PH_BODY_MAX + 1;
    ph_test_header_refused(&h, PH_ERR_LIMIT, "1048577");
    h.body_size = UINT32_MAX;
    ph_test_header_refused(&h, PH_ERR_LIMIT, "limit");
}

static void test_header_check__refuses_numbers_outside_their_enumerations(void **state)
{
    (void)state;
    struct ph_header h = content();
    /* As a program's own mistake would hand them in. */
    memset(&h.type, 0x7f, sizeof(h.type));
    assert_int_equal(ph_header_check(&h, NULL), PH_ERR_RANGE);
    h = content();
    h.label = (enum ph_tlp)PH_N_TLP;
    assert_int_equal(ph_header_check(&h, NULL), PH_ERR_RANGE);
    h.type = (enum ph_record_type)PH_N_RECORD_TYPES;
    assert_int_equal(ph_header_check(&h, NULL), PH_ERR_RANGE);
    assert_string_equal(ph_record_type_text(h.type), "unknown type");
    h = content();
    memset(&h.label, 0x7f, sizeof(h.label));
    assert_int_equal(ph_header_check(&h, NULL), PH_ERR_RANGE);
    h = content();
    memset(&h.audience.kind, 0x7f, sizeof(h.audience.kind));
    assert_int_equal(ph_header_check(&h, NULL), PH_ERR_MISFIT);
}

static void test_header_check__wants_the_audience_id_to_be_what_it_says(void **state)
{
    (void)state;
    struct ph_header h = content();
    h.audience.id.b[31] = 1; /* would be lost: it is written as nil */
    assert_int_equal(ph_header_check(&h, NULL), PH_ERR_MISFIT);
    h = ph_test_header(PH_RECORD_CONTENT, PH_TLP_AMBER, PH_AUDIENCE_DIRECT);
    h.audience.id.b[31] ^= 1;
    ph_test_header_refused(&h, PH_ERR_MISFIT, "hash of the recipients");
    ph_header_done(&h);
}

static void test_header_check__wants_receipts_for_one_and_not_carried(void **state)
{
    (void)state;
    static const char *const two[] = {"CH", "IT"};
    struct ph_header h = ph_test_header(PH_RECORD_RECEIPT, PH_TLP_AMBER_STRICT, PH_AUDIENCE_DIRECT);
    assert_int_equal(ph_header_check(&h, NULL), PH_OK);
    h.flags = PH_FLAG_CARRY;
    ph_test_header_refused(&h, PH_ERR_MISFIT, "not carried");
    h.flags = 0;
    ph_test_set_recipients(&h, two, 2);
    ph_test_header_refused(&h, PH_ERR_MISFIT, "one organisation");
    ph_header_done(&h);
}

static void test_header_check__says_which_bodies_are_sealed(void **state)
{
    (void)state;
    for (unsigned type = 0; type < PH_N_RECORD_TYPES; type++) {
        for (unsigned label = 0; label < PH_N_TLP; label++) {
            struct ph_header h = {.type = (enum ph_record_type)type, .label = (enum ph_tlp)label};
            bool sealed = type == PH_RECORD_RECEIPT ||
                          ((type == PH_RECORD_CONTENT || type == PH_RECORD_BLOB) && label > 0);
            assert_int_equal(ph_header_is_sealed(&h), sealed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_check__takes_exactly_what_the_table_allows),
        cmocka_unit_test(test_header_check__holds_times_to_their_ranges),
        cmocka_unit_test(test_header_check__holds_numbers_to_their_ranges),
        cmocka_unit_test(test_header_check__refuses_numbers_outside_their_enumerations),
        cmocka_unit_test(test_header_check__wants_the_audience_id_to_be_what_it_says),
        cmocka_unit_test(test_header_check__wants_receipts_for_one_and_not_carried),
        cmocka_unit_test(test_header_check__says_which_bodies_are_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
