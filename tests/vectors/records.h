/* SPDX-License-Identifier: Apache-2.0
 *
 * The published vectors of records, made from fixed inputs: single records in records.c, the whole
 * of records.json in records_file.c. make_records prints it, test_records compares it with the file
 * that is committed, check_records.py recomputes it without any of this code. */
#ifndef PH_TESTS_RECORDS_H
#define PH_TESTS_RECORDS_H

#include <jansson.h>

#include "proto/record/seal.h"

#define PH_TEST_VECTOR_T0       UINT64_C(1790000000000)
#define PH_TEST_VECTOR_LIFETIME (UINT64_C(180) * 86400000)

/** All of records.json; new reference. Whatever fails in here aborts. */
json_t *ph_test_records(void);
/** As the text that is committed. Free with ph_buf_done(). */
struct ph_buf ph_test_records_text(void);

/** What one record is made from. */
struct ph_test_input {
    const char *name;
    enum ph_record_type type;
    enum ph_tlp label;
    enum ph_audience_kind audience;
    const char *recipients[3];
    uint32_t flags;
    ph_ms lifetime;
    const char *plain; /* what is compressed and sealed; NULL for bodies that are not */
};

/** The header of @in, without body size and hash. Freed with ph_header_done(). */
struct ph_header ph_test_vector_header(const struct ph_test_input *in,
                                       const uint8_t author[static 32]);
/** The record of @header around @body, with its inputs. */
json_t *ph_test_vector_record(const struct ph_test_input *in, const struct ph_header *header,
                              struct ph_bytes body, const uint8_t secret[static 64]);
/** The list of good records. */
json_t *ph_test_vector_records(void);
/** The audience key that all of them are sealed under. */
struct ph_audience_key ph_test_vector_key(void);
/** 32 bytes that say what they are for. */
void ph_test_seed(uint8_t out[static 32], uint8_t what, uint8_t number);

/* A generator has no one to hand an error to. */
void ph_test_must(enum ph_err err);
json_t *ph_test_hex(const void *p, size_t n);
void ph_test_set(json_t *object, const char *key, json_t *value);
void ph_test_append(json_t *array, json_t *value);

#endif
