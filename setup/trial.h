/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "setup/service.h"

G_BEGIN_DECLS

/* Trying an account out step by step; for the worker only. It tells the parent of
 *   step NAME TEXT    one that is done
 *   warning TEXT      what may be wrong all the same
 *   broken NAME       the step that is not; the worker's error says why
 */

/* to: whom to send a test mail; NULL: none. Errors as se_delivery_probe, se_token_get,
 * se_delivery_try_sender and se_delivery_send_once. */
gboolean se_trial_run (SeService *service, const SeServerConfig *server, const SeAccount *account,
                       const char *to, GError **error);

/* For the parent: whether the step of that name is one before there is any connection. */
gboolean se_trial_is_connecting (const char *step);

G_END_DECLS
