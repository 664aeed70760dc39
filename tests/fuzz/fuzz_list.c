/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a plain list, in pieces and whole: the same lines, the same answers. */
#include <stdlib.h>

#include "proto/intel/list_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t n_good;
    size_t n_bad;
    size_t last; /* line */
    size_t sum;  /* of everything read, so that order counts */
};

static void demand(bool truth)
{
    if (!truth)
        abort();
}

static void drain(struct ph_list_reader *reader, struct seen *seen)
{
    for (;;) {
        struct ph_observable o;
        bool found = false;
        size_t line = 0;
        enum ph_err bad = PH_OK;
        struct ph_why why = {.code = PH_OK};
        demand(ph_list_reader_next(reader, &o, &found, &line, &bad, &why) == PH_OK);
        if (!found)
            return;
        demand(line > seen->last);
        seen->last = line;
        seen->n_good += !bad;
        seen->n_bad += bad != PH_OK;
        const char *text = bad ? why.what : o.text;
        demand(text[0] != '\0');
        for (; *text; text++)
            seen->sum = seen->sum * 31 + (unsigned char)*text;
    }
}

static struct seen read_in(struct ph_bytes text, size_t piece)
{
    struct seen seen = {.n_good = 0};
    struct ph_list_reader reader = ph_list_reader();
    for (size_t at = 0; at < text.n; at += piece) {
        size_t n = PH_MIN(piece, text.n - at);
        demand(ph_list_reader_feed(&reader, ph_bytes(text.p + at, n)) == PH_OK);
        drain(&reader, &seen);
    }
    ph_list_reader_end(&reader);
    drain(&reader, &seen);
    ph_list_reader_done(&reader);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct ph_bytes text = ph_bytes(data + 1, size - 1);
    struct seen whole = read_in(text, text.n + 1);
    struct seen cut = read_in(text, 1 + data[0] % 64u);
    demand(whole.n_good == cut.n_good && whole.n_bad == cut.n_bad);
    demand(whole.last == cut.last && whole.sum == cut.sum);
    return 0;
}
