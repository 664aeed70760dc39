/* SPDX-License-Identifier: Apache-2.0
 *
 * Against brute force, and against what a hostile peer may send. The bytes themselves are compared
 * with another implementation's by tests/vectors/test_negentropy_pair.py.
 * (long file: one test file for one source file, refusal by refusal.) */
#include <stdlib.h>

#include "proto/base/text.h"
#include "proto/sync/negentropy_vector.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

#define MESSAGE_MAX (64 * 1024 * 1024)

static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(0x2545f4914f6cdd1d);
}

static struct ph_id draw_id(uint64_t *seed)
{
    struct ph_id id;

    for (size_t i = 0; i < sizeof(id.b); i += 8)
        ph_put_be64(id.b + i, draw(seed));
    return id;
}

/* ---- what a client finds ---- */

struct ids {
    struct ph_id *ids;
    size_t n;
    size_t cap;
    enum ph_err refuse; /* when set, the sink says this */
};

struct found {
    struct ids have;
    struct ids need;
};

static enum ph_err ids_add(struct ids *list, const struct ph_id *id)
{
    if (list->refuse)
        return list->refuse;
    if (list->n == list->cap) {
        list->cap = list->cap ? 2 * list->cap : 64;
        list->ids = realloc(list->ids, list->cap * sizeof(*list->ids));
        assert_non_null(list->ids);
    }
    list->ids[list->n++] = *id;
    return PH_OK;
}

static enum ph_err on_have(void *ctx, const struct ph_id *id)
{
    struct found *found = ctx;

    return ids_add(&found->have, id);
}

static enum ph_err on_need(void *ctx, const struct ph_id *id)
{
    struct found *found = ctx;

    return ids_add(&found->need, id);
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct ph_id));
}

/* Sorts; drops what was reported twice, which frame limits may cause. */
static void ids_settle(struct ids *list)
{
    size_t n = 0;

    if (list->n)
        qsort(list->ids, list->n, sizeof(*list->ids), compare_ids);
    for (size_t i = 0; i < list->n; i++)
        if (i == 0 || !ph_id_equal(&list->ids[i], &list->ids[i - 1]))
            list->ids[n++] = list->ids[i];
    list->n = n;
}

static void assert_same_ids(struct ids *found, struct ids *expected)
{
    ids_settle(found);
    ids_settle(expected);
    assert_int_equal(found->n, expected->n);
    if (found->n)
        assert_memory_equal(found->ids, expected->ids, found->n * sizeof(struct ph_id));
}

/* ---- a second reader of messages, which holds every range against the set it speaks of ---- */

static uint64_t take_number(struct ph_bytes *in)
{
    uint64_t v = 0;

    for (;;) {
        uint8_t digit;

        assert_true(in->n > 0);
        digit = *in->p++;
        in->n--;
        v = v << 7 | (digit & 0x7f);
        if (!(digit & 0x80))
            return v;
    }
}

static struct ph_bytes take_bytes(struct ph_bytes *in, size_t n)
{
    struct ph_bytes out = ph_bytes(in->p, n);

    assert_true(n <= in->n);
    in->p += n;
    in->n -= n;
    return out;
}

static void assert_tells_the_truth(const struct ph_negentropy_vector *set, struct ph_bytes message)
{
    uint64_t created = 0;
    size_t at = 0;

    assert_int_equal(*take_bytes(&message, 1).p, 0x61);
    while (message.n > 0) {
        struct ph_bound upper = {.created = take_number(&message)};
        struct ph_sum sum = {.count = 0};
        size_t first = at;
        struct ph_bytes prefix;

        created = upper.created ? created + upper.created - 1 : UINT64_MAX;
        upper.created = created;
        upper.len = (uint8_t)take_number(&message);
        prefix = take_bytes(&message, upper.len);
        if (prefix.n)
            memcpy(upper.prefix, prefix.p, prefix.n);
        for (; at < set->n && ph_item_is_below(&set->items[at], &upper); at++)
            ph_sum_add_id(&sum, &set->items[at].id);
        switch (take_number(&message)) {
        case 0:
            break;
        case 1: {
            uint8_t expected[PH_FINGERPRINT_LEN];

            ph_fingerprint(expected, &sum);
            assert_memory_equal(take_bytes(&message, sizeof(expected)).p, expected,
                                sizeof(expected));
            break;
        }
        case 2:
            assert_int_equal(take_number(&message), at - first);
            for (; first < at; first++)
                assert_memory_equal(take_bytes(&message, 32).p, set->items[first].id.b, 32);
            break;
        default:
            fail();
        }
    }
}

