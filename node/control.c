/* SPDX-License-Identifier: Apache-2.0 */
#include "node/control.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/clock.h"
#include "proto/base/assert.h"

#define CLIENTS_MAX 64
#define REQUEST_MS  30000

/* One connected tool. While a job of it runs the store, it reads nothing more. */
struct client {
    struct ph_link link;
    struct ph_control *control;
    uv_pipe_t pipe;
    uv_timer_t timer; /* a request must arrive whole in time */
    int handles;
    bool busy, closing;
    struct ph_buf in, out;
    uv_write_t write;
    uv_buf_t write_buf;
    struct ph_control_request request;
    struct ph_job job;
    char who[PH_NAME_MAX + 1], door[PH_NAME_MAX + 1];
};

struct ph_control {
    uv_loop_t *loop;
    struct ph_host *host;
    uv_pipe_t listener;
    struct ph_link clients;
    size_t n_clients;
    bool stopped;
    char path[108];
    uint8_t read_buffer[65536];
};

static void free_client(struct client *c)
{
    ph_buf_wipe(&c->in); /* held plain objects */
    ph_buf_done(&c->out);
    ph_control_request_done(&c->request);
    ph_published_done(&c->job.published);
    ph_members_unref(c->job.new_members);
    free(c);
}

static void on_client_closed(uv_handle_t *handle)
{
    struct client *c = (struct client *)handle->data;
    if (--c->handles == 0 && !c->busy)
        free_client(c);
}

static void close_client(struct client *c)
{
    if (c->closing)
        return;
    c->closing = true;
    ph_list_remove(&c->link);
    c->control->n_clients--;
    uv_close((uv_handle_t *)&c->pipe, on_client_closed);
    uv_close((uv_handle_t *)&c->timer, on_client_closed);
}

static void take_requests(struct client *c);

static void on_written(uv_write_t *request, int status)
{
    struct client *c = (struct client *)request->data;
    if (c->closing)
        return;
    ph_buf_clear(&c->out);
    c->busy = false;
    if (status != 0)
        close_client(c);
    else
        take_requests(c);
}

/* Send what is in c->out; @err is what encoding it came to. */
static void answer(struct client *c, enum ph_err err)
{
    if (c->closing) {
        c->busy = false;
        if (c->handles == 0)
            free_client(c);
        return;
    }
    c->write.data = c;
    c->write_buf = uv_buf_init((char *)c->out.p, (unsigned)c->out.n);
    c->busy = false;
    if (err != PH_OK ||
        uv_write(&c->write, (uv_stream_t *)&c->pipe, &c->write_buf, 1, on_written) != 0) {
        close_client(c);
        return;
    }
    c->busy = true;
}

static enum ph_err answer_published(struct client *c)
{
    const struct ph_published *p = &c->job.published;
    struct ph_buf ids = ph_buf(PH_CONTROL_MAX);
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < p->n_records && err == PH_OK; i++) {
        if (p->records[i]->header.type == PH_RECORD_CONTENT)
            err = ph_buf_add(&ids, ph_bytes(p->records[i]->id.b, sizeof(struct ph_id)));
    }
    const struct ph_control_published published = {
        .n_new = p->n_new, .n_known = p->n_known, .ids = ph_buf_bytes(&ids)};
    if (err == PH_OK)
        err = ph_control_answer_published(&c->out, &published);
    ph_buf_done(&ids);
    return err;
}

static void on_job_done(struct ph_job *job, void *ctx)
{
    struct client *c = (struct client *)ctx;
    enum ph_err err;
    if (job->err != PH_OK)
        err = ph_control_answer_error(&c->out, job->err, &job->why);
    else if (job->kind == PH_JOB_PUBLISH)
        err = answer_published(c);
    else
        err = ph_control_answer_ok(&c->out);
    ph_published_done(&job->published);
    ph_members_unref(job->new_members);
    job->new_members = NULL;
    ph_control_request_done(&c->request);
    answer(c, err);
}

