/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of trust documents share. */
#ifndef PH_TESTS_TRUST_TEST_H
#define PH_TESTS_TRUST_TEST_H

#include <stdlib.h>

#include "proto/base/writer.h"
#include "proto/trust/roster_priv.h"
#include "tests/lib/community.h"
#include "tests/lib/test.h"

/** [document, signatures] of a roster as it stands, without any check: what a hostile steward
 * sends. */
static inline struct ph_buf ph_test_raw_roster(const struct ph_roster *roster)
{
    struct ph_buf document = ph_buf(PH_ROSTER_MAX);
    struct ph_buf out = ph_buf(2 * PH_ROSTER_MAX);
    assert_int_equal(ph__roster_document(&document, roster), PH_OK);
    struct ph_writer w = ph_writer(&out);
    ph_write_array(&w, 2);
    ph_write_bin(&w, ph_buf_bytes(&document));
    ph_write_array(&w, roster->n_sigs);
    for (size_t i = 0; i < roster->n_sigs; i++) {
        ph_write_array(&w, 2);
        ph_write_bin(&w, ph_bytes(roster->sigs[i].steward.b, 32));
        ph_write_bin(&w, ph_bytes(roster->sigs[i].sig, 64));
    }
    assert_int_equal(ph_writer_end(&w), PH_OK);
    ph_buf_done(&document);
    return out;
}

/** Asserts that @roster, encoded without a check, is refused with @err and a reason with @words in
 * it. */
static inline void ph_test_roster_refused(const struct ph_roster *roster, enum ph_err err,
                                          const char *words)
{
    struct ph_buf raw = ph_test_raw_roster(roster);
    struct ph_roster *out = NULL;
    struct ph_why why = {0};
    enum ph_err got = ph_roster_decode(&out, ph_buf_bytes(&raw), &why);
    if (got != err || !strstr(why.what, words))
        fail_msg("wanted %s with \"%s\", got %s: %s", ph_err_token(err), words, ph_err_token(got),
                 why.what);
    assert_null(out);
    ph_buf_done(&raw);
}

static inline struct ph_roster *ph_test_copy(const struct ph_roster *roster)
{
    struct ph_roster *copy;
    assert_int_equal(ph_roster_copy(&copy, roster), PH_OK);
    return copy;
}

#endif
