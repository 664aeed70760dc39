/* SPDX-License-Identifier: Apache-2.0
 *
 * A STIX bundle (section 8), written object by object into a buffer that the caller empties as it
 * likes, so that a bundle of any size is written in the memory of one object.
 *
 * Without an id from the caller the bundle's id is made from its content, and stands behind the
 * objects: the same objects in the same order make the same bytes. */
#ifndef PH_INTEL_STIX_WRITE_H
#define PH_INTEL_STIX_WRITE_H

#include <nettle/sha1.h>

#include "proto/base/buf.h"

struct ph_stix_writer {
    struct ph_buf *out; /* borrowed: the caller's */
    struct sha1_ctx content;
    bool has_id;
    size_t n; /* objects written */
};

/** Start a bundle. @id is "bundle--UUID", or NULL for one made from the content. PH_ERR_INPUT for a
 * malformed one, PH_ERR_NOMEM, PH_ERR_LIMIT of @out. */
enum ph_err ph_stix_write_begin(struct ph_stix_writer *w, struct ph_buf *out, const char *id,
                                struct ph_why *why);
/** One object, as JSON text (of ph_content_json()), one line each. PH_ERR_NOMEM, PH_ERR_LIMIT. */
enum ph_err ph_stix_write_object(struct ph_stix_writer *w, struct ph_bytes json);
/** End the bundle. A bundle without objects has no list of objects: STIX has no empty lists. */
enum ph_err ph_stix_write_end(struct ph_stix_writer *w);

#endif
