/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon's parts wired together: home, keys, store, host, control socket, signals. */
#ifndef PH_NODE_NODE_H
#define PH_NODE_NODE_H

#include "proto/base/error.h"

#define PH_SOFTWARE "posthorn " PH_VERSION

/** Run until SIGTERM or SIGINT.
 * @home  `--home`, or NULL for the installed layout.
 * @conf  `-c FILE`, or NULL for the home's.
 * Returns what kept it from starting, or PH_OK after an orderly stop. Errors are in @why. */
enum ph_err ph_node_run(const char *home, const char *conf, struct ph_why *why);

#endif
