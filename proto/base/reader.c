/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/reader.h"

#include <math.h>

#include "proto/base/assert.h"
#include "proto/base/limits.h"
#include "proto/base/text.h"

/* First byte of the forms that have a length or a value behind them (msgpack specification). */
enum {
    NIL = 0xc0,
    FALSE_ = 0xc2,
    TRUE_ = 0xc3,
    BIN8 = 0xc4,
    BIN16 = 0xc5,
    BIN32 = 0xc6,
    FLOAT64 = 0xcb,
    UINT8 = 0xcc,
    UINT16 = 0xcd,
    UINT32 = 0xce,
    UINT64 = 0xcf,
    INT8 = 0xd0,
    INT16 = 0xd1,
    INT32 = 0xd2,
    INT64 = 0xd3,
    STR8 = 0xd9,
    STR16 = 0xda,
    STR32 = 0xdb,
    ARRAY16 = 0xdc,
    ARRAY32 = 0xdd,
    MAP16 = 0xde,
    MAP32 = 0xdf
};

/* What stands at the front of a value: its kind, and the number or length behind the first byte. */
struct head {
    enum ph_kind kind;
    uint64_t u; /* value, bits of the value, or length */
};

static size_t left(const struct ph_reader *r)
{
    return (size_t)(r->end - r->p);
}

void ph_read_fail(struct ph_reader *r, enum ph_err err, const char *what)
{
    PH_ASSERT(err != PH_OK);
    if (r->err)
        return;
    r->err = err;
    r->err_at = (size_t)(r->p - r->start);
    r->what = what;
}

/* Forms whose value or length sits in the first byte itself. */
static bool head_is_short(uint8_t first, struct head *out)
{
    if (first <= 0x7f)
        *out = (struct head){PH_KIND_UINT, first};
    else if (first <= 0x8f)
        *out = (struct head){PH_KIND_MAP, first & 0x0f};
    else if (first <= 0x9f)
        *out = (struct head){PH_KIND_ARRAY, first & 0x0f};
    else if (first <= 0xbf)
        *out = (struct head){PH_KIND_TEXT, first & 0x1f};
    else if (first >= 0xe0)
        *out = (struct head){PH_KIND_INT, (uint64_t)(int64_t)(int8_t)first};
    else if (first == NIL)
        *out = (struct head){PH_KIND_NIL, 0};
    else if (first == FALSE_ || first == TRUE_)
        *out = (struct head){PH_KIND_BOOL, first == TRUE_};
    else
        return false;
    return true;
}

/* How the long forms go on: @size bytes of number; a number below @least has a shorter form. */
struct form {
    uint8_t kind; /* enum ph_kind; PH_KIND_END for forms that are not ours */
    uint8_t size;
    uint32_t least;
};

static struct form form_of(uint8_t first)
{
    static const struct form forms[] = {
        [BIN8 - NIL] = {PH_KIND_BIN, 1, 0},
        [BIN16 - NIL] = {PH_KIND_BIN, 2, 0x100},
        [BIN32 - NIL] = {PH_KIND_BIN, 4, 0x10000},
        [FLOAT64 - NIL] = {PH_KIND_DOUBLE, 8, 0},
        [UINT8 - NIL] = {PH_KIND_UINT, 1, 0x80},
        [UINT16 - NIL] = {PH_KIND_UINT, 2, 0x100},
        [UINT32 - NIL] = {PH_KIND_UINT, 4, 0x10000},
        [UINT64 - NIL] = {PH_KIND_UINT, 8, UINT32_MAX}, /* and not UINT32_MAX itself: below */
        [INT8 - NIL] = {PH_KIND_INT, 1, 0},
        [INT16 - NIL] = {PH_KIND_INT, 2, 0},
        [INT32 - NIL] = {PH_KIND_INT, 4, 0},
        [INT64 - NIL] = {PH_KIND_INT, 8, 0},
        [STR8 - NIL] = {PH_KIND_TEXT, 1, 0x20},
        [STR16 - NIL] = {PH_KIND_TEXT, 2, 0x100},
        [STR32 - NIL] = {PH_KIND_TEXT, 4, 0x10000},
        [ARRAY16 - NIL] = {PH_KIND_ARRAY, 2, 0x10},
        [ARRAY32 - NIL] = {PH_KIND_ARRAY, 4, 0x10000},
        [MAP16 - NIL] = {PH_KIND_MAP, 2, 0x10},
        [MAP32 - NIL] = {PH_KIND_MAP, 4, 0x10000},
    };
    PH_ASSERT(first >= NIL && first - NIL < (int)PH_LEN(forms));
    return forms[first - NIL];
}

