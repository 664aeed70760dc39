/* SPDX-License-Identifier: Apache-2.0
 *
 * The directory layout that node and tools share, the checks on it, and who we are.
 *
 *     HOME/posthorn.conf   configuration (commented)
 *     HOME/keys/           0700; one secret a file, 0600 (keys.h)
 *     HOME/store/          0700; data.mdb, lock.mdb, and `lock`: our own flock with the writer's
 * pid HOME/run/control     the daemon's Unix socket
 *
 * An installed node keeps configuration in /etc/posthorn and the rest in /var/lib/posthorn. */
#ifndef PH_STORE_HOME_H
#define PH_STORE_HOME_H

#include "proto/base/secret.h"
#include "proto/trust/card.h"

/** Paths, all owned, absolute. */
struct ph_home {
    char *dir;
    char *conf;
    char *keys;
    char *store;
    char *socket;
};

/** Where things are for @dir (`--home`), or for NULL the installed layout. Does not touch the disk.
 */
enum ph_err ph_home_locate(struct ph_home *out, const char *dir, struct ph_why *why);
void ph_home_done(struct ph_home *home);
/** Create the directories that are missing, with the right modes, and fsync their parents. */
enum ph_err ph_home_create(const struct ph_home *home, struct ph_why *why);
/** Ownership, modes (PH_ERR_PERM with the chmod to run), no symlinks, file system kind (NFS, CIFS,
 * FUSE refused). PH_ERR_NOTFOUND with "run: posthorn init" when there is nothing. */
enum ph_err ph_home_check(const struct ph_home *home, struct ph_why *why);

/** Write @bytes to @path durably: temporary file, fsync, rename, fsync of the directory; never
 * through a symlink. PH_ERR_IO, PH_ERR_FULL, PH_ERR_PERM. */
enum ph_err ph_file_replace(const char *path, struct ph_bytes bytes, unsigned mode,
                            struct ph_why *why);
/** Read a whole regular file of at most out->max bytes. PH_ERR_NOTFOUND, PH_ERR_LIMIT, PH_ERR_IO.
 */
enum ph_err ph_file_read(struct ph_buf *out, const char *path, struct ph_why *why);

#endif
