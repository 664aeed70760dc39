/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/test.h"
#include "tests/unit/store/store_test.h"

static struct ph_test_community *community;

#define STAMP "\"spec_version\":\"2.1\",\"created\":\"2026-09-20T10:00:00.000Z\","

static const char *const objects[] = {
    "{\"type\":\"indicator\",\"id\":\"indicator--11111111-1111-4111-8111-111111111111\"," STAMP
    "\"modified\":\"2026-09-20T10:00:00.000Z\",\"name\":\"Smishing kit\",\"pattern\":"
    "\"[domain-name:value = 'track.posta-pacchi.example']\",\"pattern_type\":\"stix\","
    "\"valid_from\":\"2026-09-20T10:00:00Z\"}",
    "{\"type\":\"indicator\",\"id\":\"indicator--22222222-2222-4222-8222-222222222222\"," STAMP
    "\"modified\":\"2026-09-20T10:00:00.000Z\",\"name\":\"Phishing kit\",\"pattern\":"
    "\"[domain-name:value = 'posta-pacchi.example']\",\"pattern_type\":\"stix\","
    "\"valid_from\":\"2026-09-20T10:00:00Z\"}",
    "{\"type\":\"indicator\",\"id\":\"indicator--33333333-3333-4333-8333-333333333333\"," STAMP
    "\"modified\":\"2026-09-20T10:00:00.000Z\",\"name\":\"Botnet\",\"pattern\":"
    "\"[ipv4-addr:value IN ('198.51.100.7', '203.0.113.0/24')]\",\"pattern_type\":\"stix\","
    "\"valid_from\":\"2026-09-20T10:00:00Z\"}",
};

static struct ph_published publish_all(struct ph_test_node *node, ph_ms now)
{
    struct ph_published p;
    struct ph_why why = {.code = PH_OK};
    enum ph_err err = ph_test_publish_json(node, PH_TLP_GREEN, ph_test_community_audience(),
                                           objects, PH_LEN(objects), now, &p, &why);
    if (err)
        fail_msg("%s", why.what);
    return p;
}

struct seen {
    char ids[64][80];
    char modified[64][40];
    size_t n;
    size_t max;
};

static bool see(void *ctx, const struct ph_object *object)
{
    struct seen *seen = ctx;
    const char *modified = json_string_value(json_object_get(object->json, "modified"));
    (void)snprintf(seen->ids[seen->n], sizeof(seen->ids[0]), "%s",
                   json_string_value(json_object_get(object->json, "id")));
    (void)snprintf(seen->modified[seen->n], sizeof(seen->modified[0]), "%s",
                   modified ? modified : "");
    seen->n++;
    return !seen->max || seen->n < seen->max;
}

static struct ph_reading *reading_of(struct ph_test_node *node)
{
    struct ph_reading *reading;
    assert_int_equal(ph_reading_new(&reading, node->store, node->members, NULL), PH_OK);
    return reading;
}

static size_t search(struct ph_test_node *node, const char *words, struct seen *seen)
{
    struct ph_reading *reading = reading_of(node);
    *seen = (struct seen){.n = 0};
    assert_int_equal(ph_search(reading, ph_bytes_str(words), see, seen, NULL), PH_OK);
    ph_reading_free(reading);
    return seen->n;
}

static void test_lookup__finds_parents_and_enclosing_networks(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_published p = publish_all(it, PH_TEST_NOW);
    for (int indexed = 0; indexed < 2; indexed++) {
        assert_int_equal(ph_test_lookup(it, "track.posta-pacchi.example"), 2);
        assert_int_equal(ph_test_lookup(it, "a.b.track.posta-pacchi.example"), 2);
        assert_int_equal(ph_test_lookup(it, "www.posta-pacchi.example"), 1);
        assert_int_equal(ph_test_lookup(it, "pacchi.example"), 0);
        assert_int_equal(ph_test_lookup(it, "198.51.100.7"), 1);
        assert_int_equal(ph_test_lookup(it, "203.0.113.99"), 1);
        assert_int_equal(ph_test_lookup(it, "203.0.114.99"), 0);
        ph_test_index(it);
    }
    ph_published_done(&p);
    ph_test_node_free(it);
}

