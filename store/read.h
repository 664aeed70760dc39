/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the store for people and programs: look-ups, listings, search, single records, counts.
 * All of it works on a store opened for reading while a daemon writes. Everything given out has
 * passed no policy yet: callers ask ph_policy_ask() for their door and leave out what may not
 * leave. */
#ifndef PH_STORE_READ_H
#define PH_STORE_READ_H

#include <jansson.h>

#include "proto/intel/observable.h"
#include "store/store.h"

/** What is known of a record besides its header. Numbers are the store's format. */
enum ph_state {
    PH_STATE_OPEN = 1,    /* body here and readable by this node */
    PH_STATE_SEALED = 2,  /* body here, not for this node (carried, or for a named person) */
    PH_STATE_WAITING = 3, /* for this node, its grant has not come */
    PH_STATE_RETRACTED = 4,
    PH_STATE_REFUSED = 5,    /* header counted, body not taken (ended key, purged) */
    PH_STATE_UNREADABLE = 6, /* opened and found bad: author's fault */
    PH_STATE_ELSEWHERE = 7   /* blob body not fetched */
};
const char *ph_state_text(enum ph_state state);

/** One stored record as listings show it. */
struct ph_entry {
    struct ph_record *record; /* with body when asked for; one reference */
    enum ph_state state;
    uint64_t arrival;   /* number of its newest arrival */
    uint32_t n_objects; /* 0 when not open */
};
void ph_entry_done(struct ph_entry *entry);

/** One STIX object with the record that carries it. */
struct ph_object {
    struct ph_entry entry; /* header only */
    uint32_t position;     /* in the record's content */
    json_t *json;          /* one reference */
};
void ph_object_done(struct ph_object *object);

/** Callbacks return false to stop. What they are given is theirs only until they return. */
typedef bool (*ph_object_fn)(void *ctx, const struct ph_object *object);
typedef bool (*ph_entry_fn)(void *ctx, const struct ph_entry *entry);

/** A reading session: one snapshot, body cache for repeated hits. Not thread safe. */
struct ph_reading;
enum ph_err ph_reading_new(struct ph_reading **out, struct ph_store *store,
                           const struct ph_members *members, struct ph_why *why);
/** Move on to the newest snapshot (for long runs such as `lookup` on standard input). */
enum ph_err ph_reading_refresh(struct ph_reading *reading, struct ph_why *why);
void ph_reading_free(struct ph_reading *reading);

/** Every object under which @o (or a parent: parent domains, enclosing networks) is indexed, newest
 * first within each; also the tail of the store that is not indexed yet. *out_found counts calls of
 * @fn. */
enum ph_err ph_lookup(struct ph_reading *reading, const struct ph_observable *o, ph_object_fn fn,
                      void *ctx, size_t *out_found, struct ph_why *why);
/** Objects that contain all the words, newest first. */
enum ph_err ph_search(struct ph_reading *reading, struct ph_bytes words, ph_object_fn fn, void *ctx,
                      struct ph_why *why);
/** Versions of a STIX id: by each organisation its newest first. */
enum ph_err ph_versions(struct ph_reading *reading, const char *stix_id, ph_object_fn fn, void *ctx,
                        struct ph_why *why);

/** Records by time: from the newest to the oldest, or forwards. */
struct ph_list_filter {
    ph_ms since, until; /* created; until 0: no end */
    bool oldest_first;
    bool all_types; /* also grants, retractions … (else content) */
    bool has_label;
    enum ph_tlp label;
    bool has_audience;
    struct ph_audience audience;
    bool has_org;
    struct ph_code org;
};
enum ph_err ph_list(struct ph_reading *reading, const struct ph_list_filter *filter, ph_entry_fn fn,
                    void *ctx, struct ph_why *why);
/** Records whose id (hex) begins with @prefix (at least 4 digits). */
enum ph_err ph_find(struct ph_reading *reading, const char *prefix, ph_entry_fn fn, void *ctx,
                    struct ph_why *why);
/** Objects of an open record, in order. */
enum ph_err ph_entry_objects(struct ph_reading *reading, const struct ph_entry *entry,
                             ph_object_fn fn, void *ctx, struct ph_why *why);

struct ph_counts {
    uint64_t records;    /* headers held, all types */
    uint64_t content;    /* content records */
    uint64_t objects;    /* objects indexed */
    uint64_t waiting;    /* records waiting for a grant */
    uint64_t unindexed;  /* records not indexed yet */
    uint64_t bytes_used; /* pages in use */
    uint64_t bytes_max;
};
enum ph_err ph_counts(struct ph_store *store, struct ph_counts *out, struct ph_why *why);

/** Append to the hash-chained audit log; durable on return. Writer only. */
enum ph_err ph_audit_add(struct ph_store *store, ph_ms now, const char *who, const char *door,
                         const struct ph_id *records, size_t n, struct ph_why *why);

/** Re-hash every record, check every signature, rebuild sums and indexes and compare, check the
 * audit chain. Runs on its own snapshot beside a running daemon. */
struct ph_verify_report {
    uint64_t records, bodies, opened, objects, channels, audit_entries;
    uint64_t errors;
};
typedef void (*ph_verify_fn)(void *ctx, const char *line); /* one finding, safe to print */
enum ph_err ph_verify(struct ph_store *store, const struct ph_members *members, ph_verify_fn fn,
                      void *ctx, struct ph_verify_report *out, struct ph_why *why);

#endif
