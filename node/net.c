/* SPDX-License-Identifier: Apache-2.0 */
#include "node/net.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/assert.h"

#define SLOTS     512
#define DIAL_MS   10000
#define CLOSE_MS  2000
#define BACKLOG   1024 /* or a burst of strangers costs a member the second its SYN is sent again */
#define READ_SIZE 65536

/* One TCP stream. Lives until libuv has given its two handles back. */
struct conn {
    uv_tcp_t tcp;
    uv_timer_t timer; /* dial timeout, then close timeout */
    uv_connect_t connect;
    uv_getaddrinfo_t resolve;
    struct ph_net *net;
    ph_conn id; /* generation << 16 | slot */
    bool dialling, dialled, half_open, closing, closed;
    int handles; /* still open in libuv */
    size_t writes;
    struct ph_dial dial;
    char address[64]; /* of the peer, without the port */
};

struct ph_net {
    uv_loop_t *loop;
    struct ph_net_events events;
    uv_tcp_t listener;
    bool listening, stopped;
    char bound[PH_ADDRESS_MAX + 1];
    struct conn *slots[SLOTS];
    uint64_t generation;
    uint8_t read_buffer[READ_SIZE]; /* one suffices: reads are handled before the next begins */
};

enum ph_err ph_net_new(struct ph_net **out, uv_loop_t *loop, const struct ph_net_events *events)
{
    struct ph_net *net = (struct ph_net *)calloc(1, sizeof(*net));
    if (net == NULL)
        return PH_ERR_NOMEM;
    net->loop = loop;
    net->events = *events;
    *out = net;
    return PH_OK;
}

void ph_net_free(struct ph_net *net)
{
    free(net);
}

static struct conn *find(const struct ph_net *net, ph_conn id)
{
    struct conn *c = net->slots[id % SLOTS];
    return c != NULL && c->id == id ? c : NULL;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct conn *c = (struct conn *)handle->data;
    if (--c->handles == 0)
        free(c);
}

/* Give everything back to libuv. The slot is free at once; the memory when libuv is done. */
static void destroy(struct conn *c)
{
    if (c->closed)
        return;
    c->closed = true;
    c->net->slots[c->id % SLOTS] = NULL;
    if (!uv_is_closing((uv_handle_t *)&c->tcp))
        uv_close((uv_handle_t *)&c->tcp, on_handle_closed);
    if (!uv_is_closing((uv_handle_t *)&c->timer))
        uv_close((uv_handle_t *)&c->timer, on_handle_closed);
}

/* The connection ended by itself: tell, unless we were closing it anyway. */
static void lost(struct conn *c)
{
    bool tell = !c->closing && !c->closed && !c->dialling;
    destroy(c);
    if (tell)
        c->net->events.closed(c->net->events.ctx, c->id);
}

static struct conn *make(struct ph_net *net)
{
    for (size_t slot = 0; slot < SLOTS; slot++) {
        if (net->slots[slot] != NULL)
            continue;
        struct conn *c = (struct conn *)calloc(1, sizeof(*c));
        if (c == NULL)
            return NULL;
        c->net = net;
        c->id = ++net->generation * SLOTS + slot;
        c->tcp.data = c->timer.data = c;
        if (uv_tcp_init(net->loop, &c->tcp) != 0) {
            free(c);
            return NULL;
        }
        (void)uv_timer_init(net->loop, &c->timer);
        c->handles = 2;
        net->slots[slot] = c;
        return c;
    }
    return NULL;
}

static void peer_address(struct conn *c)
{
    struct sockaddr_storage addr;
    int size = (int)sizeof(addr);
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&addr, &size) != 0)
        return;
    (void)uv_ip_name((struct sockaddr *)&addr, c->address, sizeof(c->address));
}

/* Reading */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct conn *c = (struct conn *)handle->data;
    (void)suggested;
    *buf = uv_buf_init((char *)c->net->read_buffer, READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = (struct conn *)stream->data;
    if (n < 0)
        lost(c);
    else if (n > 0 && !c->closing)
        c->net->events.bytes(c->net->events.ctx, c->id, ph_bytes(buf->base, (size_t)n));
}

static void start(struct conn *c)
{
    (void)uv_tcp_nodelay(&c->tcp, 1);
    (void)uv_tcp_keepalive(&c->tcp, 1, 60);
    peer_address(c);
    c->half_open = true;
    c->net->events.connected(c->net->events.ctx, c->id, c->dialled ? &c->dial : NULL);
    if (!c->closing && !c->closed && uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0)
        lost(c);
}

/* Accepting */

/* Which cap a caller from @address runs into; NULL for none. */
static const char *over_cap(const struct ph_net *net, const struct conn *fresh)
{
    size_t same = 0, half_open = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        const struct conn *c = net->slots[i];
        if (c == NULL || c == fresh || c->dialled)
            continue;
        half_open += c->half_open;
        same += strcmp(c->address, fresh->address) == 0;
    }
    if (half_open >= PH_HALF_OPEN_MAX)
        return "half-open";
    return same >= PH_PER_ADDRESS_MAX ? "per-address" : NULL;
}

