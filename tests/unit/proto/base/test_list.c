/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/list.h"
#include "tests/lib/test.h"

struct item {
    char name;
    struct ph_link link;
};

static void assert_order(struct ph_link *head, const char *want)
{
    char forward[16] = "";
    char backward[16] = "";
    size_t n = 0;
    PH_LIST_EACH (it, head)
        forward[n++] = PH_LIST_ITEM(it, struct item, link)->name;
    assert_string_equal(forward, want);
    n = 0;
    for (struct ph_link *it = head->prev; it != head; it = it->prev)
        backward[n++] = PH_LIST_ITEM(it, struct item, link)->name;
    assert_int_equal(n, strlen(want));
    for (size_t i = 0; i < n; i++)
        assert_int_equal(backward[i], want[n - 1 - i]);
    assert_int_equal(ph_list_is_empty(head), n == 0);
}

struct fixture {
    struct ph_link head;
    struct item a, b, c;
};

static void build(struct fixture *f)
{
    *f = (struct fixture){.a = {.name = 'a'}, .b = {.name = 'b'}, .c = {.name = 'c'}};
    ph_list_init(&f->head);
    ph_list_append(&f->head, &f->b.link);
    ph_list_append(&f->head, &f->c.link);
    ph_list_prepend(&f->head, &f->a.link);
}

static void test_list__keeps_order_both_ways(void **state)
{
    (void)state;
    struct fixture f;
    build(&f);
    assert_order(&f.head, "abc");
    struct item d = {.name = 'd'};
    ph_list_insert_before(&f.c.link, &d.link);
    assert_order(&f.head, "abdc");
}

static void test_list__loses_what_is_removed(void **state)
{
    (void)state;
    struct fixture f;
    build(&f);
    ph_list_remove(&f.b.link);
    assert_order(&f.head, "ac");
    ph_list_remove(&f.b.link); /* a second time is harmless */
    assert_order(&f.head, "ac");
    ph_list_append(&f.head, &f.b.link);
    assert_order(&f.head, "acb");
}

static void test_list__may_lose_members_during_a_walk(void **state)
{
    (void)state;
    for (unsigned keep = 0; keep < 8; keep++) {
        struct fixture f;
        build(&f);
        unsigned bit = 1;
        char want[4] = "";
        size_t n = 0;
        PH_LIST_EACH (it, &f.head) {
            if (keep & bit)
                want[n++] = PH_LIST_ITEM(it, struct item, link)->name;
            else
                ph_list_remove(it);
            bit <<= 1;
        }
        assert_order(&f.head, want);
    }
}

static void test_list__gives_its_first_until_it_is_empty(void **state)
{
    (void)state;
    struct fixture f;
    build(&f);
    assert_ptr_equal(ph_list_take_first(&f.head), &f.a.link);
    assert_ptr_equal(ph_list_take_first(&f.head), &f.b.link);
    assert_order(&f.head, "c");
    assert_ptr_equal(ph_list_take_first(&f.head), &f.c.link);
    assert_null(ph_list_take_first(&f.head));
    assert_order(&f.head, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list__keeps_order_both_ways),
        cmocka_unit_test(test_list__loses_what_is_removed),
        cmocka_unit_test(test_list__may_lose_members_during_a_walk),
        cmocka_unit_test(test_list__gives_its_first_until_it_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
