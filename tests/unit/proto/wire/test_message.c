/* SPDX-License-Identifier: Apache-2.0
 *
 * (long file: one test file for one source file, refusal by refusal.) */
#include <stdlib.h>

#include "proto/base/reader.h"
#include "proto/base/text.h"
#include "proto/base/writer.h"
#include "proto/wire/message.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

static struct ph_id ids[3];
static struct ph_head heads[4];
static struct ph_trust_known known[2];
static struct ph_bytes rosters[2];
static struct ph_bytes cards[1];
static struct ph_wire_record records[3];
static struct ph_reject rejects[2];
static uint8_t header[300];
static uint8_t body[70000];

static struct ph_wire_channel community;
static struct ph_wire_channel group;
static struct ph_wire_channel direct;
static struct ph_wire_channel direct_to;

static struct ph_code code(const char *text)
{
    struct ph_code out;

    assert_int_equal(ph_code_parse(&out, ph_bytes_str(text), NULL), PH_OK);
    return out;
}

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < PH_LEN(ids); i++)
        memset(ids[i].b, (int)(0x10 + i), sizeof(ids[i].b));
    for (size_t i = 0; i < sizeof(header); i++)
        header[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = (uint8_t)(i * 3);
    community = (struct ph_wire_channel){.kind = PH_CHANNEL_COMMUNITY};
    group = (struct ph_wire_channel){.kind = PH_CHANNEL_GROUP, .group = {{7}}};
    direct = (struct ph_wire_channel){.kind = PH_CHANNEL_DIRECT};
    direct_to = (struct ph_wire_channel){
        .kind = PH_CHANNEL_DIRECT, .has_org = true, .org = code("CH-POST")};
    heads[0] = (struct ph_head){.channel = community, .count = 5, .fingerprint = {{1}}};
    heads[1] = (struct ph_head){.channel = group, .count = UINT64_MAX, .fingerprint = {{2}}};
    heads[2] = (struct ph_head){.channel = direct};
    heads[3] = (struct ph_head){.channel = direct_to, .count = 300};
    known[0] = (struct ph_trust_known){.org = code("CH-POST"), .key_seq = 1, .card_seq = 70000};
    known[1] = (struct ph_trust_known){.org = code("IT"), .card_hash = {{9}}};
    rosters[0] = ph_bytes(body, 400);
    rosters[1] = ph_bytes(body, 1);
    cards[0] = ph_bytes(body, 100);
    records[0] = (struct ph_wire_record){.header = ph_bytes(header, 100)};
    records[1] = (struct ph_wire_record){.header = ph_bytes(header, sizeof(header)),
                                         .signature = {1},
                                         .has_body = true,
                                         .body = ph_bytes(body, 300)};
    records[2] = (struct ph_wire_record){
        .header = ph_bytes(header, 1), .has_body = true, .body = ph_bytes(body, 0)};
    rejects[0] = (struct ph_reject){.id = ids[0], .code = PH_ERR_CLOCK};
    rejects[1] = (struct ph_reject){.id = ids[1], .code = PH_ERR_OUTSIDE};
    return 0;
}

