/* SPDX-License-Identifier: Apache-2.0
 *
 * Text that strangers wrote, through each function of text.h that reads any: what is made safe is
 * safe, and what parses has one form. */
#include <sodium.h>
#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Room of exactly @room bytes, so that a sanitizer sees one byte too many. */
static void check_safe(struct ph_bytes input, size_t room)
{
    char *out = malloc(room);
    char *again = malloc(room);
    PH_ASSERT(out && again);
    size_t n = strlen(ph_text_safe(out, room, input));
    PH_ASSERT(n < room);
    PH_ASSERT(ph_utf8_is_valid(ph_bytes(out, n)));
    for (size_t i = 0; i < n; i++)
        PH_ASSERT((unsigned char)out[i] >= 0x20 && out[i] != 0x7f);
    PH_ASSERT(strcmp(ph_text_safe(again, room, ph_bytes(out, n)), out) == 0);
    free(out);
    free(again);
}

static void check_time(struct ph_bytes input)
{
    ph_ms ms;
    ph_ms back;
    uint32_t nanos;
    if (!ph_time_parse(input, &ms, &nanos))
        return;
    char text[PH_TIME_TEXT_MAX];
    PH_ASSERT(nanos < 1000000);
    ph_time_text(text, ms);
    /* The leap second of the last day of year 9999 is the first instant that has no text. */
    bool shown = ph_time_parse(ph_bytes_str(text), &back, &nanos);
    PH_ASSERT(shown && (back == ms || ms > UINT64_C(253402300799999)));
    PH_ASSERT(nanos == 0);
}

static void check_key(struct ph_bytes input)
{
    uint8_t key[32];
    char text[PH_KEY_TEXT_MAX];
    struct ph_why why = {.code = PH_OK};
    if (ph_base32_key_parse(key, "phnode", input, &why)) {
        PH_ASSERT(why.code == PH_ERR_INPUT);
        PH_ASSERT(ph_utf8_is_valid(ph_bytes_str(why.what)));
        return;
    }
    ph_base32_key(text, "phnode", key);
    PH_ASSERT(ph_bytes_equal(ph_bytes_str(text), input));
}

static void check_hex(struct ph_bytes input)
{
    uint8_t bytes[64];
    char text[129];
    size_t n = input.n / 2;
    if (n > sizeof(bytes) || !ph_hex_parse(bytes, n, input))
        return;
    ph_hex(text, ph_bytes(bytes, n));
    PH_ASSERT(strlen(text) == input.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_bytes input = ph_bytes(data, size);
    if (sodium_init() < 0)
        abort();
    check_safe(input, 4 + size % 61);
    check_safe(input, 4 + 10 * size);
    check_time(input);
    check_key(input);
    check_hex(input);
    double v;
    char text[PH_DOUBLE_TEXT_MAX];
    if (size == sizeof(v)) {
        memcpy(&v, data, sizeof(v));
        if (__builtin_isfinite(v))
            ph_double_text(text, v);
    }
    return 0;
}
