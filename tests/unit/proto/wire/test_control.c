/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "proto/wire/control.h"
#include "tests/lib/test.h"

static struct ph_bytes payload(const struct ph_buf *buf)
{
    assert_true(buf->n >= 4);
    assert_int_equal(ph_get_be32(buf->p), buf->n - 4);
    return ph_bytes(buf->p + 4, buf->n - 4);
}

static struct ph_buf a_publish_request(void)
{
    static const struct ph_bytes objects[] = {{(const uint8_t *)"one", 3},
                                              {(const uint8_t *)"2", 1}};
    static struct ph_recipient to[2];
    struct ph_buf buf = ph_buf(PH_CONTROL_MAX);
    assert_int_equal(ph_recipient_parse(&to[0], ph_bytes_str("CH"), NULL), PH_OK);
    assert_int_equal(ph_recipient_parse(&to[1], ph_bytes_str("IT/alice"), NULL), PH_OK);
    const struct ph_control_request request = {.op = PH_CONTROL_PUBLISH,
                                               .publish = {.label = PH_TLP_AMBER_STRICT,
                                                           .audience = {PH_AUDIENCE_DIRECT, {{7}}},
                                                           .recipients = to,
                                                           .n_recipients = 2,
                                                           .flags = PH_FLAG_URGENT,
                                                           .expires = 1234567,
                                                           .single = true,
                                                           .objects = objects,
                                                           .n_objects = 2}};
    assert_int_equal(ph_control_request_encode(&buf, &request), PH_OK);
    return buf;
}

static void test_control__a_publish_request_comes_back_whole(void **state)
{
    (void)state;
    struct ph_buf buf = a_publish_request();
    struct ph_control_request r;
    assert_int_equal(ph_control_request_decode(&r, payload(&buf), NULL), PH_OK);
    assert_int_equal(r.op, PH_CONTROL_PUBLISH);
    assert_int_equal(r.publish.label, PH_TLP_AMBER_STRICT);
    assert_int_equal(r.publish.audience.kind, PH_AUDIENCE_DIRECT);
    assert_int_equal(r.publish.audience.id.b[0], 7);
    assert_int_equal(r.publish.n_recipients, 2);
    assert_string_equal(r.publish.recipients[1].person.s, "alice");
    assert_int_equal(r.publish.flags, PH_FLAG_URGENT);
    assert_int_equal(r.publish.expires, 1234567);
    assert_true(r.publish.single);
    assert_int_equal(r.publish.n_objects, 2);
    assert_true(ph_bytes_equal(r.publish.objects[0], ph_bytes_str("one")));
    ph_control_request_done(&r);
    ph_buf_done(&buf);
}

static void test_control__every_truncation_is_refused(void **state)
{
    (void)state;
    struct ph_buf buf = a_publish_request();
    struct ph_bytes whole = payload(&buf);
    for (size_t n = 0; n < whole.n; n++) {
        /* A copy of the exact size, so that the sanitizer sees one byte too far. */
        uint8_t *copy = (uint8_t *)malloc(n ? n : 1);
        struct ph_control_request r;
        assert_non_null(copy);
        memcpy(copy, whole.p, n);
        assert_int_not_equal(ph_control_request_decode(&r, ph_bytes(copy, n), NULL), PH_OK);
        free(copy);
    }
    ph_buf_done(&buf);
}

static void test_control__other_versions_and_operations_are_named(void **state)
{
    (void)state;
    struct ph_control_request r;
    struct ph_why why = {0};
    const uint8_t version[] = {0x92, 2, 1}, op[] = {0x92, 1, 9}, extra[] = {0x93, 1, 1, 1};
    assert_int_equal(ph_control_request_decode(&r, ph_bytes(version, 3), &why), PH_ERR_VERSION);
    assert_int_equal(ph_control_request_decode(&r, ph_bytes(op, 3), &why), PH_ERR_PROTOCOL);
    assert_int_equal(ph_control_request_decode(&r, ph_bytes(extra, 4), &why), PH_ERR_FORMAT);
}

static void test_control__the_daemons_error_reaches_the_tool(void **state)
{
    (void)state;
    struct ph_why said = {.what = "no group \"x\"", .hint = "see roster show"}, why = {0};
    struct ph_buf buf = ph_buf(PH_CONTROL_MAX);
    struct ph_reader r;
    assert_int_equal(ph_control_answer_error(&buf, PH_ERR_NOTFOUND, &said), PH_OK);
    assert_int_equal(ph_control_answer_begin(&r, payload(&buf), &why), PH_ERR_NOTFOUND);
    assert_string_equal(why.what, said.what);
    assert_string_equal(why.hint, said.hint);
    ph_buf_done(&buf);
}

static void test_control__status_comes_back_whole(void **state)
{
    (void)state;
    struct ph_control_peer peer = {.connected = true,
                                   .since = 1,
                                   .rtt_ms = 2,
                                   .bytes_in = 3,
                                   .bytes_out = 4,
                                   .records_in = 5,
                                   .records_out = 6,
                                   .refused = 7,
                                   .next_dial_in = 8,
                                   .last_error = PH_ERR_CLOCK};
    struct ph_control_status status = {.software = ph_bytes_str("posthorn 1"),
                                       .started = 99,
                                       .listen = ph_bytes_str("127.0.0.1:1"),
                                       .locked_memory = true,
                                       .peers = &peer,
                                       .n_peers = 1,
                                       .n_alarms = 1};
    struct ph_control_status got;
    struct ph_buf buf = ph_buf(PH_CONTROL_MAX);
    struct ph_reader r;
    status.alarms[0] = ph_bytes_str("look here");
    assert_int_equal(ph_code_parse(&peer.org, ph_bytes_str("CH-POST"), NULL), PH_OK);
    assert_int_equal(ph_control_answer_status(&buf, &status), PH_OK);
    assert_int_equal(ph_control_answer_begin(&r, payload(&buf), NULL), PH_OK);
    assert_int_equal(ph_control_read_status(&got, &r, NULL), PH_OK);
    assert_int_equal(got.n_peers, 1);
    assert_memory_equal(&got.peers[0], &peer, sizeof(peer));
    assert_int_equal(got.started, 99);
    assert_int_equal(got.n_alarms, 1);
    assert_true(ph_bytes_equal(got.alarms[0], status.alarms[0]));
    free(got.peers);
    ph_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_control__a_publish_request_comes_back_whole),
        cmocka_unit_test(test_control__every_truncation_is_refused),
        cmocka_unit_test(test_control__other_versions_and_operations_are_named),
        cmocka_unit_test(test_control__the_daemons_error_reaches_the_tool),
        cmocka_unit_test(test_control__status_comes_back_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