/* One message of each type, and more where a type has more than one shape. */
static size_t make_samples(struct ph_message *out)
{
    const struct ph_ids some = {.ids = ids, .n = 3};
    const struct ph_ids one = {.ids = ids, .n = 1};
    size_t n = 0;

    out[n++] = (struct ph_message){.type = PH_MESSAGE_HELLO,
                                   .hello = {.major = 1,
                                             .minor = 3,
                                             .features = 1 << 20,
                                             .software = ph_bytes_str("posthorn 0.1.0"),
                                             .time = 1795478400000,
                                             .store_id = {1, 2},
                                             .boot = 12,
                                             .roster_seq = 3,
                                             .roster_hash = {{4}},
                                             .cards_digest = {{5}}}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_HEADS,
                                   .heads = {.time = 1, .heads = heads, .n = PH_LEN(heads)}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_HEADS, .heads = {.time = 1}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_TRUST,
                                   .trust = {.has_summary = true,
                                             .roster_seq = 3,
                                             .known = known,
                                             .n_known = PH_LEN(known),
                                             .rosters = rosters,
                                             .n_rosters = PH_LEN(rosters),
                                             .cards = cards,
                                             .n_cards = PH_LEN(cards)}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_TRUST,
                                   .trust = {.cards = cards, .n_cards = PH_LEN(cards)}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_RECON,
                                   .recon = {.channel = group,
                                             .round = PH_RECON_ROUNDS_MAX,
                                             .from_initiator = true,
                                             .message = ph_bytes(body, 70)}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_HAVE, .ids = {some}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_WANT, .want = {one, some}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_WANT, .want = {.header_only = one}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_RECORD,
                                   .record = {.records = records, .n = PH_LEN(records)}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_REKEY};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_GONE, .ids = {one}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_REJECT,
                                   .reject = {.rejects = rejects, .n = PH_LEN(rejects)}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_CREDIT, .credit = {1 << 20}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_PRUNE, .prune = {direct}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_GRAFT, .graft = {direct_to, some}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_GRAFT, .graft = {.channel = community}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_PING, .ping = {UINT64_MAX}};
    out[n++] = (struct ph_message){.type = PH_MESSAGE_PONG, .ping = {0}};
    out[n++] = (struct ph_message){
        .type = PH_MESSAGE_BYE,
        .bye = {.code = PH_ERR_SHUTDOWN, .text = ph_bytes_str("service stops")}};
    return n;
}

#define SAMPLES_MAX 32

static struct ph_buf encode(const struct ph_message *message)
{
    struct ph_buf out = ph_buf(PH_FRAME_MAX);

    assert_int_equal(ph_message_encode(&out, message), PH_OK);
    return out;
}

static enum ph_err decode_error(struct ph_bytes frame)
{
    struct ph_message m;
    enum ph_err err = ph_message_decode(&m, frame, NULL);

    if (!err)
        ph_message_done(&m);
    return err;
}

static void test_message__every_type_comes_back_as_it_was_sent(void **state)
{
    struct ph_message samples[SAMPLES_MAX];
    size_t n = make_samples(samples);
    bool seen[17] = {false};

    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct ph_buf first = encode(&samples[i]);
        struct ph_buf second;
        struct ph_message m;

        assert_int_equal(ph_message_decode(&m, ph_buf_bytes(&first), NULL), PH_OK);
        assert_int_equal(m.type, samples[i].type);
        assert_int_equal(m.number, samples[i].type);
        second = encode(&m);
        assert_true(ph_bytes_equal(ph_buf_bytes(&first), ph_buf_bytes(&second)));
        seen[m.type] = true;
        ph_message_done(&m);
        ph_buf_done(&first);
        ph_buf_done(&second);
    }
    for (size_t type = 1; type < PH_LEN(seen); type++)
        assert_true(seen[type]);
}

static void test_message__fields_arrive_where_they_belong(void **state)
{
    struct ph_message samples[SAMPLES_MAX];
    struct ph_message m;
    struct ph_buf frame;

    (void)state;
    (void)make_samples(samples);
    frame = encode(&samples[0]);
    assert_int_equal(ph_message_decode(&m, ph_buf_bytes(&frame), NULL), PH_OK);
    assert_int_equal(m.hello.minor, 3);
    assert_int_equal(m.hello.time, 1795478400000);
    assert_int_equal(m.hello.boot, 12);
    assert_true(ph_bytes_equal(m.hello.software, ph_bytes_str("posthorn 0.1.0")));
    assert_int_equal(m.hello.cards_digest.b[0], 5);
    ph_message_done(&m);
    ph_buf_done(&frame);

    frame = encode(&samples[1]);
    assert_int_equal(ph_message_decode(&m, ph_buf_bytes(&frame), NULL), PH_OK);
    assert_int_equal(m.heads.n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(ph_wire_channel_equal(&m.heads.heads[i].channel, &heads[i].channel));
        assert_int_equal(m.heads.heads[i].count, heads[i].count);
    }
    assert_false(ph_wire_channel_equal(&m.heads.heads[2].channel, &m.heads.heads[3].channel));
    ph_message_done(&m);
    ph_buf_done(&frame);
}