static void on_accept(uv_stream_t *server, int status)
{
    struct ph_net *net = (struct ph_net *)server->data;
    if (status != 0)
        return;
    struct conn *c = make(net);
    if (c == NULL) {
        /* No slot: take the connection off the backlog and drop it, or accept would spin. */
        uv_tcp_t *drop = (uv_tcp_t *)calloc(1, sizeof(*drop));
        if (drop != NULL && uv_tcp_init(net->loop, drop) == 0) {
            (void)uv_accept(server, (uv_stream_t *)drop);
            uv_close((uv_handle_t *)drop, (uv_close_cb)free);
        }
        net->events.turned_away(net->events.ctx, "", "full");
        return;
    }
    if (uv_accept(server, (uv_stream_t *)&c->tcp) != 0) {
        destroy(c);
        return;
    }
    peer_address(c);
    const char *cap = over_cap(net, c);
    if (cap != NULL) {
        net->events.turned_away(net->events.ctx, c->address, cap);
        destroy(c);
        return;
    }
    start(c);
}

/* Split "host:port" or "[v6]:port". */
static bool split(const char *address, char host[static PH_ADDRESS_MAX + 1], char port[static 6])
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || strlen(colon + 1) == 0 || strlen(colon + 1) > 5)
        return false;
    size_t n = (size_t)(colon - address);
    const char *from = address;
    if (n >= 2 && address[0] == '[' && colon[-1] == ']') {
        from++;
        n -= 2;
    }
    if (n == 0 || n > PH_ADDRESS_MAX)
        return false;
    memcpy(host, from, n);
    host[n] = 0;
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return strspn(port, "0123456789") == strlen(port) && strtol(port, NULL, 10) <= 65535;
}

/* Numeric addresses are parsed here, so that the resolver sees names only. */
static bool parse_numeric(const char *address, struct sockaddr_storage *out)
{
    char host[PH_ADDRESS_MAX + 1], port[6];
    if (!split(address, host, port))
        return false;
    int number = (int)strtol(port, NULL, 10);
    return uv_ip4_addr(host, number, (struct sockaddr_in *)(void *)out) == 0 ||
           uv_ip6_addr(host, number, (struct sockaddr_in6 *)(void *)out) == 0;
}

static enum ph_err listen_error(const char *address, int rc, struct ph_why *why)
{
    enum ph_err err = rc == UV_EADDRINUSE                 ? PH_ERR_BUSY
                      : rc == UV_EACCES || rc == UV_EPERM ? PH_ERR_PERM
                      : rc == UV_EADDRNOTAVAIL            ? PH_ERR_INPUT
                                                          : PH_ERR_IO;
    err = ph_fail(why, err, "cannot listen on %s: %s", address, uv_strerror(rc));
    if (rc == UV_EADDRINUSE)
        ph_hint(why, "Another program has that port. Find it with: ss -ltnp; or set another "
                     "`listen` in posthorn.conf");
    else if (rc == UV_EADDRNOTAVAIL)
        ph_hint(why, "That address is not one of this machine's: see `ip address`");
    return err;
}

enum ph_err ph_net_listen(struct ph_net *net, const char *address, struct ph_why *why)
{
    struct sockaddr_storage addr = {0};
    if (!parse_numeric(address, &addr))
        return ph_fail(why, PH_ERR_INPUT,
                       "listen: expected a numeric ADDRESS:PORT such as 0.0.0.0:7433, not \"%s\"",
                       address);
    int rc = uv_tcp_init(net->loop, &net->listener);
    if (rc != 0)
        return listen_error(address, rc, why);
    net->listening = true;
    net->listener.data = net;
    rc = uv_tcp_bind(&net->listener, (struct sockaddr *)&addr, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&net->listener, BACKLOG, on_accept);
    if (rc != 0)
        return listen_error(address, rc, why);
    int size = (int)sizeof(addr);
    char host[64] = "";
    int port = 0;
    if (uv_tcp_getsockname(&net->listener, (struct sockaddr *)&addr, &size) == 0) {
        (void)uv_ip_name((struct sockaddr *)&addr, host, sizeof(host));
        port = ph_get_be16((const uint8_t *)&((struct sockaddr_in *)(void *)&addr)->sin_port);
    }
    snprintf(net->bound, sizeof(net->bound), addr.ss_family == AF_INET6 ? "[%s]:%d" : "%s:%d", host,
             port);
    return PH_OK;
}

const char *ph_net_address(const struct ph_net *net)
{
    return net->bound;
}

/* Dialling */

static void dial_over(struct conn *c, const char *reason)
{
    struct ph_dial dial = c->dial;
    struct ph_net *net = c->net;
    bool tell = !c->closed && !net->stopped;
    destroy(c);
    if (tell)
        net->events.dial_failed(net->events.ctx, &dial, reason);
}