static void start_job(struct client *c, enum ph_job_kind kind)
{
    c->job =
        (struct ph_job){.kind = kind, .now = ph_clock_now().wall, .done = on_job_done, .ctx = c};
    struct ph_job *job = &c->job;
    const struct ph_control_request *r = &c->request;
    if (kind == PH_JOB_PUBLISH) {
        job->publication = (struct ph_publication){.label = r->publish.label,
                                                   .audience = r->publish.audience,
                                                   .recipients = r->publish.recipients,
                                                   .n_recipients = r->publish.n_recipients,
                                                   .flags = r->publish.flags,
                                                   .expires = r->publish.expires,
                                                   .objects = r->publish.objects,
                                                   .n_objects = r->publish.n_objects,
                                                   .single = r->publish.single};
    } else if (kind == PH_JOB_TRUST) {
        job->rosters = (struct ph_bytes *)(uintptr_t)r->trust.rosters;
        job->n_rosters = r->trust.n_rosters;
        job->cards = (struct ph_bytes *)(uintptr_t)r->trust.cards;
        job->n_cards = r->trust.n_cards;
    } else {
        memcpy(c->who, r->audit.who.p, r->audit.who.n);
        c->who[r->audit.who.n] = 0;
        memcpy(c->door, r->audit.door.p, r->audit.door.n);
        c->door[r->audit.door.n] = 0;
        job->who = c->who;
        job->door = c->door;
        job->ids = (const struct ph_id *)(const void *)r->audit.ids.p;
        job->n_ids = r->audit.ids.n / sizeof(struct ph_id);
    }
    ph_host_job(c->control->host, job);
}

static void answer_status(struct client *c)
{
    struct ph_control_status status;
    enum ph_err err = ph_host_status(c->control->host, &status);
    if (err == PH_OK) {
        err = ph_control_answer_status(&c->out, &status);
        free(status.peers);
    } else {
        err = ph_control_answer_error(&c->out, err, NULL);
    }
    answer(c, err);
}

static void do_request(struct client *c)
{
    switch (c->request.op) {
    case PH_CONTROL_STATUS:
        answer_status(c);
        break;
    case PH_CONTROL_PUBLISH:
        start_job(c, PH_JOB_PUBLISH);
        break;
    case PH_CONTROL_TRUST:
        start_job(c, PH_JOB_TRUST);
        break;
    case PH_CONTROL_AUDIT:
        start_job(c, PH_JOB_AUDIT);
        break;
    }
}

static void on_request_timeout(uv_timer_t *timer)
{
    close_client((struct client *)timer->data);
}

/* Do the first request when it is here whole. Its bytes stay in c->in until it is answered, because
 * the decoded request points into them. */
static void take_requests(struct client *c)
{
    if (c->busy || c->closing)
        return;
    if (c->request.op != 0) { /* the one just answered */
        ph_buf_drop(&c->in, 4 + (size_t)ph_get_be32(c->in.p));
        c->request = (struct ph_control_request){.owned = {NULL}};
    }
    if (c->in.n == 0)
        (void)uv_timer_stop(&c->timer);
    if (c->in.n < 4)
        return;
    size_t n = ph_get_be32(c->in.p);
    struct ph_why why = {0};
    if (n > PH_CONTROL_MAX) {
        close_client(c); /* before memory is taken for it */
        return;
    }
    if (c->in.n - 4 < n)
        return;
    (void)uv_timer_stop(&c->timer);
    c->busy = true;
    enum ph_err err = ph_control_request_decode(&c->request, ph_bytes(c->in.p + 4, n), &why);
    if (err != PH_OK) {
        ph_buf_drop(&c->in, 4 + n);
        answer(c, ph_control_answer_error(&c->out, err, &why));
        return;
    }
    do_request(c);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct client *c = (struct client *)handle->data;
    (void)suggested;
    *buf = uv_buf_init((char *)c->control->read_buffer, sizeof(c->control->read_buffer));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct client *c = (struct client *)stream->data;
    /* A client that sends on while its request runs is refused room beyond one request. */
    if (n < 0 || (n > 0 && ph_buf_add(&c->in, ph_bytes(buf->base, (size_t)n)) != PH_OK)) {
        close_client(c);
        return;
    }
    if (c->busy || n == 0)
        return;
    if (!uv_is_active((uv_handle_t *)&c->timer))
        (void)uv_timer_start(&c->timer, on_request_timeout, REQUEST_MS, 0);
    take_requests(c);
}