/* The bytes themselves, so that a change of the format cannot pass unseen. */
static void test_message__has_the_published_form(void **state)
{
    const struct {
        struct ph_message message;
        const char *hex;
    } cases[] = {
        {{.type = PH_MESSAGE_REKEY}, "9108"},
        {{.type = PH_MESSAGE_PING, .ping = {300}}, "920ecd012c"},
        {{.type = PH_MESSAGE_PRUNE, .prune = {direct_to}}, "920c9302c0a743482d504f5354"},
        {{.type = PH_MESSAGE_PRUNE, .prune = {community}}, "920c9300c0c0"},
        {{.type = PH_MESSAGE_RECON, .recon = {.channel = direct, .message = ph_bytes("a", 1)}},
         "95049302c0c000c2c40161"},
        {{.type = PH_MESSAGE_BYE, .bye = {PH_ERR_CLOCK, ph_bytes_str("late")}}, "93100da46c617465"},
    };

    (void)state;
    for (size_t i = 0; i < PH_LEN(cases); i++) {
        struct ph_buf frame = encode(&cases[i].message);
        char hex[200];

        ph_hex(hex, ph_buf_bytes(&frame));
        assert_string_equal(hex, cases[i].hex);
        ph_buf_done(&frame);
    }
}

static void test_message__refuses_every_cut_and_every_excess(void **state)
{
    struct ph_message samples[SAMPLES_MAX];
    size_t n = make_samples(samples);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct ph_buf frame = encode(&samples[i]);
        static const uint8_t extra = 0xc0;

        for (size_t cut = 0; cut < frame.n; cut++)
            assert_int_not_equal(decode_error(ph_bytes(frame.p, cut)), PH_OK);
        assert_int_equal(ph_buf_add(&frame, ph_bytes(&extra, 1)), PH_OK);
        assert_int_not_equal(decode_error(ph_buf_bytes(&frame)), PH_OK);
        ph_buf_done(&frame);
    }
}

/* True when @m holds a number that this build has no name for, so that it would be sent otherwise.
 */
static bool is_lossy(const struct ph_message *m)
{
    if (m->type == PH_MESSAGE_BYE)
        return m->bye.code == PH_ERR_INTERNAL;
    for (size_t i = 0; m->type == PH_MESSAGE_REJECT && i < m->reject.n; i++)
        if (m->reject.rejects[i].code == PH_ERR_INTERNAL)
            return true;
    return m->type == PH_MESSAGE_UNKNOWN;
}

/* One encoding per value: whatever a changed bit makes of a message, it is refused or is exactly
 * what we would have sent for what it says. */
static void test_message__has_one_encoding_for_each_value(void **state)
{
    struct ph_message samples[SAMPLES_MAX];
    size_t n = make_samples(samples);
    size_t accepted = 0;

    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct ph_buf frame = encode(&samples[i]);

        for (size_t bit = 0; bit < 8 * frame.n; bit++) {
            struct ph_message m;

            frame.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (ph_message_decode(&m, ph_buf_bytes(&frame), NULL) == PH_OK) {
                if (!is_lossy(&m)) {
                    struct ph_buf again = encode(&m);

                    assert_true(ph_bytes_equal(ph_buf_bytes(&frame), ph_buf_bytes(&again)));
                    ph_buf_done(&again);
                    accepted++;
                }
                ph_message_done(&m);
            }
            frame.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        ph_buf_done(&frame);
    }
    assert_true(accepted > 1000);
}

