/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/community.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/hash.h"

#define YEAR_MS (365 * PH_TEST_DAY_MS)

static _Noreturn void stop(const char *what, const struct ph_why *why)
{
    (void)fprintf(stderr, "test community: %s: %s\n", what, why ? why->what : "");
    abort();
}

static void must(enum ph_err err, const char *what, const struct ph_why *why)
{
    if (err)
        stop(what, why);
}

static void *must_alloc(size_t n, size_t size)
{
    void *p = calloc(n > 0 ? n : 1, size);
    if (!p)
        stop("out of memory", NULL);
    return p;
}

static struct ph_hash seed_of(const char *label, uint64_t n)
{
    uint8_t number[8];
    ph_put_be64(number, n);
    const struct ph_bytes pieces[] = {ph_bytes(number, sizeof(number)), ph_bytes_str(label)};
    return ph_hash_of("test seed", pieces, PH_LEN(pieces));
}

void ph_test_ed25519(uint8_t out_public[static 32], uint8_t out_secret[static 64],
                     const char *label, uint64_t n)
{
    struct ph_hash seed = seed_of(label, n);
    (void)crypto_sign_ed25519_seed_keypair(out_public, out_secret, seed.b);
}

void ph_test_x25519(uint8_t out_public[static 32], uint8_t out_secret[static 32], const char *label,
                    uint64_t n)
{
    struct ph_hash seed = seed_of(label, n);
    memcpy(out_secret, seed.b, 32);
    (void)crypto_scalarmult_curve25519_base(out_public, out_secret);
}

static const char *const CODES[] = {"IT", "CH", "FR", "DE", "AT", "ES", "PT", "NL",
                                    "BE", "PL", "SE", "NO", "DK", "FI", "JP", "AU"};

struct ph_code ph_test_code(size_t i)
{
    struct ph_code code;
    char text[32];
    (void)snprintf(text, sizeof(text), "ORG-%04zu", i);
    const char *chosen = i < PH_LEN(CODES) ? CODES[i] : text;
    must(ph_code_parse(&code, ph_bytes_str(chosen), NULL), "code", NULL);
    return code;
}

static struct ph_card *first_card(const struct ph_test_org *org, uint64_t number)
{
    struct ph_card *card = must_alloc(1, sizeof(*card));
    card->org = org->code;
    card->seq = 1;
    card->issued = PH_TEST_T0;
    card->expires = PH_TEST_T0 + YEAR_MS;
    card->nodes = must_alloc(1, sizeof(*card->nodes));
    card->n_nodes = 1;
    struct ph_card_node *node = &card->nodes[0];
    (void)snprintf(node->name, sizeof(node->name), "node-1");
    node->sign_key = org->node_key;
    node->transport_key = org->transport_key;
    (void)snprintf(node->addresses[0], sizeof(node->addresses[0]), "127.0.0.1:%u",
                   20000 + (unsigned)(number % 40000));
    node->n_addresses = 1;
    node->since = PH_TEST_T0;
    card->reading_keys = must_alloc(1, sizeof(*card->reading_keys));
    card->n_reading_keys = 1;
    card->reading_keys[0] =
        (struct ph_card_reading_key){.key = org->reading_key, .since = PH_TEST_T0};
    card->persons = must_alloc(1, sizeof(*card->persons));
    card->n_persons = 1;
    struct ph_card_person *person = &card->persons[0];
    person->key = org->person_key;
    person->since = PH_TEST_T0;
    must(ph_handle_parse(&person->handle, ph_bytes_str("alice"), NULL), "handle", NULL);
    (void)snprintf(person->name, sizeof(person->name), "Alice of %s", org->code.s);
    (void)snprintf(person->role, sizeof(person->role), "analyst");
    (void)snprintf(card->contact, sizeof(card->contact), "soc@%s.example", org->code.s);
    return card;
}

static struct ph_test_org make_org(struct ph_code code, uint64_t number)
{
    struct ph_test_org org = {.code = code, .card_bytes = ph_buf(PH_CARD_MAX)};
    ph_test_ed25519(org.org_key.b, org.org_secret, "org", number);
    ph_test_ed25519(org.node_key.b, org.node_secret, "node", number);
    ph_test_x25519(org.transport_key.b, org.transport_secret, "transport", number);
    ph_test_x25519(org.reading_key.b, org.reading_secret, "reading", number);
    ph_test_x25519(org.person_key.b, org.person_secret, "person", number);
    org.card = first_card(&org, number);
    return org;
}

