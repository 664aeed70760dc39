/* SPDX-License-Identifier: Apache-2.0
 *
 * STIX 2.1 objects: read from text as a stream, checked, their index terms found, written as a
 * bundle. Source: STIX 2.1 (OASIS), sections 2, 3, 4, 6, 7, 9. */
#ifndef PH_INTEL_STIX_H
#define PH_INTEL_STIX_H

#include <jansson.h>

#include "proto/base/buf.h"
#include "proto/base/limits.h"
#include "proto/intel/observable.h"
#include "proto/trust/tlp.h"

/** Check one object: type, id, timestamps, required common properties, the main type's own required
 * properties, limits. PH_ERR_INPUT with the property and rule in @why ("indicator--…: valid_from:
 * …"). */
enum ph_err ph_stix_check(const json_t *object, struct ph_why *why);

/** What the store indexes an object under. Strings borrowed from @object. */
struct ph_stix_head {
    const char *type;
    const char *id;
    const char *name;        /* NULL when it has none: for lists */
    ph_ms created;           /* 0 for objects without (SCOs) */
    ph_ms modified;          /* 0 likewise: `modified`, else created */
    uint32_t modified_nanos; /* below the millisecond */
    bool revoked;
};
enum ph_err ph_stix_head(struct ph_stix_head *out, const json_t *object, struct ph_why *why);

/** Calls @fn for every index term of @object: observables of SCOs and of `=` and `IN` comparisons
 * in indicator patterns, in normal form; then words (PH_OBS_WORD) of name, description, aliases,
 * labels. Values that have no normal form are passed over. A term may come twice. */
void ph_stix_each_term(const json_t *object, ph_observable_fn fn, void *ctx);

/** Words of a search text, folded as the index folds them. */
void ph_stix_each_word(struct ph_bytes text, ph_observable_fn fn, void *ctx);

/** The label that an object's markings ask for: TLP 1 and TLP 2.0 marking-definitions by id,
 * granular TLP counts for the whole object, labels such as "tlp:red" count too; the strictest wins.
 * A marking definition unknown here counts as AMBER+STRICT unless @known explains it. *out_has is
 * false when there is no such marking.
 *
 * @known  what the bundle says of its own markings, filled by ph_stix_label_learn(); or an array of
 * ids of statements; or NULL. Borrowed. It never loosens a marking that is known by id. */
enum ph_err ph_stix_label(enum ph_tlp *out, bool *out_has, const json_t *object,
                          const json_t *known);
/** Add @definition to @known, a JSON object (id: true for a statement, "red" and the like for TLP
 * under a foreign id), if it is a marking-definition that can be understood; else do nothing.
 * PH_ERR_NOMEM. */
enum ph_err ph_stix_label_learn(json_t *known, const json_t *definition);
/** Put the TLP 2.0 marking reference of @label on @object (a copy is returned; other TLP refs
 * removed). */
enum ph_err ph_stix_mark(json_t **out, const json_t *object, enum ph_tlp label);
/** The TLP 2.0 marking-definition object of @label; new reference. */
json_t *ph_stix_tlp_definition(enum ph_tlp label);

/** A pull reader that cuts a bundle, an array of objects, or one object, out of text that arrives
 * in pieces, so that memory is bounded by one object whatever the file's size. Give it text with
 * ph_stix_reader_feed(), take objects with ph_stix_reader_next() until it says none, at the end
 * call ph_stix_reader_finish(). Duplicate keys, depth over PH_DEPTH_MAX, an object over
 * PH_OBJECT_MAX, bad UTF-8, NaN and numbers that fit nothing are errors of that object: it is
 * skipped, the index goes on. */
struct ph_stix_reader;
enum ph_err ph_stix_reader_new(struct ph_stix_reader **out);
void ph_stix_reader_free(struct ph_stix_reader *reader);
/** From now on pass over objects whose text does not contain @word (borrowed, static), unparsed:
 * for a first look through a file, which costs a third of reading it. They are counted. NULL: read
 * all. */
void ph_stix_reader_only(struct ph_stix_reader *reader, const char *word);
enum ph_err ph_stix_reader_feed(struct ph_stix_reader *reader, struct ph_bytes text);
/** @out_object  new reference, or NULL with *out_err set: that object is bad and @why says so; or
 * NULL with *out_err PH_OK: feed more. @out_index counts objects from 0. Returns an error when the
 * text as a whole is not a bundle (with line and column in @why) and nothing more can be read. */
enum ph_err ph_stix_reader_next(struct ph_stix_reader *reader, json_t **out_object,
                                size_t *out_index, enum ph_err *out_err, struct ph_why *why);
/** The text has ended: PH_ERR_TRUNCATED when inside an object or bundle. */
enum ph_err ph_stix_reader_finish(struct ph_stix_reader *reader, struct ph_why *why);

/** Make an indicator from an observable: deterministic id (UUIDv5 over org, kind, value), so that
 * importing a list twice makes the same objects. @org_identity may be NULL. New reference. */
enum ph_err ph_stix_indicator(json_t **out, const struct ph_observable *o, const char *org,
                              const char *created_by_ref, const char *description, ph_ms now,
                              struct ph_why *why);

#endif
