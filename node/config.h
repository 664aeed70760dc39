/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration file: short, commented, every value with a sane default. A wrong key or value
 * stops the start with file, line and what was expected. Manual: posthorn.conf(5). */
#ifndef PH_NODE_CONFIG_H
#define PH_NODE_CONFIG_H

#include "node/log.h"
#include "proto/base/error.h"
#include "proto/base/limits.h"

struct ph_config {
    char listen[PH_ADDRESS_MAX + 1]; /* "host:port"; empty: dial only */
    enum ph_log_level log_level;
    bool log_json;
    uint64_t store_max_size; /* bytes */
    uint32_t sessions_max;
    uint32_t workers; /* threads for verification; 0: one a core */
    ph_ms reconcile_ms;
};

/** The defaults. */
struct ph_config ph_config_default(void);
/** Read @path over the defaults. PH_ERR_NOTFOUND, PH_ERR_PERM (writable by others), PH_ERR_INPUT
 * ("posthorn.conf:7: …" with what was expected). @out untouched on failure. */
enum ph_err ph_config_read(struct ph_config *out, const char *path, struct ph_why *why);

#endif
