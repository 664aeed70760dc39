/* SPDX-License-Identifier: Apache-2.0
 *
 * See credit.h. Invariant: open + owed + withheld + (bytes being worked on) == budget. */
#include "proto/sync/credit.h"

#include "proto/base/assert.h"
#include "proto/wire/message.h"

void ph_credit_init(struct ph_credit *credit, uint64_t budget)
{
    PH_ASSERT(budget > 0 && budget <= PH_CREDIT_MAX);
    *credit = (struct ph_credit){.budget = budget, .owed = budget};
}

enum ph_err ph_credit_granted(struct ph_credit *credit, uint64_t bytes)
{
    /* No node is ready for more than PH_CREDIT_MAX at once, however many messages it says so in. */
    if (bytes == 0 || bytes > PH_CREDIT_MAX - credit->available)
        return PH_ERR_PROTOCOL;
    credit->available += bytes;
    return PH_OK;
}

bool ph_credit_spend(struct ph_credit *credit, uint64_t bytes)
{
    if (bytes > credit->available)
        return false;
    credit->available -= bytes;
    return true;
}

enum ph_err ph_credit_received(struct ph_credit *credit, uint64_t bytes)
{
    if (bytes > credit->open)
        return PH_ERR_PROTOCOL;
    credit->open -= bytes;
    return PH_OK;
}

void ph_credit_settle(struct ph_credit *credit, uint64_t bytes, bool stored)
{
    if (stored)
        credit->owed += bytes;
    else
        credit->withheld += bytes;
    PH_ASSERT(credit->open + credit->owed + credit->withheld <= credit->budget);
}

void ph_credit_release(struct ph_credit *credit)
{
    credit->owed += credit->withheld;
    credit->withheld = 0;
}

uint64_t ph_credit_take_grant(struct ph_credit *credit, bool idle)
{
    uint64_t grant = credit->owed;
    if (grant == 0 || (!idle && grant < credit->budget / 4))
        return 0;
    credit->owed = 0;
    credit->open += grant;
    return grant;
}
