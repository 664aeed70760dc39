/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "proto/intel/stix.h"
#include "tests/lib/fail.h"
#include "tests/lib/test.h"
#include "tests/unit/proto/intel/bundle.h"

#define BUNDLE(objects) "{\"type\":\"bundle\",\"id\":\"x\",\"objects\":[" objects "]}"

/* The same text, the same transcript, whatever the pieces. Returns it. */
static struct ph_buf transcript(struct ph_bytes text)
{
    static const size_t pieces[] = {1, 2, 3, 7, 64, 4096};
    struct ph_buf whole = ph_test_transcript(text, text.n + 1);
    for (size_t i = 0; i < PH_LEN(pieces); i++) {
        if (pieces[i] == 1 && text.n > 200000)
            continue;
        struct ph_buf cut = ph_test_transcript(text, pieces[i]);
        assert_string_equal((char *)cut.p, (char *)whole.p);
        ph_buf_done(&cut);
    }
    return whole;
}

static void assert_reads_bytes(struct ph_bytes text, const char *expected)
{
    struct ph_buf found = transcript(text);
    assert_string_equal((char *)found.p, expected);
    ph_buf_done(&found);
}

static void assert_reads(const char *text, const char *expected)
{
    assert_reads_bytes(ph_bytes_str(text), expected);
}

static void assert_has(struct ph_bytes text, const char *part)
{
    struct ph_buf found = transcript(text);
    if (!strstr((char *)found.p, part))
        fail_msg("no \"%s\" in:\n%s", part, (char *)found.p);
    ph_buf_done(&found);
}

static void test_stix_read__takes_bundles_lists_and_single_objects(void **state)
{
    (void)state;
    assert_reads(BUNDLE("{\"a\":1},{\"b\":[2]}"), "0 ok {\"a\":1}\n1 ok {\"b\":[2]}\nend ok\n");
    assert_reads("[{\"a\":1} , {\"b\":2}]", "0 ok {\"a\":1}\n1 ok {\"b\":2}\nend ok\n");
    assert_reads(" {\"a\":1}\n", "0 ok {\"a\":1}\nend ok\n");
    assert_reads(BUNDLE(""), "end ok\n");
    assert_reads("[]", "end ok\n");
    assert_reads("{}", "0 ok {}\nend ok\n");
    /* members in any order; a TAXII envelope has no type */
    assert_reads("{\"objects\":[{}],\"id\":\"x\",\"type\":\"bundle\"}", "0 ok {}\nend ok\n");
    assert_reads("{\"more\":false,\"objects\":[{}]}", "0 ok {}\nend ok\n");
    assert_reads("{\"type\":\"bundle\",\"x\":{\"objects\":[1]},\"y\":\"objects\",\"objects\":[{}]}",
                 "0 ok {}\nend ok\n");
    /* the deprecated container of observed-data is no list */
    assert_reads("{\"objects\":{\"0\":{}}}", "0 ok {\"objects\":{\"0\":{}}}\nend ok\n");
    /* one value a line, as logs have them */
    assert_reads("{\"a\":1}\n{\"b\":2}\n[{\"c\":3}]\n",
                 "0 ok {\"a\":1}\n1 ok {\"b\":2}\n2 ok {\"c\":3}\nend ok\n");
    assert_reads("\xef\xbb\xbf[{}]", "0 ok {}\nend ok\n");
}

