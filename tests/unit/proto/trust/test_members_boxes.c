/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/fail.h"
#include "tests/unit/proto/trust/members_test.h"

#define NOW PH_TEST_T1

static const struct ph_audience community = {.kind = PH_AUDIENCE_COMMUNITY};
static const struct ph_audience direct = {.kind = PH_AUDIENCE_DIRECT};

/* Asserts that exactly the keys at @keys (with whose they are) come back, and frees them. */
static void assert_boxes(const struct ph_audience *audience, const char *const *recipients,
                         size_t n_recipients, const struct ph_box_key *keys, size_t n_keys)
{
    struct ph_recipient to[4];
    for (size_t i = 0; i < n_recipients; i++)
        assert_int_equal(ph_recipient_parse(&to[i], ph_bytes_str(recipients[i]), NULL), PH_OK);
    struct ph_box_key *out;
    size_t n;
    assert_int_equal(
        ph_members_box_keys(&out, &n, c->members, NOW, audience, to, n_recipients, NULL), PH_OK);
    assert_int_equal(n, n_keys);
    for (size_t i = 0; i < n_keys; i++) {
        size_t found = 0;
        for (size_t j = 0; j < n; j++)
            found += memcmp(&out[j], &keys[i], sizeof(*keys)) == 0;
        assert_int_equal(found, 1);
    }
    free(out);
}

static struct ph_box_key reading_box(const char *code)
{
    struct ph_box_key box = {.org = org(code)->code};
    memcpy(box.key, org(code)->reading_key.b, 32);
    return box;
}

static struct ph_box_key person_box(const char *code)
{
    struct ph_box_key box = {.org = org(code)->code, .person = {"alice"}};
    memcpy(box.key, org(code)->person_key.b, 32);
    return box;
}

static void take_card(struct ph_test_org *o)
{
    next_card(o);
    ph_test_take_card(c, o);
}

static void test_members_boxes__one_for_each_reading_key_of_the_audience(void **state)
{
    (void)state;
    const struct ph_box_key all[] = {reading_box("IT"), reading_box("CH"), reading_box("FR"),
                                     reading_box("DE"), reading_box("AT")};
    const struct ph_audience alps = {.kind = PH_AUDIENCE_GROUP, .id = ph_test_group(c, "alps")};
    static const char *const to[] = {"CH", "FR"};
    assert_boxes(&community, NULL, 0, all, 5);
    assert_boxes(&alps, NULL, 0, all, 2);
    assert_boxes(&direct, to, 2, &all[1], 2);
}

static void test_members_boxes__ended_keys_get_none_and_new_ones_do(void **state)
{
    (void)state;
    struct ph_test_org *it = org("IT");
    static const char *const to[] = {"IT"};
    struct ph_box_key boxes[2] = {reading_box("IT"), reading_box("IT")};
    it->card->reading_keys = realloc(it->card->reading_keys, 2 * sizeof(*it->card->reading_keys));
    assert_non_null(it->card->reading_keys);
    it->card->n_reading_keys = 2;
    uint8_t secret[32];
    struct ph_card_reading_key *fresh = &it->card->reading_keys[1];
    *fresh = (struct ph_card_reading_key){.since = NOW};
    ph_test_x25519(fresh->key.b, secret, "fresh reading", 1);
    memcpy(boxes[1].key, fresh->key.b, 32);
    take_card(it);
    assert_boxes(&direct, to, 1, boxes, 2);
    it->card->reading_keys[0].until = NOW;
    take_card(it);
    assert_boxes(&direct, to, 1, &boxes[1], 1);
    /* Made by a clock a little ahead it counts; much ahead it does not yet. */
    fresh->since = NOW + PH_CLOCK_SKEW_MS;
    take_card(it);
    assert_boxes(&direct, to, 1, &boxes[1], 1);
    fresh->since = NOW + PH_CLOCK_SKEW_MS + 1;
    take_card(it);
    assert_boxes(&direct, to, 1, NULL, 0);
}

