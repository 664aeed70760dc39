/* SPDX-License-Identifier: Apache-2.0
 *
 * What the trust documents share: fields read with their rules, and lists of public keys.
 *
 * Of this folder only. The readers put their error into the reader (base/reader.h), the first one
 * sticks. Texts go to zero-filled arrays of fixed size, so that equal values are equal bytes. */
#ifndef PH_TRUST_FIELDS_H
#define PH_TRUST_FIELDS_H

#include "proto/base/reader.h"
#include "proto/base/writer.h"
#include "proto/trust/keys.h"

/** Highest version number of a roster or card: no arithmetic on it can wrap. */
#define PH__SEQ_MAX PH_CREATED_MAX

/** Text of at most @max bytes, without control characters (C0, DEL, C1), into @out of @max + 1
 * bytes. */
void ph__doc_read_line(struct ph_reader *r, char *out, size_t max);
/** As ph__doc_read_line(), and not empty. */
void ph__doc_read_name(struct ph_reader *r, char *out, size_t max);
/** The rule of ph__doc_read_line() for text that a program hands in. */
bool ph__is_line(const char *text, size_t max);
void ph__doc_read_code(struct ph_reader *r, struct ph_code *out);
void ph__doc_read_handle(struct ph_reader *r, struct ph_handle *out);
ph_ms ph__doc_read_ms(struct ph_reader *r);
/** Version number, 1 or more. */
uint64_t ph__doc_read_seq(struct ph_reader *r);
/** Two capital letters, as ISO 3166-1 alpha-2. */
void ph__doc_read_country(struct ph_reader *r, char out[static 3]);
bool ph__is_country(const char *text);
/** A key that ph_ed25519_is_valid(). @known, which may be NULL, is a key checked before: checking a
 * point costs as much as a signature, and rosters repeat their keys from version to version. */
void ph__doc_read_ed25519(struct ph_reader *r, uint8_t out[static 32], const uint8_t *known);
/** A key that ph_x25519_is_valid(). */
void ph__doc_read_x25519(struct ph_reader *r, uint8_t out[static 32]);

/** Opens an array of at most @max and makes room for that many elements of @size, zeroed. NULL when
 * there are none, or on failure (which is in @r). Caller frees. */
void *ph__doc_read_list(struct ph_reader *r, uint32_t max, size_t size, size_t *out_n);

void ph__doc_write_hash(struct ph_writer *w, const struct ph_hash *hash);
void ph__doc_write_key(struct ph_writer *w, const uint8_t key[static 32]);

/** Order of two public keys or hashes of 32 bytes; also for qsort(). */
int ph__key_cmp(const void *a, const void *b);

/** Whether no 32-byte key stands twice among @n of them, @stride bytes apart from @first. n log n.
 * PH_ERR_CONFLICT when one does, PH_ERR_NOMEM. */
enum ph_err ph__keys_unique(const void *first, size_t stride, size_t n);

/** Copy of @n elements of @size, or NULL (also when @n is 0: then nothing was asked for). */
void *ph__memdup(const void *p, size_t n, size_t size);

/** The outer form of every signed document but the roster: [document bin, signature bin 64]. */
enum ph_err ph__signed_encode(struct ph_buf *out, struct ph_bytes document,
                              const uint8_t sig[static 64]);
enum ph_err ph__signed_decode(struct ph_bytes *out_document, uint8_t out_sig[static 64],
                              struct ph_bytes bytes, size_t max, const char *noun,
                              struct ph_why *why);

#endif