static void on_dial_timeout(uv_timer_t *timer)
{
    dial_over((struct conn *)timer->data, "no answer in 10 s");
}

static void on_connect(uv_connect_t *request, int status)
{
    struct conn *c = (struct conn *)request->data;
    if (c->closed)
        return;
    if (status != 0) {
        dial_over(c, uv_strerror(status));
        return;
    }
    (void)uv_timer_stop(&c->timer);
    c->dialling = false;
    start(c);
}

static void connect_to(struct conn *c, const struct sockaddr *addr)
{
    c->connect.data = c;
    int rc = uv_tcp_connect(&c->connect, &c->tcp, addr, on_connect);
    if (rc != 0)
        dial_over(c, uv_strerror(rc));
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct conn *c = (struct conn *)request->data;
    if (c->closed) {
        if (--c->handles == 0)
            free(c);
    } else {
        c->handles--;
        if (status != 0)
            dial_over(c, uv_strerror(status));
        else
            connect_to(c, found->ai_addr);
    }
    uv_freeaddrinfo(found);
}

static void resolve(struct conn *c)
{
    char host[PH_ADDRESS_MAX + 1], port[6];
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
    c->resolve.data = c;
    if (!split(c->dial.address, host, port)) {
        dial_over(c, "not an address");
        return;
    }
    int rc = uv_getaddrinfo(c->net->loop, &c->resolve, on_resolved, host, port, &hints);
    if (rc != 0)
        dial_over(c, uv_strerror(rc));
    else
        c->handles++; /* the look-up holds the memory too */
}

void ph_net_dial(struct ph_net *net, const struct ph_dial *dial)
{
    struct sockaddr_storage addr = {0};
    struct conn *c = net->stopped ? NULL : make(net);
    if (c == NULL) {
        net->events.dial_failed(net->events.ctx, dial, "no free connection slot");
        return;
    }
    c->dialling = c->dialled = true;
    c->dial = *dial;
    (void)uv_timer_start(&c->timer, on_dial_timeout, DIAL_MS, 0);
    if (parse_numeric(dial->address, &addr))
        connect_to(c, (struct sockaddr *)&addr);
    else
        resolve(c);
}

/* Writing and closing */

struct write {
    uv_write_t request;
    struct conn *conn;
    struct ph_buf bytes;
};

static void on_written(uv_write_t *request, int status)
{
    struct write *w = (struct write *)request->data;
    struct conn *c = w->conn;
    size_t n = w->bytes.n;
    ph_buf_done(&w->bytes);
    free(w);
    c->writes--;
    if (c->closed)
        return;
    if (status != 0) {
        lost(c);
        return;
    }
    if (!c->closing)
        c->net->events.sent(c->net->events.ctx, c->id, n);
    else if (c->writes == 0)
        destroy(c);
}

void ph_net_send(struct ph_net *net, ph_conn conn, struct ph_buf *bytes)
{
    struct conn *c = find(net, conn);
    struct write *w = c != NULL && !c->closing ? (struct write *)calloc(1, sizeof(*w)) : NULL;
    if (w == NULL) {
        ph_buf_done(bytes);
        if (c != NULL && !c->closing)
            lost(c); /* out of memory: a gap in the stream would break it anyway */
        return;
    }
    w->request.data = w;
    w->conn = c;
    w->bytes = *bytes;
    *bytes = ph_buf(0);
    c->writes++;
    uv_buf_t buf = uv_buf_init((char *)w->bytes.p, (unsigned)w->bytes.n);
    if (uv_write(&w->request, (uv_stream_t *)&c->tcp, &buf, 1, on_written) != 0) {
        c->writes--;
        ph_buf_done(&w->bytes);
        free(w);
        lost(c);
    }
}

static void on_close_timeout(uv_timer_t *timer)
{
    destroy((struct conn *)timer->data);
}

void ph_net_close(struct ph_net *net, ph_conn conn)
{
    struct conn *c = find(net, conn);
    if (c == NULL || c->closing)
        return;
    c->closing = true;
    (void)uv_read_stop((uv_stream_t *)&c->tcp);
    if (c->writes == 0)
        destroy(c);
    else
        (void)uv_timer_start(&c->timer, on_close_timeout, CLOSE_MS, 0);
}

void ph_net_established(struct ph_net *net, ph_conn conn)
{
    struct conn *c = find(net, conn);
    if (c != NULL)
        c->half_open = false;
}

const char *ph_net_peer(const struct ph_net *net, ph_conn conn)
{
    const struct conn *c = find(net, conn);
    return c != NULL ? c->address : "";
}

void ph_net_stop(struct ph_net *net)
{
    net->stopped = true;
    if (net->listening && !uv_is_closing((uv_handle_t *)&net->listener))
        uv_close((uv_handle_t *)&net->listener, NULL);
    for (size_t i = 0; i < SLOTS; i++) {
        struct conn *c = net->slots[i];
        if (c == NULL)
            continue;
        if (c->dialling)
            destroy(c);
        else
            ph_net_close(net, c->id);
    }
}
