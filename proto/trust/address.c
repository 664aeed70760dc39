/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/address.h"

#include <arpa/inet.h>

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
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

/* inet_pton() takes one spelling of each number: "010.0.0.1", which is 8.0.0.1 to some and 10.0.0.1
 * to others, is none. */
static bool is_numeric(int family, struct ph_bytes host)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char address[16];
    if (host.n == 0 || host.n >= sizeof(text) || memchr(host.p, '\0', host.n))
        return false;
    memcpy(text, host.p, host.n);
    text[host.n] = '\0';
    return inet_pton(family, text, address) == 1;
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
    return !last_is_number || is_numeric(AF_INET, host);
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
    if (bracketed ? !is_numeric(AF_INET6, ph_bytes(host.p + 1, host.n - 2)) : !is_host(host))
        return ph_fail(why, PH_ERR_INPUT, "address \"%s\": host is not a name or an address", safe);
    return PH_OK;
}
