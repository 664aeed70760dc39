/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <stdlib.h>

#include "node/host_priv.h"
#include "proto/base/assert.h"

/* Time and the engine's one timer */

static void on_timer(uv_timer_t *timer)
{
    struct ph_host *h = (struct ph_host *)timer->data;
    ph_engine_tick(h->engine, ph_clock_now());
    ph__host_drain(h);
}

static void arm_timer(struct ph_host *h)
{
    ph_ms deadline = ph_engine_deadline(h->engine);
    if (deadline == PH_NEVER_MS) {
        (void)uv_timer_stop(&h->timer);
        return;
    }
    ph_ms now = ph_clock_now().mono;
    /* uv_timer counts from the loop's cached time: bring it up to date or timers fire early. */
    uv_update_time(h->loop);
    (void)uv_timer_start(&h->timer, on_timer, deadline > now ? deadline - now : 0, 0);
}

/* Verification on libuv's workers */

struct verify {
    uv_work_t work;
    struct ph_host *host;
    struct ph_batch *batch;
};

static void on_verify(uv_work_t *work)
{
    ph_batch_verify(((struct verify *)work->data)->batch);
}

static void on_verified(uv_work_t *work, int status)
{
    struct verify *v = (struct verify *)work->data;
    struct ph_host *h = v->host;
    (void)status;
    h->n_verifying--;
    ph_engine_verified(h->engine, v->batch, ph_clock_now());
    free(v);
    ph__host_drain(h);
}

static void verify(struct ph_host *h, struct ph_batch *batch)
{
    struct verify *v = (struct verify *)calloc(1, sizeof(*v));
    if (v == NULL) {
        /* On the loop then: slower, but nothing is lost and the engine's books stay right. */
        ph_batch_verify(batch);
        ph_engine_verified(h->engine, batch, ph_clock_now());
        return;
    }
    v->work.data = v;
    v->host = h;
    v->batch = batch;
    h->n_verifying++;
    int rc = uv_queue_work(h->loop, &v->work, on_verify, on_verified);
    PH_ASSERT(rc == 0);
}

/* Jobs of the host itself */

struct own_job {
    struct ph_job job;
    struct ph_trust_docs docs;
    struct ph_bytes *views;
};

static struct own_job *own_job(struct ph_host *h, enum ph_job_kind kind,
                               void (*done)(struct ph_job *, void *))
{
    struct own_job *j = (struct own_job *)calloc(1, sizeof(*j));
    if (j == NULL)
        return NULL;
    j->job.kind = kind;
    j->job.now = ph_clock_now().wall;
    j->job.done = done;
    j->job.ctx = h;
    ph_list_init(&j->job.link);
    return j;
}

static void free_own_job(struct own_job *j)
{
    ph_trust_docs_done(&j->docs);
    free(j->views);
    free(j);
}

static void on_committed(struct ph_job *job, void *ctx)
{
    struct ph_host *h = (struct ph_host *)ctx;
    if (job->err == PH_OK)
        ph_alarm_clear(&h->alarms, "store");
    else
        ph__host_store_trouble(h, job->err, &job->why);
    ph_engine_committed(h->engine, job->batch, job->err, ph_clock_now());
    free_own_job((struct own_job *)(void *)job);
    ph__host_drain(h);
}

static void commit(struct ph_host *h, struct ph_batch *batch)
{
    struct own_job *j = own_job(h, PH_JOB_COMMIT, on_committed);
    if (j == NULL) {
        ph_engine_committed(h->engine, batch, PH_ERR_NOMEM, ph_clock_now());
        return;
    }
    j->job.batch = batch;
    ph_committer_add(h->committer, &j->job);
}

static void on_handshake_stored(struct ph_job *job, void *ctx)
{
    struct ph_host *h = (struct ph_host *)ctx;
    if (job->err != PH_OK)
        ph__host_store_trouble(h, job->err, &job->why);
    free_own_job((struct own_job *)(void *)job);
}

