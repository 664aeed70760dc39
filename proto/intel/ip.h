/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses and networks, v4 and v6, in canonical text (RFC 5952 for v6, RFC 4632 prefixes).
 *
 * The parser is our own and strict: four decimal octets without leading zeros (which other parsers
 * read as octal), no zone ids, no ports. A v4-mapped v6 address is the v4 address: logs of
 * dual-stack servers spell it so. Bits behind a prefix are cleared; a prefix of full length is an
 * address. */
#ifndef PH_INTEL_IP_H
#define PH_INTEL_IP_H

#include "proto/base/error.h"

/** An address (@bits 32 or 128) or a network. v4 uses the first four bytes; the rest is zero. */
struct ph_ip {
    bool v6;
    uint8_t bits;
    uint8_t b[16];
};

/** Longest text: 39 characters of v6, "/128", NUL. */
#define PH_IP_TEXT_MAX 46

/** Parse an address or network, with or without brackets around a v6 address. PH_ERR_INPUT. */
enum ph_err ph_ip_parse(struct ph_ip *out, struct ph_bytes text, struct ph_why *why);
/** Canonical text into @out; returns its length. */
size_t ph_ip_text(char out[static PH_IP_TEXT_MAX], const struct ph_ip *ip);
/** The enclosing network of @bits (at most those of @ip). */
struct ph_ip ph_ip_network(const struct ph_ip *ip, uint8_t bits);

#endif
