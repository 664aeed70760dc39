/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "proto/base/assert.h"
#include "proto/base/text.h"

/* RFC 3629: the second byte's range is what keeps out overlong forms, surrogates and code points
 * past 10FFFF. */
size_t ph_utf8_decode(struct ph_bytes text, uint32_t *out)
{
    if (text.n == 0)
        return 0;
    uint8_t lead = text.p[0];
    if (lead < 0x80) {
        *out = lead;
        return 1;
    }
    size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.n < n)
        return 0;
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (text.p[1] < low || text.p[1] > high)
        return 0;
    uint32_t v = lead & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((text.p[i] & 0xc0) != 0x80)
            return 0;
        v = v << 6 | (text.p[i] & 0x3fu);
    }
    *out = v;
    return n;
}

bool ph_utf8_is_valid(struct ph_bytes text)
{
    size_t i = 0;
    while (i < text.n) {
        uint32_t c;
        size_t n = ph_utf8_decode(ph_bytes(text.p + i, text.n - i), &c);
        if (n == 0 || c == 0)
            return false;
        i += n;
    }
    return true;
}

/* Code points that a terminal obeys or hides: they would let foreign text move the cursor, turn a
 * line around or look like another text. Unicode 15: controls, Bidi_Control,
 * Default_Ignorable_Code_Point, line and paragraph separators, interlinear annotation,
 * noncharacters of the BMP. */
static bool is_hidden(uint32_t c)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } hidden[] = {
        {0x00, 0x1f},       {0x7f, 0x9f},     {0xad, 0xad},       {0x34f, 0x34f},
        {0x61c, 0x61c},     {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x180b, 0x180f},
        {0x200b, 0x200f},   {0x2028, 0x202e}, {0x2060, 0x206f},   {0x3164, 0x3164},
        {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
        {0xfff0, 0xfffb},   {0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
        {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < PH_LEN(hidden); i++)
        if (c <= hidden[i].last)
            return c >= hidden[i].first;
    return false;
}

/* The next piece of @text as it may be printed: the character, or its visible form. Returns how
 * many bytes of @text it stands for. */
static size_t safe_piece(char out[static 16], size_t *out_n, struct ph_bytes text)
{
    uint32_t c;
    size_t n = ph_utf8_decode(text, &c);
    int printed;
    if (n == 0) {
        printed = snprintf(out, 16, "\\x%02x", text.p[0]);
        n = 1;
    } else if (c < 0x80 && is_hidden(c)) {
        printed = snprintf(out, 16, "\\x%02x", (unsigned)c);
    } else if (is_hidden(c)) {
        printed = snprintf(out, 16, "\\u{%04x}", (unsigned)c);
    } else {
        memcpy(out, text.p, n);
        printed = (int)n;
    }
    *out_n = (size_t)printed;
    return n;
}

const char *ph_text_safe(char *out, size_t out_size, struct ph_bytes text)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    PH_ASSERT(out_size >= sizeof(ellipsis));
    size_t n = 0;
    size_t cut = 0; /* the last place where an ellipsis still fits */
    while (text.n > 0) {
        char piece[16];
        size_t piece_n;
        size_t eaten = safe_piece(piece, &piece_n, text);
        if (n + sizeof(ellipsis) <= out_size)
            cut = n;
        if (piece_n + 1 > out_size - n) {
            memcpy(out + cut, ellipsis, sizeof(ellipsis));
            return out;
        }
        memcpy(out + n, piece, piece_n);
        n += piece_n;
        text = ph_bytes(text.p + eaten, text.n - eaten);
    }
    out[n] = '\0';
    return out;
}
