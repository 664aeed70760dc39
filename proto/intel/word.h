/* SPDX-License-Identifier: Apache-2.0
 *
 * Words for searching, folded so that "Größe", "GRÖSSE" aside, finds "größe": lower case of the
 * Latin, Greek, Cyrillic, Armenian and full-width letters; everything that is neither letter nor
 * digit separates. Scripts written without spaces (Chinese, Japanese, Thai …) are cut into
 * overlapping pairs of characters, the same way in texts and in what is searched for. No locale is
 * involved. */
#ifndef PH_INTEL_WORD_H
#define PH_INTEL_WORD_H

#include "proto/intel/observable.h"

/** Longest word, in bytes; longer ones are cut there, on both sides of the comparison. */
#define PH_WORD_MAX 64

/** Calls @fn (kind PH_OBS_WORD) for each word of @text; single ASCII characters are none. Bad UTF-8
 * separates. False when @fn stopped it. */
bool ph_word_each(struct ph_bytes text, ph_observable_fn fn, void *ctx);

#endif