static void test_message__refuses_longer_forms_of_numbers_and_lengths(void **state)
{
    static const char *const cases[] = {
        "91cc08",                   /* type as uint 8 */
        "dc000108",                 /* array 16 */
        "dd0000000108",             /* array 32 */
        "920ecc0c",                 /* cookie 12 as uint 8 */
        "920ecd000c",               /* as uint 16 */
        "920ed00c",                 /* as int 8 */
        "920ecb4028000000000000",   /* as double */
        "9204c0",                   /* wrong number of fields */
        "95049302c0c000c2c5000161", /* bin 16 for one byte */
        "95049302c0c000c2a161",     /* text for a binary */
        "93100dd9046c617465",       /* str 8 for four bytes */
        "93100da46c6174ff",         /* not UTF-8 */
        "93100da46c617400",         /* NUL */
        "c0",
        "08",
        "90",   /* no type */
        "9100", /* type 0 */
        "91c0",
        "91ff",
        "",
    };

    (void)state;
    for (size_t i = 0; i < PH_LEN(cases); i++) {
        uint8_t bytes[64];
        size_t n = strlen(cases[i]) / 2;

        assert_true(n == 0 || ph_hex_parse(bytes, n, ph_bytes_str(cases[i])));
        assert_int_not_equal(decode_error(ph_bytes(bytes, n)), PH_OK);
    }
}

/* T11: the session judges by the minor version; here the type is only named. */
static void test_message__names_unknown_types_and_checks_their_form(void **state)
{
    static const struct {
        const char *hex;
        enum ph_err err;
        uint64_t number;
    } cases[] = {
        {"9111", PH_OK, 17},
        {"9311c0c40101", PH_OK, 17},
        {"92cd03e8920193020304", PH_OK, 1000},
        {"92ceffffffff01", PH_OK, UINT32_MAX},
        {"92cf000000010000000001", PH_ERR_RANGE, 0}, /* over 32 bits */
        {"9211cc01", PH_ERR_FORMAT, 0},              /* not shortest, inside */
        {"9211c1", PH_ERR_FORMAT, 0},
        {"9211d40001", PH_ERR_FORMAT, 0}, /* extension type */
        {"9211", PH_ERR_TRUNCATED, 0},
    };

    (void)state;
    for (size_t i = 0; i < PH_LEN(cases); i++) {
        size_t n = strlen(cases[i].hex) / 2;
        struct ph_message m;
        uint8_t bytes[64];
        enum ph_err err;

        assert_true(ph_hex_parse(bytes, n, ph_bytes_str(cases[i].hex)));
        err = ph_message_decode(&m, ph_bytes(bytes, n), NULL);
        assert_int_equal(err, cases[i].err);
        if (!err) {
            assert_int_equal(m.type, PH_MESSAGE_UNKNOWN);
            assert_int_equal(m.number, cases[i].number);
            assert_string_equal(ph_message_name(m.type), "UNKNOWN");
            ph_message_done(&m);
        }
    }
    assert_string_equal(ph_message_name(PH_MESSAGE_GRAFT), "GRAFT");
}

/* Lists that claim more than there is: an error, and no memory for them. */
static void test_message__believes_no_count(void **state)
{
    static const char *const cases[] = {
        "930201dd0000ffff",         /* HEADS, 65,535 channels */
        "930201ddffffffff",         /* 2^32 - 1 */
        "930201dc1201",             /* as many as allowed */
        "930201dc1201939300c0c000", /* and the beginning of one */
        "9207dc1000",               /* RECORD, 4,096 */
        "9207ddffffffff",
        "920add00001000",                   /* REJECT */
        "9403c09090",                       /* an empty TRUST is fine but for its fields' number */
        "94039201dc1000",                   /* summary */
        "9403c0dc0400",                     /* rosters */
        "9403c090dc1000",                   /* cards */
        "9205c6ffffffff",                   /* ids */
        "93020194c0c0c0c0c0c0c0c0c0c0c0c0", /* more bytes than channels, but too few for them */
        "9205c500ff",
    };

    (void)state;
    for (size_t i = 0; i < PH_LEN(cases); i++) {
        size_t n = strlen(cases[i]) / 2;
        uint8_t bytes[64];
        enum ph_err err;

        assert_true(ph_hex_parse(bytes, n, ph_bytes_str(cases[i])));
        ph_test_fail_at(0);
        err = decode_error(ph_bytes(bytes, n));
        assert_int_equal(ph_test_allocations(), 0);
        if (i == 7)
            assert_int_equal(err, PH_OK);
        else
            assert_int_not_equal(err, PH_OK);
    }
}

