/* SPDX-License-Identifier: Apache-2.0
 *
 * Padmé: the length to which a body is padded before it is encrypted, so that its size tells less.
 * K. Nikitin, L. Barman, W. Lueks, M. Underwood, J.-P. Hubaux, B. Ford: "Reducing Metadata Leakage
 * from Encrypted Files and Communication with PURBs", PoPETs 2019(4), section 4. */
#ifndef PH_RECORD_PAD_H
#define PH_RECORD_PAD_H

#include "proto/base/base.h"

/** Padmé length of @n: at most 12 % more; lengths up to @n leak O(log log n) bits. */
uint64_t ph_padme(uint64_t n);

#endif
