/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "proto/base/hash.h"
#include "proto/trust/card.h"
#include "proto/trust/card_priv.h"
#include "proto/trust/fields.h"
#include "tests/lib/fail.h"
#include "tests/unit/proto/trust/trust_test.h"

static struct ph_test_community *c;
static struct ph_test_org *it;

static char *text(const char *s)
{
    char *copy = calloc(1, strlen(s) + 1);
    assert_non_null(copy);
    memcpy(copy, s, strlen(s));
    return copy;
}

static void set_texts(struct ph_texts *texts, size_t n, const char *s)
{
    texts->v = calloc(n, sizeof(*texts->v));
    assert_non_null(texts->v);
    texts->n = n;
    for (size_t i = 0; i < n; i++)
        texts->v[i] = text(s);
}

/* A card with two of everything, so that order and uniqueness can be broken. */
static void fill(struct ph_card *card)
{
    uint8_t secret[64];
    card->nodes = realloc(card->nodes, 2 * sizeof(*card->nodes));
    card->reading_keys = realloc(card->reading_keys, 2 * sizeof(*card->reading_keys));
    card->persons = realloc(card->persons, 2 * sizeof(*card->persons));
    assert_true(card->nodes && card->reading_keys && card->persons);
    card->n_nodes = card->n_reading_keys = card->n_persons = 2;
    card->nodes[1] = card->nodes[0];
    ph_test_ed25519(card->nodes[1].sign_key.b, secret, "second node", 1);
    ph_test_x25519(card->nodes[1].transport_key.b, secret, "second node", 2);
    card->nodes[1].relay = true;
    card->nodes[1].until = PH_TEST_T0 + 9;
    card->nodes[1].lost = PH_TEST_T0 + 9;
    card->nodes[1].frontier.b[0] = 1;
    memcpy(card->nodes[1].addresses[1], "[::1]:7433", 11);
    card->nodes[1].n_addresses = 2;
    card->reading_keys[1] = card->reading_keys[0];
    ph_test_x25519(card->reading_keys[1].key.b, secret, "second reading", 1);
    card->reading_keys[1].until = PH_TEST_T0 + 5;
    card->persons[1] = card->persons[0];
    ph_test_x25519(card->persons[1].key.b, secret, "second person", 1);
    card->persons[0].until = PH_TEST_T0 + 5; /* alice's older key */
    set_texts(&card->identities, 2, "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff");
    set_texts(&card->brands, 1, "Poste Italiane");
    set_texts(&card->official_domains, 1, "poste.it");
    set_texts(&card->official_senders, 1, "noreply@poste.it");
}

static int set_up(void **state)
{
    (void)state;
    c = ph_test_community(2, NULL);
    it = ph_test_org(c, "IT");
    fill(it->card);
    ph_test_sign_card(c, it);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ph_test_community_free(c);
    return 0;
}

static struct ph_card *copy_of(const struct ph_card *card)
{
    struct ph_card *copy;
    assert_int_equal(ph_card_copy(&copy, card), PH_OK);
    return copy;
}

/* [document, signature] of a card as it stands, without any check. */
static struct ph_buf raw_card(const struct ph_card *card)
{
    struct ph_buf document = ph_buf(2 * PH_CARD_MAX);
    struct ph_buf out = ph_buf(3 * PH_CARD_MAX);
    assert_int_equal(ph__card_document(&document, card), PH_OK);
    assert_int_equal(ph__signed_encode(&out, ph_buf_bytes(&document), card->sig), PH_OK);
    ph_buf_done(&document);
    return out;
}

static void assert_refused(const struct ph_card *card, enum ph_err err, const char *words)
{
    struct ph_buf raw = raw_card(card);
    struct ph_card *out = NULL;
    struct ph_why why = {0};
    enum ph_err got = ph_card_decode(&out, ph_buf_bytes(&raw), &why);
    if (got != err || why.code != err || !strstr(why.what, words))
        fail_msg("wanted %s with \"%s\", got %s: %s", ph_err_token(err), words, ph_err_token(got),
                 why.what);
    assert_null(out);
    ph_buf_done(&raw);
}

