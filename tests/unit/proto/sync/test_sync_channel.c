/* SPDX-License-Identifier: Apache-2.0
 *
 * The entitlement rule, case by case: a community of IT, CH, FR and DE with the group alps of IT
 * and CH, and the group rhine of CH, FR and DE. */
#include "proto/sync/channel.h"
#include "tests/lib/community.h"
#include "tests/lib/test.h"

static struct ph_test_community *community;

static int set_up(void **state)
{
    (void)state;
    community = ph_test_community(4, "alps=IT,CH rhine=CH,DE,FR");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ph_test_community_free(community);
    return 0;
}

static struct ph_code code(const char *text)
{
    return ph_test_org(community, text)->code;
}

static struct ph_channel_ends ends(const char *self, const char *peer)
{
    return (struct ph_channel_ends){
        .members = community->members, .self = code(self), .peer = code(peer)};
}

static size_t count_shared(const char *self, const char *peer)
{
    struct ph_channel_ends e = ends(self, peer);
    struct ph_wire_channel wire[16];
    struct ph_channel own[16];
    size_t n = ph_channel_shared(&e, wire, own, 16);
    assert_int_equal(n, ph_channel_shared(&e, NULL, NULL, 0));
    assert_true(n <= 16);
    for (size_t i = 0; i < n; i++) { /* each form leads to the other */
        struct ph_channel back;
        assert_int_equal(ph_channel_from_wire(&back, &e, &wire[i], NULL), PH_OK);
        assert_int_equal(back.kind, own[i].kind);
        assert_true(ph_hash_equal(&back.id, &own[i].id));
        assert_true(ph_channel_is_shared(&e, &own[i]));
    }
    return n;
}

static void test_sync_channel__two_share_community_common_groups_and_their_own(void **state)
{
    (void)state;
    assert_int_equal(count_shared("IT", "CH"), 3); /* community, alps, direct */
    assert_int_equal(count_shared("IT", "FR"), 2);
    assert_int_equal(count_shared("CH", "DE"), 3);
    assert_int_equal(count_shared("FR", "DE"), 3);
}

static void test_sync_channel__nodes_of_one_organisation_share_everything(void **state)
{
    (void)state;
    /* Community, its one group, and a direct channel for each organisation, itself included. */
    assert_int_equal(count_shared("IT", "IT"), 1 + 1 + 4);
    assert_int_equal(count_shared("CH", "CH"), 1 + 2 + 4);
}

static void assert_refused(const struct ph_channel_ends *e, const struct ph_wire_channel *wire)
{
    struct ph_channel out = {.kind = PH_CHANNEL_GROUP};
    assert_int_equal(ph_channel_from_wire(&out, e, wire, NULL), PH_ERR_PROTOCOL);
    assert_int_equal(out.kind, PH_CHANNEL_GROUP);
}

static void test_sync_channel__refuses_names_of_what_is_not_shared(void **state)
{
    (void)state;
    struct ph_channel_ends e = ends("IT", "FR");
    struct ph_wire_channel alps = {.kind = PH_CHANNEL_GROUP,
                                   .group = ph_test_group(community, "alps")};
    struct ph_wire_channel rhine = {.kind = PH_CHANNEL_GROUP,
                                    .group = ph_test_group(community, "rhine")};
    struct ph_wire_channel nowhere = {.kind = PH_CHANNEL_GROUP, .group = {{1}}};
    struct ph_wire_channel named = {.kind = PH_CHANNEL_DIRECT, .has_org = true, .org = code("CH")};
    struct ph_wire_channel unnamed = {.kind = PH_CHANNEL_DIRECT};
    assert_refused(&e, &alps);    /* ours, not theirs */
    assert_refused(&e, &rhine);   /* theirs, not ours */
    assert_refused(&e, &nowhere); /* looks the same as both */
    assert_refused(&e, &named);   /* between others */
    e = ends("IT", "IT");
    assert_refused(&e, &unnamed); /* which one? */
}

/* A record as the rule sees it. */
static struct ph_record make(const char *author, enum ph_audience_kind kind,
                             const struct ph_recipient *to, size_t n_to, uint32_t flags)
{
    struct ph_record record = {.author_org = code(author)};
    record.header.author = ph_test_org(community, author)->node_key;
    record.header.audience.kind = kind;
    record.header.flags = flags;
    if (n_to > 0) {
        static struct ph_recipient recipients[4];
        memcpy(recipients, to, n_to * sizeof(*to));
        record.header.recipients = recipients;
        record.header.n_recipients = n_to;
        assert_int_equal(ph_audience_direct(&record.header.audience, recipients, n_to), PH_OK);
    }
    if (kind == PH_AUDIENCE_GROUP)
        record.header.audience.id = ph_test_group(community, "alps");
    return record;
}

