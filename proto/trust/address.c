/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/address.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_port(struct ph_bytes text)
{
    unsigned port = 0;
    if (text.n == 0 || text.n > 5 || text.p[0] == '0')
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (!is_digit(text.p[i]))
            return false;
        port = port * 10 + (unsigned)(text.p[i] - '0');
    }
    return port <= 65535;
}

static bool is_label(const uint8_t *p, size_t n)
{
    if (n == 0 || n > 63 || p[0] == '-' || p[n - 1] == '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_alnum(p[i]) && p[i] != '-')
            return false;
    return true;
}

/* Four numbers from 0 to 255 without leading zeros: "010.0.0.1" is 8.0.0.1 to some and 10.0.0.1 to
 * others. */
static bool is_ipv4(struct ph_bytes host)
{
    size_t parts = 0;
    size_t i = 0;
    while (i < host.n) {
        size_t start = i;
        unsigned v = 0;
        while (i < host.n && is_digit(host.p[i]) && i - start < 4)
            v = v * 10 + (unsigned)(host.p[i++] - '0');
        size_t n = i - start;
        if (n == 0 || n > 3 || v > 255 || (n > 1 && host.p[start] == '0'))
            return false;
        parts++;
        if (i < host.n && (host.p[i++] != '.' || i == host.n))
            return false;
    }
    return parts == 4;
}

/* A name whose last label is all digits would be taken for an IPv4 address by resolvers ("1.2.3" is
 * 1.2.0.3): such a host must be a whole one. */
static bool is_host(struct ph_bytes host)
{
    size_t start = 0;
    bool last_is_number = false;
    for (size_t i = 0; i <= host.n; i++) {
        if (i < host.n && host.p[i] != '.')
            continue;
        if (!is_label(host.p + start, i - start))
            return false;
        last_is_number = true;
        for (size_t j = start; j < i; j++)
            last_is_number = last_is_number && is_digit(host.p[j]);
        start = i + 1;
    }
    return !last_is_number || is_ipv4(host);
}

/* Groups of hex digits, at most eight, "::" at most once; the IPv4 tail is not used in cards. */
static bool is_ipv6(struct ph_bytes host)
{
    unsigned groups = 0;
    bool gap = false;
    size_t i = 0;
    if (host.n < 2 || (host.p[0] == ':' && host.p[1] != ':'))
        return false;
    while (i < host.n) {
        if (host.p[i] == ':' && i + 1 < host.n && host.p[i + 1] == ':') {
            if (gap)
                return false;
            gap = true;
            i += 2;
            continue;
        }
        if (host.p[i] == ':' && (i == 0 || ++i == host.n || host.p[i - 2] == ':'))
            return false;
        size_t n = 0;
        while (i < host.n && is_hex(host.p[i])) {
            i++;
            n++;
        }
        if (n == 0 || n > 4)
            return false;
        groups++;
    }
    return gap ? groups < 8 : groups == 8;
}

/* Cuts @text at the last ':' into host and port. */
static bool split(struct ph_bytes text, struct ph_bytes *host, struct ph_bytes *port)
{
    for (size_t i = text.n; i-- > 0;) {
        if (text.p[i] == ':') {
            *host = ph_bytes(text.p, i);
            *port = ph_bytes(text.p + i + 1, text.n - i - 1);
            return true;
        }
    }
    return false;
}

enum ph_err ph_address_check(struct ph_bytes text, struct ph_why *why)
{
    char safe[112];
    struct ph_bytes host;
    struct ph_bytes port;
    if (text.n > PH_ADDRESS_MAX)
        return ph_fail(why, PH_ERR_INPUT, "address is %zu bytes, limit is %d", text.n,
                       PH_ADDRESS_MAX);
    ph_text_safe(safe, sizeof(safe), text);
    if (!split(text, &host, &port) || host.n == 0)
        return ph_fail(why, PH_ERR_INPUT, "address \"%s\": must be host:port or [v6]:port", safe);
    if (!is_port(port))
        return ph_fail(why, PH_ERR_INPUT, "address \"%s\": port is not 1 to 65535", safe);
    bool bracketed = host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (bracketed ? !is_ipv6(ph_bytes(host.p + 1, host.n - 2)) : !is_host(host))
        return ph_fail(why, PH_ERR_INPUT, "address \"%s\": host is not a name or an address", safe);
    return PH_OK;
}
