/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets: 32- and 64-byte keys in one locked arena, wiped when freed, left out of core dumps.
 *
 * libsodium's guarded allocation costs four pages a key and ignores a failed mlock; one arena of
 * fixed slots costs little and its locking is checked once, by the host at start. The arena belongs
 * to a `struct ph_vault` handed in: no globals. Not thread safe: one thread makes and frees, others
 * read. */
#ifndef PH_BASE_SECRET_H
#define PH_BASE_SECRET_H

#include "proto/base/error.h"

struct ph_vault;

/** A secret of at most 64 bytes inside a vault. */
struct ph_secret {
    uint8_t b[64];
};

/** A vault for @slots secrets. PH_ERR_NOMEM. @out_locked (may be NULL) says whether the memory
 * could be locked: the host warns when not. */
enum ph_err ph_vault_new(struct ph_vault **out, size_t slots, bool *out_locked);
/** Wipes and frees everything; takes NULL. */
void ph_vault_free(struct ph_vault *vault);
/** A zeroed slot, or NULL when the vault is full. */
struct ph_secret *ph_secret_new(struct ph_vault *vault);
/** Wipes and gives the slot back; takes NULL. */
void ph_secret_free(struct ph_vault *vault, struct ph_secret *secret);
/** Wipe any memory for good. */
void ph_wipe(void *p, size_t n);
/** Constant-time equality. */
bool ph_secret_equal(const void *a, const void *b, size_t n);

#endif
