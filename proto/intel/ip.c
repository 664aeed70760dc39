/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/ip.h"

#include <stdio.h>

#include "proto/base/assert.h"

/* A decimal number of at most @max without leading zeros; the digits read are taken from @text. */
static bool decimal(struct ph_bytes *text, unsigned max, unsigned *out)
{
    unsigned v = 0;
    size_t n = 0;
    while (n < text->n && n < 4 && text->p[n] >= '0' && text->p[n] <= '9')
        v = v * 10 + (unsigned)(text->p[n++] - '0');
    if (n == 0 || n > 3 || v > max || (n > 1 && text->p[0] == '0'))
        return false;
    *text = ph_bytes(text->p + n, text->n - n);
    *out = v;
    return true;
}

static bool v4_parse(uint8_t out[static 4], struct ph_bytes text)
{
    for (size_t i = 0; i < 4; i++) {
        unsigned v;
        if (i > 0) {
            if (text.n == 0 || text.p[0] != '.')
                return false;
            text = ph_bytes(text.p + 1, text.n - 1);
        }
        if (!decimal(&text, 255, &v))
            return false;
        out[i] = (uint8_t)v;
    }
    return text.n == 0;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* One group of one to four hex digits. */
static bool group(struct ph_bytes *text, unsigned *out)
{
    unsigned v = 0;
    size_t n = 0;
    while (n < text->n && n < 5 && hex_digit(text->p[n]) >= 0)
        v = v << 4 | (unsigned)hex_digit(text->p[n++]);
    if (n == 0 || n > 4)
        return false;
    *text = ph_bytes(text->p + n, text->n - n);
    *out = v;
    return true;
}

/* The groups on one side of "::", or all of them. Fills at most @cap bytes. */
static bool groups(uint8_t *out, size_t cap, size_t *out_n, struct ph_bytes text)
{
    size_t n = 0;
    while (text.n > 0) {
        unsigned v;
        if (n > 0) {
            if (text.p[0] != ':')
                return false;
            text = ph_bytes(text.p + 1, text.n - 1);
        }
        /* RFC 4291, 2.2: the last 32 bits may be written as a v4 address */
        if (n + 4 <= cap && v4_parse(out + n, text)) {
            *out_n = n + 4;
            return true;
        }
        if (n + 2 > cap || !group(&text, &v))
            return false;
        ph_put_be16(out + n, (uint16_t)v);
        n += 2;
    }
    *out_n = n;
    return true;
}

/* Where "::" starts, or text.n. */
static size_t gap_at(struct ph_bytes text)
{
    for (size_t i = 0; i + 1 < text.n; i++)
        if (text.p[i] == ':' && text.p[i + 1] == ':')
            return i;
    return text.n;
}

static bool v6_parse(uint8_t out[static 16], struct ph_bytes text)
{
    uint8_t head[16];
    uint8_t tail[16];
    size_t n_head = 0;
    size_t n_tail = 0;
    size_t gap = gap_at(text);
    bool has_gap = gap < text.n;
    if (!groups(head, sizeof(head), &n_head, ph_bytes(text.p, gap)))
        return false;
    if (has_gap &&
        !groups(tail, sizeof(tail), &n_tail, ph_bytes(text.p + gap + 2, text.n - gap - 2)))
        return false;
    /* a v4 tail belongs at the very end */
    if (has_gap && memchr(text.p, '.', gap) != NULL)
        return false;
    if (has_gap ? n_head + n_tail > 14 : n_head != 16)
        return false;
    memset(out, 0, 16);
    memcpy(out, head, n_head);
    memcpy(out + 16 - n_tail, tail, n_tail);
    return true;
}

static bool is_mapped(const struct ph_ip *ip)
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return ip->v6 && ip->bits >= 96 && memcmp(ip->b, prefix, sizeof(prefix)) == 0;
}

/* The length behind '/', cut off @text. Without one it is that of an address: *out 255. */
static bool prefix_parse(struct ph_bytes *text, unsigned *out)
{
    const uint8_t *slash = text->n ? memchr(text->p, '/', text->n) : NULL;
    *out = 255;
    if (!slash)
        return true;
    size_t at = (size_t)(slash - text->p);
    struct ph_bytes tail = ph_bytes(slash + 1, text->n - at - 1);
    text->n = at;
    return decimal(&tail, 128, out) && tail.n == 0;
}