static void test_lookup__shows_index_and_tail_newest_first(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_audience all = ph_test_community_audience();
    struct ph_published p = ph_test_publish(it, PH_TLP_GREEN, all, 0, 3, true, PH_TEST_NOW);
    ph_published_done(&p);
    ph_test_index(it);
    p = ph_test_publish(it, PH_TLP_AMBER, all, 0, 3, true, PH_TEST_NOW + 1);
    struct ph_reading *reading = reading_of(it);
    struct ph_observable o;
    struct seen seen = {.n = 0};
    size_t found;
    assert_int_equal(ph_observable_parse(&o, ph_bytes_str("d1.example"), NULL), PH_OK);
    assert_int_equal(ph_lookup(reading, &o, see, &seen, &found, NULL), PH_OK);
    assert_int_equal(found, 2);
    seen = (struct seen){.max = 1};
    assert_int_equal(ph_lookup(reading, &o, see, &seen, &found, NULL), PH_OK);
    assert_int_equal(found, 1);
    /* The snapshot stays what it was until it is refreshed. */
    ph_published_done(&p);
    p = ph_test_publish(it, PH_TLP_CLEAR, all, 0, 3, true, PH_TEST_NOW + 2);
    assert_int_equal(ph_lookup(reading, &o, see, &seen, &found, NULL), PH_OK);
    seen = (struct seen){.n = 0};
    assert_int_equal(ph_lookup(reading, &o, see, &seen, &found, NULL), PH_OK);
    assert_int_equal(found, 2);
    assert_int_equal(ph_reading_refresh(reading, NULL), PH_OK);
    assert_int_equal(ph_lookup(reading, &o, see, &seen, &found, NULL), PH_OK);
    assert_int_equal(found, 3);
    ph_reading_free(reading);
    ph_published_done(&p);
    ph_test_node_free(it);
}

static void test_search__wants_all_words(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_published p = publish_all(it, PH_TEST_NOW);
    struct seen seen;
    for (int indexed = 0; indexed < 2; indexed++) {
        assert_int_equal(search(it, "kit", &seen), 2);
        assert_int_equal(search(it, "SMISHING Kit", &seen), 1);
        assert_string_equal(seen.ids[0], "indicator--11111111-1111-4111-8111-111111111111");
        assert_int_equal(search(it, "kit botnet", &seen), 0);
        assert_int_equal(search(it, "nothing", &seen), 0);
        ph_test_index(it);
    }
    struct ph_reading *reading = reading_of(it);
    assert_int_equal(ph_search(reading, ph_bytes_str(" . "), see, &seen, NULL), PH_ERR_INPUT);
    ph_reading_free(reading);
    ph_published_done(&p);
    ph_test_node_free(it);
}

static void test_search__walks_long_postings_of_several_words(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_audience all = ph_test_community_audience();
    /* "parcel" is in all of them: several blocks of postings, some in packs, some on their own. */
    struct ph_published p = ph_test_publish(it, PH_TLP_GREEN, all, 0, 1500, false, PH_TEST_NOW);
    ph_published_done(&p);
    ph_test_index(it);
    p = publish_all(it, PH_TEST_NOW + 1);
    ph_published_done(&p);
    p = ph_test_publish(it, PH_TLP_GREEN, all, 1500, 2100, true, PH_TEST_NOW + 2);
    ph_test_index(it);
    struct ph_reading *reading = reading_of(it);
    struct seen seen = {.max = 1};
    assert_int_equal(ph_search(reading, ph_bytes_str("parcel lure"), see, &seen, NULL), PH_OK);
    assert_int_equal(seen.n, 1);
    ph_reading_free(reading);
    ph_test_clean(it);
    /* Out again, one by one: blocks shrink, split heads move, and verify agrees. */
    for (size_t i = 0; i < p.n_records; i += 7) {
        size_t count = PH_MIN((size_t)3, p.n_records - i);
        struct ph_record *retract =
            ph_test_retract(it, &p.records[i], count, PH_TEST_NOW + 1000 + i);
        assert_int_equal(ph_test_receive(it, &retract, 1, PH_TEST_NOW + 1000 + i, NULL), PH_OK);
        ph_record_unref(retract);
    }
    ph_test_clean(it);
    ph_published_done(&p);
    ph_test_node_free(it);
}

