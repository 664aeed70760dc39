/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/session.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define DAEMON_TIMEOUT_S 120

ph_ms ph_tool_now(void)
{
    struct timespec ts = {0};
    clock_gettime(CLOCK_REALTIME, &ts);
    return (ph_ms)ts.tv_sec * 1000 + (ph_ms)ts.tv_nsec / 1000000;
}

/* Connect to the daemon of this home. *out is -1, with PH_OK, when none runs. */
static enum ph_err connect_daemon(int *out, const char *path, struct ph_why *why)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    const struct timeval timeout = {.tv_sec = DAEMON_TIMEOUT_S};
    *out = -1;
    if (strlen(path) >= sizeof(addr.sun_path))
        return PH_OK; /* no daemon can listen there */
    memcpy(addr.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ph_fail(why, PH_ERR_IO, "cannot make a socket: %s", strerror(errno));
    if (connect(fd, (const struct sockaddr *)(const void *)&addr, sizeof(addr)) != 0) {
        int e = errno;
        close(fd);
        if (e == ENOENT || e == ECONNREFUSED)
            return PH_OK;
        enum ph_err err = ph_fail(why, e == EACCES ? PH_ERR_PERM : PH_ERR_CONNECT,
                                  "cannot reach the daemon at \"%s\": %s", path, strerror(e));
        if (e == EACCES)
            ph_hint(why, "Run as the daemon's user, or as root");
        return err;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    *out = fd;
    return PH_OK;
}

static enum ph_err open_store(struct ph_session *s, bool writes, struct ph_why *why)
{
    const struct ph_store_config config = {.mode = writes ? PH_STORE_WRITE : PH_STORE_READ};
    return ph_store_open(&s->store, &s->home, s->identity, &config, why);
}

enum ph_err ph_session_open(struct ph_session *out, const struct ph_cli *cli,
                            enum ph_session_mode mode, bool need_community, struct ph_why *why)
{
    *out = (struct ph_session){.daemon = -1, .in = ph_buf(PH_CONTROL_MAX + 4)};
    enum ph_err err = ph_home_locate(&out->home, cli->home, why);
    if (err == PH_OK)
        err = ph_home_check(&out->home, why);
    if (err == PH_OK)
        err = ph_identity_load(&out->identity, &out->home, NULL, why);
    if (err == PH_OK)
        err = connect_daemon(&out->daemon, out->home.socket, why);
    if (err != PH_OK)
        return err;
    out->writes = mode == PH_SESSION_WRITE && out->daemon < 0;
    err = open_store(out, out->writes, why);
    if (err == PH_OK)
        err = ph_store_self(out->store, &out->self, why);
    if (err != PH_OK)
        return err;
    err = ph_store_members(out->store, &out->members, why);
    if (err == PH_ERR_NOTFOUND && !need_community)
        err = PH_OK;
    return err;
}

void ph_session_close(struct ph_session *s)
{
    if (s->daemon >= 0)
        close(s->daemon);
    ph_members_unref(s->members);
    ph_store_close(s->store);
    ph_identity_free(s->identity);
    ph_home_done(&s->home);
    ph_buf_done(&s->in);
    *s = (struct ph_session){.daemon = -1};
}

static enum ph_err lost_daemon(struct ph_why *why)
{
    bool timeout = errno == EAGAIN;
    enum ph_err err = ph_fail(why, PH_ERR_CONNECT, "the daemon %s",
                              timeout ? "did not answer in 120 s" : "closed the connection");
    ph_hint(why, "Look at its log; what it acknowledged is stored");
    return err;
}

static enum ph_err read_exactly(int fd, uint8_t *to, size_t n, struct ph_why *why)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = recv(fd, to + done, n - done, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? 0 : errno;
            return lost_daemon(why);
        }
        done += (size_t)got;
    }
    return PH_OK;
}

/* One request and its answer, which stays in s->in. */
static enum ph_err ask(struct ph_session *s, const struct ph_control_request *request,
                       struct ph_reader *out, struct ph_why *why)
{
    struct ph_buf bytes = ph_buf(PH_CONTROL_MAX + 4);
    enum ph_err err = ph_control_request_encode(&bytes, request);
    if (err != PH_OK)
        err = ph_fail(why, err, "request to the daemon: %s", ph_err_text(err));
    for (size_t done = 0; err == PH_OK && done < bytes.n;) {
        ssize_t put = send(s->daemon, bytes.p + done, bytes.n - done, MSG_NOSIGNAL);
        if (put > 0)
            done += (size_t)put;
        else if (errno == EPIPE || errno == ECONNRESET)
            break; /* it has closed, but may have said why first */
        else if (errno != EINTR)
            err = lost_daemon(why);
    }
    ph_buf_wipe(&bytes);
    uint8_t length[4], *room = NULL;
    if (err == PH_OK)
        err = read_exactly(s->daemon, length, sizeof(length), why);
    if (err != PH_OK)
        return err;
    size_t n = ph_get_be32(length);
    ph_buf_clear(&s->in);
    if (n > PH_CONTROL_MAX || ph_buf_extend(&s->in, n, &room) != PH_OK)
        return ph_fail(why, PH_ERR_LIMIT, "the daemon's answer is too large");
    err = read_exactly(s->daemon, room, n, why);
    return err != PH_OK ? err : ph_control_answer_begin(out, ph_buf_bytes(&s->in), why);
}

