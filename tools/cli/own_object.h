/* SPDX-License-Identifier: Apache-2.0
 *
 * STIX objects that this node makes itself: its organisation's identity, and indicators out of bare
 * values. Both have deterministic ids, and what is here already in the same words is used again, so
 * that importing a list twice stores nothing twice. */
#ifndef PH_TOOLS_OWN_OBJECT_H
#define PH_TOOLS_OWN_OBJECT_H

#include "proto/intel/stix_id.h"
#include "store/read.h"
#include "tools/cli/session.h"

/** Who `created_by_ref` names. */
struct ph_own_identity {
    char id[PH_STIX_ID_MAX];
    json_t *object; /* owned; NULL when our card names an identity that lives elsewhere */
};

/** The identity that our card lists first, else one made from the community's id and our code. */
enum ph_err ph_own_identity(struct ph_own_identity *out, const struct ph_session *session,
                            struct ph_why *why);
void ph_own_identity_done(struct ph_own_identity *identity);

/** The indicator of @o by our organisation: the stored one when it says the same, else a new
 * version of it, else a new one. New reference.
 * @note  its description; may be NULL. */
enum ph_err ph_own_indicator(json_t **out, const struct ph_session *session,
                             struct ph_reading *reading, const struct ph_observable *o,
                             const struct ph_own_identity *identity, const char *note, ph_ms now,
                             struct ph_why *why);

#endif