/* ---- reconciliations ---- */

struct sides {
    struct ph_negentropy_vector mine;
    struct ph_negentropy_vector yours;
    struct ids mine_only;
    struct ids yours_only;
};

static void add(struct ph_negentropy_vector *v, uint64_t created, const struct ph_id *id)
{
    assert_int_equal(ph_negentropy_vector_add(v, created, id), PH_OK);
}

/* @n items; of 1000, @mine_only are the client's alone, @yours_only the server's. */
static void make_sides(struct sides *s, uint64_t *seed, size_t n, unsigned mine_only,
                       unsigned yours_only)
{
    uint64_t spread = draw(seed) % 4 == 0 ? 1 : n + 1;

    memset(s, 0, sizeof(*s));
    for (size_t i = 0; i < n; i++) {
        struct ph_id id = draw_id(seed);
        uint64_t created = draw(seed) % spread;
        unsigned chance = (unsigned)(draw(seed) % 1000);
        bool is_mine = chance < mine_only;
        bool is_yours = !is_mine && chance < mine_only + yours_only;

        if (!is_yours)
            add(&s->mine, created, &id);
        if (!is_mine)
            add(&s->yours, created, &id);
        if (is_mine)
            assert_int_equal(ids_add(&s->mine_only, &id), PH_OK);
        if (is_yours)
            assert_int_equal(ids_add(&s->yours_only, &id), PH_OK);
    }
    assert_int_equal(ph_negentropy_vector_seal(&s->mine), PH_OK);
    assert_int_equal(ph_negentropy_vector_seal(&s->yours), PH_OK);
}

static void free_sides(struct sides *s)
{
    ph_negentropy_vector_done(&s->mine);
    ph_negentropy_vector_done(&s->yours);
    free(s->mine_only.ids);
    free(s->yours_only.ids);
}

static struct ph_negentropy negentropy(struct ph_negentropy_vector *v, size_t frame_max)
{
    struct ph_negentropy_set set = ph_negentropy_vector_set(v);
    struct ph_negentropy ne;

    assert_int_equal(ph_negentropy_init(&ne, &set, frame_max), PH_OK);
    return ne;
}

/* Rounds it takes; every message is checked. */
static size_t reconcile(struct sides *s, size_t mine_max, size_t yours_max, struct found *found)
{
    struct ph_negentropy_found sink = {.ctx = found, .have = on_have, .need = on_need};
    struct ph_negentropy client = negentropy(&s->mine, mine_max);
    struct ph_negentropy server = negentropy(&s->yours, yours_max);
    struct ph_buf query = ph_buf(MESSAGE_MAX);
    struct ph_buf answer = ph_buf(MESSAGE_MAX);
    size_t rounds = 0;
    bool done = false;

    assert_int_equal(ph_negentropy_initiate(&client, &query), PH_OK);
    while (!done) {
        assert_true(++rounds < 5000);
        assert_true(mine_max == 0 || query.n <= mine_max);
        assert_tells_the_truth(&s->mine, ph_buf_bytes(&query));
        ph_buf_clear(&answer);
        assert_int_equal(ph_negentropy_answer(&server, ph_buf_bytes(&query), &answer, NULL), PH_OK);
        assert_true(yours_max == 0 || answer.n <= yours_max);
        assert_tells_the_truth(&s->yours, ph_buf_bytes(&answer));
        ph_buf_clear(&query);
        assert_int_equal(
            ph_negentropy_proceed(&client, ph_buf_bytes(&answer), &sink, &query, &done, NULL),
            PH_OK);
        assert_int_equal(query.n == 0, done);
    }
    ph_buf_done(&query);
    ph_buf_done(&answer);
    return rounds;
}

static void free_found(struct found *found)
{
    free(found->have.ids);
    free(found->need.ids);
}

