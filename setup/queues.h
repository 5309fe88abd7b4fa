/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

#include <cups/cups.h>

G_BEGIN_DECLS

/* What oauth-setup asks of cupsd. */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (http_t, httpClose)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ipp_t, ippDelete)

/* A queue whose device is mailto:. */
typedef struct
{
  char *name;
  char *uri;      /* as cupsd shows it: what stands before a first '@' is missing */
  char **reasons; /* printer-state-reasons without "none" */
} SeQueue;

/* A job that waits for `release`. */
typedef struct
{
  int id;
  char *queue;
  gboolean deferred; /* it waits for a time, not for a person */
} SeHeldJob;

void se_queue_free (SeQueue *queue);
void se_held_job_free (SeHeldJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeQueue, se_queue_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeHeldJob, se_held_job_free)

/* Connects to [server] cups-server, or to libcups's default; never asks for a password.
 * SE_ERROR_TEMPORARY if cupsd cannot be reached. */
http_t *se_queues_connect (const SeServerConfig *server, GError **error);

/* Every function below that asks cupsd: SE_ERROR_CONFIG where it refuses, SE_ERROR_TEMPORARY where
 * it cannot be reached. */

/* All mailto: queues, SeQueue freed with the array. */
GPtrArray *se_queues_list (http_t *http, GError **error);

/* The account that a queue sends from: `from` of its URI, else the configuration's `account`, else
 * the only account. Owned by the caller; NULL where none of these says. */
char *se_queue_account (const SeQueue *queue, const SeConfig *config);

/* TRUE if the queue sends from account; account NULL: TRUE for all. */
gboolean se_queue_is_of (const SeQueue *queue, const SeConfig *config, const char *account);

/* TRUE for the address of one mailbox; templates such as %{user} may stand in it.
 * SE_ERROR_USAGE says what is wrong. */
gboolean se_queues_check_address (const char *address, GError **error);

/* SE_ERROR_USAGE for a name that CUPS cannot take or that a queue with another device has. */
gboolean se_queues_check_name (http_t *http, const char *name, GError **error);

/* Creates a queue that mails to address from account, with our PPD, enabled, accepting and not
 * shared; or gives a mailto: queue that exists this URI and PPD (its defaults stay). */
gboolean se_queues_create (http_t *http, const char *name, const char *address, const char *account,
                           GError **error);

/* Takes our printer-state-reasons off a queue, idle or not, and its printer-state-message with
 * them. */
gboolean se_queues_clear_reasons (http_t *http, const SeQueue *queue, GError **error);

/* Sets the printer-state-reason of a lost authorization on a queue, idle or not, in place of our
 * other one, and message with it; unless the queue has the reason. */
gboolean se_queues_set_authorization_reason (http_t *http, const SeQueue *queue,
                                             const char *message, GError **error);

/* TRUE for a job that the backend held and nobody else: pending-held, no hold time set by a person
 * (NULL, "no-hold"), and a reason of ours. reasons: job-printer-state-reasons, NULL-terminated. */
gboolean se_queues_is_ours (ipp_jstate_t state, const char *hold_until, const char *const *reasons);

/* The jobs of all queues for which se_queues_is_ours; SeHeldJob freed with the array. */
GPtrArray *se_queues_held_jobs (http_t *http, GError **error);

/* released: FALSE where the job was no longer held when cupsd looked, which is no error. */
gboolean se_queues_release_job (http_t *http, int id, gboolean *released, GError **error);

/* TRUE if cupsd knows the job that was made on this queue at this time (seconds since 1970), and
 * that it was canceled. */
gboolean se_queues_is_canceled (http_t *http, const char *queue, int id, gint64 creation);

G_END_DECLS
