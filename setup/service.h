/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

G_BEGIN_DECLS

/* Two processes: the parent keeps the caller's rights, the terminal, the configuration and cupsd;
 * the worker, its child, does everything that touches the network, other people's text or tokens.
 * Where the parent is root the worker drops to the service user for good before its first step, and
 * of the environment it keeps only what a backend has, too: what works at the set-up must work for
 * the jobs. It can read what a backend can, of accounts that are given or of all, and write in the
 * state directory (Landlock), and starts no program, unless there is a notify-command, which may
 * need anything. They talk in short checked texts: no control character passes, and no secret but
 * one: what a person types when the worker asks for it (se_service_ask_line), which neither side
 * shows. What the worker prints to standard error the parent passes on, cleaned. */
typedef struct SeService SeService;

/* Runs in the worker. */
typedef gboolean (*SeServiceWork) (SeService *service, gpointer data, GError **error);

/* Runs in the parent, once for each se_service_tell. fields: NULL-terminated, the event's name
 * first; valid UTF-8 without control characters. Returns the answer for a worker that awaits one
 * (see se_service_await), otherwise NULL. */
typedef const char *(*SeServiceEvent) (const char *const *fields, gpointer data);

/* Runs work in a worker and waits for its end. Both functions get data: what event writes there
 * stays, what work writes there is lost with the worker. SIGINT, SIGTERM and SIGHUP ask the worker
 * to stop (then: SE_ERROR_CANCELLED); a second one kills it. Errors: work's own; SE_ERROR_CONFIG if
 * the service user does not exist, is root, or cannot read scan-email.conf; SE_ERROR_TEMPORARY if
 * the worker died. */
gboolean se_service_run (const SeServerConfig *server, SeServiceWork work, SeServiceEvent event,
                         gpointer data, GError **error);

/* The same for a worker that needs the files of one account alone. */
gboolean se_service_run_for (const SeServerConfig *server, const SeAccount *account,
                             SeServiceWork work, SeServiceEvent event, gpointer data,
                             GError **error);

/* What a worker gets beside the usual. */
typedef struct
{
  int input;                        /* a terminal whose lines it may read; -1: none */
  const SeAccount *const *accounts; /* NULL-terminated: its files are those of these accounts, and
                                       not of all that the configuration has; NULL: those */
  const char *file;                 /* one that it may read as well; NULL: none */
} SeServiceNeeds;

/* The same for a worker that needs more. */
gboolean se_service_run_with (const SeServerConfig *server, const SeServiceNeeds *needs,
                              SeServiceWork work, SeServiceEvent event, gpointer data,
                              GError **error);

/* The worker's side. */

/* Readable as soon as the worker should stop: the parent was asked to, or is gone. */
int se_service_cancel_fd (const SeService *service);

/* Tells the parent of an event: its name, then its fields, each cleaned by se_log_clean. In tell
 * the first NULL ends the list, in tellv a NULL goes as "". A parent that is gone is no error here:
 * cancel_fd tells. */
void se_service_tell (SeService *service, const char *name, ...) G_GNUC_NULL_TERMINATED;
void se_service_tellv (SeService *service, const char *const *fields, gsize n_fields);

/* Waits for the answer to the event just told. yes: whether it is "yes". An answer that is on its
 * way counts even if the worker should stop. SE_ERROR_CANCELLED if none comes. */
gboolean se_service_await (SeService *service, gboolean *yes, GError **error);

/* Asks the parent for one line that is typed. Returns a descriptor that is readable when it is
 * there, or the end. */
int se_service_ask_line (SeService *service);

/* The line without its newline, to be wiped by the caller (se_io_free_secret): it may hold a
 * one-time code. NULL at the end of the input, if only since the parent has none. */
char *se_service_read_line (SeService *service);

/* Takes the question back: what is typed is the parent's again. */
void se_service_drop_line (SeService *service);

/* For the parent and for tests: one event as it goes over the channel and back. decode returns NULL
 * for a text that is not well-formed: too long, too many fields, control characters, bad UTF-8. */
char *se_service_encode (const char *const *fields, gsize n_fields);
char **se_service_decode (const char *text, gsize length);

/* The passwd facts that the parent needs of the service user. SE_ERROR_CONFIG: there is no such
 * user, or it is root, or the one that cupsd runs filters as, who could read every token. */
gboolean se_service_lookup_user (const SeServerConfig *server, uid_t *uid, gid_t *gid,
                                 GError **error);

G_END_DECLS
