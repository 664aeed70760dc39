/* SPDX-License-Identifier: Apache-2.0
 *
 * The line protocol of the public Negentropy test harness, on stdin and stdout, so that our
 * implementation can be run against those in other languages:
 *
 *     in   item,CREATED,ID    seal    initiate    msg,HEX
 *     out  msg,HEX    have,ID    need,ID    done
 *
 * The environment's FRAMESIZELIMIT bounds the messages written, as there. Anything unexpected ends
 * the program with status 1 and one line on stderr. */
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/text.h"
#include "proto/sync/negentropy_vector.h"

#define MESSAGE_MAX ((size_t)1 << 30)

struct harness {
    struct ph_negentropy_vector items;
    struct ph_negentropy ne;
    size_t frame_max;
    bool initiator;
};

static _Noreturn void die(const char *what, enum ph_err err)
{
    fprintf(stderr, "negentropy-harness: %s%s%s\n", what, err ? ": " : "",
            err ? ph_err_text(err) : "");
    exit(1);
}

static uint64_t parse_number(const char *text, const char *what)
{
    char *end;
    unsigned long long v = strtoull(text, &end, 10);

    if (end == text || *end || *text == '-')
        die(what, PH_ERR_INPUT);
    return v;
}

static void print_hex(const char *verb, struct ph_bytes bytes)
{
    char *hex = malloc(2 * bytes.n + 1);

    if (!hex)
        die("message", PH_ERR_NOMEM);
    ph_hex(hex, bytes);
    printf("%s,%s\n", verb, hex);
    free(hex);
}

static enum ph_err print_have(void *ctx, const struct ph_id *id)
{
    (void)ctx;
    print_hex("have", ph_bytes(id->b, sizeof(id->b)));
    return PH_OK;
}

static enum ph_err print_need(void *ctx, const struct ph_id *id)
{
    (void)ctx;
    print_hex("need", ph_bytes(id->b, sizeof(id->b)));
    return PH_OK;
}

static void print_message(const struct harness *h, const struct ph_buf *message)
{
    if (h->frame_max && message->n > h->frame_max)
        die("message is over FRAMESIZELIMIT", PH_OK);
    print_hex("msg", ph_buf_bytes(message));
}

/* item,CREATED,ID */
static void on_item(struct harness *h, char *fields)
{
    char *comma = strchr(fields, ',');
    struct ph_id id;
    enum ph_err err;

    if (!comma || !ph_hex_parse(id.b, sizeof(id.b), ph_bytes_str(comma + 1)))
        die("item: expected item,CREATED,ID with 64 hex digits", PH_OK);
    *comma = '\0';
    err = ph_negentropy_vector_add(&h->items, parse_number(fields, "item: CREATED"), &id);
    if (err)
        die("item", err);
}

static void on_seal(struct harness *h)
{
    struct ph_negentropy_set set = ph_negentropy_vector_set(&h->items);
    enum ph_err err = ph_negentropy_vector_seal(&h->items);

    if (!err)
        err = ph_negentropy_init(&h->ne, &set, h->frame_max);
    if (err)
        die("seal", err);
}

static void on_initiate(struct harness *h)
{
    struct ph_buf out = ph_buf(MESSAGE_MAX);
    enum ph_err err = ph_negentropy_initiate(&h->ne, &out);

    if (err)
        die("initiate", err);
    h->initiator = true;
    print_message(h, &out);
    ph_buf_done(&out);
}

/* msg,HEX */
static void on_message(struct harness *h, const char *hex)
{
    static const struct ph_negentropy_found found = {.have = print_have, .need = print_need};
    struct ph_buf in = ph_buf(MESSAGE_MAX);
    struct ph_buf out = ph_buf(MESSAGE_MAX);
    struct ph_why why = {.code = PH_OK};
    size_t n = strlen(hex) / 2;
    bool done = false;
    uint8_t *p;
    enum ph_err err = ph_buf_extend(&in, n, &p);

    if (err)
        die("msg", err);
    if (!ph_hex_parse(p, n, ph_bytes_str(hex)))
        die("msg: not hex", PH_OK);
    if (h->initiator)
        err = ph_negentropy_proceed(&h->ne, ph_buf_bytes(&in), &found, &out, &done, &why);
    else
        err = ph_negentropy_answer(&h->ne, ph_buf_bytes(&in), &out, &why);
    if (err)
        die(why.what, PH_OK);
    if (done)
        puts("done");
    else
        print_message(h, &out);
    ph_buf_done(&in);
    ph_buf_done(&out);
}

static void on_line(struct harness *h, char *line)
{
    if (strncmp(line, "item,", 5) == 0)
        on_item(h, line + 5);
    else if (strcmp(line, "seal") == 0)
        on_seal(h);
    else if (!h->items.sealed)
        die("expected item or seal", PH_OK);
    else if (strcmp(line, "initiate") == 0)
        on_initiate(h);
    else if (strncmp(line, "msg,", 4) == 0)
        on_message(h, line + 4);
    else
        die("expected item, seal, initiate or msg", PH_OK);
    fflush(stdout);
}

int main(void)
{
    struct harness h = {.frame_max = 0};
    const char *limit = getenv("FRAMESIZELIMIT");
    char *line = NULL;
    size_t cap = 0;

    if (limit)
        h.frame_max = (size_t)parse_number(limit, "FRAMESIZELIMIT");
    for (;;) {
        ssize_t n = getline(&line, &cap, stdin);

        if (n < 0)
            break;
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            line[--n] = '\0';
        if (n > 0)
            on_line(&h, line);
    }
    free(line);
    ph_negentropy_vector_done(&h.items);
    return 0;
}
