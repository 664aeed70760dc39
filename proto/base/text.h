/* SPDX-License-Identifier: Apache-2.0
 *
 * Text forms: hex, base32 with type prefix and checksum, UTF-8 checks, safe printing of foreign
 * text, times. Strings handed out are NUL-terminated. */
#ifndef PH_BASE_TEXT_H
#define PH_BASE_TEXT_H

#include "proto/base/buf.h"

/** Lower-case hex of @bytes into @out, which holds 2 * n + 1 characters. */
void ph_hex(char *out, struct ph_bytes bytes);
/** Parse exactly @n bytes of hex (any case) from @text; false on anything else. */
bool ph_hex_parse(uint8_t *out, size_t n, struct ph_bytes text);

/** Longest text of a 32-byte key: prefix of up to 7, '1', 58 characters of base32, NUL. */
#define PH_KEY_TEXT_MAX 72

/** Text form of 32 bytes: @prefix, '1', lower-case base32 (RFC 4648 alphabet, no padding) of the
 * bytes and of 4 checksum bytes, which cover the prefix too. */
void ph_base32_key(char out[static PH_KEY_TEXT_MAX], const char *prefix,
                   const uint8_t key[static 32]);
/** Parse that form. PH_ERR_INPUT, with @why naming what is wrong: another prefix (by name), a
 * typing error (checksum), a length. */
enum ph_err ph_base32_key_parse(uint8_t out[static 32], const char *prefix, struct ph_bytes text,
                                struct ph_why *why);

/** Decode the first character of @text. Returns its length in bytes, 1 to 4, or 0 when @text is
 * empty or does not begin with well-formed UTF-8 (RFC 3629). NUL decodes. */
size_t ph_utf8_decode(struct ph_bytes text, uint32_t *out);

/** Whole input is well-formed UTF-8: no overlong forms, surrogates, or code points past 10FFFF; and
 * no NUL. */
bool ph_utf8_is_valid(struct ph_bytes text);

/** Foreign text made safe for terminals and logs: control characters (C0, C1, DEL), bidi controls,
 * zero-width characters and bad UTF-8 become visible as \xNN or \u{NNNN}; backslash stays. Cut with
 * an ellipsis to fit @out_size (at least 4). Always NUL-terminated. Returns @out, for use in
 * arguments. */
const char *ph_text_safe(char *out, size_t out_size, struct ph_bytes text);

/** RFC 3339 in UTC with milliseconds, "2026-11-23T10:00:00.000Z"; 25 bytes. Years past 9999 clamp.
 */
#define PH_TIME_TEXT_MAX 25
void ph_time_text(char out[static PH_TIME_TEXT_MAX], ph_ms ms);
/** Parse a STIX 2.1 timestamp (RFC 3339, 'Z' only, any number of fraction digits; instants before
 * 1970 give 0; 23:59:60 is the instant that follows). False when it is not one. @out_nanos, which
 * may be NULL, receives the part below the millisecond. */
bool ph_time_parse(struct ph_bytes text, ph_ms *out, uint32_t *out_nanos);

/** The shortest text that reads back as the same double, always with a point or an exponent, so
 * that a double stays one in JSON: "1.0", "0.1", "-0.0", "1e+22" (the forms that Python's repr()
 * gives). @v is finite: JSON has no other. */
#define PH_DOUBLE_TEXT_MAX 32
void ph_double_text(char out[static PH_DOUBLE_TEXT_MAX], double v);

#endif
