/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of records share: one author, one audience key, headers of every type. */
#ifndef PH_TESTS_RECORD_TEST_H
#define PH_TESTS_RECORD_TEST_H

#include "proto/record/seal.h"
#include "tests/lib/community.h"
#include "tests/lib/test.h"

#define PH_TEST_LIFETIME (180 * PH_TEST_DAY_MS)

/** The author of all headers made here. */
struct ph_node_key ph_test_author(void);
/** Into @out, 64 bytes. */
void ph_test_author_secret(uint8_t out[static 64]);
/** The audience key that headers of ph_test_header() commit to. */
struct ph_audience_key ph_test_audience_key(void);

/** A header of @type that ph_header_check() takes, if @label fits @kind: created PH_TEST_T0, with
 * key and nonce as its type needs. Body size and hash are those of ph_test_body(). Freed with
 * ph_header_done(). */
struct ph_header ph_test_header(enum ph_record_type type, enum ph_tlp label,
                                enum ph_audience_kind kind);
/** 40 bytes. */
struct ph_bytes ph_test_body(void);
/** Make @header direct to @texts ("IT", "CH/alice"), which are sorted. */
void ph_test_set_recipients(struct ph_header *header, const char *const *texts, size_t n);

/** The canonical encoding of @header without ph_header_check(): what a hostile author sends. */
struct ph_buf ph_test_raw_header(const struct ph_header *header);
/** The same, signed by the author, as a record with @body. */
struct ph_record *ph_test_record(const struct ph_header *header, struct ph_bytes body);

/** Asserts that @header, encoded without a check, is refused by decoding with @err and a reason
 * with
 * @words in it, and by encoding too. */
void ph_test_header_refused(const struct ph_header *header, enum ph_err err, const char *words);

#endif