static void test_negentropy__finds_exactly_what_differs(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 15, 16, 31, 32, 33, 100, 511, 512, 513, 2000, 6000};
    static const unsigned differences[][2] = {{0, 0},    {5, 5},   {300, 300}, {0, 1000},
                                              {1000, 0}, {0, 500}, {500, 500}};
    static const size_t limits[][2] = {{0, 0},    {4096, 4096}, {60000, 60000},
                                       {4096, 0}, {0, 4096},    {60000, 4096}};

    (void)state;
    for (size_t a = 0; a < PH_LEN(sizes); a++) {
        for (size_t b = 0; b < PH_LEN(differences); b++) {
            for (size_t c = 0; c < PH_LEN(limits); c++) {
                uint64_t seed = 1 + a * 1000 + b * 100 + c;
                struct found found = {.have = {.n = 0}};
                struct sides s;

                if (sizes[a] > 1000 && (b + c) % 2)
                    continue;
                make_sides(&s, &seed, sizes[a], differences[b][0], differences[b][1]);
                (void)reconcile(&s, limits[c][0], limits[c][1], &found);
                assert_same_ids(&found.have, &s.mine_only);
                assert_same_ids(&found.need, &s.yours_only);
                free_found(&found);
                free_sides(&s);
            }
        }
    }
}

static void test_negentropy__one_round_shows_that_sets_are_equal(void **state)
{
    uint64_t seed = 7;
    struct found found = {.have = {.n = 0}};
    struct sides s;

    (void)state;
    make_sides(&s, &seed, 5000, 0, 0);
    assert_int_equal(reconcile(&s, 0, 0, &found), 1);
    assert_int_equal(found.have.n + found.need.n, 0);
    free_found(&found);
    free_sides(&s);
}

/* ---- messages by hand ---- */

static struct ph_negentropy_vector small_set(size_t n)
{
    struct ph_negentropy_vector v = {.items = NULL};

    for (size_t i = 0; i < n; i++) {
        struct ph_id id;

        memset(id.b, (int)(i + 1), sizeof(id.b));
        add(&v, 10 * (i + 1), &id);
    }
    assert_int_equal(ph_negentropy_vector_seal(&v), PH_OK);
    return v;
}

static size_t parse(uint8_t *out, size_t size, const char *hex)
{
    size_t n = strlen(hex) / 2;

    assert_true(n <= size);
    assert_true(n == 0 || ph_hex_parse(out, n, ph_bytes_str(hex)));
    return n;
}

static enum ph_err answer_hex(struct ph_negentropy *ne, const char *hex, struct ph_buf *out)
{
    uint8_t bytes[512];
    size_t n = parse(bytes, sizeof(bytes), hex);

    ph_buf_clear(out);
    return ph_negentropy_answer(ne, ph_bytes(bytes, n), out, NULL);
}

static enum ph_err proceed_hex(struct ph_negentropy *ne, const char *hex, struct found *found)
{
    struct ph_negentropy_found sink = {.ctx = found, .have = on_have, .need = on_need};
    struct ph_buf out = ph_buf(MESSAGE_MAX);
    uint8_t bytes[512];
    size_t n = parse(bytes, sizeof(bytes), hex);
    bool done;
    enum ph_err err;

    err = ph_negentropy_proceed(ne, ph_bytes(bytes, n), &sink, &out, &done, NULL);
    assert_true(!err || out.n == 0);
    ph_buf_done(&out);
    return err;
}

static void assert_hex(const struct ph_buf *buf, const char *expected)
{
    char hex[1024];

    assert_true(buf->n < sizeof(hex) / 2);
    ph_hex(hex, ph_buf_bytes(buf));
    assert_string_equal(hex, expected);
}

/* From the specification by hand: version, infinity (0, 0 bytes), IdList, its length, the ids. */
static void test_negentropy__writes_small_sets_as_the_specification_says(void **state)
{
    struct ph_negentropy_vector none = small_set(0);
    struct ph_negentropy_vector one = small_set(1);
    struct ph_negentropy ne = negentropy(&none, 0);
    struct ph_buf out = ph_buf(1000);

    (void)state;
    assert_int_equal(ph_negentropy_initiate(&ne, &out), PH_OK);
    assert_hex(&out, "6100000200");
    ph_buf_clear(&out);
    ne = negentropy(&one, 0);
    assert_int_equal(ph_negentropy_initiate(&ne, &out), PH_OK);
    assert_hex(&out, "6100000201"
                     "0101010101010101010101010101010101010101010101010101010101010101");
    /* Asked about timestamps below 10 only: nothing of ours, and nothing of the rest. */
    assert_int_equal(answer_hex(&ne, "610b000200", &out), PH_OK);
    assert_hex(&out, "610b000200");
    /* Skip up to 4, then up to (10, 02): the skip comes back in front of the list. */
    assert_int_equal(answer_hex(&ne, "610500000701020200", &out), PH_OK);
    assert_hex(&out, "610500000701020201"
                     "0101010101010101010101010101010101010101010101010101010101010101");
    ph_buf_done(&out);
    ph_negentropy_vector_done(&none);
    ph_negentropy_vector_done(&one);
}