static bool may_hold(const char *self, const char *peer, const struct ph_record *record)
{
    struct ph_channel_ends e = ends(self, peer);
    bool known = ph_channel_may_hold(&e, record);
    /* The same when nobody has judged it yet: the author is found by key. */
    struct ph_record unjudged = *record;
    unjudged.author_org = (struct ph_code){.s = ""};
    assert_int_equal(ph_channel_may_hold(&e, &unjudged), known);
    return known;
}

static void test_sync_channel__community_and_carried_records_go_to_all(void **state)
{
    (void)state;
    struct ph_recipient to = {.org = code("CH")};
    struct ph_record open = make("IT", PH_AUDIENCE_COMMUNITY, NULL, 0, 0);
    struct ph_record group = make("IT", PH_AUDIENCE_GROUP, NULL, 0, PH_FLAG_CARRY);
    struct ph_record direct = make("IT", PH_AUDIENCE_DIRECT, &to, 1, PH_FLAG_CARRY);
    assert_true(may_hold("IT", "FR", &open));
    assert_true(may_hold("FR", "DE", &group));
    assert_true(may_hold("FR", "DE", &direct));
}

static void test_sync_channel__a_groups_record_stays_in_the_group(void **state)
{
    (void)state;
    struct ph_record group = make("IT", PH_AUDIENCE_GROUP, NULL, 0, 0);
    assert_true(may_hold("IT", "CH", &group));
    assert_true(may_hold("IT", "IT", &group));
    assert_false(may_hold("IT", "FR", &group));
    assert_false(may_hold("CH", "DE", &group));
    assert_false(may_hold("FR", "IT", &group)); /* nor do we take it from who has it by mistake */
    assert_false(may_hold("FR", "DE", &group));
}

static void test_sync_channel__a_direct_record_stays_among_its_parties(void **state)
{
    (void)state;
    struct ph_recipient to[] = {{.org = code("CH")}, {.org = code("DE")}};
    struct ph_record direct = make("IT", PH_AUDIENCE_DIRECT, to, 2, 0);
    assert_true(may_hold("IT", "CH", &direct));
    assert_true(may_hold("CH", "IT", &direct)); /* the author is a party */
    assert_true(may_hold("CH", "DE", &direct)); /* recipients may hand it on to each other */
    assert_true(may_hold("DE", "DE", &direct));
    assert_false(may_hold("IT", "FR", &direct));
    assert_false(may_hold("FR", "CH", &direct)); /* we are no party, so we do not take it either */
    assert_false(may_hold("FR", "FR", &direct));
}

static void test_sync_channel__a_record_to_ourselves_stays_at_home(void **state)
{
    (void)state;
    struct ph_recipient to = {.org = code("IT")};
    struct ph_record own = make("IT", PH_AUDIENCE_DIRECT, &to, 1, 0);
    assert_true(may_hold("IT", "IT", &own));
    assert_false(may_hold("IT", "CH", &own));
}

static void test_sync_channel__an_unknown_author_is_no_party(void **state)
{
    (void)state;
    struct ph_recipient to = {.org = code("CH")};
    struct ph_record direct = make("IT", PH_AUDIENCE_DIRECT, &to, 1, 0);
    struct ph_channel_ends e = ends("CH", "IT");
    direct.author_org = (struct ph_code){.s = ""};
    direct.header.author.b[0] ^= 1;
    assert_false(ph_channel_may_hold(&e, &direct));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sync_channel__two_share_community_common_groups_and_their_own),
        cmocka_unit_test(test_sync_channel__nodes_of_one_organisation_share_everything),
        cmocka_unit_test(test_sync_channel__refuses_names_of_what_is_not_shared),
        cmocka_unit_test(test_sync_channel__community_and_carried_records_go_to_all),
        cmocka_unit_test(test_sync_channel__a_groups_record_stays_in_the_group),
        cmocka_unit_test(test_sync_channel__a_direct_record_stays_among_its_parties),
        cmocka_unit_test(test_sync_channel__a_record_to_ourselves_stays_at_home),
        cmocka_unit_test(test_sync_channel__an_unknown_author_is_no_party),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
