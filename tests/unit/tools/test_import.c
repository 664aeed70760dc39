/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/lib/test.h"
#include "tests/unit/tools/cli_test.h"
#include "tools/cli/import.h"

#define GREEN     "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
#define STRICT    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
#define STATEMENT "marking-definition--00000000-0000-4000-8000-0000000000aa"
#define TIMES     "\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:00.000Z\""

static struct ph_test_community *community;
static struct ph_test_node *node;
static struct ph_session session;
static char *dir;
static volatile int stop;

static int setup(void **state)
{
    (void)state;
    community = ph_test_community(2, "alps=IT,CH");
    node = ph_test_node(community, "IT");
    session = ph_test_session(node, true);
    dir = ph_test_mkdir();
    stop = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ph_test_rmdir(dir);
    ph_test_session_done(&session, node);
    ph_test_node_free(node);
    ph_test_community_free(community);
    return 0;
}

/* An indicator with domain d@n.example, and what else it is to have. */
static void indicator(struct ph_buf *out, unsigned n, const char *more)
{
    assert_int_equal(
        ph_buf_printf(out,
                      "%s{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--"
                      "00000000-0000-4000-8000-%012x\"," TIMES
                      ",\"pattern\":\"[domain-name:value = 'd%u.example']\",\"pattern_type\":"
                      "\"stix\",\"valid_from\":\"2026-01-01T00:00:00Z\"%s}",
                      out->n > 0 ? "," : "", n, n, more),
        PH_OK);
}

struct result {
    uint64_t n_new, n_known, n_bad, n_refused;
    enum ph_err survey, run;
};

/* Import the file or folder at @path as the command does. */
static struct result import(const char *path, struct ph_share *share, const char *to,
                            bool is_strict)
{
    struct ph_why why = {0};
    struct result r = {0};
    struct ph_import im = {.session = &session,
                           .share = share,
                           .is_strict = is_strict,
                           .stop = &stop,
                           .now = PH_TEST_NOW};
    share->to = to;
    assert_int_equal(ph_share_resolve(share, &session, NULL), PH_OK);
    assert_int_equal(ph_import_add(&im, path, &why), PH_OK);
    r.survey = ph_import_survey(&im, &why);
    if (!r.survey && !(is_strict && im.n_bad + im.n_refused > 0))
        r.run = ph_import_run(&im, &why);
    r.n_new = im.packs.n_new;
    r.n_known = im.packs.n_known;
    r.n_bad = im.n_bad;
    r.n_refused = im.n_refused;
    ph_import_done(&im);
    ph_share_done(share);
    return r;
}

static struct result import_text(const char *text, struct ph_share share, const char *to,
                                 bool is_strict)
{
    char *path = ph_test_file(dir, "in", text);
    struct result r = import(path, &share, to, is_strict);
    free(path);
    return r;
}

static struct result import_objects(struct ph_buf *objects, struct ph_share share, const char *to,
                                    bool is_strict)
{
    struct ph_buf text = ph_buf(PH_MIB(4));
    assert_int_equal(ph_buf_printf(&text, "[%.*s]", (int)objects->n, (const char *)objects->p),
                     PH_OK);
    assert_int_equal(ph_buf_add(&text, ph_bytes("\0", 1)), PH_OK);
    struct result r = import_text((const char *)text.p, share, to, is_strict);
    ph_buf_done(&text);
    ph_buf_done(objects);
    return r;
}

/* Labels of the records, a bit each. */
static bool on_entry(void *ctx, const struct ph_entry *entry)
{
    *(unsigned *)ctx |= 1u << entry->record->header.label;
    return true;
}

static unsigned labels(void)
{
    struct ph_reading *reading = NULL;
    const struct ph_list_filter filter = {.since = 0};
    unsigned bits = 0;
    assert_int_equal(ph_reading_new(&reading, session.store, session.members, NULL), PH_OK);
    assert_int_equal(ph_list(reading, &filter, on_entry, &bits, NULL), PH_OK);
    ph_reading_free(reading);
    return bits;
}

static struct ph_share green(void)
{
    struct ph_share share = ph_share_default();
    share.has_label = true;
    share.label = PH_TLP_GREEN;
    return share;
}

static void test_import__stores_once_what_is_imported_twice(void **state)
{
    (void)state;
    for (int again = 0; again < 2; again++) {
        struct ph_buf objects = ph_buf(PH_MIB(1));
        for (unsigned i = 0; i < 10; i++)
            indicator(&objects, i, "");
        struct result r = import_objects(&objects, green(), "community", false);
        assert_int_equal(r.n_new, again ? 0 : 10);
        assert_int_equal(r.n_known, again ? 10 : 0);
    }
    for (int again = 0; again < 2; again++) {
        struct result r =
            import_text("one.example\ntwo.example\none[.]example\n", green(), "community", false);
        assert_int_equal(r.n_new, again ? 0 : 2);
        assert_int_equal(r.n_known, again ? 3 : 1);
    }
}

static void test_import__keeps_the_good_ones_or_none(void **state)
{
    (void)state;
    for (int is_strict = 1; is_strict >= 0; is_strict--) {
        struct ph_buf objects = ph_buf(PH_MIB(1));
        indicator(&objects, 1, "");
        indicator(&objects, 2, ",\"confidence\":101");
        indicator(&objects, 3, "");
        struct result r = import_objects(&objects, green(), "community", is_strict);
        assert_int_equal(r.n_bad, 1);
        assert_int_equal(r.n_new, is_strict ? 0 : 2);
    }
}

