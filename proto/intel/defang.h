/* SPDX-License-Identifier: Apache-2.0
 *
 * Defanged text: how analysts write an address so that nobody clicks it, and back.
 *
 * Understood: hxxp and hxxps (any case), fxp; a dot, colon or at-sign in brackets ([.] [:] [@]
 * [://]); the words [dot] and [at]; and the same in round brackets or braces as long as no path has
 * begun, since those may stand in a path as themselves. */
#ifndef PH_INTEL_DEFANG_H
#define PH_INTEL_DEFANG_H

#include "proto/base/error.h"

/** @value without white space around it and without its defanging, into @out (@size bytes, NUL not
 * included and not written). PH_ERR_INPUT when it is empty or does not fit. */
enum ph_err ph_defang_undo(char *out, size_t size, size_t *out_n, struct ph_bytes value,
                           struct ph_why *why);

#endif
