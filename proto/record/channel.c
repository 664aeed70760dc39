/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/channel.h"

#include "proto/base/hash.h"
#include "proto/record/header.h"

void ph_channel_key(uint8_t out[static PH_CHANNEL_KEY], const struct ph_channel *channel)
{
    out[0] = (uint8_t)channel->kind;
    memcpy(out + 1, channel->id.b, sizeof(channel->id.b));
}

struct ph_channel ph_channel_direct(const struct ph_code *other)
{
    return (struct ph_channel){
        .kind = PH_CHANNEL_DIRECT,
        .id = ph_hash_one("direct channel", ph_bytes(other->s, sizeof(other->s))),
    };
}

/* The channels found so far; counts on past @max. */
struct list {
    struct ph_channel *out;
    size_t max;
    size_t n;
};

static void add(struct list *list, struct ph_channel channel)
{
    if (list->n < list->max)
        list->out[list->n] = channel;
    list->n++;
}

static void direct_channels(struct list *list, const struct ph_header *header,
                            const struct ph_code *author_org, const struct ph_code *self)
{
    bool author_is_listed = false;
    const struct ph_code *last = NULL;
    for (size_t i = 0; i < header->n_recipients; i++) {
        /* Recipients are sorted, so persons of one organisation stand together. */
        const struct ph_code *org = &header->recipients[i].org;
        if (last && ph_code_cmp(last, org) == 0)
            continue;
        last = org;
        author_is_listed = author_is_listed || ph_code_cmp(org, author_org) == 0;
        if (ph_code_cmp(org, self) != 0)
            add(list, ph_channel_direct(org));
    }
    if (!author_is_listed && ph_code_cmp(author_org, self) != 0)
        add(list, ph_channel_direct(author_org));
    if (list->n == 0)
        add(list, ph_channel_direct(self));
}

void ph_record_channels(struct ph_channel *out, size_t max, size_t *n,
                        const struct ph_header *header, const struct ph_code *author_org,
                        const struct ph_code *self)
{
    struct list list = {.out = out, .max = max, .n = 0};
    enum ph_audience_kind kind =
        header->flags & PH_FLAG_CARRY ? PH_AUDIENCE_COMMUNITY : header->audience.kind;
    switch (kind) {
    case PH_AUDIENCE_COMMUNITY:
        add(&list, (struct ph_channel){.kind = PH_CHANNEL_COMMUNITY});
        break;
    case PH_AUDIENCE_GROUP:
        add(&list, (struct ph_channel){.kind = PH_CHANNEL_GROUP, .id = header->audience.id});
        break;
    case PH_AUDIENCE_DIRECT:
        direct_channels(&list, header, author_org, self);
        break;
    }
    *n = list.n;
}
