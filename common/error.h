/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The one error domain. A code says whose fault it is, and so what becomes of the job: the backend
 * maps each code to one CUPS exit code, oauth-setup to one exit status. Every public function that
 * takes a GError sets one of these and nothing else. The message is one sentence in UTF-8 for a
 * person: what, where, what to do. It never holds a secret. */
#define SE_ERROR (se_error_quark ())

typedef enum
{
  SE_ERROR_USAGE,     /* the command line is wrong */
  SE_ERROR_DOCUMENT,  /* the document, an option of the job or a recipient is at fault */
  SE_ERROR_TOO_LARGE, /* a document's fault, too: over a limit that splitting might keep */
  SE_ERROR_CONFIG,    /* configuration, a file's mode or the server's set-up: an admin must act */
  SE_ERROR_AUTHORIZATION,  /* the account is not (or no longer) authorized: run oauth-setup */
  SE_ERROR_TOKEN_REJECTED, /* the SMTP server refused this access token; a fresh one may do */
  SE_ERROR_QUOTA,          /* a sending limit is reached; passes with time */
  SE_ERROR_THROTTLED,      /* the server asks the account to slow down; as SE_ERROR_TEMPORARY */
  SE_ERROR_TEMPORARY,      /* network, server or machine in trouble; a later try may do */
  SE_ERROR_DEFERRED,       /* the server does not take this mail for now; others may pass */
  SE_ERROR_IN_DOUBT,       /* the final dot was sent, no reply came: perhaps delivered */
  SE_ERROR_CANCELLED,      /* a person or cupsd asked to stop */
} SeError;

/* Of the program, for its modules as well: a process can have the domain once. */
GQuark se_error_quark (void);

/* TRUE if error (may be NULL) is of our domain with this code. */
gboolean se_error_is (const GError *error, SeError code);

/* When what was refused may be tried again, seconds since 1970; 0: not said, or another domain's
 * error. It stays with the error as that is copied and propagated. error of se_error_due: may be
 * NULL; of se_error_set_due: of our domain. */
gint64 se_error_due (const GError *error);
void se_error_set_due (GError *error, gint64 due);

/* Sets error from an errno value: "FORMAT…: strerror". ENOSPC, EDQUOT, EIO, EMFILE, ENFILE, ENOMEM,
 * EAGAIN and, of a file server, ESTALE, ENOLCK and ETIMEDOUT are SE_ERROR_TEMPORARY, everything
 * else SE_ERROR_CONFIG. */
void se_error_set_errno (GError **error, int saved_errno, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

G_END_DECLS
