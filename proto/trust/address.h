/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a node can be reached, as a card writes it: "host:port" or "[v6]:port".
 *
 * Only the form is judged here: which addresses a node may dial (never itself, loopback or
 * link-local unless it listens there) depends on the node that reads the card, and is decided
 * there. */
#ifndef PH_TRUST_ADDRESS_H
#define PH_TRUST_ADDRESS_H

#include "proto/base/limits.h"
#include "proto/trust/keys.h"

/** Whether @text is an address: a host name of letters, digits, '-' and '.' (labels of 1 to 63, no
 * underscore), a dotted IPv4 address, or an IPv6 address in brackets; then a port from 1 to 65535
 * without leading zeros; PH_ADDRESS_MAX bytes at most. PH_ERR_INPUT says which rule was broken. */
enum ph_err ph_address_check(struct ph_bytes text, struct ph_why *why);

#endif