static void test_members_boxes__red_goes_to_persons_keys_alone(void **state)
{
    (void)state;
    const struct ph_box_key boxes[] = {person_box("CH"), person_box("IT")};
    static const char *const to[] = {"CH/alice", "IT/alice"};
    assert_boxes(&direct, to, 2, boxes, 2);
}

static enum ph_err ask(const struct ph_audience *audience, const char *recipient,
                       struct ph_why *why)
{
    struct ph_recipient to;
    struct ph_box_key *out = NULL;
    size_t n = 0;
    assert_int_equal(ph_recipient_parse(&to, ph_bytes_str(recipient), NULL), PH_OK);
    enum ph_err err = ph_members_box_keys(&out, &n, c->members, NOW, audience, &to, 1, why);
    assert_true(err == PH_OK || !out);
    free(out);
    return err;
}

static void test_members_boxes__a_person_without_a_key_is_named(void **state)
{
    (void)state;
    struct ph_why why = {0};
    assert_int_equal(ask(&direct, "IT/bob", &why), PH_ERR_NOTFOUND);
    assert_non_null(strstr(why.what, "IT/bob"));
    struct ph_test_org *it = org("IT");
    it->card->persons[0].until = NOW;
    take_card(it);
    assert_int_equal(ask(&direct, "IT/alice", &why), PH_ERR_NOTFOUND);
}

static void test_members_boxes__strangers_and_unknown_groups_are_outside(void **state)
{
    (void)state;
    const struct ph_audience unknown = {.kind = PH_AUDIENCE_GROUP, .id = {{5}}};
    struct ph_why why = {0};
    assert_int_equal(ask(&direct, "PT", &why), PH_ERR_OUTSIDE);
    assert_non_null(strstr(why.what, "PT"));
    assert_int_equal(ask(&unknown, "IT", &why), PH_ERR_OUTSIDE);
}

static void test_members_boxes__none_for_who_left_or_has_a_card_of_an_old_key(void **state)
{
    (void)state;
    const struct ph_box_key all[] = {reading_box("CH"), reading_box("DE"), reading_box("AT")};
    struct ph_test_org fresh = ph_test_newcomer("FR", 8);
    struct ph_roster *draft;
    assert_int_equal(ph_roster_draft(&draft, c->roster, NOW), PH_OK);
    assert_int_equal(ph_roster_remove_org(draft, &org("IT")->code, "", NOW, NULL), PH_OK);
    assert_int_equal(ph_roster_set_org_key(draft, &fresh.code, &fresh.org_key, NULL), PH_OK);
    ph_test_take_roster(c, draft);
    assert_boxes(&community, NULL, 0, all, 3);
    ph_test_org_done(&fresh);
}

static void test_members_boxes__without_memory_fails_cleanly(void **state)
{
    (void)state;
    enum ph_err err = PH_ERR_NOMEM;
    for (size_t n = 1; err == PH_ERR_NOMEM; n++) {
        ph_test_fail_at(n);
        err = ask(&community, "IT", NULL);
        ph_test_fail_at(0);
    }
    assert_int_equal(err, PH_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PH_MEMBERS_TEST(test_members_boxes__one_for_each_reading_key_of_the_audience),
        PH_MEMBERS_TEST(test_members_boxes__ended_keys_get_none_and_new_ones_do),
        PH_MEMBERS_TEST(test_members_boxes__red_goes_to_persons_keys_alone),
        PH_MEMBERS_TEST(test_members_boxes__a_person_without_a_key_is_named),
        PH_MEMBERS_TEST(test_members_boxes__strangers_and_unknown_groups_are_outside),
        PH_MEMBERS_TEST(test_members_boxes__none_for_who_left_or_has_a_card_of_an_old_key),
        PH_MEMBERS_TEST(test_members_boxes__without_memory_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
