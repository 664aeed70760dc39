/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/word.h"

#include "proto/base/text.h"

struct word {
    ph_observable_fn fn;
    void *ctx;
    size_t n;
    size_t n_points;
    bool is_paired; /* of a script without spaces */
    size_t last_at; /* where its last character starts */
    uint8_t text[PH_WORD_MAX];
};

struct range {
    uint32_t first;
    uint32_t last;
};

static bool is_in(const struct range *ranges, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

/* Thai to Khmer, kana, ideographs */
static bool is_spaceless(uint32_t c)
{
    static const struct range ranges[] = {
        {0x0e00, 0x0eff}, {0x1000, 0x109f}, {0x1780, 0x17ff}, {0x3040, 0x30ff}, {0x31f0, 0x31ff},
        {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xf900, 0xfaff}, {0xff66, 0xff9f}, {0x20000, 0x3ffff},
    };
    return is_in(ranges, PH_LEN(ranges), c);
}

/* What separates words: signs, punctuation, spaces, symbols, controls. */
static bool is_separator(uint32_t c)
{
    static const struct range ranges[] = {
        {0x00, 0x2f},        {0x3a, 0x40},     {0x5b, 0x60},     {0x7b, 0xa9},
        {0xab, 0xb4},        {0xb6, 0xb9},     {0xbb, 0xbf},     {0xd7, 0xd7},
        {0xf7, 0xf7},        {0x37e, 0x37e},   {0x387, 0x387},   {0x55a, 0x55f},
        {0x589, 0x58f},      {0x5be, 0x5be},   {0x5f3, 0x60f},   {0x61b, 0x61f},
        {0x66a, 0x66d},      {0x6d4, 0x6d4},   {0x964, 0x965},   {0x1680, 0x1680},
        {0x2000, 0x206f},    {0x20a0, 0x20cf}, {0x2100, 0x2bff}, {0x2e00, 0x2e7f},
        {0x3000, 0x3004},    {0x3008, 0x3020}, {0x3030, 0x3030}, {0x30fb, 0x30fb},
        {0xe000, 0xf8ff},    {0xfe00, 0xfe6f}, {0xfeff, 0xff0f}, {0xff1a, 0xff20},
        {0xff3b, 0xff40},    {0xff5b, 0xff65}, {0xffe0, 0xffff}, {0x1f000, 0x1faff},
        {0xe0000, 0x10ffff},
    };
    return is_in(ranges, PH_LEN(ranges), c);
}

/* Lower case by distance; @step 2: every other letter, capitals even (or odd) as the first is. */
static const struct {
    uint32_t first;
    uint32_t last;
    int32_t distance;
    uint32_t step;
} folds[] = {
    {'A', 'Z', 32, 1},          {0xc0, 0xde, 32, 1},    {0x100, 0x12e, 1, 2},
    {0x132, 0x136, 1, 2},       {0x139, 0x147, 1, 2},   {0x14a, 0x176, 1, 2},
    {0x178, 0x178, -121, 1},    {0x179, 0x17d, 1, 2},   {0x1cd, 0x1db, 1, 2},
    {0x1de, 0x1ee, 1, 2},       {0x1f8, 0x21e, 1, 2},   {0x222, 0x232, 1, 2},
    {0x386, 0x386, 38, 1},      {0x388, 0x38a, 37, 1},  {0x38c, 0x38c, 64, 1},
    {0x38e, 0x38f, 63, 1},      {0x391, 0x3a1, 32, 1},  {0x3a3, 0x3ab, 32, 1},
    {0x3c2, 0x3c2, 1, 1},       {0x400, 0x40f, 80, 1},  {0x410, 0x42f, 32, 1},
    {0x460, 0x480, 1, 2},       {0x48a, 0x4be, 1, 2},   {0x4c1, 0x4cd, 1, 2},
    {0x4d0, 0x52e, 1, 2},       {0x531, 0x556, 48, 1},  {0x1e00, 0x1e94, 1, 2},
    {0x1e9e, 0x1e9e, -7615, 1}, {0x1ea0, 0x1efe, 1, 2}, {0xff21, 0xff3a, 32, 1},
};

static uint32_t fold(uint32_t c)
{
    if (c >= 'a' && c <= 'z')
        return c;
    for (size_t i = 0; i < PH_LEN(folds); i++)
        if (c >= folds[i].first && c <= folds[i].last)
            return (c - folds[i].first) % folds[i].step == 0
                       ? (uint32_t)((int32_t)c + folds[i].distance)
                       : c;
    return c == 0x130 ? 'i' : c;
}

static size_t encode(uint8_t out[static 4], uint32_t c)
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (n == 1) {
        out[0] = (uint8_t)c;
        return 1;
    }
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3f));
    out[0] = (uint8_t)((0xf00u >> n) | c);
    return n;
}

static bool give(const struct word *w)
{
    bool is_short = w->n <= 1;
    return is_short || w->fn(w->ctx, PH_OBS_WORD, ph_bytes(w->text, w->n));
}

static void start(struct word *w, bool is_paired)
{
    w->n = 0;
    w->n_points = 0;
    w->is_paired = is_paired;
}

/* The end of a run. A pair has been given already when its second character came. */
static bool end(struct word *w)
{
    bool is_given = w->is_paired && w->n_points > 1;
    bool go = is_given || give(w);
    start(w, false);
    return go;
}

static bool add(struct word *w, uint32_t c)
{
    uint8_t bytes[4];
    size_t n = encode(bytes, c);
    if (w->n + n > sizeof(w->text))
        return true;
    if (w->is_paired && w->n_points > 1) {
        memmove(w->text, w->text + w->last_at, w->n - w->last_at);
        w->n -= w->last_at;
    }
    w->last_at = w->n;
    memcpy(w->text + w->n, bytes, n);
    w->n += n;
    w->n_points++;
    return !w->is_paired || w->n_points < 2 || give(w);
}

static bool take(struct word *w, uint32_t c)
{
    if (is_separator(c))
        return end(w);
    bool is_paired = is_spaceless(c);
    bool go = true;
    if (w->n > 0 && is_paired != w->is_paired)
        go = end(w);
    if (w->n == 0)
        start(w, is_paired);
    return go && add(w, fold(c));
}

bool ph_word_each(struct ph_bytes text, ph_observable_fn fn, void *ctx)
{
    struct word w = {.fn = fn, .ctx = ctx};
    bool go = true;
    for (size_t i = 0; go && i < text.n;) {
        uint32_t c;
        size_t n = ph_utf8_decode(ph_bytes(text.p + i, text.n - i), &c);
        go = take(&w, n ? c : 0);
        i += n ? n : 1;
    }
    return go && end(&w);
}