static void test_stix_read__goes_on_behind_a_bad_object(void **state)
{
    (void)state;
    static const struct {
        const char *object;
        const char *token;
    } rows[] = {
        {"{\"a\":NaN}", "format"},
        {"{\"a\":1e400}", "format"},
        {"{\"a\":9223372036854775808}", "format"},
        {"{\"a\":1,\"a\":2}", "format"},
        {"{\"a\":{\"b\":1,\"b\":2}}", "format"},
        {"{\"a\" 1}", "format"},
        {"{\"a\":1,}", "format"},
        {"{\"a\":\"\xff\"}", "format"},
        {"{\"a\":\"\\u0000\"}", "format"},
        {"{\"a\":\"\n\"}", "format"},
        {"\xef\xbb\xbf{}", "format"},
        {"1", "format"},
        {"null", "format"},
        {"\"{}\"", "format"},
        {"[{}]", "format"},
        {"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", "limit"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        char text[512];
        char expected[64];
        snprintf(text, sizeof(text), BUNDLE("{\"good\":0},%s,{\"good\":2}"), rows[i].object);
        struct ph_buf found = transcript(ph_bytes_str(text));
        snprintf(expected, sizeof(expected), "0 ok {\"good\":0}\n1 %s ", rows[i].token);
        if (strncmp((char *)found.p, expected, strlen(expected)) != 0)
            fail_msg("%s: %s", rows[i].object, (char *)found.p);
        assert_non_null(strstr((char *)found.p, "\n2 ok {\"good\":2}\nend ok\n"));
        ph_buf_done(&found);
    }
    static const char with_nul[] = BUNDLE("{\"a\":\"\0\"},{}");
    assert_has(ph_bytes(with_nul, sizeof(with_nul) - 1), "1 ok {}\nend ok\n");
}

static void test_stix_read__bounds_depth_and_size_of_one_object(void **state)
{
    (void)state;
    const size_t depth = 10000;
    size_t max = 2 * PH_OBJECT_MAX + 4 * depth;
    char *text = malloc(max);
    assert_non_null(text);
    size_t n = (size_t)snprintf(text, max, "[{\"a\":");
    memset(text + n, '[', depth);
    memset(text + n + depth, ']', depth);
    n += 2 * depth;
    n += (size_t)snprintf(text + n, max - n, "},{\"b\":1}]");
    assert_reads_bytes(ph_bytes(text, n),
                       "0 limit nested 10001 deep, limit is 32\n1 ok {\"b\":1}\nend ok\n");

    /* a string that makes the object 1 byte too long, and one that just fits */
    static const size_t overs[] = {0, 1, 2, PH_OBJECT_MAX - 10};
    for (size_t i = 0; i < PH_LEN(overs); i++) {
        size_t length = PH_OBJECT_MAX - 8 + overs[i];
        n = (size_t)snprintf(text, max, "[{\"a\":\"");
        memset(text + n, 'x', length);
        n += length;
        n += (size_t)snprintf(text + n, max - n, "\"},{\"b\":1}]");
        assert_has(ph_bytes(text, n), overs[i] ? "0 limit line 1: object is over 262144 bytes\n1 ok"
                                               : "0 ok {\"a\":\"xxxx");
    }
    free(text);
}

/* Pretty-printing does not count: it is not stored either. */
static void test_stix_read__does_not_count_indentation(void **state)
{
    (void)state;
    const size_t blanks = 2 * PH_OBJECT_MAX;
    char *text = malloc(blanks + 65);
    assert_non_null(text);
    text[0] = '{';
    memset(text + 1, ' ', blanks);
    size_t n = 1 + blanks;
    n += (size_t)snprintf(text + n, 64, "\t\n \"a\"\r\n  : 1 }");
    assert_reads_bytes(ph_bytes(text, n), "0 ok {\"a\":1}\nend ok\n");
    free(text);
    /* but separates: two numbers never become one */
    assert_has(ph_bytes_str("[{\"a\":1 2},{}]"), "0 format");
}

static void test_stix_read__refuses_a_text_that_lost_its_shape(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"x", "fatal format line 1, column 1: expected '{' or '['"},
        {"\n  hello", "fatal format line 2, column 3: "},
        {"\xff\xfe{\0", "UTF-16"},
        {"[{}}", "0 ok {}\nfatal format line 1, column 4: expected ',' or ']'"},
        {"[{} {}]", "0 ok {}\nfatal format line 1, column 5: "},
        {"[,{}]", "fatal format line 1, column 2: "},
        {"[{},]", "0 ok {}\nfatal format line 1, column 5: "},
        {"[{]", "fatal format line 1, column 3: "},
        {"[{}] x", "0 ok {}\nfatal format line 1, column 6: text after the end"},
        {BUNDLE("{}") "}", "0 ok {}\nfatal format "},
        {"{\"type\":\"report\",\"objects\":[{}]}", "fatal format "},
        {"{\"objects\":[{}],\"type\":\"report\"}", "0 ok {}\nfatal format "},
        {"{\"objects\":[{}],\"objects\":[{}]}", "0 ok {}\nfatal format "},
        {"{\"type\":\"bundle\",\"type\":\"bundle\",\"objects\":[{}]}", "fatal format bundle: "},
        {"{\"objects\":[{}],\"id\":NaN}", "0 ok {}\nfatal format bundle: "},
        {"{\"objects\":[{}]\"id\":1}", "0 ok {}\nfatal format bundle: "},
        {"{\"type\" \"bundle\",\"objects\":[{}]}", ""},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++)
        assert_has(ph_bytes_str(rows[i].text), rows[i].says);
    static const char utf16[] = "{\0\"\0t\0\"\0:\0001\0}\0";
    assert_has(ph_bytes(utf16, sizeof(utf16) - 1), "fatal format line 1, column 2: a NUL byte");
    assert_has(ph_bytes("\0{}", 3), "fatal format line 1, column 1: ");
    /* no object of a text that is none comes out */
    struct ph_buf found = transcript(ph_bytes_str("{\"type\":\"report\",\"objects\":[{}]}"));
    assert_null(strstr((char *)found.p, " ok "));
    ph_buf_done(&found);
}

