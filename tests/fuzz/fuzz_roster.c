/* SPDX-License-Identifier: Apache-2.0
 *
 * Rosters. What decodes encodes to the same bytes, and copies to an equal one. The first byte
 * chooses: the rest as it came; or the rest as the document of a roster that its steward signs
 * after the mutation, so that the chain's rules behind the signature are reached too. */
#include <stdlib.h>

#include "proto/base/writer.h"
#include "proto/trust/members.h"
#include "tests/lib/community.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok)
        abort();
}

static void round_trip(const struct ph_roster *roster, struct ph_bytes bytes)
{
    struct ph_buf again = ph_buf(PH_ROSTER_MAX);
    struct ph_roster *copy;
    need(ph_roster_encode(&again, roster) == PH_OK);
    need(ph_bytes_equal(bytes, ph_buf_bytes(&again)));
    need(ph_roster_copy(&copy, roster) == PH_OK);
    ph_buf_clear(&again);
    need(ph_roster_encode(&again, copy) == PH_OK);
    need(ph_bytes_equal(bytes, ph_buf_bytes(&again)));
    ph_roster_free(copy);
    ph_buf_done(&again);
}

static void raw(struct ph_bytes bytes)
{
    struct ph_roster *roster;
    struct ph_hash community;
    struct ph_why why = {0};
    if (ph_roster_decode(&roster, bytes, &why)) {
        need(why.what[0] != '\0');
        return;
    }
    round_trip(roster, bytes);
    if (ph_chain_check_genesis(&community, roster, &why) == PH_OK) {
        struct ph_hash hash;
        need(ph_roster_hash(&hash, roster) == PH_OK && ph_hash_equal(&hash, &community));
    }
    ph_roster_free(roster);
}

/* The document with a place for signatures, which ph_roster_sign() then fills. */
static struct ph_roster *unsigned_roster(struct ph_bytes document)
{
    struct ph_buf bytes = ph_buf(PH_ROSTER_MAX);
    struct ph_writer w = ph_writer(&bytes);
    struct ph_roster *roster = NULL;
    ph_write_array(&w, 2);
    ph_write_bin(&w, document);
    ph_write_array(&w, 0);
    if (ph_writer_end(&w) || ph_roster_decode(&roster, ph_buf_bytes(&bytes), NULL))
        roster = NULL;
    ph_buf_done(&bytes);
    return roster;
}

/* As the second roster of a community whose three stewards all sign it. */
static void signed_after(struct ph_bytes document)
{
    static struct ph_test_community *c;
    if (!c)
        c = ph_test_community(3, "alps=IT,CH");
    struct ph_roster *roster = unsigned_roster(document);
    if (!roster)
        return;
    for (size_t i = 0; i < PH_TEST_STEWARDS; i++)
        need(ph_roster_sign(roster, &c->id, c->steward_secrets[i], NULL) == PH_OK);
    struct ph_buf bytes = ph_buf(PH_ROSTER_MAX);
    struct ph_members *next = NULL;
    struct ph_members_result result;
    need(ph_roster_encode(&bytes, roster) == PH_OK);
    struct ph_bytes view = ph_buf_bytes(&bytes);
    if (ph_members_extend(&next, c->members, &view, 1, NULL, 0, NULL, NULL, &result, NULL) == PH_OK)
        need(ph_members_roster(next)->seq == (result.changed ? 2 : 1));
    ph_members_unref(next);
    ph_buf_done(&bytes);
    ph_roster_free(roster);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct ph_bytes rest = ph_bytes(data + 1, size - 1);
    if (data[0] & 1)
        signed_after(rest);
    else
        raw(rest);
    return 0;
}
