/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/defang.h"
#include "tests/lib/test.h"

static void test_defang__is_undone_as_analysts_write_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *plain;
    } rows[] = {
        {"example.org", "example.org"},
        {" \t example.org\r\n", "example.org"},
        {"example[.]org", "example.org"},
        {"example(.)org", "example.org"},
        {"example{.}org", "example.org"},
        {"example[dot]org", "example.org"},
        {"example[DOT]org", "example.org"},
        {"bob[@]example[.]org", "bob@example.org"},
        {"bob(at)example(dot)org", "bob@example.org"},
        {"hxxp://example.org", "http://example.org"},
        {"hXXps://example[.]org/a", "https://example.org/a"},
        {"hxxps[:]//example.org", "https://example.org"},
        {"hxxp[://]example.org", "http://example.org"},
        {"fxp://example.org", "ftp://example.org"},
        {"192[.]0[.]2[.]1", "192.0.2.1"},
        {"2001[:]db8::1", "2001:db8::1"},
        /* these stand for themselves */
        {"[2001:db8::1]", "[2001:db8::1]"},
        {"http://[2001:db8::1]/", "http://[2001:db8::1]/"},
        {"hxxp.example.org", "hxxp.example.org"},
        {"http://example.org/a(.)b", "http://example.org/a(.)b"},
        {"http://example.org/a[.]b", "http://example.org/a.b"},
        {"[", "["},
        {"[.", "[."},
        {"[dot", "[dot"},
        {"[.)", "[.)"},
    };
    for (size_t i = 0; i < PH_LEN(rows); i++) {
        char out[64];
        size_t n = 0;
        assert_int_equal(ph_defang_undo(out, sizeof(out), &n, ph_bytes_str(rows[i].text), NULL),
                         PH_OK);
        if (!ph_bytes_equal(ph_bytes(out, n), ph_bytes_str(rows[i].plain)))
            fail_msg("%s became %.*s", rows[i].text, (int)n, out);
    }
}

static void test_defang__never_writes_past_its_room(void **state)
{
    (void)state;
    static const char text[] = "hxxps[://]a[dot]b[dot]c";
    char out[32];
    size_t n = 0;
    const size_t need = strlen("https://a.b.c");
    for (size_t size = 1; size < sizeof(out); size++) {
        memset(out, '#', sizeof(out));
        enum ph_err err = ph_defang_undo(out, size, &n, ph_bytes_str(text), NULL);
        assert_int_equal(err, size < need ? PH_ERR_INPUT : PH_OK);
        assert_int_equal(out[size], '#');
    }
    assert_int_equal(ph_defang_undo(out, sizeof(out), &n, ph_bytes_str(" \r\n"), NULL),
                     PH_ERR_INPUT);
    assert_int_equal(ph_defang_undo(out, sizeof(out), &n, ph_bytes(NULL, 0), NULL), PH_ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defang__is_undone_as_analysts_write_it),
        cmocka_unit_test(test_defang__never_writes_past_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
