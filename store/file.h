/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of store/ share about files. */
#ifndef PH_STORE_FILE_H
#define PH_STORE_FILE_H

#include "proto/base/error.h"

/** errno as ours, with the path in @why. ENOENT is PH_ERR_NOTFOUND, ENOSPC PH_ERR_FULL, EACCES and
 * its like PH_ERR_PERM, everything else PH_ERR_IO. */
enum ph_err ph__errno_fail(struct ph_why *why, const char *path);
/** fsync the directory @path itself. */
enum ph_err ph__dir_sync(const char *path, struct ph_why *why);
/** fsync the directory that @path lies in, so that its name there is durable. */
enum ph_err ph__dir_sync_parent(const char *path, struct ph_why *why);
/** Write a new file durably: O_EXCL, O_NOFOLLOW. PH_ERR_EXISTS when there is one. */
enum ph_err ph__file_create(const char *path, struct ph_bytes bytes, unsigned mode,
                            struct ph_why *why);

#endif
