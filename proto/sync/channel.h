/* SPDX-License-Identifier: Apache-2.0
 *
 * The entitlement rule: which sets of records two nodes keep equal, and whether a record may be
 * held by a peer at all.
 *
 * Two nodes share the community channel, every group channel that both organisations are in by the
 * newest roster, and their own direct one; nodes of one organisation share everything. Each record
 * is in exactly one channel between two organisations (record/header.h, ph_record_channels()). What
 * is not shared is never named: no id, no count, no answer that differs from "unknown". All
 * functions are pure. */
#ifndef PH_SYNC_CHANNEL_H
#define PH_SYNC_CHANNEL_H

#include "proto/record/record.h"
#include "proto/trust/members.h"
#include "proto/wire/message.h"

/** The two ends of a session, as the rule needs them. */
struct ph_channel_ends {
    const struct ph_members *members; /* borrowed */
    struct ph_code self;
    struct ph_code peer;
};

/** Whether both ends keep @channel (as the store names it, from @ends->self's side). */
bool ph_channel_is_shared(const struct ph_channel_ends *ends, const struct ph_channel *channel);

/** Channels that the ends share, at most @max of them into @out: wire form and own form at one
 * index. Returns the true number. The community first, then groups by id as on the roster, then
 * direct. */
size_t ph_channel_shared(const struct ph_channel_ends *ends, struct ph_wire_channel *out_wire,
                         struct ph_channel *out_own, size_t max);

/** The store's name of what a peer calls @wire. PH_ERR_PROTOCOL when the two do not share it. */
enum ph_err ph_channel_from_wire(struct ph_channel *out, const struct ph_channel_ends *ends,
                                 const struct ph_wire_channel *wire, struct ph_why *why);

/** Whether @ends->peer may hold @record (and its id), and we may: its channel is one they share.
 * The author's organisation is record->author_org, or looked up by key where that is empty. */
bool ph_channel_may_hold(const struct ph_channel_ends *ends, const struct ph_record *record);
/** That organisation; empty when the author's key is on no card. */
struct ph_code ph_channel_author(const struct ph_channel_ends *ends,
                                 const struct ph_record *record);

#endif