static void test_card__encoding_a_decoded_one_gives_the_same_bytes(void **state)
{
    (void)state;
    struct ph_card *card;
    struct ph_buf again = ph_buf(PH_CARD_MAX);
    assert_int_equal(ph_card_decode(&card, ph_buf_bytes(&it->card_bytes), NULL), PH_OK);
    assert_int_equal(ph_card_encode(&again, card), PH_OK);
    assert_true(ph_bytes_equal(ph_buf_bytes(&it->card_bytes), ph_buf_bytes(&again)));
    assert_true(card->nodes[1].relay);
    assert_int_equal(card->nodes[1].frontier.b[0], 1);
    assert_string_equal(card->nodes[1].addresses[1], "[::1]:7433");
    assert_string_equal(card->official_senders.v[0], "noreply@poste.it");
    assert_int_equal(ph_card_check(card, &c->id, &it->org_key, NULL), PH_OK);
    ph_buf_done(&again);
    ph_card_free(card);
}

static void test_card__every_flipped_bit_is_refused(void **state)
{
    (void)state;
    const struct ph_buf *buf = &it->card_bytes;
    for (size_t bit = 0; bit < buf->n * 8; bit++) {
        struct ph_card *card;
        buf->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (ph_card_decode(&card, ph_buf_bytes(buf), NULL) == PH_OK) {
            if (ph_card_check(card, &c->id, &it->org_key, NULL) == PH_OK)
                fail_msg("bit %zu flipped, and taken", bit);
            ph_card_free(card);
        }
        buf->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_card__every_truncation_is_refused(void **state)
{
    (void)state;
    struct ph_card *card;
    for (size_t n = 0; n < it->card_bytes.n; n++)
        assert_int_not_equal(ph_card_decode(&card, ph_bytes(it->card_bytes.p, n), NULL), PH_OK);
}

static void test_card__another_key_or_community_does_not_verify(void **state)
{
    (void)state;
    const struct ph_hash other = {{1}};
    assert_int_equal(ph_card_check(it->card, &c->id, &it->org_key, NULL), PH_OK);
    assert_int_equal(ph_card_check(it->card, &other, &it->org_key, NULL), PH_ERR_FORGED);
    assert_int_equal(ph_card_check(it->card, &c->id, &ph_test_org(c, "CH")->org_key, NULL),
                     PH_ERR_FORGED);
    struct ph_buf document = ph_buf(PH_CARD_MAX);
    struct ph_card *copy = copy_of(it->card);
    assert_int_equal(ph__card_document(&document, copy), PH_OK);
    assert_true(ph_sign(copy->sig, "roster", &c->id, ph_buf_bytes(&document), it->org_secret));
    assert_int_equal(ph_card_check(copy, &c->id, &it->org_key, NULL), PH_ERR_FORGED);
    ph_buf_done(&document);
    ph_card_free(copy);
}

static void bad_code(struct ph_card *card)
{
    card->org.s[0] = 'i';
}

static void seq_zero(struct ph_card *card)
{
    card->seq = 0;
}

static void expires_before_issue(struct ph_card *card)
{
    card->expires = card->issued - 1;
}

static void node_key_twice(struct ph_card *card)
{
    card->nodes[1].sign_key = card->nodes[0].sign_key;
}

static void transport_key_twice(struct ph_card *card)
{
    card->nodes[1].transport_key = card->nodes[0].transport_key;
}

static void transport_in_second_spelling(struct ph_card *card)
{
    card->nodes[0].transport_key.b[31] |= 0x80;
}

static void reading_in_second_spelling(struct ph_card *card)
{
    card->reading_keys[1] = card->reading_keys[0];
    card->reading_keys[1].key.b[31] |= 0x80;
}

static void reading_key_twice(struct ph_card *card)
{
    card->reading_keys[1].key = card->reading_keys[0].key;
}

static void zero_reading_key(struct ph_card *card)
{
    memset(&card->reading_keys[0].key, 0, sizeof(card->reading_keys[0].key));
}

static void person_key_twice(struct ph_card *card)
{
    card->persons[1].key = card->persons[0].key;
}

static void zero_node_key(struct ph_card *card)
{
    memset(&card->nodes[0].sign_key, 0, sizeof(card->nodes[0].sign_key));
}

static void node_ends_before_it_begins(struct ph_card *card)
{
    card->nodes[1].until = card->nodes[1].since - 1;
}

static void node_lost_before_it_begins(struct ph_card *card)
{
    card->nodes[1].lost = card->nodes[1].since - 1;
}

static void reading_ends_before_it_begins(struct ph_card *card)
{
    card->reading_keys[1].until = card->reading_keys[1].since - 1;
}

static void person_ends_before_it_begins(struct ph_card *card)
{
    card->persons[0].until = card->persons[0].since - 1;
}

static void bad_address(struct ph_card *card)
{
    memcpy(card->nodes[0].addresses[0], "host:0", 7);
}

static void address_twice(struct ph_card *card)
{
    memcpy(card->nodes[1].addresses[1], card->nodes[1].addresses[0], PH_ADDRESS_MAX + 1);
}

static void unnamed_node(struct ph_card *card)
{
    card->nodes[0].name[0] = '\0';
}

static void bad_handle(struct ph_card *card)
{
    card->persons[0].handle.s[0] = 'A';
}

static void control_in_contact(struct ph_card *card)
{
    card->contact[0] = '\n';
}

static void control_in_role(struct ph_card *card)
{
    card->persons[1].role[0] = '\t';
}

static void control_in_node_name(struct ph_card *card)
{
    card->nodes[1].name[0] = '\r';
}

static void empty_brand(struct ph_card *card)
{
    card->brands.v[0][0] = '\0';
}

static void control_in_domain(struct ph_card *card)
{
    card->official_domains.v[0][0] = '\x7f';
}

static void test_card__what_is_not_in_form_or_range_is_refused(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(struct ph_card *);
        enum ph_err err;
        const char *words;
    } rows[] = {
        {bad_code, PH_ERR_FORMAT, "organisation code"},
        {seq_zero, PH_ERR_RANGE, "start at 1"},
        {expires_before_issue, PH_ERR_RANGE, "expires"},
        {node_key_twice, PH_ERR_FORMAT, "signing key is listed twice"},
        {transport_key_twice, PH_ERR_FORMAT, "transport key is listed twice"},
        {transport_in_second_spelling, PH_ERR_FORMAT, "valid key"},
        {reading_in_second_spelling, PH_ERR_FORMAT, "valid key"},
        {reading_key_twice, PH_ERR_FORMAT, "reading key is listed twice"},
        {zero_reading_key, PH_ERR_FORMAT, "valid key"},
        {person_key_twice, PH_ERR_FORMAT, "person's key is listed twice"},
        {zero_node_key, PH_ERR_FORMAT, "signing key"},
        {node_ends_before_it_begins, PH_ERR_RANGE, "node 2"},
        {node_lost_before_it_begins, PH_ERR_RANGE, "node 2"},
        {reading_ends_before_it_begins, PH_ERR_RANGE, "reading key 2"},
        {person_ends_before_it_begins, PH_ERR_RANGE, "alice"},
        {bad_address, PH_ERR_FORMAT, "port"},
        {address_twice, PH_ERR_FORMAT, "address twice"},
        {unnamed_node, PH_ERR_FORMAT, "empty"},
        {bad_handle, PH_ERR_FORMAT, "handle"},
        {control_in_contact, PH_ERR_FORMAT, "control character"},
        {control_in_role, PH_ERR_FORMAT, "control character"},
        {control_in_node_name, PH_ERR_FORMAT, "control character"},
        {empty_brand, PH_ERR_FORMAT, "brands"},
        {control_in_domain, PH_ERR_FORMAT, "official domains"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        struct ph_card *card = copy_of(it->card);
        rows[i].spoil(card);
        assert_refused(card, rows[i].err, rows[i].words);
        /* What we would refuse we do not make; points of keys are checked where they come in. */
        struct ph_buf out = ph_buf(PH_CARD_MAX);
        if (!strstr(rows[i].words, "valid key") && rows[i].spoil != zero_node_key)
            assert_int_equal(ph_card_encode(&out, card), rows[i].err);
        ph_buf_done(&out);
        ph_card_free(card);
    }
}

static void test_card__a_node_has_at_most_eight_addresses(void **state)
{
    (void)state;
    struct ph_card *card = copy_of(it->card);
    for (unsigned i = 0; i < PH_ADDRESSES_MAX; i++)
        (void)snprintf(card->nodes[0].addresses[i], PH_ADDRESS_MAX, "10.0.0.%u:7433", i);
    card->nodes[0].n_addresses = PH_ADDRESSES_MAX;
    struct ph_buf raw = raw_card(card);
    struct ph_card *back;
    assert_int_equal(ph_card_decode(&back, ph_buf_bytes(&raw), NULL), PH_OK);
    assert_int_equal(back->nodes[0].n_addresses, PH_ADDRESSES_MAX);
    ph_card_free(back);
    ph_buf_done(&raw);
    card->nodes[0].n_addresses = PH_ADDRESSES_MAX + 1;
    struct ph_buf out = ph_buf(PH_CARD_MAX);
    assert_int_equal(ph_card_encode(&out, card), PH_ERR_LIMIT);
    ph_buf_done(&out);
    ph_card_free(card);
}

/* A card whose one node lists @n addresses, written by hand: no struct of ours can hold them. */
static struct ph_buf card_with_addresses(const struct ph_card *card, size_t n)
{
    struct ph_buf document = ph_buf(PH_MIB(1));
    struct ph_buf out = ph_buf(PH_MIB(1));
    struct ph_writer w = ph_writer(&document);
    ph_write_array(&w, 12);
    ph_write_str(&w, card->org.s);
    ph_write_uint(&w, 1);
    ph_write_uint(&w, 1);
    ph_write_uint(&w, 2);
    ph_write_array(&w, 1);
    ph_write_array(&w, 9);
    ph_write_str(&w, "n");
    ph_write_bin(&w, ph_bytes(card->nodes[0].sign_key.b, 32));
    ph_write_bin(&w, ph_bytes(card->nodes[0].transport_key.b, 32));
    ph_write_array(&w, n);
    for (size_t i = 0; i < n; i++)
        ph_write_str(&w, "a:1");
    assert_int_equal(ph_writer_end(&w), PH_OK);
    assert_int_equal(ph__signed_encode(&out, ph_buf_bytes(&document), card->sig), PH_OK);
    ph_buf_done(&document);
    return out;
}

static void test_card__ten_thousand_addresses_are_refused_at_the_count(void **state)
{
    (void)state;
    struct ph_buf raw = card_with_addresses(it->card, 10000);
    struct ph_card *card;
    struct ph_why why = {0};
    assert_int_equal(ph_card_decode(&card, ph_buf_bytes(&raw), &why), PH_ERR_LIMIT);
    ph_buf_done(&raw);
}

static void test_card__times_and_numbers_reach_to_their_ends(void **state)
{
    (void)state;
    struct ph_card *card = copy_of(it->card);
    struct ph_buf out = ph_buf(PH_CARD_MAX);
    card->seq = PH_CREATED_MAX;
    card->issued = card->expires = PH_CREATED_MAX;
    card->nodes[0].since = card->nodes[0].until = card->nodes[0].lost = PH_CREATED_MAX;
    assert_int_equal(ph_card_encode(&out, card), PH_OK);
    struct ph_card *back;
    assert_int_equal(ph_card_decode(&back, ph_buf_bytes(&out), NULL), PH_OK);
    assert_int_equal(back->nodes[0].until, PH_CREATED_MAX);
    ph_card_free(back);
    card->seq++;
    assert_int_equal(ph_card_encode(&out, card), PH_ERR_RANGE);
    card->seq--;
    card->expires++;
    assert_int_equal(ph_card_encode(&out, card), PH_ERR_RANGE);
    card->expires--;
    card->nodes[0].until++;
    assert_int_equal(ph_card_encode(&out, card), PH_ERR_RANGE);
    ph_buf_done(&out);
    ph_card_free(card);
}

static void test_card__lists_have_their_longest(void **state)
{
    (void)state;
    struct ph_buf out = ph_buf(PH_CARD_MAX);
    struct ph_card card = *it->card; /* borrows; nothing is written through it */
    card.n_nodes = PH_NODES_MAX + 1;
    assert_int_equal(ph_card_encode(&out, &card), PH_ERR_LIMIT);
    card = *it->card;
    card.n_reading_keys = PH_READING_KEYS_MAX + 1;
    assert_int_equal(ph_card_encode(&out, &card), PH_ERR_LIMIT);
    card = *it->card;
    card.n_persons = PH_PERSONS_MAX + 1;
    assert_int_equal(ph_card_encode(&out, &card), PH_ERR_LIMIT);
    card = *it->card;
    card.brands.n = PH_CARD_TEXTS_MAX + 1;
    assert_int_equal(ph_card_encode(&out, &card), PH_ERR_LIMIT);
    ph_buf_done(&out);
}

static void test_card__over_48_kibibytes_is_refused(void **state)
{
    (void)state;
    struct ph_card *card = copy_of(it->card);
    char long_text[PH_CARD_TEXT_MAX + 1] = {0};
    memset(long_text, 'x', PH_CARD_TEXT_MAX);
    for (size_t i = 0; i < card->brands.n; i++)
        free(card->brands.v[i]);
    free(card->brands.v);
    set_texts(&card->brands, PH_CARD_TEXTS_MAX, long_text);
    struct ph_why why = {0};
    struct ph_buf raw = raw_card(card);
    struct ph_card *back;
    assert_int_equal(ph_card_sign(card, &c->id, it->org_secret, &why), PH_ERR_LIMIT);
    assert_non_null(strstr(why.what, "49152"));
    assert_int_equal(ph_card_decode(&back, ph_buf_bytes(&raw), NULL), PH_ERR_LIMIT);
    ph_buf_done(&raw);
    ph_card_free(card);
}

static void test_card__without_memory_fails_cleanly(void **state)
{
    (void)state;
    enum ph_err err = PH_ERR_NOMEM;
    size_t n = 0;
    while (err == PH_ERR_NOMEM) {
        struct ph_card *card = NULL;
        struct ph_card *copy = NULL;
        struct ph_buf out = ph_buf(PH_CARD_MAX);
        ph_test_fail_at(++n);
        err = ph_card_decode(&card, ph_buf_bytes(&it->card_bytes), NULL);
        if (!err)
            err = ph_card_copy(&copy, card);
        if (!err)
            err = ph_card_sign(copy, &c->id, it->org_secret, NULL);
        if (!err)
            err = ph_card_encode(&out, copy);
        ph_test_fail_at(0);
        ph_card_free(card);
        ph_card_free(copy);
        ph_buf_done(&out);
    }
    assert_int_equal(err, PH_OK);
    assert_true(n > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_card__encoding_a_decoded_one_gives_the_same_bytes),
        cmocka_unit_test(test_card__every_flipped_bit_is_refused),
        cmocka_unit_test(test_card__every_truncation_is_refused),
        cmocka_unit_test(test_card__another_key_or_community_does_not_verify),
        cmocka_unit_test(test_card__what_is_not_in_form_or_range_is_refused),
        cmocka_unit_test(test_card__a_node_has_at_most_eight_addresses),
        cmocka_unit_test(test_card__ten_thousand_addresses_are_refused_at_the_count),
        cmocka_unit_test(test_card__times_and_numbers_reach_to_their_ends),
        cmocka_unit_test(test_card__lists_have_their_longest),
        cmocka_unit_test(test_card__over_48_kibibytes_is_refused),
        cmocka_unit_test(test_card__without_memory_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
