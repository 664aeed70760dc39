/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/store_test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/hash.h"
#include "proto/intel/stix.h"
#include "proto/record/content.h"
#include "tests/lib/test.h"

static void must(enum ph_err err, const struct ph_why *why)
{
    if (err)
        fail_msg("%s: %s", ph_err_token(err), why ? why->what : "");
}

char *ph_test_mkdir(void)
{
    const char *base = getenv("TMPDIR");
    char *dir = NULL;
    assert_true(asprintf(&dir, "%s/posthorn-test-XXXXXX", base ? base : "/tmp") > 0);
    assert_non_null(mkdtemp(dir));
    return dir;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void ph_test_rmdir(char *dir)
{
    (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(dir);
}

static struct ph_secret *secret(struct ph_identity *me, const uint8_t *from, size_t n)
{
    struct ph_secret *out = ph_secret_new(me->vault);
    assert_non_null(out);
    memcpy(out->b, from, n);
    return out;
}

struct ph_identity *ph_test_identity(const struct ph_test_org *org)
{
    assert_true(sodium_init() >= 0);
    struct ph_identity *me = calloc(1, sizeof(*me));
    assert_non_null(me);
    must(ph_vault_new(&me->vault, 4, NULL), NULL);
    struct ph_hash key = ph_hash_one("test store key", ph_bytes_str(org->code.s));
    me->store_key = secret(me, key.b, 32);
    me->node_secret = secret(me, org->node_secret, 64);
    me->transport_secret = secret(me, org->transport_secret, 32);
    me->node = org->node_key;
    me->transport = org->transport_key;
    me->n_reading = 1;
    me->reading[0] = org->reading_key;
    me->reading_secret[0] = secret(me, org->reading_secret, 32);
    return me;
}

void ph_test_node_open(struct ph_test_node *node, enum ph_store_mode mode)
{
    struct ph_why why = {.code = PH_OK};
    struct ph_store_config config = {.mode = mode};
    must(ph_store_open(&node->store, &node->home, node->identity, &config, &why), &why);
    must(ph_store_members(node->store, &node->members, &why), &why);
}

void ph_test_node_close(struct ph_test_node *node)
{
    ph_members_unref(node->members);
    node->members = NULL;
    ph_store_close(node->store);
    node->store = NULL;
}

void ph_test_node_trust(struct ph_test_node *node)
{
    const struct ph_test_community *c = node->community;
    struct ph_why why = {.code = PH_OK};
    struct ph_members_result result;
    struct ph_bytes *rosters = calloc(c->n_rosters, sizeof(*rosters));
    struct ph_bytes *cards = calloc(c->n_orgs, sizeof(*cards));
    assert_non_null(rosters);
    assert_non_null(cards);
    for (size_t i = 0; i < c->n_rosters; i++)
        rosters[i] = ph_buf_bytes(&c->rosters[i]);
    for (size_t i = 0; i < c->n_orgs; i++)
        cards[i] = ph_buf_bytes(&c->orgs[i].card_bytes);
    ph_members_unref(node->members);
    must(ph_store_take_trust(node->store, &c->id, rosters, c->n_rosters, cards, c->n_orgs,
                             &node->members, &result, &why),
         &why);
    free(rosters);
    free(cards);
}

struct ph_test_node *ph_test_node_sized(struct ph_test_community *community, const char *code,
                                        uint64_t max_size)
{
    struct ph_why why = {.code = PH_OK};
    struct ph_test_node *node = calloc(1, sizeof(*node));
    assert_non_null(node);
    node->community = community;
    node->org = ph_test_org(community, code);
    node->dir = ph_test_mkdir();
    must(ph_home_locate(&node->home, node->dir, &why), &why);
    must(ph_home_create(&node->home, &why), &why);
    node->identity = ph_test_identity(node->org);
    struct ph_store_config config = {.mode = PH_STORE_WRITE, .create = true, .max_size = max_size};
    must(ph_store_open(&node->store, &node->home, node->identity, &config, &why), &why);
    struct ph_roster_org self = ph_test_roster_org(node->org);
    must(ph_store_set_self(node->store, &self, &why), &why);
    ph_test_node_trust(node);
    return node;
}

struct ph_test_node *ph_test_node(struct ph_test_community *community, const char *code)
{
    return ph_test_node_sized(community, code, UINT64_C(1) << 30);
}

void ph_test_node_free(struct ph_test_node *node)
{
    ph_test_node_close(node);
    ph_identity_free(node->identity);
    ph_home_done(&node->home);
    ph_test_rmdir(node->dir);
    free(node);
}

struct ph_audience ph_test_community_audience(void)
{
    return (struct ph_audience){.kind = PH_AUDIENCE_COMMUNITY};
}

struct ph_audience ph_test_group_audience(const struct ph_test_community *c, const char *name)
{
    return (struct ph_audience){.kind = PH_AUDIENCE_GROUP, .id = ph_test_group(c, name)};
}

static enum ph_err publish(struct ph_test_node *node, enum ph_tlp label,
                           struct ph_audience audience, json_t *const *objects, size_t n,
                           bool single, ph_ms now, struct ph_published *out, struct ph_why *why)
{
    struct ph_bytes *encodings = calloc(n ? n : 1, sizeof(*encodings));
    struct ph_buf *bufs = calloc(n ? n : 1, sizeof(*bufs));
    assert_non_null(encodings);
    assert_non_null(bufs);
    for (size_t i = 0; i < n; i++) {
        bufs[i] = ph_buf(PH_PLAIN_MAX);
        must(ph_content_add(&bufs[i], objects[i], why), why);
        encodings[i] = ph_buf_bytes(&bufs[i]);
    }
    struct ph_publication p = {
        .label = label,
        .audience = audience,
        .flags = ph_tlp_default_carry(label) ? PH_FLAG_CARRY : 0,
        .objects = encodings,
        .n_objects = n,
        .single = single,
    };
    enum ph_err err = ph_store_publish(node->store, node->members, &p, now, out, why);
    for (size_t i = 0; i < n; i++)
        ph_buf_done(&bufs[i]);
    free(bufs);
    free(encodings);
    return err;
}

struct ph_published ph_test_publish(struct ph_test_node *node, enum ph_tlp label,
                                    struct ph_audience audience, unsigned from, unsigned to,
                                    bool single, ph_ms now)
{
    struct ph_why why = {.code = PH_OK};
    struct ph_published out;
    size_t n = to - from;
    json_t **objects = calloc(n ? n : 1, sizeof(json_t *));
    assert_non_null(objects);
    for (size_t i = 0; i < n; i++) {
        char name[64];
        struct ph_observable o;
        (void)snprintf(name, sizeof(name), "d%u.example", from + (unsigned)i);
        must(ph_observable_normalise(&o, PH_OBS_DOMAIN, ph_bytes_str(name), &why), &why);
        must(ph_stix_indicator(&objects[i], &o, node->org->code.s, NULL, "parcel smishing lure",
                               PH_TEST_T0, &why),
             &why);
    }
    must(publish(node, label, audience, objects, n, single, now, &out, &why), &why);
    for (size_t i = 0; i < n; i++)
        json_decref(objects[i]);
    free(objects);
    return out;
}

enum ph_err ph_test_publish_json(struct ph_test_node *node, enum ph_tlp label,
                                 struct ph_audience audience, const char *const *texts, size_t n,
                                 ph_ms now, struct ph_published *out, struct ph_why *why)
{
    json_t **objects = calloc(n ? n : 1, sizeof(json_t *));
    assert_non_null(objects);
    for (size_t i = 0; i < n; i++) {
        objects[i] = json_loads(texts[i], 0, NULL);
        assert_non_null(objects[i]);
    }
    enum ph_err err = publish(node, label, audience, objects, n, false, now, out, why);
    for (size_t i = 0; i < n; i++)
        json_decref(objects[i]);
    free(objects);
    return err;
}

enum ph_err ph_test_receive(struct ph_test_node *node, struct ph_record *const *records, size_t n,
                            ph_ms now, enum ph_err *verdicts)
{
    struct ph_batch *batch = calloc(1, sizeof(*batch));
    assert_non_null(batch);
    batch->items = calloc(n ? n : 1, sizeof(*batch->items));
    assert_non_null(batch->items);
    batch->n = n;
    batch->now = now;
    batch->members = ph_members_ref(node->members);
    for (size_t i = 0; i < n; i++) {
        /* As from the wire: the sender's judgement does not come along. */
        const struct ph_record *r = records[i];
        must(ph_record_new(&batch->items[i].record, r->raw_header, r->sig, r->body, r->has_body,
                           NULL),
             NULL);
    }
    ph_batch_verify(batch);
    enum ph_err err = ph_store_commit(node->store, &batch, 1, now, NULL);
    for (size_t i = 0; i < n && verdicts; i++)
        verdicts[i] = batch->items[i].verdict;
    ph_batch_free(batch);
    return err;
}

static int cmp_retractions(const void *a, const void *b)
{
    return ph_id_cmp(&((const struct ph_retraction *)a)->id,
                     &((const struct ph_retraction *)b)->id);
}

struct ph_record *ph_test_retract(const struct ph_test_node *author,
                                  struct ph_record *const *targets, size_t n, ph_ms now)
{
    struct ph_why why = {.code = PH_OK};
    struct ph_buf body = ph_buf(PH_BODY_MAX);
    struct ph_retraction *list = calloc(n, sizeof(*list));
    assert_non_null(list);
    ph_ms expires = 0;
    for (size_t i = 0; i < n; i++) {
        list[i] = (struct ph_retraction){targets[i]->id, targets[i]->header.expires};
        expires = PH_MAX(expires, list[i].expires);
    }
    qsort(list, n, sizeof(*list), cmp_retractions);
    must(ph_retract_build(&body, list, n), NULL);
    struct ph_header header;
    must(ph_header_copy(&header, &targets[0]->header), NULL);
    header.type = PH_RECORD_RETRACT;
    header.author = author->org->node_key;
    header.created = now;
    header.expires = expires;
    header.has_key = header.has_nonce = false;
    struct ph_record *out;
    must(ph_record_make(&out, &header, ph_buf_bytes(&body), author->org->node_secret, &why), &why);
    ph_header_done(&header);
    ph_buf_done(&body);
    free(list);
    return out;
}

void ph_test_index(struct ph_test_node *node)
{
    struct ph_why why = {.code = PH_OK};
    bool more = true;
    while (more)
        must(ph_store_index(node->store, node->members, 1000, &more, &why), &why);
}

static bool count(void *ctx, const struct ph_object *object)
{
    size_t *n = ctx;
    assert_non_null(object->json);
    (*n)++;
    return true;
}

size_t ph_test_lookup(struct ph_test_node *node, const char *value)
{
    struct ph_why why = {.code = PH_OK};
    struct ph_reading *reading;
    struct ph_observable o;
    size_t calls = 0;
    size_t found = 0;
    must(ph_reading_new(&reading, node->store, node->members, &why), &why);
    must(ph_observable_parse(&o, ph_bytes_str(value), &why), &why);
    must(ph_lookup(reading, &o, count, &calls, &found, &why), &why);
    assert_int_equal(calls, found);
    ph_reading_free(reading);
    return found;
}

struct find {
    enum ph_state state;
    size_t n;
};

static bool take_state(void *ctx, const struct ph_entry *entry)
{
    struct find *find = ctx;
    find->state = entry->state;
    find->n++;
    return true;
}

enum ph_state ph_test_state(struct ph_test_node *node, const struct ph_id *id)
{
    struct ph_why why = {.code = PH_OK};
    struct ph_reading *reading;
    struct find find = {.n = 0};
    char text[65];
    ph_hex(text, ph_bytes(id->b, 32));
    must(ph_reading_new(&reading, node->store, node->members, &why), &why);
    must(ph_find(reading, text, take_state, &find, &why), &why);
    ph_reading_free(reading);
    return find.n ? find.state : (enum ph_state)0;
}

static void print_finding(void *ctx, const char *line)
{
    if (ctx)
        print_error("verify: %s\n", line);
}

static uint64_t verify(struct ph_test_node *node, bool print)
{
    struct ph_why why = {.code = PH_OK};
    struct ph_verify_report report;
    must(ph_verify(node->store, node->members, print_finding, print ? node : NULL, &report, &why),
         &why);
    return report.errors;
}

void ph_test_clean(struct ph_test_node *node)
{
    assert_int_equal(verify(node, true), 0);
}

uint64_t ph_test_findings(struct ph_test_node *node)
{
    return verify(node, false);
}

struct ph_counts ph_test_counts(struct ph_test_node *node)
{
    struct ph_why why = {.code = PH_OK};
    struct ph_counts counts;
    must(ph_counts(node->store, &counts, &why), &why);
    return counts;
}
