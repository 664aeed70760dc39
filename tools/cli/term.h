/* SPDX-License-Identifier: Apache-2.0
 *
 * The terminal: passphrases without echo, colours where they are wanted. */
#ifndef PH_TOOLS_TERM_H
#define PH_TOOLS_TERM_H

#include "proto/trust/tlp.h"
#include "tools/cli/command.h"

/** Get a passphrase: the first line of @file (or of cli->passphrase_file when @file is NULL), else
 * asked for on the terminal, without echo, which is restored on every way out, signals too. With
 * neither file nor terminal it is empty: for new keys that means none, for locked ones PH_ERR_PASS
 * follows.
 * @purpose  "steward key", for the prompt. @is_new asks twice.
 * @out      owned; wipe with ph_buf_wipe(). */
enum ph_err ph_term_passphrase(struct ph_buf *out, const struct ph_cli *cli, const char *file,
                               const char *purpose, bool is_new, struct ph_why *why);

/** Whether colours go to @fd: a terminal, NO_COLOR unset, TERM not dumb. */
bool ph_term_colour(int fd);
/** Escape sequences around a TLP label in FIRST's own colours; "" when colours are off. */
const char *ph_term_tlp_on(enum ph_tlp label, bool colour);
const char *ph_term_off(bool colour);

#endif
