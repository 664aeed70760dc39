/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the view of members share: a fresh community of five for each test, in @c, and
 * ways to extend its view. */
#ifndef PH_TESTS_MEMBERS_TEST_H
#define PH_TESTS_MEMBERS_TEST_H

#include "proto/trust/members.h"
#include "tests/unit/proto/trust/trust_test.h"

#define PH_TEST_T1 (PH_TEST_T0 + PH_TEST_DAY_MS)

static struct ph_test_community *c;

static inline int set_up(void **state)
{
    (void)state;
    c = ph_test_community(5, "alps=IT,CH");
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    ph_test_community_free(c);
    return 0;
}

static inline struct ph_test_org *org(const char *code)
{
    return ph_test_org(c, code);
}

static inline struct ph_bytes card_bytes(const char *code)
{
    return ph_buf_bytes(&org(code)->card_bytes);
}

/* Raises the card's number and signs it. */
static inline void next_card(struct ph_test_org *o)
{
    o->card->seq++;
    ph_test_sign_card(c, o);
}

/* What one extension made of its documents; its view takes the community's place. */
struct ph_outcome {
    enum ph_err err;
    struct ph_members_result result;
    struct ph_why why;
    bool taken[4];
};

static inline struct ph_outcome extend(const struct ph_bytes *rosters, size_t n_rosters,
                                       const struct ph_bytes *cards, size_t n_cards)
{
    struct ph_outcome o = {0};
    struct ph_members *next;
    o.err = ph_members_extend(&next, c->members, rosters, n_rosters, cards, n_cards,
                              n_rosters ? o.taken : NULL, n_rosters ? NULL : o.taken, &o.result,
                              &o.why);
    if (!o.err) {
        ph_members_unref(c->members);
        c->members = next;
    }
    return o;
}

static inline struct ph_outcome extend_card(struct ph_bytes card)
{
    return extend(NULL, 0, &card, 1);
}

/* Seq @from + 1, issued at @now, signed but not taken. */
static inline struct ph_roster *signed_draft(const struct ph_roster *from, ph_ms now)
{
    struct ph_roster *draft;
    assert_int_equal(ph_roster_draft(&draft, from, now), PH_OK);
    for (size_t i = 0; i < PH_TEST_THRESHOLD; i++)
        assert_int_equal(ph_roster_sign(draft, &c->id, c->steward_secrets[i], NULL), PH_OK);
    return draft;
}

static inline struct ph_buf encoded(const struct ph_roster *roster)
{
    struct ph_buf out = ph_buf(PH_ROSTER_MAX);
    assert_int_equal(ph_roster_encode(&out, roster), PH_OK);
    return out;
}

#define PH_MEMBERS_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