/* 35 items in 16 parts: three of three, then of two, as the reference deals them out. */
static void test_negentropy__splits_into_sixteen_parts_of_equal_size(void **state)
{
    struct ph_negentropy_vector v = small_set(35);
    struct ph_negentropy ne = negentropy(&v, 0);
    struct ph_buf out = ph_buf(1000);
    uint64_t created = 0;
    size_t at = 0;
    struct ph_bytes in;

    (void)state;
    assert_int_equal(ph_negentropy_initiate(&ne, &out), PH_OK);
    in = ph_buf_bytes(&out);
    (void)take_bytes(&in, 1);
    for (size_t i = 0; i < 16; i++) {
        uint64_t encoded = take_number(&in);

        at += i < 3 ? 3 : 2;
        if (at < 35) {
            created += encoded - 1;
            assert_int_equal(created, v.items[at].created);
        } else {
            assert_int_equal(encoded, 0);
        }
        assert_int_equal(take_number(&in), 0); /* the timestamps differ: no prefix */
        assert_int_equal(take_number(&in), 1);
        (void)take_bytes(&in, PH_FINGERPRINT_LEN);
    }
    assert_int_equal(in.n, 0);
    ph_buf_done(&out);
    ph_negentropy_vector_done(&v);
}

static void test_negentropy__answers_another_version_with_its_own(void **state)
{
    struct ph_negentropy_vector v = small_set(2);
    struct ph_negentropy ne = negentropy(&v, 0);
    struct ph_buf out = ph_buf(1000);
    struct found found = {.have = {.n = 0}};

    (void)state;
    assert_int_equal(answer_hex(&ne, "62aabbccddeeff", &out), PH_OK);
    assert_hex(&out, "61");
    assert_int_equal(answer_hex(&ne, "60", &out), PH_OK);
    assert_hex(&out, "61");
    assert_int_equal(answer_hex(&ne, "51", &out), PH_ERR_FORMAT);
    assert_int_equal(answer_hex(&ne, "", &out), PH_ERR_TRUNCATED);
    assert_int_equal(proceed_hex(&ne, "60", &found), PH_ERR_VERSION);
    assert_int_equal(proceed_hex(&ne, "62", &found), PH_ERR_VERSION);
    assert_int_equal(proceed_hex(&ne, "71", &found), PH_ERR_FORMAT);
    ph_buf_done(&out);
    ph_negentropy_vector_done(&v);
}

