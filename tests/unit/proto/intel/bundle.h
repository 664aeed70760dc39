/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: what a reader made of a text, written down as text itself, whatever the pieces it came
 * in. */
#ifndef PH_TESTS_BUNDLE_H
#define PH_TESTS_BUNDLE_H

#include "proto/base/buf.h"
#include "proto/intel/stix.h"

/** One line an object ("3 ok {…}", "4 format line 7: …"), one for a fatal error ("fatal format …"),
 * one for the end ("end ok"). NUL-terminated; free with ph_buf_done(). @piece bytes are fed at a
 * time. */
struct ph_buf ph_test_transcript(struct ph_bytes text, size_t piece);
/** A whole file of tests/data. Fails the test when it cannot be read. */
struct ph_buf ph_test_file(const char *name);
/** Calls @fn for each object of tests/data/@name, all of which must be readable. */
void ph_test_each_object(const char *name, void (*fn)(const json_t *object));

#endif
