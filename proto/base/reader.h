/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonical msgpack, in: a pull reader for bytes that strangers wrote.
 *
 * Accepts exactly one encoding of each value: shortest integers, strings, binaries and arrays; no
 * extension types; UTF-8 checked (no overlong forms, no surrogates, no NUL). No length is believed
 * before it is compared with what is left, and nothing is allocated. Errors stick: the first one
 * wins, later reads return zero values, and ph_reader_end() reports it; bytes left over are an
 * error too. Why our own: five hostile bytes make msgpack-c's unpacker ask for 96 GiB. */
#ifndef PH_BASE_READER_H
#define PH_BASE_READER_H

#include "proto/base/error.h"

struct ph_reader {
    const uint8_t *start;
    const uint8_t *p;
    const uint8_t *end;
    enum ph_err err;  /* first error, sticky */
    size_t err_at;    /* offset at which it happened */
    const char *what; /* static text of the first error */
};

enum ph_kind {
    PH_KIND_END, /* nothing left, or a form that is not ours */
    PH_KIND_NIL,
    PH_KIND_BOOL,
    PH_KIND_UINT,
    PH_KIND_INT, /* negative */
    PH_KIND_DOUBLE,
    PH_KIND_TEXT,
    PH_KIND_BIN,
    PH_KIND_ARRAY,
    PH_KIND_MAP
};

/** A reader over @bytes, borrowed as long as the reader and every view it gave are in use. */
static inline struct ph_reader ph_reader(struct ph_bytes bytes)
{
    return (struct ph_reader){.start = bytes.p,
                              .p = bytes.p,
                              .end = bytes.n ? bytes.p + bytes.n : bytes.p,
                              .err = PH_OK,
                              .err_at = 0,
                              .what = NULL};
}

/** Kind of the next value, without reading it. PH_KIND_END at the end or after an error. */
enum ph_kind ph_read_peek(const struct ph_reader *r);

/** Unsigned integer at most @max (PH_ERR_RANGE past it). */
uint64_t ph_read_uint(struct ph_reader *r, uint64_t max);
/** Signed integer in 64 bits. */
int64_t ph_read_int(struct ph_reader *r);
bool ph_read_bool(struct ph_reader *r);
/** Double (float 64 only; float 32 is refused). */
double ph_read_double(struct ph_reader *r);
/** Binary of at most @max bytes, as a view. */
struct ph_bytes ph_read_bin(struct ph_reader *r, size_t max);
/** Binary of exactly @n bytes, copied to @out (zeroed on failure). */
void ph_read_bin_exact(struct ph_reader *r, uint8_t *out, size_t n);
/** Text of at most @max bytes, as a view without NUL; UTF-8 checked, no NUL inside. */
struct ph_bytes ph_read_text(struct ph_reader *r, size_t max);
/** Opens an array of at most @max elements and returns how many follow. Refused when fewer bytes
 * are left than elements. */
uint32_t ph_read_array(struct ph_reader *r, uint32_t max);
/** Opens an array that must have exactly @n elements. */
void ph_read_array_exact(struct ph_reader *r, uint32_t n);
/** Opens a map of at most @max pairs (content of STIX objects only); as ph_read_array(). */
uint32_t ph_read_map(struct ph_reader *r, uint32_t max);
/** Reads nil if it is next and says so; else reads nothing. */
bool ph_read_nil(struct ph_reader *r);
/** The bytes of the next whole value, checked like the rest: nesting at most PH_DEPTH_MAX, keys of
 * maps are text. Keys given twice are for whoever reads the map to refuse. */
struct ph_bytes ph_read_raw(struct ph_reader *r);

/** Make the reader fail with @err (a caller's own rule), unless it has failed already. */
void ph_read_fail(struct ph_reader *r, enum ph_err err, const char *what);

/** Nothing may be left. PH_OK, or the first error with its offset in @why. */
enum ph_err ph_reader_end(struct ph_reader *r, struct ph_why *why);
/** The first error so far, leftover bytes allowed. */
enum ph_err ph_reader_err(const struct ph_reader *r, struct ph_why *why);

#endif