static bool address_parse(struct ph_ip *out, struct ph_bytes text)
{
    memset(out, 0, sizeof(*out));
    if (text.n >= 2 && text.p[0] == '[' && text.p[text.n - 1] == ']') {
        text = ph_bytes(text.p + 1, text.n - 2);
        out->v6 = true;
    }
    if (!out->v6 && v4_parse(out->b, text)) {
        out->bits = 32;
        return true;
    }
    out->v6 = true;
    out->bits = 128;
    return text.n <= 45 && v6_parse(out->b, text);
}

enum ph_err ph_ip_parse(struct ph_ip *out, struct ph_bytes text, struct ph_why *why)
{
    struct ph_ip ip;
    unsigned bits;
    if (!prefix_parse(&text, &bits))
        return ph_fail(why, PH_ERR_INPUT, "network length is not a number from 0 to 128");
    if (!address_parse(&ip, text))
        return ph_fail(why, PH_ERR_INPUT, "not an IPv4 or IPv6 address");
    if (bits == 255)
        bits = ip.bits;
    if (bits > ip.bits)
        return ph_fail(why, PH_ERR_INPUT, "network length %u is over 32", bits);
    ip = ph_ip_network(&ip, (uint8_t)bits);
    if (is_mapped(&ip)) {
        struct ph_ip v4 = {.v6 = false, .bits = (uint8_t)(ip.bits - 96)};
        memcpy(v4.b, ip.b + 12, 4);
        ip = v4;
    }
    *out = ip;
    return PH_OK;
}

struct ph_ip ph_ip_network(const struct ph_ip *ip, uint8_t bits)
{
    PH_ASSERT(bits <= ip->bits);
    struct ph_ip out = *ip;
    out.bits = bits;
    for (size_t i = 0; i < sizeof(out.b); i++) {
        unsigned kept = bits > 8 * i ? bits - 8 * (unsigned)i : 0;
        if (kept < 8)
            out.b[i] &= (uint8_t)(0xff00u >> kept);
    }
    return out;
}

/* RFC 5952, 4.2: the longest run of two or more zero groups, the first of equals. */
static void longest_run(const uint8_t b[static 16], size_t *out_start, size_t *out_n)
{
    size_t start = 0;
    *out_start = 8;
    *out_n = 1;
    for (size_t i = 0; i < 8; i++) {
        if (ph_get_be16(b + 2 * i) != 0) {
            start = i + 1;
        } else if (i + 1 - start > *out_n) {
            *out_start = start;
            *out_n = i + 1 - start;
        }
    }
}

static size_t v6_text(char *out, size_t size, const uint8_t b[static 16])
{
    size_t run, run_n;
    size_t n = 0;
    longest_run(b, &run, &run_n);
    for (size_t i = 0; i < 8; i++) {
        if (i == run) {
            n += (size_t)snprintf(out + n, size - n, "::");
            i += run_n - 1;
            continue;
        }
        const char *colon = i > 0 && i != run + run_n ? ":" : "";
        n += (size_t)snprintf(out + n, size - n, "%s%x", colon, (unsigned)ph_get_be16(b + 2 * i));
    }
    return n;
}

size_t ph_ip_text(char out[static PH_IP_TEXT_MAX], const struct ph_ip *ip)
{
    size_t n;
    if (ip->v6)
        n = v6_text(out, PH_IP_TEXT_MAX, ip->b);
    else
        n = (size_t)snprintf(out, PH_IP_TEXT_MAX, "%u.%u.%u.%u", (unsigned)ip->b[0],
                             (unsigned)ip->b[1], (unsigned)ip->b[2], (unsigned)ip->b[3]);
    if (ip->bits < (ip->v6 ? 128 : 32))
        n += (size_t)snprintf(out + n, PH_IP_TEXT_MAX - n, "/%u", (unsigned)ip->bits);
    return n;
}