static void remember_handshake(struct ph_host *h, const struct ph_effect *effect)
{
    struct own_job *j = own_job(h, PH_JOB_HANDSHAKE, on_handshake_stored);
    if (j == NULL)
        return; /* the engine remembers it too, until we stop */
    j->job.key = effect->handshake.key;
    j->job.at = effect->handshake.at;
    ph_committer_add(h->committer, &j->job);
}

static void on_newcomers(struct ph_job *job, void *ctx)
{
    struct ph_host *h = (struct ph_host *)ctx;
    ph_published_done(&job->published);
    free_own_job((struct own_job *)(void *)job);
    ph__host_drain(h);
}

static void grant_newcomers(struct ph_host *h)
{
    struct own_job *j = own_job(h, PH_JOB_NEWCOMERS, on_newcomers);
    if (j != NULL)
        ph_host_job(h, &j->job);
}

static void on_trust_taken(struct ph_job *job, void *ctx)
{
    struct ph_host *h = (struct ph_host *)ctx;
    struct own_job *j = (struct own_job *)(void *)job;
    if (job->err != PH_OK) {
        ph_log_event(h->log, PH_LOG_WARN, "trust documents refused",
                     PH_S("reason", ph_err_token(job->err)), PH_S("what", job->why.what));
        ph_engine_trust_refused(h->engine, j->docs.from, job->err, ph_clock_now());
    }
    ph_members_unref(job->new_members);
    free_own_job(j);
    ph__host_drain(h);
}

/* Documents from a peer: on the loop they would cost signature checks, so the committer does it. */
static void take_trust(struct ph_host *h, struct ph_trust_docs *docs)
{
    struct own_job *j = own_job(h, PH_JOB_TRUST, on_trust_taken);
    size_t n = docs->n_rosters + docs->n_cards;
    if (j != NULL)
        j->views = (struct ph_bytes *)calloc(n ? n : 1, sizeof(*j->views));
    if (j == NULL || j->views == NULL) {
        free(j);
        ph_trust_docs_done(docs);
        return; /* the next HELLO shows the same difference again */
    }
    j->docs = *docs;
    for (size_t i = 0; i < docs->n_rosters; i++)
        j->views[i] = ph_buf_bytes(&docs->rosters[i]);
    for (size_t i = 0; i < docs->n_cards; i++)
        j->views[docs->n_rosters + i] = ph_buf_bytes(&docs->cards[i]);
    j->job.rosters = j->views;
    j->job.n_rosters = docs->n_rosters;
    j->job.cards = j->views + docs->n_rosters;
    j->job.n_cards = docs->n_cards;
    ph_host_job(h, &j->job);
}

/* Any job that changes what peers should hear of: the engine is told before the client is. */

static void trust_changed(struct ph_host *h, struct ph_job *job)
{
    if (job->result.equivocation)
        (void)ph_alarm_raise(&h->alarms, "equivocation", PH_NEVER_MS,
                             "two different trust documents of one number exist: evidence is kept");
    if (!job->result.changed)
        return;
    ph_members_unref(h->members);
    h->members = ph_members_ref(job->new_members);
    ph_log_event(h->log, PH_LOG_INFO, "trust changed",
                 PH_U("roster_seq", ph_members_roster(h->members)->seq),
                 PH_U("rosters_new", job->result.n_rosters_new),
                 PH_U("cards_new", job->result.n_cards_new));
    ph_committer_members(h->committer, h->members);
    ph_engine_members(h->engine, h->members, ph_clock_now());
    grant_newcomers(h);
}

static void before_done(struct ph_job *job, void *ctx)
{
    struct ph_host *h = (struct ph_host *)ctx;
    ph_members_unref((struct ph_members *)(uintptr_t)job->members);
    job->members = NULL;
    if (job->err == PH_OK) {
        ph_alarm_clear(&h->alarms, "store");
        if (job->kind == PH_JOB_TRUST)
            trust_changed(h, job);
        if (job->published.n_records > 0)
            ph_engine_published(h->engine, job->published.records, job->published.n_records,
                                ph_clock_now());
    } else if (ph_err_class(job->err) == PH_CLASS_LOCAL) {
        ph__host_store_trouble(h, job->err, &job->why);
    }
    ph__host_drain(h); /* peers hear of it before the client does */
}

