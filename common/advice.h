/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

#include <glib/gi18n-lib.h>

G_BEGIN_DECLS

/* What a known error of a server means and what to do about it: the rows of the error tables hold
 * it (oauth/error-table.c, mail/smtp-error-table.c). */
typedef struct
{
  SeError error;
  /* One sentence each, with its full stop, marked for translation by N_ (). They may hold
   * %{account}, %{login-user}, %{smtp-user},
   * %{from-address}, %{client-id}, %{tenant} and %{provider}. */
  const char *cause;
  const char *remedy;
} SeAdvice;

/* "CAUSE REMEDY" with the account's values, cleaned for messages; one that is not configured is
 * "(not set)". An unknown %{NAME} is a mistake in the table and ends the program. Owned by the
 * caller. */
char *se_advice_to_string (const SeAdvice *advice, const SeAccount *account);

G_END_DECLS