static void assert_not_sent(const struct ph_message *m, enum ph_err err)
{
    struct ph_buf out = ph_buf(2 * PH_FRAME_MAX);

    assert_int_equal(ph_buf_add(&out, ph_bytes_str("kept")), PH_OK);
    assert_int_equal(ph_message_encode(&out, m), err);
    assert_int_equal(out.n, 4); /* nothing half-written */
    ph_buf_done(&out);
}

static void test_message__sends_nothing_over_its_limits(void **state)
{
    struct ph_id *many = calloc(PH_IDS_MAX + 1, sizeof(*many));
    struct ph_message m;

    (void)state;
    assert_non_null(many);
    m = (struct ph_message){.type = PH_MESSAGE_HAVE, .ids = {{many, PH_IDS_MAX + 1}}};
    assert_not_sent(&m, PH_ERR_LIMIT);
    m.ids.ids.n = 0;
    assert_not_sent(&m, PH_ERR_RANGE);
    m = (struct ph_message){.type = PH_MESSAGE_WANT, .want = {{many, PH_IDS_MAX}, {many, 1}}};
    assert_not_sent(&m, PH_ERR_LIMIT);
    m.want.whole.n = m.want.header_only.n = 0;
    assert_not_sent(&m, PH_ERR_RANGE);
    m = (struct ph_message){
        .type = PH_MESSAGE_RECON,
        .recon = {.round = PH_RECON_ROUNDS_MAX + 1, .message = ph_bytes(body, 1)}};
    assert_not_sent(&m, PH_ERR_RANGE);
    m.recon.round = 0;
    m.recon.message.n = 0;
    assert_not_sent(&m, PH_ERR_RANGE);
    m = (struct ph_message){.type = PH_MESSAGE_CREDIT, .credit = {0}};
    assert_not_sent(&m, PH_ERR_RANGE);
    m.credit.bytes = (uint64_t)PH_CREDIT_MAX + 1;
    assert_not_sent(&m, PH_ERR_RANGE);
    m = (struct ph_message){.type = PH_MESSAGE_BYE, .bye = {.code = PH_OK}};
    assert_not_sent(&m, PH_ERR_RANGE);
    m.bye = (struct ph_msg_bye){PH_ERR_CLOCK, ph_bytes(header, PH_BYE_TEXT_MAX + 1)};
    assert_not_sent(&m, PH_ERR_LIMIT);
    m = (struct ph_message){.type = PH_MESSAGE_PRUNE, .prune = {group}};
    m.prune.channel.has_org = true;
    assert_not_sent(&m, PH_ERR_RANGE);
    m = (struct ph_message){.type = PH_MESSAGE_UNKNOWN};
    assert_not_sent(&m, PH_ERR_RANGE);
    m = (struct ph_message){.type = PH_MESSAGE_RECORD, .record = {.records = records}};
    assert_not_sent(&m, PH_ERR_RANGE);
    free(many);
}

static void test_message__takes_as_many_ids_as_allowed(void **state)
{
    struct ph_id *many = calloc(PH_IDS_MAX, sizeof(*many));
    struct ph_message m = {.type = PH_MESSAGE_HAVE, .ids = {{many, PH_IDS_MAX}}};
    struct ph_buf frame;
    struct ph_message back;

    (void)state;
    assert_non_null(many);
    frame = encode(&m);
    assert_int_equal(ph_message_decode(&back, ph_buf_bytes(&frame), NULL), PH_OK);
    assert_int_equal(back.ids.ids.n, PH_IDS_MAX);
    assert_ptr_equal((const uint8_t *)back.ids.ids.ids, frame.p + frame.n - 32 * PH_IDS_MAX);
    ph_message_done(&back);
    ph_buf_done(&frame);
    free(many);
}

