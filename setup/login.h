/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "setup/service.h"

G_BEGIN_DECLS

/* The parts of the verb login: login.c leads, sign-in.c is its worker, login-report.c tells. */

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
  const SeAccount *account;
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

/* The worker's work: device grant, identity, store, SMTP login, test mail. data: SeSignIn. Tells
 *   code VERIFICATION-URI VERIFICATION-URI-COMPLETE USER-CODE EXPIRES-IN
 *   tick SECONDS-LEFT
 *   identity WHO          "" if not known; awaits the answer whether to go on. Another user than
 *                         login-user is stored only if the SMTP server takes that user's token
 *   stored WHERE
 *   smtp-login SERVER
 *   test-mail TO REPLY
 * Errors: SE_ERROR_CONFIG if the configuration cannot be read; those of se_device_grant_start,
 * se_device_grant_poll, se_token_adopt, se_delivery_check, se_delivery_send_once;
 * SE_ERROR_AUTHORIZATION if the answer was no. */
gboolean se_sign_in (SeService *service, const SeSignIn *wanted, GError **error);

/* FALSE if identity, an id_token's claim, is another user than login_user. */
gboolean se_login_identity_matches (const char *identity, const char *login_user);

/* Takes one event: prints it, notes it. Returns the answer for the worker, NULL where none is
 * awaited. An event that is not of the list above is ignored. */
const char *se_login_report_event (SeLoginReport *report, const char *const *fields);

/* A warning, told at once on standard error and again in the JSON result. */
void se_login_report_warn (SeLoginReport *report, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* One line of JSON without its newline, owned by the caller. */
char *se_login_code_json (const char *const *fields);
char *se_login_result_json (const SeLoginReport *report, const GError *error);

/* The end: the result line, or what was written where. error: NULL if all is well. */
void se_login_report_end (const SeLoginReport *report, const GError *error);

G_END_DECLS
