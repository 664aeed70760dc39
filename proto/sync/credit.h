/* SPDX-License-Identifier: Apache-2.0
 *
 * Credit: how many bytes of RECORD frames each side may still send the other.
 *
 * The receiver grants its budget once and returns what it has dealt with, in lumps; the sender
 * never sends past what it was granted. Credit for records that could not be stored (disk full) is
 * withheld until the store may work again. No I/O, no clock. */
#ifndef PH_SYNC_CREDIT_H
#define PH_SYNC_CREDIT_H

#include "proto/base/error.h"
#include "proto/base/limits.h"

struct ph_credit {
    uint64_t budget;    /* most that is ever outstanding towards us */
    uint64_t available; /* we may send */
    uint64_t open;      /* the peer may send */
    uint64_t owed;      /* dealt with, not granted again yet */
    uint64_t withheld;  /* as owed, but the store does not work */
};

/** Nothing granted either way yet: all of @budget is owed to the peer. */
void ph_credit_init(struct ph_credit *credit, uint64_t budget);
/** The peer granted @bytes. PH_ERR_PROTOCOL when more than any node could mean. */
enum ph_err ph_credit_granted(struct ph_credit *credit, uint64_t bytes);
/** Whether @bytes may be sent; takes them if so. */
bool ph_credit_spend(struct ph_credit *credit, uint64_t bytes);
/** @bytes came in. PH_ERR_PROTOCOL when they were not granted. */
enum ph_err ph_credit_received(struct ph_credit *credit, uint64_t bytes);
/** @bytes that came in are dealt with: @stored or thrown away for good; else withheld. */
void ph_credit_settle(struct ph_credit *credit, uint64_t bytes, bool stored);
/** The store works again: what was withheld is owed. */
void ph_credit_release(struct ph_credit *credit);
/** What to grant now; 0 while it is not worth a message. @idle: nothing of the peer's is waiting
 * here. The caller sends it. */
uint64_t ph_credit_take_grant(struct ph_credit *credit, bool idle);

#endif