static void test_negentropy__refuses_malformed_messages(void **state)
{
    static const struct {
        const char *hex;
        enum ph_err err;
    } cases[] = {
        {"61", PH_OK},
        {"610000", PH_ERR_TRUNCATED},
        {"6100000100", PH_ERR_TRUNCATED},                    /* fingerprint cut */
        {"61000003", PH_ERR_FORMAT},                         /* unknown mode */
        {"610b00000a0000", PH_OK},                           /* 10, then 19: ascends */
        {"610b0001aa0b00010000", PH_ERR_TRUNCATED},          /* fingerprint cut short */
        {"610b01ff00010000", PH_ERR_FORMAT},                 /* (10, ff…), then (10) */
        {"610b01ff000101fe00", PH_ERR_FORMAT},               /* (10, ff…), then (10, fe…) */
        {"610b01ff000101ff00", PH_OK},                       /* an empty range is allowed */
        {"610b01ff000102ff0000", PH_OK},                     /* and spelled otherwise, too */
        {"610000000b0000", PH_ERR_FORMAT},                   /* past infinity */
        {"610000000000", PH_ERR_TRUNCATED},                  /* infinity again, no mode */
        {"61000000000000", PH_OK},                           /* infinity again: empty */
        {"61000101", PH_ERR_FORMAT},                         /* infinity with a prefix */
        {"610b2100", PH_ERR_FORMAT},                         /* prefix of 33 bytes */
        {"61800b0000", PH_ERR_FORMAT},                       /* number with a needless digit */
        {"610b800000", PH_ERR_FORMAT},                       /* likewise, of a length */
        {"6181ffffffffffffffff7f0000", PH_OK},               /* 2^64-2, the last one */
        {"6181ffffffffffffffff7f0000020000", PH_ERR_FORMAT}, /* infinity by addition */
        {"6181fffffffffffffffe7f0000", PH_OK},               /* below it */
        {"6181fffffffffffffffe7f00000b0000", PH_OK},         /* plus 10 is still below */
        {"6181fffffffffffffffe7f0000818a0000000000000000", PH_ERR_FORMAT}, /* over it */
        {"618280808080808080808000", PH_ERR_FORMAT},                       /* over 64 bits */
        {"6183ffffffffffffffffff7f0000", PH_ERR_FORMAT},
        {"6100000201", PH_ERR_TRUNCATED},                   /* one id, none there */
        {"61000002ffffffffffffff7f", PH_ERR_TRUNCATED},     /* 2^56 ids */
        {"6100000281ffffffffffffffff7f", PH_ERR_TRUNCATED}, /* 2^64-1 ids */
        {"61000002888080808080808000", PH_ERR_TRUNCATED},   /* 2^59 ids: times 32 is 2^64 */
    };
    struct ph_negentropy_vector v = small_set(5);
    struct ph_buf out = ph_buf(100000);

    (void)state;
    for (size_t i = 0; i < PH_LEN(cases); i++) {
        struct ph_negentropy ne = negentropy(&v, 0);
        struct found found = {.have = {.n = 0}};
        enum ph_err err;

        ph_test_fail_at(0);
        err = answer_hex(&ne, cases[i].hex, &out);
        if (err != cases[i].err)
            print_error("case %zu: %s\n", i, cases[i].hex);
        assert_int_equal(err, cases[i].err);
        assert_true(!err || out.n == 0);
        assert_true(ph_test_allocations() <= 2); /* the answer's buffer, nothing for their claims */
        assert_int_equal(proceed_hex(&ne, cases[i].hex, &found), cases[i].err);
        free_found(&found);
    }
    ph_buf_done(&out);
    ph_negentropy_vector_done(&v);
}

static void test_negentropy__refuses_every_cut_that_is_not_between_ranges(void **state)
{
    uint64_t seed = 3;
    struct ph_buf query = ph_buf(MESSAGE_MAX);
    struct ph_buf out = ph_buf(MESSAGE_MAX);
    struct ph_negentropy client;
    struct ph_negentropy server;
    struct sides s;
    size_t good = 0;

    (void)state;
    make_sides(&s, &seed, 700, 100, 100);
    client = negentropy(&s.mine, 0);
    server = negentropy(&s.yours, 0);
    assert_int_equal(ph_negentropy_initiate(&client, &query), PH_OK);
    for (size_t cut = 0; cut <= query.n; cut++) {
        enum ph_err err;

        ph_buf_clear(&out);
        err = ph_negentropy_answer(&server, ph_bytes(query.p, cut), &out, NULL);
        assert_true(err == PH_OK || err == PH_ERR_TRUNCATED);
        if (err)
            assert_int_equal(out.n, 0);
        else
            good++;
    }
    assert_int_equal(good, 1 + 16); /* after the version, and after each range */
    ph_buf_done(&query);
    ph_buf_done(&out);
    free_sides(&s);
}

static void test_negentropy__takes_unsorted_and_repeated_ids(void **state)
{
    static const char message[] =
        "6100000204"
        "0909090909090909090909090909090909090909090909090909090909090909"
        "0202020202020202020202020202020202020202020202020202020202020202"
        "0909090909090909090909090909090909090909090909090909090909090909"
        "0202020202020202020202020202020202020202020202020202020202020202";
    struct ph_negentropy_vector v = small_set(3);
    struct ph_negentropy ne = negentropy(&v, 0);
    struct found found = {.have = {.n = 0}};

    (void)state;
    assert_int_equal(proceed_hex(&ne, message, &found), PH_OK);
    assert_int_equal(found.have.n, 2);
    assert_int_equal(found.have.ids[0].b[0], 1);
    assert_int_equal(found.have.ids[1].b[0], 3);
    assert_int_equal(found.need.n, 1);
    assert_int_equal(found.need.ids[0].b[0], 9);
    free_found(&found);
    ph_negentropy_vector_done(&v);
}

