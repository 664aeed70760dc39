/* SPDX-License-Identifier: Apache-2.0
 *
 * A community in one call: stewards, organisations with a node, a reading key and a person each,
 * all secrets, the signed documents and the view made of them. The same arguments give the same
 * keys and bytes on every machine; nothing here is random or asks the clock.
 *
 *     struct ph_test_community *c = ph_test_community(3, "alps=IT,CH");
 *     … c->members, c->orgs[0].node_secret, ph_test_group(c, "alps") …
 *     ph_test_community_free(c);
 *
 * Anything that goes wrong aborts: a test cannot go on without it. */
#ifndef PH_TESTS_LIB_COMMUNITY_H
#define PH_TESTS_LIB_COMMUNITY_H

#include "proto/trust/members.h"

/** When the first roster was issued and the first cards and keys began: 2026-09-21T14:13:20Z. */
#define PH_TEST_T0        UINT64_C(1790000000000)
#define PH_TEST_DAY_MS    UINT64_C(86400000)

#define PH_TEST_STEWARDS  3
#define PH_TEST_THRESHOLD 2

/** One organisation. Secrets as libsodium's: Ed25519 64 bytes, X25519 32 bytes. */
struct ph_test_org {
    struct ph_code code;
    uint8_t org_secret[64];
    uint8_t node_secret[64];
    uint8_t transport_secret[32];
    uint8_t reading_secret[32];
    uint8_t person_secret[32];
    struct ph_org_key org_key;
    struct ph_node_key node_key;
    struct ph_transport_key transport_key;
    struct ph_reading_key reading_key;
    struct ph_person_key person_key; /* of the person "alice" */
    struct ph_card *card;            /* newest; edit, then ph_test_sign_card() */
    struct ph_buf card_bytes;
};

struct ph_test_community {
    struct ph_hash id;
    uint8_t steward_secrets[PH_TEST_STEWARDS][64];
    struct ph_steward_key stewards[PH_TEST_STEWARDS];
    struct ph_test_org *orgs; /* in the order of ph_test_code() */
    size_t n_orgs;
    struct ph_roster *roster; /* newest */
    struct ph_buf *rosters;   /* encoded, seq 1 first */
    size_t n_rosters;
    struct ph_members *members;
};

/** @n_orgs organisations, on the roster with the groups of @group_spec ("alps=IT,CH north=SE,NO";
 * NULL or "" for none), signed by PH_TEST_THRESHOLD stewards. Free with ph_test_community_free().
 */
struct ph_test_community *ph_test_community(size_t n_orgs, const char *group_spec);
/** The same with other keys for each @seed; ph_test_community() has seed 0. */
struct ph_test_community *ph_test_community_seeded(size_t n_orgs, const char *group_spec,
                                                   uint64_t seed);
void ph_test_community_free(struct ph_test_community *community);

/** Code of organisation @i: IT, CH, FR, DE, …, then ORG-0016 and on. */
struct ph_code ph_test_code(size_t i);
/** The organisation with @code; aborts when there is none. */
struct ph_test_org *ph_test_org(struct ph_test_community *community, const char *code);
/** Id of the group @name; aborts when there is none. */
struct ph_hash ph_test_group(const struct ph_test_community *community, const char *name);

/** Keys that follow from @label and @n alone. */
void ph_test_ed25519(uint8_t out_public[static 32], uint8_t out_secret[static 64],
                     const char *label, uint64_t n);
void ph_test_x25519(uint8_t out_public[static 32], uint8_t out_secret[static 32], const char *label,
                    uint64_t n);

/** An organisation with its keys and an unsigned card, in no community yet: a newcomer. Its card is
 * freed with ph_test_org_done(). */
struct ph_test_org ph_test_newcomer(const char *code, uint64_t seed);
void ph_test_org_done(struct ph_test_org *org);
/** What a roster says of it. */
struct ph_roster_org ph_test_roster_org(const struct ph_test_org *org);

/** Sign @org's card as it stands (raise seq first) and refresh card_bytes. The view is unchanged.
 */
void ph_test_sign_card(const struct ph_test_community *community, struct ph_test_org *org);
/** Sign @draft with the first PH_TEST_THRESHOLD stewards, append it to the chain, extend the view.
 * @draft is taken. */
void ph_test_take_roster(struct ph_test_community *community, struct ph_roster *draft);
/** Extend the view by @org's card as signed last. */
void ph_test_take_card(struct ph_test_community *community, const struct ph_test_org *org);

#endif
