/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/token.h"
#include "setup/service.h"
#include "setup/setup.h"

G_BEGIN_DECLS

/* The parts of the verb login: login.c leads, login-options.c and login-questions.c find out what
 * is wanted, sign-in.c and sign-in-code.c are its worker, login-report.c tells. */

/* The command line, completed by questions. */
typedef struct
{
  char *address;    /* of the account; NULL: not known yet */
  GHashTable *keys; /* for [account ADDRESS], each known by se_config_find_key; owned texts */
  char *queue;      /* to create; NULL: none */
  char *to;         /* what it mails to */
  guint16 port;     /* to listen at; 0: a free one */
  gboolean no_test_mail;
  gboolean json;
} SeLoginOptions;

void se_login_options_clear (SeLoginOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SeLoginOptions, se_login_options_clear)

/* Reads the command line into options, which is zero. A path becomes an absolute one.
 * SE_ERROR_USAGE. */
gboolean se_login_options_parse (SeLoginOptions *options, int argc, char **argv, GError **error);

/* Completes options by questions, where they may be asked; bare: nothing was on the command line,
 * so a queue is asked for, too. The files of a grant are looked at by a worker as soon as they are
 * named. Errors: SE_ERROR_USAGE for what is missing, those of se_config_make_account and
 * se_service_run. */
gboolean se_login_ask (SeLoginOptions *options, const SeSetup *setup, gboolean bare,
                       GError **error);

typedef enum
{
  SE_STEP_NOT_TRIED,
  SE_STEP_SKIPPED,
  SE_STEP_FAILED,
  SE_STEP_DONE,
} SeStep;

/* What the worker is to do. */
typedef struct
{
  const SeServerConfig *server;
  const SeAccount *account; /* as it will be */
  const SeAccount *before;  /* as it stands in the file; NULL: not at all, or not usable */
  guint16 port;             /* to listen at; 0: a free one */
  gboolean may_paste;       /* somebody sits at a terminal, and may type */
  gboolean send_test;
} SeSignIn;

/* What a login has come to; for people and for programs. */
typedef struct
{
  gboolean json;
  const char *address;      /* of the account; NULL: not known yet */
  const SeAccount *account; /* NULL: it cannot be used */
  char *identity;           /* NULL: the server does not say who signed in */
  gboolean matches;
  char *token_store; /* where the token was stored; NULL: it was not */
  SeStep smtp_login;
  SeStep test_mail;
  char *config_file;   /* that was changed; NULL: none */
  char *queue;         /* that was created; NULL: none */
  GPtrArray *released; /* "QUEUE-ID" */
  GPtrArray *warnings;
} SeLoginReport;

SeLoginReport *se_login_report_new (gboolean json);
void se_login_report_free (SeLoginReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeLoginReport, se_login_report_free)

/* The worker's work: grant, identity, store, SMTP login, test mail. data: SeSignIn. Tells
 *   code VERIFICATION-URI VERIFICATION-URI-COMPLETE USER-CODE EXPIRES-IN
 *   authorize AUTHORIZATION-URI REDIRECT-URI EXPIRES-IN PORT   PORT "" where nobody listens
 *   paste-again WHAT-IS-WRONG
 *   delegate CLIENT-ID SERVICE-ACCOUNT SCOPE   before a service account's first request
 *   tick SECONDS-LEFT
 *   identity WHO          "" if not known; awaits the answer whether to go on. Another user than
 *                         login-user is stored only if the SMTP server takes that user's token
 *   stored WHERE          awaits the answer whether the configuration has been written; if not, the
 *                         store is as it was before
 *   removed WHERE         the record in the store that the account had before
 *   not-removed WHY
 *   smtp-login SERVER
 *   test-mail TO REPLY
 * An authorization that works is replaced only by one that the SMTP server takes. Errors:
 * SE_ERROR_CONFIG if the configuration cannot be read; those of the grant, se_store_save,
 * se_delivery_check, se_delivery_send_once; SE_ERROR_AUTHORIZATION if the answer was no. */
gboolean se_sign_in (SeService *service, const SeSignIn *wanted, GError **error);

/* The part of it that the authorization code grant is. Errors as se_code_grant_start,
 * se_code_grant_read, se_code_grant_exchange and se_loopback_new; SE_ERROR_AUTHORIZATION if nobody
 * signs in in time; SE_ERROR_USAGE for a port that redirect-uri does not allow. */
SeTokenRecord *se_sign_in_by_code (SeService *service, const SeSignIn *wanted,
                                   const SeTokenContext *context, const SeEndpoints *endpoints,
                                   GError **error);

/* FALSE if identity, an id_token's claim, is another user than login_user. */
gboolean se_login_identity_matches (const char *identity, const char *login_user);

/* Takes one event: prints it, notes it. Returns the answer for the worker where it is a person's,
 * else NULL. An event that is not of the list above is ignored. */
const char *se_login_report_event (SeLoginReport *report, const char *const *fields);

/* A warning, told at once on standard error and again in the JSON result. */
void se_login_report_warn (SeLoginReport *report, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* What an admin has to enter at Exchange Online (se_exchange_lines), told before it is needed. */
void se_login_report_exchange (const SeLoginReport *report, char **lines);

/* One line of JSON without its newline, owned by the caller; the first is for the events code,
 * authorize and delegate, which ask a person for something. */
char *se_login_request_json (const char *const *fields);
char *se_login_result_json (const SeLoginReport *report, const GError *error);

/* The end: the result line, or what was written where. error: NULL if all is well. */
void se_login_report_end (const SeLoginReport *report, const GError *error);

G_END_DECLS