static void test_stix_read__says_where_a_text_was_cut_off(void **state)
{
    (void)state;
    static const char text[] = BUNDLE("{\"a\":[1,2]},{\"b\":\"x\"}");
    for (size_t n = 1; n < sizeof(text) - 1; n++)
        assert_has(ph_bytes(text, n), "end truncated ends inside ");
    assert_reads("", "end format text is empty: no STIX in it\n");
    assert_reads(" \n", "end format text is empty: no STIX in it\n");
    assert_has(ph_bytes_str("[{},\n{\"a\":"),
               "end truncated ends inside object 1, which starts on line 2");
}

static void test_stix_read__names_the_line_of_the_file(void **state)
{
    (void)state;
    assert_has(ph_bytes_str("[\n\n{\"a\":1},\n{\n\"b\":\nNaN}]"), "1 format line 6: ");
    assert_has(ph_bytes_str("[\n{ \n \t\"b\": \r\n NaN}]"), "0 format line 4: ");
    assert_has(ph_bytes_str("[\n5]"), "0 format line 2: not a JSON object");
}

static void test_stix_read__reads_real_files_alike_in_any_pieces(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t n;
    } files[] = {
        {"stix/poisonivy.json", 155},
        {"stix/indicator-for-c2-ip-address.json", 1},
        {"stix/infrastructure.json", 10},
        {"stix/malicious-email-indicator-with-attachment.json", 6},
        {"stix/sighting-of-observed-data.json", 8},
        {"tlp/tlp-1.json", 4},
        {"tlp/tlp-2.0.json", 5},
    };
    for (size_t i = 0; i < PH_LEN(files); i++) {
        struct ph_buf file = ph_test_file(files[i].name);
        struct ph_buf found = transcript(ph_buf_bytes(&file));
        size_t n = 0;
        for (const char *p = (char *)found.p; (p = strstr(p, " ok {")); p++)
            n++;
        assert_int_equal(n, files[i].n);
        assert_non_null(strstr((char *)found.p, "\nend ok\n"));
        ph_buf_done(&found);
        ph_buf_done(&file);
    }
}

static void test_stix_read__survives_every_failed_allocation(void **state)
{
    (void)state;
    static const char text[] = BUNDLE("{\"a\":1},{\"b\":2}");
    enum ph_err err = PH_ERR_NOMEM;
    for (size_t n = 1; err == PH_ERR_NOMEM; n++) {
        struct ph_stix_reader *reader = NULL;
        json_t *object = NULL;
        size_t index;
        enum ph_err bad;
        ph_test_fail_at(n);
        err = ph_stix_reader_new(&reader);
        if (!err)
            err = ph_stix_reader_feed(reader, ph_bytes_str(text));
        if (!err)
            err = ph_stix_reader_next(reader, &object, &index, &bad, NULL);
        size_t asked = ph_test_allocations();
        ph_test_fail_at(0);
        assert_true(err == (asked < n ? PH_OK : PH_ERR_NOMEM));
        json_decref(object);
        ph_stix_reader_free(reader);
    }
}

