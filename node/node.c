/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "node/clock.h"
#include "node/control.h"
#include "node/notify.h"

struct node {
    uv_loop_t loop;
    struct ph_home home;
    struct ph_config config;
    struct ph_log log;
    struct ph_identity *identity;
    bool locked_memory;
    struct ph_store *store;
    struct ph_host *host;
    struct ph_control *control;
    uv_signal_t signals[3];
    uv_timer_t watchdog;
    bool running, stopping;
    const char *conf; /* as given, or the home's */
};

/* A damaged map or a truncated data file ends in SIGBUS: say so in one line instead of a core. */
static void on_bus_error(int signo)
{
    static const char line[] =
        "posthornd: the store is damaged or was truncated. Run: posthorn verify\n";
    (void)signo;
    (void)!write(STDERR_FILENO, line, sizeof(line) - 1);
    _exit(5);
}

static void guard_process(void)
{
    const struct rlimit none = {0, 0};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, bus = {.sa_handler = on_bus_error};
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGBUS, &bus, NULL);
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0); /* no core, no ptrace by others of our uid: keys are in here */
}

static void on_stopped(void *ctx)
{
    struct node *n = (struct node *)ctx;
    for (size_t i = 0; i < PH_LEN(n->signals); i++)
        uv_close((uv_handle_t *)&n->signals[i], NULL);
    uv_close((uv_handle_t *)&n->watchdog, NULL);
    ph_control_stop(n->control);
}

static void reload(struct node *n)
{
    struct ph_why why = {0};
    struct ph_config fresh;
    if (ph_config_read(&fresh, n->conf, &why) != PH_OK) {
        ph_log_event(&n->log, PH_LOG_ERROR, "configuration not reloaded", PH_S("what", why.what));
        return;
    }
    n->log.level = fresh.log_level;
    n->log.json = fresh.log_json;
    ph_log_event(&n->log, PH_LOG_INFO, "configuration reloaded",
                 PH_S("note", "log settings apply now, the rest at the next start"));
}

static void on_signal(uv_signal_t *handle, int signo)
{
    struct node *n = (struct node *)handle->data;
    if (signo == SIGHUP) {
        reload(n);
        return;
    }
    if (n->stopping) {
        ph_log_event(&n->log, PH_LOG_WARN, "second signal: stopping at once",
                     PH_U("signal", (uint64_t)signo));
        _exit(1); /* the store is safe at every instruction */
    }
    n->stopping = true;
    ph_notify("STOPPING=1");
    ph_log_event(&n->log, PH_LOG_INFO, "stopping", PH_U("signal", (uint64_t)signo));
    ph_host_stop(n->host, on_stopped, n);
}

static void on_watchdog(uv_timer_t *timer)
{
    (void)timer;
    ph_notify("WATCHDOG=1");
}

static void start_signals(struct node *n)
{
    static const int signos[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < PH_LEN(signos); i++) {
        (void)uv_signal_init(&n->loop, &n->signals[i]);
        n->signals[i].data = n;
        (void)uv_signal_start(&n->signals[i], on_signal, signos[i]);
    }
    (void)uv_timer_init(&n->loop, &n->watchdog);
    ph_ms every = ph_notify_watchdog_ms();
    if (every > 0)
        (void)uv_timer_start(&n->watchdog, on_watchdog, every, every);
}

/* libuv reads its pool's size from the environment when the first work is queued. */
static void set_workers(const struct ph_config *config)
{
    char text[16];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = config->workers ? config->workers : (unsigned)(cores > 0 ? cores : 1);
    snprintf(text, sizeof(text), "%u", n + 2); /* and one each for the committer and the resolver */
    (void)setenv("UV_THREADPOOL_SIZE", text, 1);
}

static enum ph_err open_all(struct node *n, const char *home, const char *conf, struct ph_why *why)
{
    enum ph_err err = ph_home_locate(&n->home, home, why);
    if (err == PH_OK)
        err = ph_home_check(&n->home, why);
    if (err != PH_OK)
        return err;
    n->conf = conf ? conf : n->home.conf;
    err = ph_config_read(&n->config, n->conf, why);
    if (err != PH_OK)
        return err;
    n->log = ph_log_open(STDERR_FILENO, n->config.log_level, n->config.log_json);
    set_workers(&n->config);
    err = ph_identity_load(&n->identity, &n->home, &n->locked_memory, why);
    if (err != PH_OK)
        return err;
    const struct ph_store_config sc = {.mode = PH_STORE_WRITE,
                                       .max_size = n->config.store_max_size};
    return ph_store_open(&n->store, &n->home, n->identity, &sc, why);
}

static enum ph_err start(struct node *n, struct ph_why *why)
{
    const struct ph_host_config hc = {.loop = &n->loop,
                                      .log = &n->log,
                                      .store = n->store,
                                      .identity = n->identity,
                                      .config = &n->config,
                                      .software = PH_SOFTWARE,
                                      .locked_memory = n->locked_memory};
    enum ph_err err = ph_host_new(&n->host, &hc, why);
    if (err == PH_OK)
        err = ph_control_new(&n->control, &n->loop, n->host, n->home.socket, why);
    return err;
}

static void close_all(struct node *n)
{
    ph_control_free(n->control);
    ph_host_free(n->host);
    ph_store_close(n->store);
    ph_identity_free(n->identity);
    ph_home_done(&n->home);
}

static void on_abandoned(void *ctx)
{
    (void)ctx;
}

enum ph_err ph_node_run(const char *home, const char *conf, struct ph_why *why)
{
    struct node n = {.config = ph_config_default()};
    guard_process();
    enum ph_err err = open_all(&n, home, conf, why);
    if (err != PH_OK) {
        close_all(&n);
        return err;
    }
    if (uv_loop_init(&n.loop) != 0) {
        close_all(&n);
        return ph_fail(why, PH_ERR_NOMEM, "no memory for the event loop");
    }
    err = start(&n, why);
    if (err == PH_OK) {
        start_signals(&n);
        ph_log_event(&n.log, PH_LOG_INFO, "ready", PH_S("software", PH_SOFTWARE),
                     PH_S("listen", ph_host_listen(n.host)), PH_S("home", n.home.dir),
                     PH_U("pid", (uint64_t)getpid()));
        if (!n.locked_memory)
            ph_log_event(&n.log, PH_LOG_WARN, "secrets are not in locked memory",
                         PH_S("hint", "raise the limit: ulimit -l, or LimitMEMLOCK in the unit"));
        ph_notify("READY=1");
    } else if (n.host != NULL) {
        ph_control_stop(n.control);
        ph_host_stop(n.host, on_abandoned, NULL);
    }
    (void)uv_run(&n.loop, UV_RUN_DEFAULT);
    if (err == PH_OK)
        ph_log_event(&n.log, PH_LOG_INFO, "stopped", PH_U("log_lines_dropped", n.log.dropped));
    close_all(&n);
    (void)uv_loop_close(&n.loop);
    return err;
}
