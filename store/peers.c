/* SPDX-License-Identifier: Apache-2.0 */
#include "store/peers.h"

enum ph_err ph__peers_get(struct ph__txn *txn, const struct ph_transport_key *key,
                          struct ph__peer_row *out)
{
    struct ph_bytes value;
    bool found;
    *out = (struct ph__peer_row){0};
    enum ph_err err = ph__db_get(txn, PH_DB_PEERS, ph_bytes(key->b, 32), &value, &found);
    if (!err && found && ph__peer_decode(out, value))
        err = ph__corrupt(txn, PH_DB_PEERS);
    return err;
}

static enum ph_err put_handshake(struct ph__txn *txn, const struct ph_transport_key *key, ph_ms at)
{
    struct ph__peer_row peer;
    uint8_t value[PH_PEER_LEN];
    enum ph_err err = ph__peers_get(txn, key, &peer);
    if (err)
        return err;
    /* Never backwards: an older timestamp would let a handshake be replayed. */
    peer.handshake = PH_MAX(peer.handshake, at);
    peer.contact = PH_MAX(peer.contact, at);
    ph__peer_encode(value, &peer);
    return ph__db_put(txn, PH_DB_PEERS, ph_bytes(key->b, 32), ph_bytes(value, sizeof(value)));
}

enum ph_err ph_store_handshake(struct ph_store *store, const struct ph_transport_key *key, ph_ms at,
                               struct ph_why *why)
{
    struct ph__txn txn;
    enum ph_err err = ph__store_begin(store, &txn, PH_GROWS_NOT, why);
    if (err)
        return err;
    err = put_handshake(&txn, key, at);
    if (err) {
        ph__store_abort(store, &txn);
        return err;
    }
    return ph__store_commit(store, &txn);
}
