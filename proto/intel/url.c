/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/url.h"

#include <stdio.h>

#include "proto/base/text.h"
#include "proto/intel/domain.h"
#include "proto/intel/ip.h"

#define SCHEME_MAX 32

/* Text being written, whose overflow is noticed once, at the end. */
struct text {
    char *p;
    size_t n;
    size_t max;
    bool is_full;
};

/* The parts of RFC 3986, 3, as views of the input. */
struct parts {
    char scheme[SCHEME_MAX + 1];
    bool has_authority;
    struct ph_bytes userinfo;
    struct ph_bytes host;
    struct ph_bytes port;
    struct ph_bytes path;
    struct ph_bytes query;    /* with its '?', or empty */
    struct ph_bytes fragment; /* with its '#', or empty */
};

static const struct {
    const char *scheme;
    unsigned port;
} defaults[] = {{"http", 80}, {"https", 443}, {"ftp", 21}, {"ftps", 990}, {"ws", 80}, {"wss", 443}};

static bool is_alpha(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_unreserved(uint8_t c)
{
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* unreserved, sub-delims and @also, which differs from part to part */
static bool is_allowed(uint8_t c, const char *also)
{
    return is_unreserved(c) || (c != '\0' && (strchr("!$&'()*+,;=", c) || strchr(also, c)));
}

static void put(struct text *t, const char *p, size_t n)
{
    if (t->max - t->n < n) {
        t->is_full = true;
        return;
    }
    memcpy(t->p + t->n, p, n);
    t->n += n;
}

static void put_encoded(struct text *t, uint8_t c)
{
    static const char hex[] = "0123456789ABCDEF";
    char out[3] = {'%', hex[c >> 4], hex[c & 15]};
    put(t, out, sizeof(out));
}

/* RFC 3986, 6.2.2.1 and 6.2.2.2 */
static void put_normal(struct text *t, struct ph_bytes part, const char *also)
{
    for (size_t i = 0; i < part.n; i++) {
        uint8_t c = part.p[i];
        if (c == '%' && part.n - i >= 3 && ph_hex_parse(&c, 1, ph_bytes(part.p + i + 1, 2))) {
            i += 2;
            if (!is_unreserved(c)) {
                put_encoded(t, c);
                continue;
            }
        } else if (!is_allowed(c, also)) {
            put_encoded(t, c);
            continue;
        }
        char plain = (char)c;
        put(t, &plain, 1);
    }
}

/* How far @text goes before the first of @stops. */
static size_t until(struct ph_bytes text, const char *stops)
{
    size_t i = 0;
    while (i < text.n && (text.p[i] == '\0' || !strchr(stops, text.p[i])))
        i++;
    return i;
}

static struct ph_bytes take(struct ph_bytes *text, size_t n)
{
    struct ph_bytes head = ph_bytes(text->p, n);
    *text = ph_bytes(text->p + n, text->n - n);
    return head;
}

static enum ph_err split_scheme(struct parts *out, struct ph_bytes *text, struct ph_why *why)
{
    size_t n = until(*text, ":/?#");
    if (n == text->n || text->p[n] != ':' || n == 0 || n > SCHEME_MAX || !is_alpha(text->p[0]))
        return ph_fail(why, PH_ERR_INPUT, "URL has no scheme such as https:");
    for (size_t i = 0; i < n; i++) {
        uint8_t c = text->p[i];
        if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.')
            return ph_fail(why, PH_ERR_INPUT, "URL has no scheme such as https:");
        out->scheme[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    out->scheme[n] = '\0';
    take(text, n + 1);
    return PH_OK;
}

/* userinfo@host:port; the host of a v6 address stands in brackets */
static void split_authority(struct parts *out, struct ph_bytes text)
{
    size_t at = text.n;
    while (at > 0 && text.p[at - 1] != '@')
        at--;
    if (at > 0) {
        out->userinfo = ph_bytes(text.p, at - 1);
        take(&text, at);
    }
    size_t n = text.n > 0 && text.p[0] == '[' ? until(text, "]") : 0;
    n += until(ph_bytes(text.p + n, text.n - n), ":");
    out->host = take(&text, n);
    if (text.n > 0)
        out->port = ph_bytes(text.p + 1, text.n - 1);
}

static enum ph_err split(struct parts *out, struct ph_bytes text, struct ph_why *why)
{
    *out = (struct parts){.has_authority = false};
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] == 0x7f)
            return ph_fail(why, PH_ERR_INPUT, "URL has a control character at column %zu", i + 1);
    if (!ph_utf8_is_valid(text))
        return ph_fail(why, PH_ERR_INPUT, "URL is not valid UTF-8");
    enum ph_err err = split_scheme(out, &text, why);
    if (err)
        return err;
    if (text.n >= 2 && text.p[0] == '/' && text.p[1] == '/') {
        take(&text, 2);
        out->has_authority = true;
        split_authority(out, take(&text, until(text, "/?#")));
    }
    out->path = take(&text, until(text, "?#"));
    out->query = take(&text, until(text, "#"));
    out->fragment = text;
    return PH_OK;
}

static enum ph_err put_domain(struct text *t, struct ph_bytes host, struct ph_why *why)
{
    uint8_t plain[4 * PH_DOMAIN_MAX];
    char name[PH_DOMAIN_MAX + 1];
    size_t n = 0;
    for (size_t i = 0; i < host.n; i++) {
        if (n == sizeof(plain))
            return ph_fail(why, PH_ERR_INPUT, "host is longer than %d characters", PH_DOMAIN_MAX);
        uint8_t c = host.p[i];
        if (c == '%' && host.n - i >= 3 && ph_hex_parse(&c, 1, ph_bytes(host.p + i + 1, 2)))
            i += 2;
        plain[n++] = c;
    }
    enum ph_err err = ph_domain_normalise(name, &n, ph_bytes(plain, n), why);
    if (err)
        return ph_why_wrap(why, err, "host");
    put(t, name, n);
    return PH_OK;
}

static enum ph_err put_host(struct text *t, const struct parts *parts, struct ph_why *why)
{
    struct ph_ip ip;
    struct ph_bytes host = parts->host;
    if (host.n == 0) {
        if (strcmp(parts->scheme, "file") == 0)
            return PH_OK;
        return ph_fail(why, PH_ERR_INPUT, "URL has no host");
    }
    bool is_bracketed = host.p[0] == '[';
    bool is_ip = !memchr(host.p, '/', host.n) && ph_ip_parse(&ip, host, NULL) == PH_OK;
    if (!is_ip || (ip.v6 && !is_bracketed)) {
        if (is_bracketed)
            return ph_fail(why, PH_ERR_INPUT, "host in brackets is no IPv6 address");
        return put_domain(t, host, why);
    }
    char text[PH_IP_TEXT_MAX];
    size_t n = ph_ip_text(text, &ip);
    put(t, "[", ip.v6 ? 1 : 0);
    put(t, text, n);
    put(t, "]", ip.v6 ? 1 : 0);
    return PH_OK;
}

/* RFC 3986, 6.2.3: neither the scheme's own port nor an empty one is written. */
static enum ph_err put_port(struct text *t, const struct parts *parts, struct ph_why *why)
{
    unsigned port = 0;
    if (parts->port.n == 0)
        return PH_OK;
    for (size_t i = 0; i < parts->port.n; i++) {
        if (!is_digit(parts->port.p[i]) || port > 65535)
            return ph_fail(why, PH_ERR_INPUT, "port is not a number from 0 to 65535");
        port = port * 10 + (unsigned)(parts->port.p[i] - '0');
    }
    if (port > 65535)
        return ph_fail(why, PH_ERR_INPUT, "port is not a number from 0 to 65535");
    for (size_t i = 0; i < PH_LEN(defaults); i++)
        if (defaults[i].port == port && strcmp(defaults[i].scheme, parts->scheme) == 0)
            return PH_OK;
    char text[8];
    put(t, text, (size_t)snprintf(text, sizeof(text), ":%u", port));
    return PH_OK;
}

static enum ph_err put_authority(struct text *t, const struct parts *parts, struct ph_why *why)
{
    put(t, "//", 2);
    if (parts->userinfo.n > 0) {
        put_normal(t, parts->userinfo, ":");
        put(t, "@", 1);
    }
    enum ph_err err = put_host(t, parts, why);
    return err ? err : put_port(t, parts, why);
}

/* RFC 3986, 5.2.4, in place on a path that starts with '/'. */
static size_t remove_dot_segments(char *p, size_t n)
{
    size_t out = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        while (end < n && p[end] != '/')
            end++;
        size_t length = end - i; /* the segment with its leading '/' */
        bool is_dot = length == 2 && p[i + 1] == '.';
        bool is_dots = length == 3 && p[i + 1] == '.' && p[i + 2] == '.';
        if (is_dots)
            while (out > 0 && p[--out] != '/')
                ;
        if (!is_dot && !is_dots) {
            memmove(p + out, p + i, length);
            out += length;
        } else if (end == n) {
            p[out++] = '/';
        }
        i = end;
    }
    return out;
}

static enum ph_err put_path(struct text *t, const struct parts *parts, struct ph_why *why)
{
    size_t start = t->n;
    put_normal(t, parts->path, ":@/");
    if (t->n > start && t->p[start] == '/')
        t->n = start + remove_dot_segments(t->p + start, t->n - start);
    /* RFC 3986, 3.3: without an authority, "//" at the start would read as one */
    if (!parts->has_authority && t->n - start >= 2 && memcmp(t->p + start, "//", 2) == 0)
        return ph_fail(why, PH_ERR_INPUT, "URL without a host has a path that starts with //");
    if (t->n == start && parts->has_authority)
        put(t, "/", 1);
    return PH_OK;
}

enum ph_err ph_url_normalise(char *out, size_t size, size_t *out_n, struct ph_bytes text,
                             struct ph_why *why)
{
    struct parts parts;
    enum ph_err err = split(&parts, text, why);
    if (err)
        return err;
    struct text t = {.p = out, .n = 0, .max = size - 1, .is_full = false};
    put(&t, parts.scheme, strlen(parts.scheme));
    put(&t, ":", 1);
    if (parts.has_authority)
        err = put_authority(&t, &parts, why);
    if (err)
        return err;
    err = put_path(&t, &parts, why);
    if (err)
        return err;
    put_normal(&t, parts.query, ":@/?");
    put_normal(&t, ph_bytes(parts.fragment.p, parts.fragment.n ? 1 : 0), "#");
    if (parts.fragment.n > 0)
        put_normal(&t, ph_bytes(parts.fragment.p + 1, parts.fragment.n - 1), ":@/?");
    if (t.is_full)
        return ph_fail(why, PH_ERR_INPUT, "URL is longer than %zu characters", size - 1);
    out[t.n] = '\0';
    *out_n = t.n;
    return PH_OK;
}