void ph_host_job(struct ph_host *h, struct ph_job *job)
{
    ph_list_init(&job->link);
    job->members = ph_members_ref(h->members);
    job->before_done = before_done;
    job->host = h;
    ph_committer_add(h->committer, job);
}

/* Effects */

static void do_effect(struct ph_host *h, struct ph_effect *effect)
{
    switch (effect->kind) {
    case PH_EFFECT_SEND:
        ph_net_send(h->net, effect->conn, &effect->send);
        break;
    case PH_EFFECT_CLOSE:
        ph_net_close(h->net, effect->conn);
        break;
    case PH_EFFECT_DIAL:
        ph_net_dial(h->net, &effect->dial);
        break;
    case PH_EFFECT_VERIFY:
        verify(h, effect->batch);
        break;
    case PH_EFFECT_COMMIT:
        commit(h, effect->batch);
        break;
    case PH_EFFECT_TRUST:
        take_trust(h, &effect->trust);
        break;
    case PH_EFFECT_HANDSHAKE:
        remember_handshake(h, effect);
        break;
    case PH_EFFECT_EVENT:
        ph__host_event(h, effect->conn, &effect->event);
        break;
    }
}

void ph__host_drain(struct ph_host *h)
{
    struct ph_effect effect;
    if (h->draining)
        return; /* an effect's handler came back in: the loop below takes what it queued */
    h->draining = true;
    while (ph_engine_next(h->engine, &effect))
        do_effect(h, &effect);
    h->draining = false;
    arm_timer(h);
}

/* Connections */

static void on_connected(void *ctx, ph_conn conn, const struct ph_dial *dial)
{
    struct ph_host *h = (struct ph_host *)ctx;
    uint8_t ephemeral[32];
    randombytes_buf(ephemeral, sizeof(ephemeral));
    ph_engine_connected(h->engine, conn, dial, ephemeral, ph_clock_now());
    ph_wipe(ephemeral, sizeof(ephemeral));
    ph__host_drain(h);
}

static void on_dial_failed(void *ctx, const struct ph_dial *dial, const char *reason)
{
    struct ph_host *h = (struct ph_host *)ctx;
    ph_log_event(h->log, PH_LOG_DEBUG, "dial failed", PH_S("address", dial->address),
                 PH_S("reason", reason));
    ph_engine_dial_failed(h->engine, dial, ph_clock_now());
    ph__host_drain(h);
}

static void on_bytes(void *ctx, ph_conn conn, struct ph_bytes bytes)
{
    struct ph_host *h = (struct ph_host *)ctx;
    ph_engine_bytes(h->engine, conn, bytes, ph_clock_now());
    ph__host_drain(h);
}

static void on_sent(void *ctx, ph_conn conn, size_t n)
{
    struct ph_host *h = (struct ph_host *)ctx;
    ph_engine_sent(h->engine, conn, n, ph_clock_now());
    ph__host_drain(h);
}

static void on_closed(void *ctx, ph_conn conn)
{
    struct ph_host *h = (struct ph_host *)ctx;
    ph_engine_closed(h->engine, conn, ph_clock_now());
    ph__host_drain(h);
}

/* Start and stop */

static enum ph_err make_engine(struct ph_host *h, const struct ph_host_config *config,
                               struct ph_why *why)
{
    struct ph_engine_config ec = {.node = config->identity->node,
                                  .transport = config->identity->transport,
                                  .transport_secret = config->identity->transport_secret,
                                  .org = h->self.code,
                                  .members = h->members,
                                  .view = h->view,
                                  .sessions_max = config->config->sessions_max,
                                  .reconcile_ms = config->config->reconcile_ms};
    ph_store_id(h->store, ec.store_id, &ec.boot);
    ph_text_safe(ec.software, sizeof(ec.software), ph_bytes_str(config->software));
    randombytes_buf(ec.seed, sizeof(ec.seed));
    return ph_engine_new(&h->engine, &ec, ph_clock_now(), why);
}