struct ph_test_org ph_test_newcomer(const char *code, uint64_t seed)
{
    struct ph_code parsed;
    must(ph_code_parse(&parsed, ph_bytes_str(code), NULL), "code", NULL);
    return make_org(parsed, UINT64_C(1) << 62 | seed);
}

void ph_test_org_done(struct ph_test_org *org)
{
    ph_card_free(org->card);
    ph_buf_done(&org->card_bytes);
    org->card = NULL;
}

struct ph_roster_org ph_test_roster_org(const struct ph_test_org *org)
{
    struct ph_roster_org entry = {
        .code = org->code, .kind = PH_ORG_OPERATOR, .key = org->org_key, .joined = PH_TEST_T0};
    (void)snprintf(entry.name, sizeof(entry.name), "Post of %s", org->code.s);
    memcpy(entry.country, "XX", 3);
    if (strlen(org->code.s) == 2)
        memcpy(entry.country, org->code.s, 2);
    return entry;
}

static int org_cmp(const void *a, const void *b)
{
    return ph_code_cmp(&((const struct ph_roster_org *)a)->code,
                       &((const struct ph_roster_org *)b)->code);
}

static void make_stewards(struct ph_test_community *c, uint64_t seed)
{
    for (uint64_t i = 0; i < PH_TEST_STEWARDS; i++)
        ph_test_ed25519(c->stewards[i].b, c->steward_secrets[i], "steward", seed << 8 | i);
}

/* The first roster, without groups: put together whole, since adding 4,096 organisations one by one
 * would check a growing roster 4,096 times. */
static struct ph_roster *genesis(const struct ph_test_community *c)
{
    struct ph_roster *roster = must_alloc(1, sizeof(*roster));
    struct ph_why why = {0};
    (void)snprintf(roster->name, sizeof(roster->name), "POST-ISAC");
    roster->seq = 1;
    roster->issued = PH_TEST_T0;
    roster->review_by = PH_TEST_T0 + YEAR_MS;
    roster->orgs = must_alloc(c->n_orgs, sizeof(*roster->orgs));
    roster->n_orgs = c->n_orgs;
    for (size_t i = 0; i < c->n_orgs; i++)
        roster->orgs[i] = ph_test_roster_org(&c->orgs[i]);
    qsort(roster->orgs, roster->n_orgs, sizeof(*roster->orgs), org_cmp);
    must(ph_roster_set_stewards(roster, c->stewards, PH_TEST_STEWARDS, PH_TEST_THRESHOLD, &why),
         "stewards", &why);
    return roster;
}

/* Cuts the next word off @rest, at @separator; NULL when none is left. */
static char *next_word(char **rest, char separator)
{
    char *word = *rest;
    if (!word || *word == '\0')
        return NULL;
    char *end = strchr(word, separator);
    *rest = end ? end + 1 : NULL;
    if (end)
        *end = '\0';
    return word;
}

/* Adds one group of "name=A,B,C". */
static void add_group(struct ph_roster *roster, char *spec, uint64_t seed)
{
    struct ph_why why = {0};
    char *list = strchr(spec, '=');
    if (!list)
        stop(spec, NULL);
    *list++ = '\0';
    struct ph_code *members = must_alloc(strlen(list) / 2 + 1, sizeof(*members));
    size_t n = 0;
    for (char *code = next_word(&list, ','); code; code = next_word(&list, ','))
        must(ph_code_parse(&members[n++], ph_bytes_str(code), &why), "group member", &why);
    struct ph_hash id = seed_of(spec, seed);
    must(ph_roster_set_group(roster, spec, spec, members, n, &id, &why), "group", &why);
    free(members);
}

static void add_groups(struct ph_roster *roster, const char *group_spec, uint64_t seed)
{
    char *copy = must_alloc(strlen(group_spec) + 1, 1);
    memcpy(copy, group_spec, strlen(group_spec));
    char *rest = copy;
    for (char *spec = next_word(&rest, ' '); spec; spec = next_word(&rest, ' '))
        add_group(roster, spec, seed);
    free(copy);
}

static void sign_roster(const struct ph_test_community *c, struct ph_roster *roster)
{
    struct ph_why why = {0};
    for (size_t i = 0; i < PH_TEST_THRESHOLD; i++)
        must(ph_roster_sign(roster, roster->seq == 1 ? NULL : &c->id, c->steward_secrets[i], &why),
             "signing a roster", &why);
}

