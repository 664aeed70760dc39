/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/hash.h"
#include "tests/unit/proto/record/record_test.h"

static struct ph_code code(const char *text)
{
    struct ph_code out;
    assert_int_equal(ph_code_parse(&out, ph_bytes_str(text), NULL), PH_OK);
    return out;
}

/* Channels of a record that @author wrote, as a node of @self sees them, by names: "community",
 * "group", or codes of @codes. */
static void assert_channels(const struct ph_header *h, const char *author, const char *self,
                            const char *const *names, size_t n_names)
{
    struct ph_channel channels[8];
    struct ph_code author_code = code(author);
    struct ph_code self_code = code(self);
    size_t n;
    ph_record_channels(channels, PH_LEN(channels), &n, h, &author_code, &self_code);
    assert_int_equal(n, n_names);
    for (size_t i = 0; i < n; i++) {
        struct ph_channel expected = {.kind = PH_CHANNEL_COMMUNITY};
        if (strcmp(names[i], "group") == 0) {
            expected = (struct ph_channel){PH_CHANNEL_GROUP, h->audience.id};
        } else if (strcmp(names[i], "community") != 0) {
            struct ph_code other = code(names[i]);
            expected = ph_channel_direct(&other);
        }
        assert_int_equal(channels[i].kind, expected.kind);
        assert_true(ph_hash_equal(&channels[i].id, &expected.id));
    }
}

#define CHANNELS(h, author, self, ...)                                   \
    assert_channels(h, author, self, (const char *const[]){__VA_ARGS__}, \
                    PH_LEN(((const char *const[]){__VA_ARGS__})))

static void test_channel__follows_the_audience(void **state)
{
    (void)state;
    struct ph_header community =
        ph_test_header(PH_RECORD_CONTENT, PH_TLP_CLEAR, PH_AUDIENCE_COMMUNITY);
    struct ph_header group = ph_test_header(PH_RECORD_CONTENT, PH_TLP_AMBER, PH_AUDIENCE_GROUP);
    CHANNELS(&community, "IT", "CH", "community");
    CHANNELS(&group, "IT", "CH", "group");
    group.flags = PH_FLAG_CARRY | PH_FLAG_URGENT;
    CHANNELS(&group, "IT", "CH", "community");
    group.flags = PH_FLAG_URGENT | PH_FLAG_EXERCISE | PH_FLAG_COMMUNITY_TOKENS;
    CHANNELS(&group, "IT", "CH", "group");
}

static void test_channel__of_direct_records_is_one_for_each_other_party(void **state)
{
    (void)state;
    static const char *const two[] = {"CH", "IT"};
    static const char *const persons[] = {"CH-A/x", "CH/alice", "CH/bob", "IT/carl"};
    static const char *const own[] = {"IT"};
    struct ph_header h = ph_test_header(PH_RECORD_CONTENT, PH_TLP_AMBER, PH_AUDIENCE_DIRECT);
    ph_test_set_recipients(&h, two, 2);
    CHANNELS(&h, "FR", "FR", "CH", "IT"); /* the author sees each recipient */
    CHANNELS(&h, "FR", "CH", "IT", "FR"); /* a recipient sees the other and the author */
    CHANNELS(&h, "FR", "IT", "CH", "FR");
    CHANNELS(&h, "IT", "IT", "CH"); /* an author who is a recipient too is one party */
    CHANNELS(&h, "IT", "CH", "IT");
    CHANNELS(&h, "FR", "DE", "CH", "IT", "FR"); /* no party itself */
    h.label = PH_TLP_RED;
    ph_test_set_recipients(&h, persons, 4);
    CHANNELS(&h, "IT", "IT", "CH-A", "CH");
    CHANNELS(&h, "FR", "CH", "CH-A", "IT", "FR");
    ph_test_set_recipients(&h, own, 1);
    CHANNELS(&h, "IT", "IT", "IT"); /* a note to oneself */
    h.flags = PH_FLAG_CARRY;
    CHANNELS(&h, "IT", "IT", "community");
    ph_header_done(&h);
}

static void test_channel__writes_no_more_than_asked_and_counts_on(void **state)
{
    (void)state;
    static const char *const three[] = {"CH", "DE", "IT"};
    struct ph_header h = ph_test_header(PH_RECORD_CONTENT, PH_TLP_AMBER, PH_AUDIENCE_DIRECT);
    ph_test_set_recipients(&h, three, 3);
    struct ph_code fr = code("FR");
    struct ph_channel one[2] = {{.kind = PH_CHANNEL_COMMUNITY}, {.kind = PH_CHANNEL_GROUP}};
    size_t n;
    ph_record_channels(one, 1, &n, &h, &fr, &fr);
    assert_int_equal(n, 3);
    assert_int_equal(one[0].kind, PH_CHANNEL_DIRECT);
    assert_int_equal(one[1].kind, PH_CHANNEL_GROUP);
    ph_record_channels(NULL, 0, &n, &h, &fr, &fr);
    assert_int_equal(n, 3);
    ph_header_done(&h);
}

static void test_channel__has_a_key_of_kind_and_id(void **state)
{
    (void)state;
    static const uint8_t padded[17] = "CH";
    struct ph_code ch = code("CH");
    struct ph_channel direct = ph_channel_direct(&ch);
    struct ph_hash hash = ph_hash_one("direct channel", ph_bytes(padded, sizeof(padded)));
    uint8_t key[PH_CHANNEL_KEY];
    assert_true(ph_hash_equal(&direct.id, &hash));
    ph_channel_key(key, &direct);
    assert_int_equal(key[0], 2);
    assert_memory_equal(key + 1, hash.b, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_channel__follows_the_audience),
        cmocka_unit_test(test_channel__of_direct_records_is_one_for_each_other_party),
        cmocka_unit_test(test_channel__writes_no_more_than_asked_and_counts_on),
        cmocka_unit_test(test_channel__has_a_key_of_kind_and_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