static void test_negentropy__stops_when_its_work_is_used_up(void **state)
{
    uint64_t seed = 5;
    struct ph_buf query = ph_buf(MESSAGE_MAX);
    struct ph_buf out = ph_buf(MESSAGE_MAX);
    struct ph_negentropy client;
    struct ph_negentropy server;
    struct sides s;
    uint64_t all;

    (void)state;
    make_sides(&s, &seed, 3000, 200, 200);
    client = negentropy(&s.mine, 0);
    server = negentropy(&s.yours, 0);
    assert_int_equal(ph_negentropy_initiate(&client, &query), PH_OK);
    assert_int_equal(ph_negentropy_answer(&server, ph_buf_bytes(&query), &out, NULL), PH_OK);
    all = server.work;
    assert_true(all > 256 && all < 2000); /* about four for each of 256 parts */
    for (uint64_t most = 1; most <= all; most += all / 7) {
        server = negentropy(&s.yours, 0);
        server.work_max = most;
        ph_buf_clear(&out);
        assert_int_equal(ph_negentropy_answer(&server, ph_buf_bytes(&query), &out, NULL),
                         most < all ? PH_ERR_LIMIT : PH_OK);
        assert_true(server.work <= most + 64);
    }
    ph_buf_done(&query);
    ph_buf_done(&out);
    free_sides(&s);
}

/* S1: an honest reconciliation costs about what it must; one with fingerprints that always differ
 * costs no more than its messages' length. */
static void test_negentropy__work_is_bounded_by_what_was_sent(void **state)
{
    uint64_t seed = 11;
    struct sides s;
    struct ph_negentropy server;
    struct ph_buf liar = ph_buf(MESSAGE_MAX);
    struct ph_buf out = ph_buf(MESSAGE_MAX);
    static const uint8_t version = 0x61;
    /* up to one more timestamp, no prefix, a fingerprint of nothing known */
    static const uint8_t range[19] = {2, 0, 1, 0xde, 0xad};

    (void)state;
    make_sides(&s, &seed, 4000, 0, 0);
    server = negentropy(&s.yours, 0);
    assert_int_equal(ph_buf_add(&liar, ph_bytes(&version, 1)), PH_OK);
    for (int i = 0; i < 50000; i++)
        assert_int_equal(ph_buf_add(&liar, ph_bytes(range, sizeof(range))), PH_OK);
    assert_int_equal(ph_negentropy_answer(&server, ph_buf_bytes(&liar), &out, NULL), PH_OK);
    assert_true(server.work <= 2 * 50000 + 4 * 4000);
    server = negentropy(&s.yours, 1 << 20);
    ph_buf_clear(&out);
    assert_int_equal(ph_negentropy_answer(&server, ph_buf_bytes(&liar), &out, NULL), PH_OK);
    assert_true(out.n <= 1 << 20);
    ph_buf_done(&liar);
    ph_buf_done(&out);
    free_sides(&s);
}

static enum ph_err broken_sum(void *ctx, const struct ph_bound *from, const struct ph_bound *to,
                              struct ph_sum *out)
{
    (void)ctx;
    (void)from;
    (void)to;
    (void)out;
    return PH_ERR_CORRUPT;
}

static void test_negentropy__passes_on_errors_of_the_set_and_of_the_sink(void **state)
{
    struct ph_negentropy_vector v = small_set(5);
    struct ph_negentropy ne = negentropy(&v, 0);
    struct ph_buf out = ph_buf(1000);
    struct found found = {.have = {.refuse = PH_ERR_QUOTA}};

    (void)state;
    assert_int_equal(proceed_hex(&ne, "6100000200", &found), PH_ERR_QUOTA);
    ne.set.sum = broken_sum;
    assert_int_equal(ph_negentropy_initiate(&ne, &out), PH_ERR_CORRUPT);
    assert_int_equal(answer_hex(&ne, "6100000200", &out), PH_ERR_CORRUPT);
    assert_int_equal(out.n, 0);
    ph_buf_done(&out);
    ph_negentropy_vector_done(&v);
}

static void test_negentropy__leaves_its_buffer_as_it_was_when_it_is_full(void **state)
{
    struct ph_negentropy_vector v = small_set(20);
    struct ph_negentropy ne = negentropy(&v, 0);
    struct ph_buf out = ph_buf(100);

    (void)state;
    assert_int_equal(ph_buf_add(&out, ph_bytes_str("kept")), PH_OK);
    assert_int_equal(ph_negentropy_initiate(&ne, &out), PH_ERR_LIMIT);
    assert_int_equal(out.n, 4);
    ph_buf_done(&out);
    ph_negentropy_vector_done(&v);
}