static enum ph_err publish_here(struct ph_session *s, const struct ph_publication *publication,
                                uint64_t *out_new, uint64_t *out_known, struct ph_buf *out_ids,
                                struct ph_why *why)
{
    struct ph_published published = {0};
    enum ph_err err =
        ph_store_publish(s->store, s->members, publication, ph_tool_now(), &published, why);
    if (err != PH_OK)
        return err;
    *out_new = published.n_new;
    *out_known = published.n_known;
    for (size_t i = 0; i < published.n_records && err == PH_OK && out_ids != NULL; i++) {
        if (published.records[i]->header.type == PH_RECORD_CONTENT)
            err = ph_buf_add(out_ids, ph_bytes(published.records[i]->id.b, 32));
    }
    ph_published_done(&published);
    /* No daemon will index what was just stored: do it here, so that it can be found. */
    bool more = true;
    while (err == PH_OK && more)
        err = ph_store_index(s->store, s->members, 2000, &more, why);
    return err;
}

enum ph_err ph_session_publish(struct ph_session *s, const struct ph_publication *p,
                               uint64_t *out_new, uint64_t *out_known, struct ph_buf *out_ids,
                               struct ph_why *why)
{
    if (s->daemon < 0)
        return publish_here(s, p, out_new, out_known, out_ids, why);
    const struct ph_control_request request = {.op = PH_CONTROL_PUBLISH,
                                               .publish = {.label = p->label,
                                                           .audience = p->audience,
                                                           .recipients = p->recipients,
                                                           .n_recipients = p->n_recipients,
                                                           .flags = p->flags,
                                                           .expires = p->expires,
                                                           .single = p->single,
                                                           .objects = p->objects,
                                                           .n_objects = p->n_objects}};
    struct ph_reader r;
    struct ph_control_published published;
    enum ph_err err = ask(s, &request, &r, why);
    if (err == PH_OK)
        err = ph_control_read_published(&published, &r, why);
    if (err != PH_OK)
        return err;
    *out_new = published.n_new;
    *out_known = published.n_known;
    return out_ids != NULL ? ph_buf_add(out_ids, published.ids) : PH_OK;
}

static enum ph_err trust_here(struct ph_session *s, const struct ph_bytes *rosters,
                              size_t n_rosters, const struct ph_bytes *cards, size_t n_cards,
                              struct ph_why *why)
{
    struct ph_members *members = NULL;
    struct ph_members_result result;
    enum ph_err err = ph_store_take_trust(s->store, NULL, rosters, n_rosters, cards, n_cards,
                                          &members, &result, why);
    if (err != PH_OK)
        return err;
    ph_members_unref(s->members);
    s->members = members;
    return PH_OK;
}

enum ph_err ph_session_trust(struct ph_session *s, const struct ph_bytes *rosters, size_t n_rosters,
                             const struct ph_bytes *cards, size_t n_cards, struct ph_why *why)
{
    if (s->daemon < 0)
        return trust_here(s, rosters, n_rosters, cards, n_cards, why);
    const struct ph_control_request request = {
        .op = PH_CONTROL_TRUST,
        .trust = {.rosters = rosters, .n_rosters = n_rosters, .cards = cards, .n_cards = n_cards}};
    struct ph_reader r;
    return ask(s, &request, &r, why);
}

static enum ph_err audit_by_daemon(struct ph_session *s, const char *who, const char *door,
                                   const struct ph_id *ids, size_t n, struct ph_why *why)
{
    const struct ph_control_request request = {.op = PH_CONTROL_AUDIT,
                                               .audit = {.who = ph_bytes_str(who),
                                                         .door = ph_bytes_str(door),
                                                         .ids = ph_bytes(ids, n * 32)}};
    struct ph_reader r;
    return ask(s, &request, &r, why);
}

/* One environment a process: the reading one goes while the writing one is open. */
static enum ph_err audit_with_lock(struct ph_session *s, const char *who, const char *door,
                                   const struct ph_id *ids, size_t n, struct ph_why *why)
{
    ph_store_close(s->store);
    s->store = NULL;
    enum ph_err err = open_store(s, true, why);
    if (err == PH_OK)
        err = ph_audit_add(s->store, ph_tool_now(), who, door, ids, n, why);
    else if (err == PH_ERR_BUSY && connect_daemon(&s->daemon, s->home.socket, NULL) == PH_OK &&
             s->daemon >= 0) /* it has just started */
        err = audit_by_daemon(s, who, door, ids, n, why);
    ph_store_close(s->store);
    s->store = NULL;
    struct ph_why again = {0};
    enum ph_err opened = open_store(s, false, &again);
    if (opened != PH_OK && err == PH_OK && why != NULL)
        *why = again;
    return err != PH_OK ? err : opened;
}

enum ph_err ph_session_audit(struct ph_session *s, const char *who, const char *door,
                             const struct ph_id *ids, size_t n, struct ph_why *why)
{
    if (s->daemon >= 0)
        return audit_by_daemon(s, who, door, ids, n, why);
    if (s->writes)
        return ph_audit_add(s->store, ph_tool_now(), who, door, ids, n, why);
    return audit_with_lock(s, who, door, ids, n, why);
}

enum ph_err ph_session_status(struct ph_session *s, struct ph_control_status *out,
                              struct ph_why *why)
{
    if (s->daemon < 0) {
        enum ph_err err = ph_fail(why, PH_ERR_CONNECT, "no daemon runs on \"%s\"", s->home.dir);
        ph_hint(why, "Start it: posthornd --home %s", s->home.dir);
        return err;
    }
    const struct ph_control_request request = {.op = PH_CONTROL_STATUS};
    struct ph_reader r;
    enum ph_err err = ask(s, &request, &r, why);
    return err != PH_OK ? err : ph_control_read_status(out, &r, why);
}
