/* SPDX-License-Identifier: Apache-2.0
 *
 * sd_notify without libsystemd: one datagram to the socket named by NOTIFY_SOCKET (systemd's
 * sd_notify(3)). */
#ifndef PH_NODE_NOTIFY_H
#define PH_NODE_NOTIFY_H

#include "proto/base/base.h"

/** Send @state, such as "READY=1". Does nothing without NOTIFY_SOCKET; errors are not worth dying
 * for. */
void ph_notify(const char *state);
/** Half of the watchdog interval that systemd asks for (WATCHDOG_USEC), in ms; 0: none. */
ph_ms ph_notify_watchdog_ms(void);

#endif
