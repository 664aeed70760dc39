/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels: the sets of records that two nodes keep equal between them (docs/protocol.md,
 * "Channels"). A record that may be carried, or is for the community, is in the community's; else a
 * group's record is in its group's; else it is in one `direct` channel for each other organisation
 * among its parties. Used as a key in stores and in reconciliation. */
#ifndef PH_RECORD_CHANNEL_H
#define PH_RECORD_CHANNEL_H

#include "proto/trust/tlp.h"

struct ph_header;

enum ph_channel_kind {
    PH_CHANNEL_COMMUNITY = 0,
    PH_CHANNEL_GROUP = 1,
    PH_CHANNEL_DIRECT = 2
};

/** @id is zero for the community, the group's id, or hash("direct channel", code padded to 17
 * bytes) of the *other* organisation. */
struct ph_channel {
    enum ph_channel_kind kind;
    struct ph_hash id;
};

/** Kind byte || id: the key form in stores and maps. */
#define PH_CHANNEL_KEY 33
void ph_channel_key(uint8_t out[static PH_CHANNEL_KEY], const struct ph_channel *channel);
/** The channel of direct records between us and @other. */
struct ph_channel ph_channel_direct(const struct ph_code *other);

/** All channels of a record, seen from a node of @self: one for community, group or carried
 * records; for direct ones one for each other organisation among the parties (@author_org counts as
 * a party), and, when @self is the only party, the one of @self. Writes at most @max; *n is the
 * true number, at most PH_RECIPIENTS_MAX + 1. */
void ph_record_channels(struct ph_channel *out, size_t max, size_t *n,
                        const struct ph_header *header, const struct ph_code *author_org,
                        const struct ph_code *self);

#endif