static bool may_connect(const uv_pipe_t *pipe)
{
    uv_os_fd_t fd;
    struct ucred cred;
    socklen_t size = sizeof(cred);
    if (uv_fileno((const uv_handle_t *)pipe, &fd) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) != 0)
        return false;
    return cred.uid == 0 || cred.uid == geteuid() || cred.gid == getegid();
}

/* One too many: told so, without waiting for a request, as far as it fits at once. */
static void turn_away(struct client *c)
{
    struct ph_why why = {0};
    enum ph_err err = ph_fail(&why, PH_ERR_CONNECT,
                              "the daemon serves %d tools already, and no more", CLIENTS_MAX);
    ph_hint(&why, "Try again. See which they are: fuser -v %s", c->control->path);
    if (ph_control_answer_error(&c->out, err, &why) == PH_OK) {
        uv_buf_t buf = uv_buf_init((char *)c->out.p, (unsigned)c->out.n);
        (void)uv_try_write((uv_stream_t *)&c->pipe, &buf, 1);
    }
    close_client(c);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct ph_control *control = (struct ph_control *)server->data;
    struct client *c = status == 0 ? (struct client *)calloc(1, sizeof(*c)) : NULL;
    if (c == NULL)
        return;
    c->control = control;
    c->in = ph_buf(PH_CONTROL_MAX + 4 + sizeof(control->read_buffer));
    c->out = ph_buf(PH_CONTROL_MAX + 4);
    c->pipe.data = c->timer.data = c;
    (void)uv_pipe_init(control->loop, &c->pipe, 0);
    (void)uv_timer_init(control->loop, &c->timer);
    c->handles = 2;
    ph_list_append(&control->clients, &c->link);
    control->n_clients++;
    if (uv_accept(server, (uv_stream_t *)&c->pipe) != 0 || !may_connect(&c->pipe))
        close_client(c);
    else if (control->n_clients > CLIENTS_MAX)
        turn_away(c);
    else if (uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) != 0)
        close_client(c);
}

static enum ph_err listen_at(struct ph_control *control, const char *path, struct ph_why *why)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        (void)unlink(path);
    int rc = uv_pipe_bind(&control->listener, path);
    if (rc == 0 && chmod(path, 0660) != 0)
        rc = -errno;
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&control->listener, 16, on_connection);
    if (rc == 0)
        return PH_OK;
    enum ph_err err = ph_fail(why, rc == UV_EACCES ? PH_ERR_PERM : PH_ERR_IO,
                              "cannot make the control socket \"%s\": %s", path, uv_strerror(rc));
    /* libuv says EACCES where the directory is missing, too. */
    if (rc == UV_EACCES || rc == UV_ENOENT)
        ph_hint(why, "Its directory must be there and belong to this user; under systemd "
                     "RuntimeDirectory= makes it");
    return err;
}

enum ph_err ph_control_new(struct ph_control **out, uv_loop_t *loop, struct ph_host *host,
                           const char *path, struct ph_why *why)
{
    if (strlen(path) >= sizeof(((struct ph_control *)0)->path)) {
        enum ph_err err = ph_fail(why, PH_ERR_LIMIT,
                                  "path of the control socket is over 107 bytes: \"%s\"", path);
        ph_hint(why, "Use a home directory with a shorter path");
        return err;
    }
    struct ph_control *control = (struct ph_control *)calloc(1, sizeof(*control));
    if (control == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for the control socket");
    control->loop = loop;
    control->host = host;
    memcpy(control->path, path, strlen(path) + 1);
    ph_list_init(&control->clients);
    (void)uv_pipe_init(loop, &control->listener, 0);
    control->listener.data = control;
    *out = control; /* from here on the caller stops and frees it, also on failure */
    return listen_at(control, path, why);
}

void ph_control_stop(struct ph_control *control)
{
    if (control == NULL || control->stopped)
        return;
    control->stopped = true;
    uv_close((uv_handle_t *)&control->listener, NULL); /* unlinks the path it bound */
    PH_LIST_EACH (it, &control->clients)
        close_client(PH_LIST_ITEM(it, struct client, link));
}

void ph_control_free(struct ph_control *control)
{
    free(control);
}
