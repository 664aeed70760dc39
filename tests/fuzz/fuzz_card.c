/* SPDX-License-Identifier: Apache-2.0
 *
 * Cards and join requests. What decodes encodes to the same bytes. The first byte chooses: a card
 * as it came; a card's document that its organisation signs after the mutation and hands to a view;
 * a request; a request's document signed likewise. */
#include <stdlib.h>

#include "proto/base/hash.h"
#include "proto/base/writer.h"
#include "proto/trust/members.h"
#include "tests/lib/community.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok)
        abort();
}

static void card(struct ph_bytes bytes)
{
    struct ph_card *card;
    struct ph_card *copy;
    struct ph_why why = {0};
    if (ph_card_decode(&card, bytes, &why)) {
        need(why.what[0] != '\0');
        return;
    }
    struct ph_buf again = ph_buf(PH_CARD_MAX);
    need(ph_card_copy(&copy, card) == PH_OK);
    need(ph_card_encode(&again, copy) == PH_OK);
    need(ph_bytes_equal(bytes, ph_buf_bytes(&again)));
    ph_buf_done(&again);
    ph_card_free(copy);
    ph_card_free(card);
}

static void request(struct ph_bytes bytes)
{
    struct ph_request request;
    struct ph_why why = {0};
    if (ph_request_decode(&request, bytes, &why)) {
        need(why.what[0] != '\0');
        return;
    }
    struct ph_buf again = ph_buf(PH_KIB(1));
    need(ph_request_encode(&again, &request) == PH_OK);
    need(ph_bytes_equal(bytes, ph_buf_bytes(&again)));
    ph_buf_done(&again);
}

/* [document, signature by @secret] */
static struct ph_buf sign(struct ph_bytes document, const char *kind,
                          const struct ph_hash *community, const uint8_t secret[static 64])
{
    uint8_t sig[64];
    struct ph_buf out = ph_buf(document.n + 128);
    struct ph_writer w = ph_writer(&out);
    need(ph_sign(sig, kind, community, document, secret));
    ph_write_array(&w, 2);
    ph_write_bin(&w, document);
    ph_write_bin(&w, ph_bytes(sig, sizeof(sig)));
    need(ph_writer_end(&w) == PH_OK);
    return out;
}

static void view_takes(const struct ph_test_community *c, struct ph_bytes card)
{
    struct ph_members *next = NULL;
    struct ph_members_result result;
    if (ph_members_extend(&next, c->members, NULL, 0, &card, 1, NULL, NULL, &result, NULL) ==
        PH_OK) {
        need(result.changed == (next != c->members));
        for (size_t i = 0; i < ph_members_n_nodes(next); i++) {
            struct ph_member_node node = ph_members_node(next, i);
            struct ph_member_node found;
            need(ph_members_by_sign_key(next, &node.node->sign_key, &found));
            need(found.node == node.node);
            need(ph_members_by_transport_key(next, &node.node->transport_key, &found));
            need(found.node == node.node);
        }
    }
    ph_members_unref(next);
}

static void signed_after(struct ph_bytes document, bool is_request)
{
    static struct ph_test_community *c;
    if (!c)
        c = ph_test_community(3, NULL);
    if (document.n > PH_CARD_MAX)
        return;
    const struct ph_test_org *it = &c->orgs[0];
    struct ph_buf bytes =
        sign(document, is_request ? "request" : "card", is_request ? NULL : &c->id, it->org_secret);
    if (is_request)
        request(ph_buf_bytes(&bytes));
    else
        view_takes(c, ph_buf_bytes(&bytes));
    ph_buf_done(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct ph_bytes rest = ph_bytes(data + 1, size - 1);
    if (data[0] & 1)
        signed_after(rest, data[0] & 2);
    else if (data[0] & 2)
        request(rest);
    else
        card(rest);
    return 0;
}