static enum ph_err start(struct ph_host *h, const struct ph_host_config *config, struct ph_why *why)
{
    const struct ph_net_events events = {.ctx = h,
                                         .connected = on_connected,
                                         .dial_failed = on_dial_failed,
                                         .bytes = on_bytes,
                                         .sent = on_sent,
                                         .closed = on_closed,
                                         .turned_away = ph__host_turned_away};
    enum ph_err err = ph_store_self(h->store, &h->self, why);
    if (err == PH_OK)
        err = ph_store_members(h->store, &h->members, why);
    if (err == PH_OK)
        err = ph_store_view_new(&h->view, h->store);
    if (err == PH_OK)
        err = make_engine(h, config, why);
    if (err == PH_OK)
        err = ph_committer_new(&h->committer, h->loop, h->store);
    if (err == PH_OK)
        err = ph_net_new(&h->net, h->loop, &events);
    if (err == PH_OK && config->config->listen[0] != 0)
        err = ph_net_listen(h->net, config->config->listen, why);
    return err;
}

enum ph_err ph_host_new(struct ph_host **out, const struct ph_host_config *config,
                        struct ph_why *why)
{
    struct ph_host *h = (struct ph_host *)calloc(1, sizeof(*h));
    if (h == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no memory to start");
    h->loop = config->loop;
    h->log = config->log;
    h->store = config->store;
    h->software = config->software;
    h->locked_memory = config->locked_memory;
    h->started = ph_clock_now();
    h->timer.data = h->stop_timer.data = h;
    (void)uv_timer_init(h->loop, &h->timer);
    (void)uv_timer_init(h->loop, &h->stop_timer);
    enum ph_err err = start(h, config, why);
    if (err != PH_OK) {
        /* The caller exits: handles that were opened are closed and the loop is run out. */
        uv_close((uv_handle_t *)&h->timer, NULL);
        uv_close((uv_handle_t *)&h->stop_timer, NULL);
        if (h->net != NULL)
            ph_net_stop(h->net);
        (void)uv_run(h->loop, UV_RUN_DEFAULT);
        ph_host_free(h);
        return err;
    }
    ph_committer_members(h->committer, h->members);
    grant_newcomers(h);
    ph__host_drain(h);
    *out = h;
    return PH_OK;
}

void ph_host_free(struct ph_host *h)
{
    if (h == NULL)
        return;
    ph_engine_free(h->engine);
    ph_committer_free(h->committer);
    ph_net_free(h->net);
    ph_store_view_free(&h->view);
    ph_members_unref(h->members);
    free(h->peers);
    free(h);
}

/* Runs every 20 ms while stopping: ends when nothing is on its way to the disk, or after four
 * seconds. */
static void on_stopping(uv_timer_t *timer)
{
    struct ph_host *h = (struct ph_host *)timer->data;
    bool idle = ph_committer_is_idle(h->committer) && h->n_verifying == 0;
    if (!idle && ph_clock_now().mono < h->stop_by)
        return;
    uv_close((uv_handle_t *)&h->timer, NULL);
    uv_close((uv_handle_t *)&h->stop_timer, NULL);
    ph_net_stop(h->net);
    h->stopped(h->stopped_ctx);
}

void ph_host_stop(struct ph_host *h, void (*done)(void *ctx), void *ctx)
{
    h->stopped = done;
    h->stopped_ctx = ctx;
    h->stop_by = ph_clock_now().mono + 4000;
    ph_committer_stop(h->committer);
    ph_engine_shutdown(h->engine, ph_clock_now());
    ph__host_drain(h);
    (void)uv_timer_start(&h->stop_timer, on_stopping, 0, 20);
}

const char *ph_host_listen(const struct ph_host *h)
{
    return ph_net_address(h->net);
}

struct ph_log *ph_host_log(struct ph_host *h)
{
    return h->log;
}
