/* SPDX-License-Identifier: Apache-2.0
 *
 * A real store in a directory of its own, for one organisation of a test community. Anything that
 * goes wrong fails the test at once. */
#ifndef PH_TESTS_STORE_TEST_H
#define PH_TESTS_STORE_TEST_H

#include "store/publish.h"
#include "store/read.h"
#include "tests/lib/community.h"

#define PH_TEST_NOW (PH_TEST_T0 + 3 * PH_TEST_DAY_MS)

/** A directory under $TMPDIR; removed with what is in it by ph_test_rmdir(). */
char *ph_test_mkdir(void);
void ph_test_rmdir(char *dir);

struct ph_test_node {
    struct ph_test_community *community;
    struct ph_test_org *org;
    char *dir;
    struct ph_home home;
    struct ph_identity *identity;
    struct ph_store *store;
    struct ph_members *members;
};

/** A fresh store of @code that knows the whole community. */
struct ph_test_node *ph_test_node(struct ph_test_community *community, const char *code);
/** The same on a store of @max_size bytes. */
struct ph_test_node *ph_test_node_sized(struct ph_test_community *community, const char *code,
                                        uint64_t max_size);
void ph_test_node_free(struct ph_test_node *node);
void ph_test_node_close(struct ph_test_node *node);
void ph_test_node_open(struct ph_test_node *node, enum ph_store_mode mode);
/** The community has a new view: take its documents in. */
void ph_test_node_trust(struct ph_test_node *node);
/** An identity in memory with this organisation's keys; its store key follows from @code. */
struct ph_identity *ph_test_identity(const struct ph_test_org *org);

struct ph_audience ph_test_community_audience(void);
struct ph_audience ph_test_group_audience(const struct ph_test_community *c, const char *name);

/** Publish indicators for domains "d<from>.example" to "d<to - 1>.example". */
struct ph_published ph_test_publish(struct ph_test_node *node, enum ph_tlp label,
                                    struct ph_audience audience, unsigned from, unsigned to,
                                    bool single, ph_ms now);
/** Publish objects given as JSON text. */
enum ph_err ph_test_publish_json(struct ph_test_node *node, enum ph_tlp label,
                                 struct ph_audience audience, const char *const *texts, size_t n,
                                 ph_ms now, struct ph_published *out, struct ph_why *why);

/** Verify and commit @records as if a peer had sent them; verdicts into @verdicts (may be NULL). */
enum ph_err ph_test_receive(struct ph_test_node *node, struct ph_record *const *records, size_t n,
                            ph_ms now, enum ph_err *verdicts);
/** A signed retraction of @targets by @org. */
struct ph_record *ph_test_retract(const struct ph_test_node *author,
                                  struct ph_record *const *targets, size_t n, ph_ms now);
void ph_test_index(struct ph_test_node *node);
/** Objects found under @value. */
size_t ph_test_lookup(struct ph_test_node *node, const char *value);
enum ph_state ph_test_state(struct ph_test_node *node, const struct ph_id *id);
/** Runs verify and expects no finding. */
void ph_test_clean(struct ph_test_node *node);
/** Number of findings of verify. */
uint64_t ph_test_findings(struct ph_test_node *node);
struct ph_counts ph_test_counts(struct ph_test_node *node);

#endif