static void test_negentropy__keeps_frame_limits_of_the_specification(void **state)
{
    struct ph_negentropy_vector v = small_set(1);
    struct ph_negentropy_set set = ph_negentropy_vector_set(&v);
    struct ph_negentropy ne;

    (void)state;
    assert_int_equal(ph_negentropy_init(&ne, &set, 1), PH_ERR_RANGE);
    assert_int_equal(ph_negentropy_init(&ne, &set, 4095), PH_ERR_RANGE);
    assert_int_equal(ph_negentropy_init(&ne, &set, 4096), PH_OK);
    ph_negentropy_vector_done(&v);
}

static void test_negentropy__vector_refuses_what_the_protocol_cannot_hold(void **state)
{
    struct ph_negentropy_vector v = {.items = NULL};
    struct ph_id id = {{1}};

    (void)state;
    assert_int_equal(ph_negentropy_vector_add(&v, UINT64_MAX, &id), PH_ERR_RANGE);
    add(&v, 5, &id);
    add(&v, 6, &id); /* same id, other time: another item */
    assert_int_equal(ph_negentropy_vector_seal(&v), PH_OK);
    assert_int_equal(ph_negentropy_vector_add(&v, 7, &id), PH_ERR_PROTOCOL);
    assert_int_equal(ph_negentropy_vector_seal(&v), PH_ERR_PROTOCOL);
    ph_negentropy_vector_done(&v);
    add(&v, 5, &id);
    add(&v, 5, &id);
    assert_int_equal(ph_negentropy_vector_seal(&v), PH_ERR_CONFLICT);
    ph_negentropy_vector_done(&v);
}

static void test_negentropy__survives_memory_running_out(void **state)
{
    static const char unsorted[] =
        "6100000202"
        "0909090909090909090909090909090909090909090909090909090909090909"
        "0202020202020202020202020202020202020202020202020202020202020202";
    struct ph_negentropy_vector v = small_set(40);
    struct ph_negentropy ne = negentropy(&v, 0);
    size_t failures = 0;
    enum ph_err err = PH_ERR_NOMEM;

    (void)state;
    for (size_t n = 1; err && n < 20; n++) {
        struct found found = {.have = {.cap = 64}, .need = {.cap = 64}};

        found.have.ids = calloc(64, sizeof(struct ph_id));
        found.need.ids = calloc(64, sizeof(struct ph_id));
        ph_test_fail_at(n);
        err = proceed_hex(&ne, unsorted, &found);
        ph_test_fail_at(0);
        assert_true(!err || err == PH_ERR_NOMEM);
        failures += err ? 1 : 0;
        free_found(&found);
    }
    assert_int_equal(err, PH_OK);
    assert_true(failures >= 3); /* the message, the marks, the sorted copy */
    ph_negentropy_vector_done(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_negentropy__finds_exactly_what_differs),
        cmocka_unit_test(test_negentropy__one_round_shows_that_sets_are_equal),
        cmocka_unit_test(test_negentropy__writes_small_sets_as_the_specification_says),
        cmocka_unit_test(test_negentropy__splits_into_sixteen_parts_of_equal_size),
        cmocka_unit_test(test_negentropy__answers_another_version_with_its_own),
        cmocka_unit_test(test_negentropy__refuses_malformed_messages),
        cmocka_unit_test(test_negentropy__refuses_every_cut_that_is_not_between_ranges),
        cmocka_unit_test(test_negentropy__takes_unsorted_and_repeated_ids),
        cmocka_unit_test(test_negentropy__stops_when_its_work_is_used_up),
        cmocka_unit_test(test_negentropy__work_is_bounded_by_what_was_sent),
        cmocka_unit_test(test_negentropy__passes_on_errors_of_the_set_and_of_the_sink),
        cmocka_unit_test(test_negentropy__leaves_its_buffer_as_it_was_when_it_is_full),
        cmocka_unit_test(test_negentropy__keeps_frame_limits_of_the_specification),
        cmocka_unit_test(test_negentropy__vector_refuses_what_the_protocol_cannot_hold),
        cmocka_unit_test(test_negentropy__survives_memory_running_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
