/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "setup/cupsd.h"

G_BEGIN_DECLS

/* What oauth-setup asks cupsd of queues. Errors as se_cupsd_do. */

/* A queue whose device is mailto:. */
typedef struct
{
  char *name;
  char *uri;      /* as cupsd shows it: what stands before a first '@' is missing */
  char **reasons; /* printer-state-reasons without "none" */
  char *stopped;  /* printer-state-message of a queue that is stopped (cupsdisable), which is
                     anybody's text; NULL: it is not */
} SeQueue;

void se_queue_free (SeQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeQueue, se_queue_free)

/* All mailto: queues, SeQueue freed with the array. */
GPtrArray *se_queues_list (http_t *http, GError **error);

/* Adds to names those of the classes (owned by names) whose printers are all among queues: whatever
 * printer of such a class had a job, it mailed it. */
gboolean se_queues_list_classes (http_t *http, const GPtrArray *queues, GPtrArray *names,
                                 GError **error);

/* The one of that name, owned by queues; NULL: there is none. */
const SeQueue *se_queues_find (const GPtrArray *queues, const char *name);

/* The account that a queue sends from: `from` of its URI, else the configuration's `account`, else
 * the only account. Owned by the caller; NULL where none of these says. */
char *se_queue_account (const SeQueue *queue, const SeConfig *config);

/* TRUE if the queue sends from account; account NULL: TRUE for all. */
gboolean se_queue_is_of (const SeQueue *queue, const SeConfig *config, const char *account);

/* TRUE if cupsd has a class of that name with a printer among queues that sends from account. What
 * cupsd does not tell is none. */
gboolean se_queues_is_class_of (http_t *http, const char *name, const GPtrArray *queues,
                                const SeConfig *config, const char *account);

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

G_END_DECLS
