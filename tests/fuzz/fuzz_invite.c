/* SPDX-License-Identifier: Apache-2.0
 *
 * Invites. The first byte chooses: the rest as it came; or the rest as the document of an invite
 * that a member's node signs after the mutation, so that the chain and cards in it are judged as
 * well. */
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

static const struct ph_test_community *members(void)
{
    static struct ph_test_community *c;
    if (!c)
        c = ph_test_community(2, NULL);
    return c;
}

/* What is taken names the community that its first roster hashes to. */
static void decode(struct ph_bytes bytes)
{
    const struct ph_test_community *c = members();
    struct ph_invite invite;
    struct ph_why why = {0};
    if (ph_invite_decode(&invite, bytes, &c->orgs[1].code, PH_TEST_T0, &why)) {
        need(why.what[0] != '\0');
        return;
    }
    struct ph_roster *genesis;
    struct ph_hash hash;
    need(invite.n_rosters > 0);
    need(ph_roster_decode(&genesis, invite.rosters[0], NULL) == PH_OK);
    need(ph_roster_hash(&hash, genesis) == PH_OK && ph_hash_equal(&hash, &invite.community));
    ph_roster_free(genesis);
    ph_invite_done(&invite);
}

static void signed_after(struct ph_bytes document)
{
    const struct ph_test_community *c = members();
    uint8_t sig[64];
    struct ph_buf bytes = ph_buf(document.n + 128);
    struct ph_writer w = ph_writer(&bytes);
    need(ph_sign(sig, "invite", &c->id, document, c->orgs[0].node_secret));
    ph_write_array(&w, 2);
    ph_write_bin(&w, document);
    ph_write_bin(&w, ph_bytes(sig, sizeof(sig)));
    need(ph_writer_end(&w) == PH_OK);
    decode(ph_buf_bytes(&bytes));
    ph_buf_done(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct ph_bytes rest = ph_bytes(data + 1, size - 1);
    if (data[0] & 1)
        signed_after(rest);
    else
        decode(rest);
    return 0;
}