/* jansson's own allocations; none of them fails while this is SIZE_MAX. */
static size_t allocations_left = SIZE_MAX;

static void *scarce(size_t n)
{
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    return malloc(n);
}

static void test_stix_read__gives_no_object_when_the_parser_lacks_memory(void **state)
{
    (void)state;
    static const char text[] = BUNDLE("{\"a\":[1,2.5,\"x\"],\"b\":{\"c\":null}}");
    enum ph_err err;
    size_t n_failed = 0;
    size_t n_nomem = 0;
    json_set_alloc_funcs(scarce, free);
    for (size_t n = 0; n_failed == n; n++) {
        struct ph_stix_reader *reader = NULL;
        json_t *object = NULL;
        size_t index;
        enum ph_err bad = PH_OK;
        assert_int_equal(ph_stix_reader_new(&reader), PH_OK);
        assert_int_equal(ph_stix_reader_feed(reader, ph_bytes_str(text)), PH_OK);
        allocations_left = n;
        err = ph_stix_reader_next(reader, &object, &index, &bad, NULL);
        allocations_left = SIZE_MAX;
        /* jansson takes some of its own shortages for bad tokens */
        bool is_whole = !err && !bad;
        assert_true(is_whole || err == PH_ERR_NOMEM || bad == PH_ERR_FORMAT ||
                    err == PH_ERR_FORMAT);
        assert_true(is_whole == (object != NULL));
        n_nomem += err == PH_ERR_NOMEM;
        n_failed += !is_whole;
        json_decref(object);
        ph_stix_reader_free(reader);
    }
    json_set_alloc_funcs(malloc, free);
    assert_true(n_nomem > 5);
}

/* The first look through a file: what has not the word is counted, not parsed. */
static void test_stix_read__passes_over_what_has_not_the_word(void **state)
{
    (void)state;
    struct ph_stix_reader *reader = NULL;
    json_t *object = NULL;
    size_t index = 0;
    enum ph_err bad = PH_OK;
    assert_int_equal(ph_stix_reader_new(&reader), PH_OK);
    ph_stix_reader_only(reader, "wanted");
    assert_int_equal(
        ph_stix_reader_feed(reader,
                            ph_bytes_str("[{\"a\":1},{\"a\":\"wanted\"},{\"b\":nonsense},{}]")),
        PH_OK);
    assert_int_equal(ph_stix_reader_next(reader, &object, &index, &bad, NULL), PH_OK);
    assert_non_null(object);
    assert_int_equal(index, 1);
    json_decref(object);
    assert_int_equal(ph_stix_reader_next(reader, &object, &index, &bad, NULL), PH_OK);
    assert_null(object);
    assert_int_equal(bad, PH_OK);
    assert_int_equal(ph_stix_reader_finish(reader, NULL), PH_OK);
    ph_stix_reader_free(reader);
}

int main(void)
{
    json_object_seed(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stix_read__passes_over_what_has_not_the_word),
        cmocka_unit_test(test_stix_read__takes_bundles_lists_and_single_objects),
        cmocka_unit_test(test_stix_read__goes_on_behind_a_bad_object),
        cmocka_unit_test(test_stix_read__bounds_depth_and_size_of_one_object),
        cmocka_unit_test(test_stix_read__does_not_count_indentation),
        cmocka_unit_test(test_stix_read__refuses_a_text_that_lost_its_shape),
        cmocka_unit_test(test_stix_read__says_where_a_text_was_cut_off),
        cmocka_unit_test(test_stix_read__names_the_line_of_the_file),
        cmocka_unit_test(test_stix_read__reads_real_files_alike_in_any_pieces),
        cmocka_unit_test(test_stix_read__survives_every_failed_allocation),
        cmocka_unit_test(test_stix_read__gives_no_object_when_the_parser_lacks_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