/* Appends the newest roster's bytes to the chain. */
static void keep_roster(struct ph_test_community *c)
{
    struct ph_buf *grown = realloc(c->rosters, (c->n_rosters + 1) * sizeof(*grown));
    if (!grown)
        stop("out of memory", NULL);
    c->rosters = grown;
    c->rosters[c->n_rosters] = ph_buf(PH_ROSTER_MAX);
    must(ph_roster_encode(&c->rosters[c->n_rosters], c->roster), "encoding a roster", NULL);
    c->n_rosters++;
}

void ph_test_sign_card(const struct ph_test_community *community, struct ph_test_org *org)
{
    struct ph_why why = {0};
    must(ph_card_sign(org->card, &community->id, org->org_secret, &why), "signing a card", &why);
    ph_buf_clear(&org->card_bytes);
    must(ph_card_encode(&org->card_bytes, org->card), "encoding a card", NULL);
}

static void make_view(struct ph_test_community *c)
{
    struct ph_why why = {0};
    struct ph_bytes roster = ph_buf_bytes(&c->rosters[0]);
    struct ph_bytes *cards = must_alloc(c->n_orgs, sizeof(*cards));
    for (size_t i = 0; i < c->n_orgs; i++) {
        ph_test_sign_card(c, &c->orgs[i]);
        cards[i] = ph_buf_bytes(&c->orgs[i].card_bytes);
    }
    must(ph_members_new(&c->members, &roster, 1, cards, c->n_orgs, &why), "the view", &why);
    free(cards);
}

struct ph_test_community *ph_test_community_seeded(size_t n_orgs, const char *group_spec,
                                                   uint64_t seed)
{
    struct ph_test_community *c = must_alloc(1, sizeof(*c));
    struct ph_why why = {0};
    if (sodium_init() < 0)
        stop("libsodium", NULL);
    make_stewards(c, seed);
    c->orgs = must_alloc(n_orgs, sizeof(*c->orgs));
    c->n_orgs = n_orgs;
    for (size_t i = 0; i < n_orgs; i++)
        c->orgs[i] = make_org(ph_test_code(i), seed << 32 | i);
    c->roster = genesis(c);
    add_groups(c->roster, group_spec ? group_spec : "", seed);
    sign_roster(c, c->roster);
    must(ph_chain_check_genesis(&c->id, c->roster, &why), "the first roster", &why);
    keep_roster(c);
    make_view(c);
    return c;
}

struct ph_test_community *ph_test_community(size_t n_orgs, const char *group_spec)
{
    return ph_test_community_seeded(n_orgs, group_spec, 0);
}

void ph_test_community_free(struct ph_test_community *community)
{
    if (!community)
        return;
    for (size_t i = 0; i < community->n_orgs; i++)
        ph_test_org_done(&community->orgs[i]);
    for (size_t i = 0; i < community->n_rosters; i++)
        ph_buf_done(&community->rosters[i]);
    free(community->orgs);
    free(community->rosters);
    ph_roster_free(community->roster);
    ph_members_unref(community->members);
    free(community);
}

struct ph_test_org *ph_test_org(struct ph_test_community *community, const char *code)
{
    for (size_t i = 0; i < community->n_orgs; i++)
        if (strcmp(community->orgs[i].code.s, code) == 0)
            return &community->orgs[i];
    stop(code, NULL);
}

struct ph_hash ph_test_group(const struct ph_test_community *community, const char *name)
{
    const struct ph_group *group =
        ph_roster_group_named(ph_members_roster(community->members), ph_bytes_str(name));
    if (!group)
        stop(name, NULL);
    return group->id;
}

static void extend(struct ph_test_community *c, const struct ph_bytes *roster, size_t n_rosters,
                   const struct ph_bytes *card, size_t n_cards)
{
    struct ph_why why = {0};
    struct ph_members *members;
    must(ph_members_extend(&members, c->members, roster, n_rosters, card, n_cards, NULL, NULL, NULL,
                           &why),
         "extending the view", &why);
    ph_members_unref(c->members);
    c->members = members;
}

void ph_test_take_roster(struct ph_test_community *community, struct ph_roster *draft)
{
    sign_roster(community, draft);
    ph_roster_free(community->roster);
    community->roster = draft;
    keep_roster(community);
    struct ph_bytes bytes = ph_buf_bytes(&community->rosters[community->n_rosters - 1]);
    extend(community, &bytes, 1, NULL, 0);
}

void ph_test_take_card(struct ph_test_community *community, const struct ph_test_org *org)
{
    struct ph_bytes bytes = ph_buf_bytes(&org->card_bytes);
    extend(community, NULL, 0, &bytes, 1);
}
