/* SPDX-License-Identifier: Apache-2.0
 *
 * Intrusive doubly linked list: the links live in the members, so nothing is allocated and nothing
 * can fail. A head and a member are the same struct; an empty head points at itself.
 *
 *     struct job { struct ph_link link; int n; };
 *     struct ph_link jobs;
 *     ph_list_init(&jobs);
 *     ph_list_append(&jobs, &job->link);
 *     PH_LIST_EACH (it, &jobs)
 *         work(PH_LIST_ITEM(it, struct job, link));
 *
 * The list owns no member: whoever made one unlinks it before freeing it. */
#ifndef PH_BASE_LIST_H
#define PH_BASE_LIST_H

#include "proto/base/base.h"

struct ph_link {
    struct ph_link *prev;
    struct ph_link *next;
};

/** An empty list, or a member of none. */
static inline void ph_list_init(struct ph_link *link)
{
    link->prev = link;
    link->next = link;
}

static inline bool ph_list_is_empty(const struct ph_link *head)
{
    return head->next == head;
}

/** Put @link, which is in no list, before @at: behind the last when @at is the head. */
static inline void ph_list_insert_before(struct ph_link *at, struct ph_link *link)
{
    link->prev = at->prev;
    link->next = at;
    at->prev->next = link;
    at->prev = link;
}

/** Put @link, which is in no list, last. */
static inline void ph_list_append(struct ph_link *head, struct ph_link *link)
{
    ph_list_insert_before(head, link);
}

/** Put @link, which is in no list, first. */
static inline void ph_list_prepend(struct ph_link *head, struct ph_link *link)
{
    ph_list_insert_before(head->next, link);
}

/** Take @link out of its list, if it is in one. It may be put into another, or removed again. */
static inline void ph_list_remove(struct ph_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    ph_list_init(link);
}

/** Take out and return the first member, NULL when there is none. */
static inline struct ph_link *ph_list_take_first(struct ph_link *head)
{
    if (ph_list_is_empty(head))
        return NULL;
    struct ph_link *link = head->next;
    ph_list_remove(link);
    return link;
}

/** The struct of @type whose @member @link is. */
#define PH_LIST_ITEM(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/** Each member in order, as `struct ph_link *it`. The body may remove @it (and free it), no other.
 */
#define PH_LIST_EACH(it, head)                                                   \
    for (struct ph_link *it = (head)->next, *it##_next = it->next; it != (head); \
         it = it##_next, it##_next = it->next)

#endif
