/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/limits.h"
#include "proto/intel/list_read.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"

/* What was read, one line each: "3 domain evil.example", or "4 error why". */
static struct ph_buf transcript(struct ph_bytes text, size_t piece)
{
    struct ph_buf out = ph_buf(PH_MIB(4));
    struct ph_list_reader reader = ph_list_reader();
    for (size_t at = 0;; at += piece) {
        bool is_end = at >= text.n;
        if (is_end)
            ph_list_reader_end(&reader);
        else
            assert_int_equal(
                ph_list_reader_feed(&reader, ph_bytes(text.p + at, PH_MIN(piece, text.n - at))),
                PH_OK);
        for (;;) {
            struct ph_observable o;
            bool found;
            size_t line;
            enum ph_err bad;
            struct ph_why why = {.code = PH_OK};
            assert_int_equal(ph_list_reader_next(&reader, &o, &found, &line, &bad, &why), PH_OK);
            if (!found)
                break;
            assert_int_equal(
                ph_buf_printf(&out, "%zu %s %s\n", line,
                              bad ? ph_err_token(bad) : ph_observable_kind_text(o.kind),
                              bad ? why.what : o.text),
                PH_OK);
        }
        if (is_end)
            break;
    }
    assert_int_equal(ph_buf_add(&out, ph_bytes("", 1)), PH_OK);
    ph_list_reader_done(&reader);
    return out;
}

static void assert_reads_bytes(struct ph_bytes text, const char *expected)
{
    static const size_t pieces[] = {1, 2, 3, 100000};
    for (size_t i = 0; i < PH_LEN(pieces); i++) {
        struct ph_buf found = transcript(text, pieces[i]);
        assert_string_equal((char *)found.p, expected);
        ph_buf_done(&found);
    }
}

static void test_list_read__takes_one_observable_a_line(void **state)
{
    (void)state;
    assert_reads_bytes(ph_bytes_str("# a list\n"
                                    "evil.example\n"
                                    "\n"
                                    "   \t\n"
                                    "  192.0.2.1  \r\n"
                                    "hxxp://evil[.]example/a#b\n"
                                    "bob@evil.example # who\n"
                                    "\t# nothing\n"
                                    "d41d8cd98f00b204e9800998ecf8427e"),
                       "2 domain evil.example\n"
                       "5 ip 192.0.2.1\n"
                       "6 url http://evil.example/a#b\n"
                       "7 mail bob@evil.example\n"
                       "9 hash d41d8cd98f00b204e9800998ecf8427e\n");
    assert_reads_bytes(ph_bytes_str("\xef\xbb\xbf"
                                    "evil.example\n"),
                       "1 domain evil.example\n");
    assert_reads_bytes(ph_bytes_str("\xef\xbb\xbf# x\na.example\n"), "2 domain a.example\n");
    assert_reads_bytes(ph_bytes_str(""), "");
    assert_reads_bytes(ph_bytes_str("\n"), "");
    assert_reads_bytes(ph_bytes_str("a.example\n\n"), "1 domain a.example\n");
}

static void test_list_read__names_bad_lines_and_goes_on(void **state)
{
    (void)state;
    assert_reads_bytes(ph_bytes_str("a.example\nnot one\nb.example\nword\n\x1b[31m\nc.example"),
                       "1 domain a.example\n"
                       "2 input \"not one\": domain has the character \" \" at column 4\n"
                       "3 domain b.example\n"
                       "4 input \"word\": not a domain, address, URL, mail address or hash\n"
                       "5 input \"\\x1b[31m\": domain has the character \"\\x1b\" at column 1\n"
                       "6 domain c.example\n");
    static const char nul[] = "a\0b.example\nb.example\n";
    assert_reads_bytes(ph_bytes(nul, sizeof(nul) - 1),
                       "1 input \"a\\x00b.example\": domain has a NUL character\n"
                       "2 domain b.example\n");
}

static void test_list_read__bounds_a_line(void **state)
{
    (void)state;
    const size_t max = PH_MIB(1);
    char *text = malloc(max + 64);
    assert_non_null(text);
    memset(text, 'x', max);
    size_t n = max + (size_t)snprintf(text + max, 64, "\nb.example\n");
    struct ph_buf found = transcript(ph_bytes(text, n), 4000);
    assert_string_equal((char *)found.p,
                        "1 input line is longer than 4096 bytes\n2 domain b.example\n");
    ph_buf_done(&found);
    /* white space and comments count as little as they say */
    memset(text, ' ', PH_LIST_LINE_MAX);
    memcpy(text + 100, "a.example", 9);
    found = transcript(ph_bytes(text, PH_LIST_LINE_MAX), 4000);
    assert_string_equal((char *)found.p, "1 domain a.example\n");
    ph_buf_done(&found);
    found = transcript(ph_bytes(text, max), 4000);
    assert_string_equal((char *)found.p, "1 input line is longer than 4096 bytes\n");
    ph_buf_done(&found);
    free(text);
}

static void test_list_read__reports_memory_and_loses_no_line(void **state)
{
    (void)state;
    static const char text[] = "a.example\n";
    enum ph_err err = PH_ERR_NOMEM;
    for (size_t n = 1; err == PH_ERR_NOMEM; n++) {
        struct ph_list_reader reader = ph_list_reader();
        struct ph_observable o;
        bool found = false;
        size_t line;
        enum ph_err bad = PH_OK;
        ph_test_fail_at(n);
        err = ph_list_reader_feed(&reader, ph_bytes_str(text));
        bool is_fed = !err;
        if (!err)
            err = ph_list_reader_next(&reader, &o, &found, &line, &bad, NULL);
        ph_test_fail_at(0);
        if (is_fed && err) {
            enum ph_err again = ph_list_reader_next(&reader, &o, &found, &line, &bad, NULL);
            assert_int_equal(again, PH_OK);
        }
        if (is_fed) {
            assert_true(found && !bad);
            assert_string_equal(o.text, "a.example");
        }
        ph_list_reader_done(&reader);
    }
    assert_int_equal(err, PH_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_read__takes_one_observable_a_line),
        cmocka_unit_test(test_list_read__names_bad_lines_and_goes_on),
        cmocka_unit_test(test_list_read__bounds_a_line),
        cmocka_unit_test(test_list_read__reports_memory_and_loses_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