static void test_versions__are_ordered_by_organisation_and_instant(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    static const char *const format =
        "{\"type\":\"note\",\"id\":\"note--44444444-4444-4444-8444-444444444444\"," STAMP
        "\"modified\":\"%s\",\"content\":\"%s\",\"object_refs\":[]}";
    /* The same instant in two spellings, and instants below the millisecond. */
    static const char *const ours[] = {"2026-09-20T10:00:00Z", "2026-09-21T10:00:00.0001Z",
                                       "2026-09-21T10:00:00.00015Z"};
    for (size_t i = 0; i < 3; i++) {
        char text[512];
        const char *one = text;
        struct ph_published p;
        (void)snprintf(text, sizeof(text), format, ours[i], "ours");
        assert_int_equal(ph_test_publish_json(it, PH_TLP_GREEN, ph_test_community_audience(), &one,
                                              1, PH_TEST_NOW + (2 - i), &p, NULL),
                         PH_OK);
        assert_int_equal(p.n_new, 1);
        ph_published_done(&p);
    }
    char text[512];
    const char *one = text;
    struct ph_published theirs;
    (void)snprintf(text, sizeof(text), format, "2026-09-22T10:00:00Z", "theirs");
    assert_int_equal(ph_test_publish_json(ch, PH_TLP_GREEN, ph_test_community_audience(), &one, 1,
                                          PH_TEST_NOW, &theirs, NULL),
                     PH_OK);
    assert_int_equal(ph_test_receive(it, theirs.records, theirs.n_records, PH_TEST_NOW, NULL),
                     PH_OK);
    for (int indexed = 0; indexed < 2; indexed++) {
        struct ph_reading *reading = reading_of(it);
        struct seen seen = {.n = 0};
        assert_int_equal(
            ph_versions(reading, "note--44444444-4444-4444-8444-444444444444", see, &seen, NULL),
            PH_OK);
        assert_int_equal(seen.n, 4);
        assert_string_equal(seen.modified[0], "2026-09-22T10:00:00Z"); /* CH before IT */
        assert_string_equal(seen.modified[1], ours[2]);
        assert_string_equal(seen.modified[2], ours[1]);
        assert_string_equal(seen.modified[3], ours[0]);
        ph_reading_free(reading);
        ph_test_index(it);
    }
    ph_published_done(&theirs);
    ph_test_node_free(it);
    ph_test_node_free(ch);
}

struct listed {
    ph_ms created[64];
    struct ph_id ids[64];
    size_t n;
    size_t max;
};

static bool list_one(void *ctx, const struct ph_entry *entry)
{
    struct listed *l = ctx;
    l->created[l->n] = entry->record->header.created;
    l->ids[l->n++] = entry->record->id;
    return !l->max || l->n < l->max;
}

static size_t list(struct ph_test_node *node, const struct ph_list_filter *filter,
                   struct listed *out)
{
    struct ph_reading *reading = reading_of(node);
    *out = (struct listed){.n = 0};
    assert_int_equal(ph_list(reading, filter, list_one, out, NULL), PH_OK);
    ph_reading_free(reading);
    return out->n;
}

