/* SPDX-License-Identifier: Apache-2.0
 *
 * What the message_*.c files share: fields that several messages have, and the lists.
 *
 * Readers report through the sticky error of struct ph_reader; writers return PH_ERR_RANGE or
 * _LIMIT for what may not be sent and leave the rest to the sticky error of struct ph_writer. */
#ifndef PH_WIRE_MESSAGE_PRIV_H
#define PH_WIRE_MESSAGE_PRIV_H

#include "proto/base/reader.h"
#include "proto/base/writer.h"
#include "proto/wire/message.h"

/** Zeroed memory for @n elements of @size bytes that take at least @least bytes each on the wire,
 * of which enough must be left. NULL when @n is 0 or @r has failed; the caller owns it. */
void *ph__list_new(struct ph_reader *r, size_t n, size_t size, size_t least);

void ph__read_hash(struct ph_reader *r, struct ph_hash *out);
void ph__read_code(struct ph_reader *r, struct ph_code *out);
void ph__read_channel(struct ph_reader *r, struct ph_wire_channel *out);
void ph__read_ids(struct ph_reader *r, struct ph_ids *out, size_t least);

void ph__write_hash(struct ph_writer *w, const struct ph_hash *hash);
enum ph_err ph__write_code(struct ph_writer *w, const struct ph_code *code);
enum ph_err ph__write_channel(struct ph_writer *w, const struct ph_wire_channel *channel);
enum ph_err ph__write_ids(struct ph_writer *w, const struct ph_ids *ids, size_t least);

/* One pair for each message that holds a list of structs. */
void ph__read_heads(struct ph_reader *r, struct ph_message *m);
void ph__read_trust(struct ph_reader *r, struct ph_message *m);
void ph__read_record(struct ph_reader *r, struct ph_message *m);
void ph__read_reject(struct ph_reader *r, struct ph_message *m);
enum ph_err ph__write_heads(struct ph_writer *w, const struct ph_msg_heads *heads);
enum ph_err ph__write_trust(struct ph_writer *w, const struct ph_msg_trust *trust);
enum ph_err ph__write_record(struct ph_writer *w, const struct ph_msg_record *record);
enum ph_err ph__write_reject(struct ph_writer *w, const struct ph_msg_reject *reject);

#endif