static void test_message__refuses_fields_that_contradict_each_other(void **state)
{
    static const char *const cases[] = {
        "920c9301c0c0",     /* a group channel without a group */
        "920c9303c0c0",     /* no such kind */
        "920c9300c0a24954", /* the community's, of an organisation */
        "920c9302c0a26974", /* a code in small letters */
        "920c9302c0a149",   /* too short a code */
        "9205c400",         /* HAVE of nothing */
        "9205c40101",       /* not a multiple of 32 */
        "9205c421000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f00", /* 33 */
        "9306c400c400",           /* WANT of nothing */
        "920790",                 /* RECORD of nothing */
        "920a90",                 /* REJECT of nothing */
        "920b00",                 /* CREDIT of nothing */
        "920bcf8000000000000000", /* CREDIT of 2^63 */
        "920bff",                 /* CREDIT of -1 */
        "931000a0",               /* BYE without a reason */
        "95049300c0c041c3c40161", /* round 65 */
        "95049300c0c000c3c400",   /* no Negentropy message */
        "9403c091c40090",         /* an empty roster */
    };

    (void)state;
    for (size_t i = 0; i < PH_LEN(cases); i++) {
        size_t n = strlen(cases[i]) / 2;
        uint8_t bytes[64];

        assert_true(ph_hex_parse(bytes, n, ph_bytes_str(cases[i])));
        assert_int_not_equal(decode_error(ph_bytes(bytes, n)), PH_OK);
    }
}

static void test_message__wants_summaries_in_order(void **state)
{
    struct ph_trust_known twice[2] = {known[1], known[0]};
    struct ph_message m = {.type = PH_MESSAGE_TRUST,
                           .trust = {.has_summary = true, .known = twice, .n_known = 2}};
    struct ph_message good = m;
    struct ph_buf frame;
    const uint8_t *at;

    (void)state;
    assert_not_sent(&m, PH_ERR_RANGE);
    twice[0] = twice[1];
    assert_not_sent(&m, PH_ERR_RANGE);
    good.trust.known = known;
    frame = encode(&good);
    at = memmem(frame.p, frame.n, "CH-POST", 7);
    assert_non_null(at);
    frame.p[at - frame.p] = 'X'; /* now behind "IT" */
    assert_int_equal(decode_error(ph_buf_bytes(&frame)), PH_ERR_FORMAT);
    ph_buf_done(&frame);
}

static void test_message__pieces_are_the_message(void **state)
{
    struct ph_wire_record many[5];
    struct ph_bytes pieces[PH_RECORD_PIECES(5)];
    struct ph_buf scratch = ph_buf(PH_RECORD_SCRATCH(5));
    static const size_t sizes[] = {0, 1, 255, 256, 65535, 65536};

    (void)state;
    for (size_t round = 0; round < 64; round++) {
        struct ph_message m = {.type = PH_MESSAGE_RECORD, .record = {many, 1 + round % 5}};
        struct ph_buf joined = ph_buf(PH_FRAME_MAX);
        struct ph_buf whole;
        size_t total = 0;
        size_t n;

        for (size_t i = 0; i < m.record.n; i++) {
            size_t size = sizes[(round + i) % PH_LEN(sizes)];

            many[i] = records[(round + i) % 3];
            many[i].has_body = (round >> i & 1) != 0;
            many[i].body = ph_bytes(body, many[i].has_body ? size : 0);
            many[i].header = ph_bytes(size > 1000 ? body : header, 1 + size % 60000);
            if (many[i].header.n > sizeof(header))
                many[i].header.p = body;
            total += ph_wire_record_size(&many[i]);
        }
        assert_int_equal(
            ph_message_encode_records(&scratch, pieces, &n, m.record.records, m.record.n), PH_OK);
        assert_true(n <= PH_RECORD_PIECES(m.record.n));
        for (size_t i = 0; i < n; i++)
            assert_int_equal(ph_buf_add(&joined, pieces[i]), PH_OK);
        whole = encode(&m);
        assert_true(ph_bytes_equal(ph_buf_bytes(&joined), ph_buf_bytes(&whole)));
        assert_int_equal(whole.n, total + 3); /* [7, [ with a short count */
        ph_buf_done(&joined);
        ph_buf_done(&whole);
    }
    ph_buf_done(&scratch);
}