static void test_import__stores_nothing_of_a_file_that_is_cut_short(void **state)
{
    struct ph_buf objects = ph_buf(PH_MIB(1)), text = ph_buf(PH_MIB(1));
    (void)state;
    for (unsigned i = 0; i < 10; i++)
        indicator(&objects, i, "");
    assert_int_equal(ph_buf_printf(&text, "[%.*s", (int)objects.n, (const char *)objects.p), PH_OK);
    assert_int_equal(ph_buf_add(&text, ph_bytes("\0", 1)), PH_OK);
    struct result r = import_text((const char *)text.p, green(), "community", false);
    assert_int_equal(r.survey, PH_ERR_TRUNCATED);
    assert_int_equal(labels(), 0);
    ph_buf_done(&objects);
    ph_buf_done(&text);
}

static void test_import__lets_markings_decide_and_never_loosens(void **state)
{
    static const struct {
        const char *more;
        bool has_label;
        enum ph_tlp label, want;
    } rows[] = {
        {"", false, PH_TLP_AMBER, PH_TLP_AMBER},
        {"", true, PH_TLP_GREEN, PH_TLP_GREEN},
        {",\"object_marking_refs\":[\"" GREEN "\"]", false, PH_TLP_AMBER, PH_TLP_GREEN},
        {",\"object_marking_refs\":[\"" GREEN "\"]", true, PH_TLP_CLEAR, PH_TLP_GREEN},
        {",\"object_marking_refs\":[\"" STRICT "\"]", true, PH_TLP_GREEN, PH_TLP_AMBER_STRICT},
        {",\"object_marking_refs\":[\"" GREEN "\"]", true, PH_TLP_AMBER, PH_TLP_AMBER},
        /* a marking that nobody here understands */
        {",\"object_marking_refs\":[\"" STATEMENT "\"]", true, PH_TLP_GREEN, PH_TLP_AMBER_STRICT},
    };
    (void)state;
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_buf objects = ph_buf(PH_MIB(1));
        struct ph_share share = ph_share_default();
        share.has_label = rows[i].has_label;
        share.label = rows[i].label;
        unsigned before = labels();
        if (before & 1u << rows[i].want) { /* a fresh store for each row */
            (void)teardown(state);
            (void)setup(state);
            before = 0;
        }
        indicator(&objects, (unsigned)i, rows[i].more);
        assert_int_equal(import_objects(&objects, share, "community", false).n_new, 1);
        assert_int_equal(labels(), before | 1u << rows[i].want);
    }
}

static void test_import__knows_a_statement_that_stands_behind_what_it_marks(void **state)
{
    struct ph_buf objects = ph_buf(PH_MIB(1));
    (void)state;
    indicator(&objects, 1, ",\"object_marking_refs\":[\"" STATEMENT "\"]");
    assert_int_equal(
        ph_buf_printf(
            &objects,
            ",{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"" STATEMENT
            "\",\"created\":\"2026-01-01T00:00:00.000Z\",\"definition_type\":"
            "\"statement\",\"definition\":{\"statement\":\"(c) us\"}}"),
        PH_OK);
    assert_int_equal(import_objects(&objects, green(), "community", false).n_new, 2);
    assert_int_equal(labels(), 1u << PH_TLP_GREEN);
}

static void test_import__refuses_by_name_what_does_not_fit(void **state)
{
    struct ph_buf objects = ph_buf(PH_MIB(1));
    (void)state;
    /* CLEAR goes to the community only */
    indicator(&objects, 1, ",\"labels\":[\"tlp:clear\"]");
    indicator(&objects, 2, "");
    struct ph_share share = ph_share_default();
    struct result r = import_objects(&objects, share, "group:alps", false);
    assert_int_equal(r.n_refused, 1);
    assert_int_equal(r.n_new, 1);
    assert_int_equal(labels(), 1u << PH_TLP_AMBER);
}

static void test_import__takes_the_files_of_a_folder(void **state)
{
    char *folder = NULL;
    struct ph_share share = green();
    (void)state;
    assert_true(asprintf(&folder, "%s/folder", dir) > 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    free(ph_test_file(folder, "b.txt", "b.example\n"));
    free(ph_test_file(folder, "a.txt", "a.example\n"));
    free(ph_test_file(folder, ".hidden", "hidden.example\n"));
    assert_int_equal(import(folder, &share, "community", false).n_new, 2);
    free(folder);
}

static void test_import__packs_by_label_and_sends_full_packs(void **state)
{
    struct ph_buf list = ph_buf(PH_MIB(1));
    (void)state;
    for (unsigned i = 0; i < PH_PACK_OBJECTS + 5; i++)
        assert_int_equal(ph_buf_printf(&list, "host-%u.example\n", i), PH_OK);
    assert_int_equal(ph_buf_add(&list, ph_bytes("\0", 1)), PH_OK);
    struct result r = import_text((const char *)list.p, green(), "community", false);
    assert_int_equal(r.n_new, PH_PACK_OBJECTS + 5);
    assert_int_equal(ph_test_lookup(node, "host-0.example"), 1);
    assert_int_equal(ph_test_lookup(node, "host-4004.example"), 1);
    ph_buf_done(&list);
}

static void test_import__stops_between_objects(void **state)
{
    (void)state;
    stop = 1;
    struct result r = import_text("a.example\n", green(), "community", false);
    assert_int_equal(r.run, PH_OK);
    assert_int_equal(r.n_new, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_import__stores_once_what_is_imported_twice, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_import__keeps_the_good_ones_or_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_import__stores_nothing_of_a_file_that_is_cut_short,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_import__lets_markings_decide_and_never_loosens, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_import__knows_a_statement_that_stands_behind_what_it_marks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_import__refuses_by_name_what_does_not_fit, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_import__takes_the_files_of_a_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(test_import__packs_by_label_and_sends_full_packs, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_import__stops_between_objects, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
