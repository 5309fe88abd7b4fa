/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"
#include "mail/address.h"

G_BEGIN_DECLS

/* Checks the recipients of a job (SeAddress) against the queue's allowed-recipients (without it:
 * own, the device URI's), denied-recipients and max-recipients. SE_ERROR_DOCUMENT names the first
 * one that is not allowed; it is an error too if there are none. */
gboolean se_policy_check (const GPtrArray *recipients, const GPtrArray *own,
                          const SeQueueConfig *queue, GError **error);

G_END_DECLS
