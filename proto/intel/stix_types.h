/* SPDX-License-Identifier: Apache-2.0
 *
 * STIX 2.1 as data: every object type of the specification with its properties, their kinds, and
 * which are required. Sections 3.2, 4 to 7. Types that are not here are extensions: their ids,
 * times and common properties are checked, the rest is theirs. */
#ifndef PH_INTEL_STIX_TYPES_H
#define PH_INTEL_STIX_TYPES_H

#include "proto/base/base.h"

/* Property types of section 2, as far as they differ when checked. */
enum ph_stix_kind {
    PH_PROPERTY_TEXT, /* string, open-vocab, enum */
    PH_PROPERTY_BOOL,
    PH_PROPERTY_INT,
    PH_PROPERTY_REAL, /* an integer will do */
    PH_PROPERTY_TIME,
    PH_PROPERTY_ID,
    PH_PROPERTY_HEX,
    PH_PROPERTY_BASE64,
    PH_PROPERTY_HASHES, /* dictionary of strings */
    PH_PROPERTY_DICT,   /* dictionary or object */
    PH_PROPERTY_TEXTS,  /* lists, never empty */
    PH_PROPERTY_IDS,
    PH_PROPERTY_DICTS,
    PH_PROPERTY_REFERENCES, /* external-reference */
    PH_PROPERTY_PHASES,     /* kill-chain-phase */
    PH_PROPERTY_MARKINGS    /* granular-marking */
};

struct ph_stix_property {
    const char *name;
    enum ph_stix_kind kind;
    bool is_required;
};

enum ph_stix_class {
    PH_STIX_SDO,
    PH_STIX_SRO,
    PH_STIX_SCO, /* no versions: created, modified and spec_version may be missing */
    PH_STIX_META
};

struct ph_stix_type {
    const char *name;
    enum ph_stix_class class;
    const struct ph_stix_property *properties; /* its own, without the common ones */
    size_t n_properties;
};

/** The type of that name, or NULL for an extension or custom type. */
const struct ph_stix_type *ph_stix_type_find(const char *name);

/** The common properties (section 3.2) that any object may have. */
const struct ph_stix_property *ph_stix_common(size_t *out_n);

#endif