static uint64_t big_endian(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

/* Sign-extend; a negative number has one shortest signed form and no unsigned one. */
static bool int_is_shortest(uint64_t *v, size_t size)
{
    unsigned shift = (unsigned)(64 - 8 * size);
    int64_t i = (int64_t)(*v << shift) >> shift;
    *v = (uint64_t)i;
    switch (size) {
    case 1:
        return i < -32;
    case 2:
        return i < INT8_MIN;
    case 4:
        return i < INT16_MIN;
    default:
        return i < INT32_MIN;
    }
}

static bool is_shortest(const struct form *form, uint64_t *v)
{
    if (form->kind == PH_KIND_INT)
        return int_is_shortest(v, form->size);
    if (form->kind == PH_KIND_DOUBLE)
        return true;
    return form->size == 8 ? *v > form->least : *v >= form->least;
}

/* Read the head of the next value and refuse every form but the shortest. On failure nothing is
 * consumed and the error sticks. */
static bool read_head(struct ph_reader *r, struct head *out)
{
    if (r->err)
        return false;
    if (left(r) == 0) {
        ph_read_fail(r, PH_ERR_TRUNCATED, "ends where a value should be");
        return false;
    }
    if (head_is_short(*r->p, out)) {
        r->p++;
        return true;
    }
    struct form form = form_of(*r->p);
    if (form.kind == PH_KIND_END) {
        ph_read_fail(r, PH_ERR_FORMAT, "extension types and 32-bit floats are not used");
        return false;
    }
    if (left(r) - 1 < form.size) {
        ph_read_fail(r, PH_ERR_TRUNCATED, "ends inside a number or length");
        return false;
    }
    uint64_t v = big_endian(r->p + 1, form.size);
    if (!is_shortest(&form, &v)) {
        ph_read_fail(r, PH_ERR_FORMAT, "number or length is not in its shortest form");
        return false;
    }
    *out = (struct head){(enum ph_kind)form.kind, v};
    r->p += 1 + form.size;
    return true;
}

enum ph_kind ph_read_peek(const struct ph_reader *r)
{
    struct head head;
    if (r->err || left(r) == 0)
        return PH_KIND_END;
    if (head_is_short(*r->p, &head))
        return head.kind;
    return (enum ph_kind)form_of(*r->p).kind;
}

/* Fail at the value that was just entered, not behind its head. */
static void fail_at(struct ph_reader *r, const uint8_t *at, enum ph_err err, const char *what)
{
    r->p = at;
    ph_read_fail(r, err, what);
}

/* The head of a value that must be of @kind. */
static bool expect(struct ph_reader *r, enum ph_kind kind, const char *what, uint64_t *out)
{
    const uint8_t *at = r->p;
    struct head head;
    if (!read_head(r, &head))
        return false;
    if (head.kind != kind) {
        fail_at(r, at, PH_ERR_FORMAT, what);
        return false;
    }
    *out = head.u;
    return true;
}

uint64_t ph_read_uint(struct ph_reader *r, uint64_t max)
{
    const uint8_t *at = r->p;
    uint64_t v;
    if (!expect(r, PH_KIND_UINT, "not an unsigned integer", &v))
        return 0;
    if (v > max) {
        fail_at(r, at, PH_ERR_RANGE, "integer is past its limit");
        return 0;
    }
    return v;
}

int64_t ph_read_int(struct ph_reader *r)
{
    const uint8_t *at = r->p;
    struct head head;
    if (!read_head(r, &head))
        return 0;
    if (head.kind != PH_KIND_INT && head.kind != PH_KIND_UINT) {
        fail_at(r, at, PH_ERR_FORMAT, "not an integer");
        return 0;
    }
    if (head.kind == PH_KIND_UINT && head.u > INT64_MAX) {
        fail_at(r, at, PH_ERR_RANGE, "integer does not fit 64 bits with a sign");
        return 0;
    }
    return (int64_t)head.u;
}

bool ph_read_bool(struct ph_reader *r)
{
    uint64_t v;
    return expect(r, PH_KIND_BOOL, "not a boolean", &v) && v;
}

/* NaN has 2^53 spellings and JSON has no infinity: neither is a value here. */
static bool double_is_value(uint64_t bits, double *out)
{
    memcpy(out, &bits, sizeof(*out));
    return isfinite(*out);
}

double ph_read_double(struct ph_reader *r)
{
    const uint8_t *at = r->p;
    uint64_t bits;
    double v;
    if (!expect(r, PH_KIND_DOUBLE, "not a 64-bit float", &bits))
        return 0;
    if (!double_is_value(bits, &v)) {
        fail_at(r, at, PH_ERR_FORMAT, "float is not finite");
        return 0;
    }
    return v;
}

/* The @n bytes behind a head at @at. The limit comes first, so that a bomb is named as one. */
static struct ph_bytes take(struct ph_reader *r, const uint8_t *at, uint64_t n, size_t max)
{
    if (n > max) {
        fail_at(r, at, PH_ERR_LIMIT, "longer than its limit");
        return ph_bytes(NULL, 0);
    }
    if (n > left(r)) {
        fail_at(r, at, PH_ERR_TRUNCATED, "longer than what is left");
        return ph_bytes(NULL, 0);
    }
    struct ph_bytes view = ph_bytes(r->p, (size_t)n);
    r->p += n;
    return view;
}

struct ph_bytes ph_read_bin(struct ph_reader *r, size_t max)
{
    const uint8_t *at = r->p;
    uint64_t n;
    if (!expect(r, PH_KIND_BIN, "not binary", &n))
        return ph_bytes(NULL, 0);
    return take(r, at, n, max);
}

void ph_read_bin_exact(struct ph_reader *r, uint8_t *out, size_t n)
{
    const uint8_t *at = r->p;
    struct ph_bytes view = ph_read_bin(r, n);
    if (!r->err && view.n == n) {
        if (n)
            memcpy(out, view.p, n);
        return;
    }
    if (!r->err)
        fail_at(r, at, PH_ERR_FORMAT, "binary is shorter than it must be");
    if (n)
        memset(out, 0, n);
}

static struct ph_bytes take_text(struct ph_reader *r, const uint8_t *at, uint64_t n, size_t max)
{
    struct ph_bytes view = take(r, at, n, max);
    if (!r->err && !ph_utf8_is_valid(view)) {
        fail_at(r, at, PH_ERR_FORMAT, "text is not well-formed UTF-8 without NUL");
        return ph_bytes(NULL, 0);
    }
    return view;
}

struct ph_bytes ph_read_text(struct ph_reader *r, size_t max)
{
    const uint8_t *at = r->p;
    uint64_t n;
    if (!expect(r, PH_KIND_TEXT, "not text", &n))
        return ph_bytes(NULL, 0);
    return take_text(r, at, n, max);
}

/* Each element takes at least a byte, so a count past what is left is a lie. */
static uint32_t open_container(struct ph_reader *r, enum ph_kind kind, const char *what,
                               uint32_t max)
{
    const uint8_t *at = r->p;
    uint64_t n;
    if (!expect(r, kind, what, &n))
        return 0;
    if (n > max) {
        fail_at(r, at, PH_ERR_LIMIT, "more elements than allowed");
        return 0;
    }
    if (n > left(r) / (kind == PH_KIND_MAP ? 2 : 1)) {
        fail_at(r, at, PH_ERR_TRUNCATED, "more elements than bytes left");
        return 0;
    }
    return (uint32_t)n;
}

uint32_t ph_read_array(struct ph_reader *r, uint32_t max)
{
    return open_container(r, PH_KIND_ARRAY, "not an array", max);
}

void ph_read_array_exact(struct ph_reader *r, uint32_t n)
{
    const uint8_t *at = r->p;
    uint32_t got = ph_read_array(r, UINT32_MAX);
    if (!r->err && got != n)
        fail_at(r, at, PH_ERR_FORMAT, "array has another number of elements");
}

uint32_t ph_read_map(struct ph_reader *r, uint32_t max)
{
    return open_container(r, PH_KIND_MAP, "not a map", max);
}

bool ph_read_nil(struct ph_reader *r)
{
    if (ph_read_peek(r) != PH_KIND_NIL)
        return false;
    r->p++;
    return true;
}

/* One step of ph_read_raw(): the next value. Returns how many values it opens. */
static uint64_t raw_step(struct ph_reader *r)
{
    struct head head;
    switch (ph_read_peek(r)) {
    case PH_KIND_TEXT:
        (void)ph_read_text(r, SIZE_MAX);
        return 0;
    case PH_KIND_BIN:
        (void)ph_read_bin(r, SIZE_MAX);
        return 0;
    case PH_KIND_ARRAY:
        return ph_read_array(r, UINT32_MAX);
    case PH_KIND_MAP:
        return 2 * (uint64_t)ph_read_map(r, UINT32_MAX);
    case PH_KIND_DOUBLE:
        (void)ph_read_double(r);
        return 0;
    case PH_KIND_END:
    case PH_KIND_NIL:
    case PH_KIND_BOOL:
    case PH_KIND_UINT:
    case PH_KIND_INT:
        break;
    }
    (void)read_head(r, &head);
    return 0;
}

/* An open array or map: how many values are still to come, keys counted too. */
struct level {
    uint64_t left;
    bool is_map;
};

/* The next value of @level must be a key, and a key is text. Ends and foreign forms are for the
 * step that follows to name. */
static bool key_is_bad(const struct level *level, enum ph_kind kind)
{
    return level->is_map && level->left % 2 == 0 && kind != PH_KIND_TEXT && kind != PH_KIND_END;
}

struct ph_bytes ph_read_raw(struct ph_reader *r)
{
    struct level levels[PH_DEPTH_MAX];
    size_t depth = 0;
    const uint8_t *start = r->p;
    do {
        enum ph_kind kind = ph_read_peek(r);
        bool opens = kind == PH_KIND_ARRAY || kind == PH_KIND_MAP;
        if (depth > 0 && key_is_bad(&levels[depth - 1], kind))
            ph_read_fail(r, PH_ERR_FORMAT, "key of a map is not text");
        if (opens && depth == PH_DEPTH_MAX)
            ph_read_fail(r, PH_ERR_LIMIT, "nested too deeply");
        uint64_t n = raw_step(r);
        if (r->err)
            return ph_bytes(NULL, 0);
        if (depth > 0)
            levels[depth - 1].left--;
        if (opens)
            levels[depth++] = (struct level){.left = n, .is_map = kind == PH_KIND_MAP};
        while (depth > 0 && levels[depth - 1].left == 0)
            depth--;
    } while (depth > 0);
    return ph_bytes(start, (size_t)(r->p - start));
}

enum ph_err ph_reader_err(const struct ph_reader *r, struct ph_why *why)
{
    if (r->err == PH_OK)
        return PH_OK;
    return ph_fail(why, r->err, "byte %zu: %s", r->err_at, r->what);
}

enum ph_err ph_reader_end(struct ph_reader *r, struct ph_why *why)
{
    if (!r->err && left(r) > 0)
        ph_read_fail(r, PH_ERR_FORMAT, "bytes left over");
    return ph_reader_err(r, why);
}
