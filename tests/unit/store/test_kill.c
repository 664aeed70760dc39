/* SPDX-License-Identifier: Apache-2.0
 *
 * A writer is killed at any moment, again and again, in the middle of publishing, receiving,
 * retracting and indexing. What it acknowledged (a byte on a pipe, after the call returned) must be
 * there, and verify must find nothing. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/hash.h"
#include "store/store_priv.h"
#include "tests/lib/test.h"
#include "tests/unit/store/store_test.h"

#define ROUNDS 25

struct ack {
    struct ph_id id;
    bool retracted;
};

static void acknowledge(int fd, const struct ph_record *record, bool retracted)
{
    struct ack ack = {.id = record->id, .retracted = retracted};
    if (write(fd, &ack, sizeof(ack)) != (ssize_t)sizeof(ack))
        _exit(3);
}

/* Works until it is killed. @foreign are records of another author, to be received. */
static void work(struct ph_test_node *node, unsigned round, const struct ph_published *foreign,
                 int fd)
{
    ph_test_node_open(node, PH_STORE_WRITE);
    for (unsigned i = 0;; i++) {
        ph_ms now = PH_TEST_NOW + 1000 * round + i;
        unsigned first = 100000 * round + 10 * i;
        struct ph_published p =
            ph_test_publish(node, i % 3 ? PH_TLP_GREEN : PH_TLP_AMBER, ph_test_community_audience(),
                            first, first + 8, i % 2 == 0, now);
        for (size_t k = 0; k < p.n_records; k++)
            acknowledge(fd, p.records[k], false);
        size_t from = (40 * round + 5 * i) % (foreign->n_records - 5);
        if (ph_test_receive(node, foreign->records + from, 5, now, NULL) != PH_OK)
            _exit(4);
        for (size_t k = 0; k < 5; k++)
            acknowledge(fd, foreign->records[from + k], false);
        if (i % 4 == 3) {
            struct ph_record *target = p.records[p.n_records - 1];
            struct ph_record *retract = ph_test_retract(node, &target, 1, now + 1);
            if (ph_test_receive(node, &retract, 1, now + 1, NULL) != PH_OK)
                _exit(5);
            acknowledge(fd, target, true);
            ph_record_unref(retract);
        }
        if (i % 2)
            ph_test_index(node);
        ph_published_done(&p);
    }
}

struct acks {
    struct ack *v;
    size_t n, cap;
};

static void collect(struct acks *acks, int fd)
{
    struct ack ack;
    while (read(fd, &ack, sizeof(ack)) == (ssize_t)sizeof(ack)) {
        if (acks->n == acks->cap) {
            acks->cap = acks->cap ? acks->cap * 2 : 256;
            acks->v = realloc(acks->v, acks->cap * sizeof(*acks->v));
            assert_non_null(acks->v);
        }
        acks->v[acks->n++] = ack;
    }
}

static void kill_once(struct ph_test_node *node, unsigned round, const struct ph_published *foreign,
                      struct acks *acks)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(fds[0]);
        work(node, round, foreign, fds[1]);
        _exit(9);
    }
    close(fds[1]);
    /* Not before it has begun, then after a time that differs each round: 0 to 60 ms. */
    struct pollfd ready = {.fd = fds[0], .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 30000), 1);
    struct ph_hash chance = ph_hash_one("test kill", ph_bytes(&round, sizeof(round)));
    usleep(ph_get_be32(chance.b) % 60000);
    assert_int_equal(kill(pid, SIGKILL), 0);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    collect(acks, fds[0]);
    close(fds[0]);
}

static void expect_all(struct ph_test_node *node, const struct acks *acks, size_t from)
{
    for (size_t i = from; i < acks->n; i++) {
        enum ph_state state = ph_test_state(node, &acks->v[i].id);
        if (state == 0)
            fail_msg("an acknowledged record is lost");
        if (acks->v[i].retracted)
            assert_int_equal(state, PH_STATE_RETRACTED);
    }
}

static void test_kill__loses_nothing_acknowledged(void **state)
{
    (void)state;
    struct ph_test_community *community = ph_test_community(2, NULL);
    struct ph_test_node *it = ph_test_node(community, "IT");
    struct ph_test_node *ch = ph_test_node(community, "CH");
    struct ph_published foreign =
        ph_test_publish(ch, PH_TLP_GREEN, ph_test_community_audience(), 0, 1500, true, PH_TEST_NOW);
    struct acks acks = {0};
    ph_test_node_close(it);
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t before = acks.n;
        kill_once(it, round, &foreign, &acks);
        assert_true(acks.n > before);
        ph_test_node_open(it, PH_STORE_WRITE);
        ph_test_clean(it);
        expect_all(it, &acks, before);
        ph_test_node_close(it);
    }
    ph_test_node_open(it, PH_STORE_WRITE);
    expect_all(it, &acks, 0);
    ph_test_index(it);
    ph_test_clean(it);
    free(acks.v);
    ph_published_done(&foreign);
    ph_test_node_free(ch);
    ph_test_node_free(it);
    ph_test_community_free(community);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill__loses_nothing_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
