/* SPDX-License-Identifier: Apache-2.0 */
#include "node/committer.h"

#include <stdlib.h>

#include "proto/base/assert.h"

#define GROUP_BATCHES_MAX 256
#define GROUP_RECORDS_MAX 8192
#define INDEX_EVERY_MS    250
#define INDEX_RECORDS     2000

struct ph_committer {
    uv_loop_t *loop;
    struct ph_store *store;
    struct ph_link jobs; /* waiting */
    size_t n_jobs;
    bool running, stopped;
    bool index_due; /* records were committed since the index last caught up */
    uint64_t indexed_at;
    struct ph_members *members;
    uv_work_t work;
    /* The run under way: one group of commits, or one other job, or (group empty) indexing. */
    struct ph_job *group[GROUP_BATCHES_MAX];
    size_t n_group;
    struct ph_members *run_members; /* a reference of its own: trust may change meanwhile */
    bool index_more;
    enum ph_err index_err;
};

enum ph_err ph_committer_new(struct ph_committer **out, uv_loop_t *loop, struct ph_store *store)
{
    struct ph_committer *c = (struct ph_committer *)calloc(1, sizeof(*c));
    if (c == NULL)
        return PH_ERR_NOMEM;
    c->loop = loop;
    c->store = store;
    c->index_due = true;
    c->work.data = c;
    ph_list_init(&c->jobs);
    *out = c;
    return PH_OK;
}

void ph_committer_free(struct ph_committer *c)
{
    if (c == NULL)
        return;
    PH_ASSERT(!c->running && ph_list_is_empty(&c->jobs));
    ph_members_unref(c->members);
    free(c);
}

static void run_commit(struct ph_committer *c)
{
    struct ph_batch *batches[GROUP_BATCHES_MAX];
    struct ph_why why = {0};
    for (size_t i = 0; i < c->n_group; i++)
        batches[i] = c->group[i]->batch;
    enum ph_err err = ph_store_commit(c->store, batches, c->n_group, c->group[0]->now, &why);
    for (size_t i = 0; i < c->n_group; i++) {
        c->group[i]->err = err;
        c->group[i]->why = why;
    }
}

static void run_job(struct ph_store *store, struct ph_job *job)
{
    switch (job->kind) {
    case PH_JOB_COMMIT:
        break;
    case PH_JOB_PUBLISH:
        job->err = ph_store_publish(store, job->members, &job->publication, job->now,
                                    &job->published, &job->why);
        break;
    case PH_JOB_TRUST:
        job->err = ph_store_take_trust(store, NULL, job->rosters, job->n_rosters, job->cards,
                                       job->n_cards, &job->new_members, &job->result, &job->why);
        break;
    case PH_JOB_NEWCOMERS:
        job->err =
            ph_store_grant_newcomers(store, job->members, job->now, &job->published, &job->why);
        break;
    case PH_JOB_HANDSHAKE:
        job->err = ph_store_handshake(store, &job->key, job->at, &job->why);
        break;
    case PH_JOB_AUDIT:
        job->err =
            ph_audit_add(store, job->now, job->who, job->door, job->ids, job->n_ids, &job->why);
        break;
    }
}

/* On a worker thread: only the fields of the run under way are touched. */
static void on_work(uv_work_t *work)
{
    struct ph_committer *c = (struct ph_committer *)work->data;
    if (c->n_group == 0)
        c->index_err =
            ph_store_index(c->store, c->run_members, INDEX_RECORDS, &c->index_more, NULL);
    else if (c->group[0]->kind == PH_JOB_COMMIT)
        run_commit(c);
    else
        run_job(c->store, c->group[0]);
}

static void kick(struct ph_committer *c);

static void on_done(uv_work_t *work, int status)
{
    struct ph_committer *c = (struct ph_committer *)work->data;
    (void)status; /* never cancelled: uv_cancel() is not used */
    ph_members_unref(c->run_members);
    c->run_members = NULL;
    if (c->n_group == 0) {
        c->indexed_at = uv_now(c->loop);
        /* An index that fails (disk full) is tried again with the next commit, not in a loop. */
        c->index_due = c->index_err == PH_OK && c->index_more;
    } else if (c->group[0]->kind != PH_JOB_HANDSHAKE && c->group[0]->kind != PH_JOB_AUDIT) {
        c->index_due = true;
    }
    /* Jobs that the callbacks add only queue: the group under our feet stays as it is. */
    for (size_t i = 0; i < c->n_group; i++) {
        struct ph_job *job = c->group[i];
        if (job->before_done != NULL)
            job->before_done(job, job->host);
        job->done(job, job->ctx);
    }
    c->n_group = 0;
    c->running = false;
    kick(c);
}

/* Take the first job, and where it is a commit those behind it that fit the same transaction. */
static void take_group(struct ph_committer *c)
{
    size_t records = 0;
    while (!ph_list_is_empty(&c->jobs) && c->n_group < GROUP_BATCHES_MAX) {
        struct ph_job *job = PH_LIST_ITEM(c->jobs.next, struct ph_job, link);
        bool commit = job->kind == PH_JOB_COMMIT;
        if (c->n_group > 0 && (!commit || records + job->batch->n > GROUP_RECORDS_MAX))
            return;
        ph_list_remove(&job->link);
        c->n_jobs--;
        c->group[c->n_group++] = job;
        if (!commit)
            return;
        records += job->batch->n;
    }
}

static void kick(struct ph_committer *c)
{
    if (c->running)
        return;
    bool may_index = c->index_due && c->members != NULL && !c->stopped;
    bool index_now = may_index && uv_now(c->loop) - c->indexed_at >= INDEX_EVERY_MS;
    if (!index_now)
        take_group(c);
    if (c->n_group == 0 && !may_index)
        return;
    c->run_members = c->members ? ph_members_ref(c->members) : NULL;
    c->running = true;
    int rc = uv_queue_work(c->loop, &c->work, on_work, on_done);
    PH_ASSERT(rc == 0); /* fails only without a callback */
}

void ph_committer_add(struct ph_committer *c, struct ph_job *job)
{
    ph_list_append(&c->jobs, &job->link);
    c->n_jobs++;
    kick(c);
}

void ph_committer_members(struct ph_committer *c, const struct ph_members *members)
{
    struct ph_members *old = c->members;
    c->members = ph_members_ref(members);
    ph_members_unref(old);
    kick(c);
}

bool ph_committer_is_idle(const struct ph_committer *c)
{
    return !c->running && ph_list_is_empty(&c->jobs);
}

void ph_committer_stop(struct ph_committer *c)
{
    c->stopped = true;
}

size_t ph_committer_queued(const struct ph_committer *c)
{
    return c->n_jobs;
}