static void test_message__a_record_of_the_largest_size_fits(void **state)
{
    uint8_t *big = calloc(1, PH_BODY_MAX + 1);
    struct ph_wire_record record = {.header = ph_bytes(big, PH_HEADER_MAX),
                                    .has_body = true,
                                    .body = ph_bytes(big, PH_BODY_MAX)};
    struct ph_message m = {.type = PH_MESSAGE_RECORD, .record = {&record, 1}};
    struct ph_bytes pieces[PH_RECORD_PIECES(1)];
    struct ph_buf scratch = ph_buf(PH_RECORD_SCRATCH(1));
    struct ph_buf frame;
    size_t n;

    (void)state;
    assert_non_null(big);
    frame = encode(&m);
    assert_int_equal(decode_error(ph_buf_bytes(&frame)), PH_OK);
    ph_buf_done(&frame);
    record.body.n++;
    assert_not_sent(&m, PH_ERR_LIMIT);
    assert_int_equal(ph_message_encode_records(&scratch, pieces, &n, &record, 1), PH_ERR_LIMIT);
    record.body.n = 0;
    record.header.n = 0;
    assert_not_sent(&m, PH_ERR_RANGE);
    ph_buf_done(&scratch);
    free(big);
}

static void test_message__survives_memory_running_out(void **state)
{
    struct ph_message samples[SAMPLES_MAX];
    size_t n = make_samples(samples);
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct ph_buf frame = encode(&samples[i]);
        enum ph_err err = PH_ERR_NOMEM;

        for (size_t at = 1; err && at < 10; at++) {
            ph_test_fail_at(at);
            err = decode_error(ph_buf_bytes(&frame));
            ph_test_fail_at(0);
            if (err) {
                assert_int_equal(err, PH_ERR_NOMEM);
                failures++;
            }
        }
        assert_int_equal(err, PH_OK);
        ph_buf_done(&frame);
    }
    assert_int_equal(failures, 1 + 3 + 1 + 1 + 1); /* HEADS, TRUST twice, RECORD, REJECT */
}

static void test_message__says_what_was_wrong(void **state)
{
    static const uint8_t bad[] = {0x92, 0x0b, 0x00};
    struct ph_why why = {.code = PH_OK};
    struct ph_message m;

    (void)state;
    assert_int_equal(ph_message_decode(&m, ph_bytes(bad, sizeof(bad)), &why), PH_ERR_RANGE);
    assert_non_null(strstr(why.what, "CREDIT"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message__every_type_comes_back_as_it_was_sent),
        cmocka_unit_test(test_message__fields_arrive_where_they_belong),
        cmocka_unit_test(test_message__has_the_published_form),
        cmocka_unit_test(test_message__refuses_every_cut_and_every_excess),
        cmocka_unit_test(test_message__has_one_encoding_for_each_value),
        cmocka_unit_test(test_message__refuses_longer_forms_of_numbers_and_lengths),
        cmocka_unit_test(test_message__names_unknown_types_and_checks_their_form),
        cmocka_unit_test(test_message__believes_no_count),
        cmocka_unit_test(test_message__sends_nothing_over_its_limits),
        cmocka_unit_test(test_message__takes_as_many_ids_as_allowed),
        cmocka_unit_test(test_message__refuses_fields_that_contradict_each_other),
        cmocka_unit_test(test_message__wants_summaries_in_order),
        cmocka_unit_test(test_message__pieces_are_the_message),
        cmocka_unit_test(test_message__a_record_of_the_largest_size_fits),
        cmocka_unit_test(test_message__survives_memory_running_out),
        cmocka_unit_test(test_message__says_what_was_wrong),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