static void test_list__goes_both_ways_and_filters(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_audience all = ph_test_community_audience();
    struct ph_audience alps = ph_test_group_audience(community, "alps");
    for (unsigned i = 0; i < 10; i++) {
        struct ph_published p =
            ph_test_publish(it, i % 2 ? PH_TLP_GREEN : PH_TLP_AMBER, i < 5 ? all : alps, i, i + 1,
                            true, PH_TEST_NOW + 1000 * i);
        ph_published_done(&p);
    }
    struct listed l;
    struct ph_list_filter f = {0};
    assert_int_equal(list(it, &f, &l), 10);
    assert_int_equal(l.created[0], PH_TEST_NOW + 9000);
    assert_int_equal(l.created[9], PH_TEST_NOW);
    f.oldest_first = true;
    assert_int_equal(list(it, &f, &l), 10);
    assert_int_equal(l.created[0], PH_TEST_NOW);
    for (int forward = 0; forward < 2; forward++) {
        f = (struct ph_list_filter){
            .since = PH_TEST_NOW + 2000, .until = PH_TEST_NOW + 5000, .oldest_first = forward};
        assert_int_equal(list(it, &f, &l), 3);
        assert_int_equal(l.created[0], PH_TEST_NOW + (forward ? 2000 : 4000));
    }
    f = (struct ph_list_filter){.has_label = true, .label = PH_TLP_AMBER};
    assert_int_equal(list(it, &f, &l), 5);
    f = (struct ph_list_filter){.has_audience = true, .audience = alps};
    assert_int_equal(list(it, &f, &l), 5);
    f = (struct ph_list_filter){.has_org = true, .org = ph_test_org(community, "CH")->code};
    assert_int_equal(list(it, &f, &l), 0);
    f = (struct ph_list_filter){.all_types = true};
    assert_int_equal(list(it, &f, &l), 14); /* a grant for each label and audience */

    /* By the beginning of an id, odd digits too. */
    struct ph_reading *reading = reading_of(it);
    char hex[65];
    ph_hex(hex, ph_bytes(l.ids[3].b, 32));
    for (size_t digits = 20; digits <= 64; digits += 11) {
        struct listed found = {.n = 0};
        char prefix[65];
        (void)snprintf(prefix, sizeof(prefix), "%.*s", (int)digits, hex);
        assert_int_equal(ph_find(reading, prefix, list_one, &found, NULL), PH_OK);
        assert_int_equal(found.n, 1);
        assert_true(ph_id_equal(&found.ids[0], &l.ids[3]));
    }
    struct listed found = {.n = 0};
    assert_int_equal(ph_find(reading, "019", list_one, &found, NULL), PH_ERR_INPUT);
    assert_int_equal(ph_find(reading, "01g9", list_one, &found, NULL), PH_ERR_INPUT);
    assert_int_equal(ph_find(reading, "ffffffff", list_one, &found, NULL), PH_OK);
    assert_int_equal(found.n, 0);
    ph_reading_free(reading);
    ph_test_node_free(it);
}

static void test_entry_objects__are_those_of_the_record_in_order(void **state)
{
    (void)state;
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_published p = publish_all(it, PH_TEST_NOW);
    struct ph_reading *reading = reading_of(it);
    struct ph_entry entry = {.record = p.records[1], .state = PH_STATE_OPEN};
    struct seen seen = {.n = 0};
    assert_int_equal(ph_entry_objects(reading, &entry, see, &seen, NULL), PH_OK);
    assert_int_equal(seen.n, 3);
    assert_string_equal(seen.ids[0], "indicator--11111111-1111-4111-8111-111111111111");
    assert_string_equal(seen.ids[2], "indicator--33333333-3333-4333-8333-333333333333");
    entry.record = p.records[0]; /* the grant has none */
    seen.n = 0;
    assert_int_equal(ph_entry_objects(reading, &entry, see, &seen, NULL), PH_OK);
    assert_int_equal(seen.n, 0);
    ph_reading_free(reading);
    ph_published_done(&p);
    ph_test_node_free(it);
}

static int setup(void **state)
{
    (void)state;
    community = ph_test_community(3, "alps=IT,CH");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ph_test_community_free(community);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup__finds_parents_and_enclosing_networks),
        cmocka_unit_test(test_lookup__shows_index_and_tail_newest_first),
        cmocka_unit_test(test_search__wants_all_words),
        cmocka_unit_test(test_search__walks_long_postings_of_several_words),
        cmocka_unit_test(test_versions__are_ordered_by_organisation_and_instant),
        cmocka_unit_test(test_list__goes_both_ways_and_filters),
        cmocka_unit_test(test_entry_objects__are_those_of_the_record_in_order),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
