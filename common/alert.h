/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/notice.h"

G_BEGIN_DECLS

/* The loss of an account's authorization, announced by a notice once, however many jobs and
 * processes see it; and its known end, before it comes. One file
 * an account in STATE-DIRECTORY/alerts, made by exactly one process, stays until the account works
 * again. Then it is marked as withdrawn, until its queues have been told; see setup/alerts.h. Only
 * the service user sees the files. */
typedef enum
{
  SE_ALERT_TOKEN, /* there is no access token to be had */
  SE_ALERT_LOGIN, /* the mail server refuses the account, whatever the token */
} SeAlertCause;

typedef struct
{
  char *account;
  gboolean raised; /* FALSE: withdrawn */
  SeAlertCause cause;
  gint64 since;   /* seconds since 1970; 0: not known */
  char *sentence; /* what is wrong and what to do; "": not known */
} SeAlert;

void se_alert_free (SeAlert *alert);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeAlert, se_alert_free)

/* Raises the account's alert, unless it is raised. Whoever comes first announces
 * SE_NOTICE_AUTHORIZATION_LOST; nothing that becomes of the notice takes the alert back. sentence:
 * for a person. */
gboolean se_alert_raise (const SeServerConfig *server, const char *account, SeAlertCause cause,
                         const char *sentence, const SeNotifier *notifier, GError **error);

/* Withdraws an alert of this cause, which is no more: a token was to be had, or the mail server let
 * the account in. Whoever does it announces SE_NOTICE_AUTHORIZATION_RESTORED. */
gboolean se_alert_withdraw (const SeServerConfig *server, const char *account, SeAlertCause cause,
                            const SeNotifier *notifier, GError **error);

/* Announces SE_NOTICE_AUTHORIZATION_EXPIRING while an end of the account's authorization draws
 * near: in the last 14 days, in the last 3 and on the last, once each. until: that end, seconds
 * since 1970; 0: none is near, and the next one is a new one. sentence: for a person; NULL where
 * until is 0. */
gboolean se_alert_expiring (const SeServerConfig *server, const char *account, gint64 until,
                            const char *sentence, const SeNotifier *notifier, GError **error);

/* The account's alert if one is raised; else NULL. */
SeAlert *se_alert_get (const SeServerConfig *server, const char *account);

/* All alerts, one an account; SeAlert freed with the array. */
GPtrArray *se_alert_list (const SeServerConfig *server);

/* Forgets an alert as it was listed: there is nobody left to be told. */
gboolean se_alert_forget (const SeServerConfig *server, const SeAlert *alert, GError **error);

G_END_DECLS
