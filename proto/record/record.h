/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole record: header, signature and body together; made, taken in, checked.
 *
 * Records are reference counted because one may be queued to several peers at once. The count is
 * atomic: workers check what the loop thread received. Contents never change after creation, but
 * for author_org, which is set before a record is shared. */
#ifndef PH_RECORD_RECORD_H
#define PH_RECORD_RECORD_H

#include "proto/record/header.h"

struct ph_record {
    struct ph_id id;
    struct ph_header header;    /* decoded */
    struct ph_bytes raw_header; /* points into the record's own memory */
    uint8_t sig[64];
    struct ph_bytes body; /* as stored and sent; p == NULL: a header alone (see has_body) */
    bool has_body;
    /* Set by whoever judged it (ph_members_judge): the author's organisation. */
    struct ph_code author_org;
};

/** Take in a record as it came: decodes and checks the header, computes the id, compares body size.
 * Copies everything into one allocation. Neither signature nor body hash is checked here.
 *
 * @body  ignored when @has_body is false.
 *
 * Errors of ph_header_decode(); PH_ERR_FORMAT when the body's size is not the header's. */
enum ph_err ph_record_new(struct ph_record **out, struct ph_bytes header,
                          const uint8_t sig[static 64], struct ph_bytes body, bool has_body,
                          struct ph_why *why);
struct ph_record *ph_record_ref(struct ph_record *record);
/** Give one reference back; the last frees. Takes NULL. */
void ph_record_unref(struct ph_record *record);

/** Signature and, with a body, body hash: what any node can check. PH_ERR_FORGED, PH_ERR_NOMEM.
 * Thread safe. */
enum ph_err ph_record_check(const struct ph_record *record, struct ph_why *why);

/** hash("record body", body): field 13 of the header. Of the body as stored and sent. */
struct ph_hash ph_record_body_hash(struct ph_bytes body);

/** Make a record: fills body_size and body_hash of @header from @body, encodes, signs.
 *
 * @header  type, audience … filled in by the caller; borrowed.
 * @author_secret  Ed25519, 64 bytes, whose public half is header->author.
 *
 * Errors of ph_header_check(); PH_ERR_KEY when @author_secret is another key's; PH_ERR_NOMEM. */
enum ph_err ph_record_make(struct ph_record **out, const struct ph_header *header,
                           struct ph_bytes body, const uint8_t author_secret[static 64],
                           struct ph_why *why);

#endif
