/* SPDX-License-Identifier: Apache-2.0 */
#include "common/alert.h"

#include "common/atomic-file.h"
#include "common/io.h"
#include "common/log.h"
#include "common/state-path.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define FOLDER "alerts"
#define GROUP "alert"
#define RAISED ".raised"
#define WITHDRAWN ".withdrawn"
#define EXPIRING ".expiring"
#define DAY (24 * 60 * 60)
#define FILE_MAX 16384
#define SENTENCE_MAX 1000

static const char *const causes[] = { [SE_ALERT_TOKEN] = "token", [SE_ALERT_LOGIN] = "login" };

void
se_alert_free (SeAlert *alert)
{
  g_free (alert->account);
  g_free (alert->sentence);
  g_free (alert);
}

/* Every name has one of the endings, so that no address looks like another's. */
static char *
path_of (const SeServerConfig *server, const char *account, const char *ending)
{
  return se_state_path (server->state_directory, FOLDER, account, ending);
}

static void
announce (const SeNotifier *notifier, SeNoticeEvent event, const char *account,
          const char *sentence)
{
  const SeNotice notice = { .event = event, .subject = account, .sentence = sentence };

  notifier->tell (&notice, notifier->data);
}

static char *
format (const char *account, SeAlertCause cause, const char *sentence, gsize *length)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

  g_key_file_set_string (file, GROUP, "account", account);
  g_key_file_set_int64 (file, GROUP, "since", g_get_real_time () / G_USEC_PER_SEC);
  g_key_file_set_string (file, GROUP, "cause", causes[cause]);
  g_key_file_set_string (file, GROUP, "sentence", sentence);
  return g_key_file_to_data (file, length, NULL);
}

gboolean
se_alert_raise (const SeServerConfig *server, const char *account, SeAlertCause cause,
                const char *sentence, const SeNotifier *notifier, GError **error)
{
  g_autofree char *path = path_of (server, account, RAISED);
  g_autofree char *withdrawn = path_of (server, account, WITHDRAWN);
  g_autofree char *clean = se_log_clean (sentence, SENTENCE_MAX);
  gsize length = 0;
  g_autofree char *text = format (account, cause, clean, &length);
  gboolean first = FALSE;

  if (g_access (path, F_OK) == 0)
    return TRUE;
  if (!se_io_make_parent (path, error))
    return FALSE;
  if (!se_atomic_file_create (path, text, length, 0600, &first, error))
    return FALSE;
  if (!first)
    return TRUE;
  /* What the queues have not been told yet does not matter any more. */
  if (g_unlink (withdrawn) < 0 && errno != ENOENT)
    g_warning (_ ("cannot remove %s: %s"), withdrawn, g_strerror (errno));
  announce (notifier, SE_NOTICE_AUTHORIZATION_LOST, account, clean);
  return TRUE;
}

/* path: with that ending. NULL: there is no such file. */
static SeAlert *
read_alert (const char *path, const char *ending)
{
  g_autofree char *text = se_io_read_file (path, FILE_MAX, NULL, NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *account = se_state_text (name, ending);
  g_autofree char *cause = NULL;
  SeAlert *alert = NULL;

  if (text == NULL)
    return NULL;
  /* A damaged file is an alert all the same, if its name tells of what. */
  (void)g_key_file_load_from_data (file, text, strlen (text), G_KEY_FILE_NONE, NULL);
  cause = g_key_file_get_string (file, GROUP, "cause", NULL);
  if (account == NULL)
    account = g_key_file_get_string (file, GROUP, "account", NULL);
  if (account == NULL)
    return NULL;
  alert = g_new0 (SeAlert, 1);
  alert->account = g_steal_pointer (&account);
  alert->raised = g_str_equal (ending, RAISED);
  alert->cause = g_strcmp0 (cause, causes[SE_ALERT_TOKEN]) == 0 ? SE_ALERT_TOKEN : SE_ALERT_LOGIN;
  alert->since = g_key_file_get_int64 (file, GROUP, "since", NULL);
  alert->sentence = g_key_file_get_string (file, GROUP, "sentence", NULL);
  if (alert->sentence == NULL)
    alert->sentence = g_strdup ("");
  return alert;
}

SeAlert *
se_alert_get (const SeServerConfig *server, const char *account)
{
  g_autofree char *path = path_of (server, account, RAISED);

  return read_alert (path, RAISED);
}

gboolean
se_alert_withdraw (const SeServerConfig *server, const char *account, SeAlertCause cause,
                   const SeNotifier *notifier, GError **error)
{
  g_autofree char *raised = path_of (server, account, RAISED);
  g_autofree char *withdrawn = path_of (server, account, WITHDRAWN);
  g_autoptr (SeAlert) alert = se_alert_get (server, account);

  if (alert == NULL || alert->cause != cause)
    return TRUE;
  if (rename (raised, withdrawn) < 0)
    {
      if (errno == ENOENT) /* another process was faster */
        return TRUE;
      se_error_set_errno (error, errno, _ ("cannot rename %s"), raised);
      return FALSE;
    }
  announce (notifier, SE_NOTICE_AUTHORIZATION_RESTORED, account,
            _ ("the account may send mail again"));
  return se_io_sync_parent (raised, error);
}

/* The days that were left when an end was last announced; G_MAXINT: it never was. */
static int
read_announced_days (const char *path)
{
  g_autofree char *text = se_io_read_file (path, FILE_MAX, NULL, NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  int days = 0;

  if (text != NULL && g_key_file_load_from_data (file, text, strlen (text), G_KEY_FILE_NONE, NULL))
    days = g_key_file_get_integer (file, GROUP, "days", NULL);
  return days > 0 ? days : G_MAXINT;
}

gboolean
se_alert_expiring (const SeServerConfig *server, const char *account, gint64 until,
                   const char *sentence, const SeNotifier *notifier, GError **error)
{
  static const int steps[] = { 1, 3, 14 };
  g_autofree char *path = path_of (server, account, EXPIRING);
  g_autofree char *clean = sentence == NULL ? NULL : se_log_clean (sentence, SENTENCE_MAX);
  g_autofree char *text = NULL;
  gint64 left = until - g_get_real_time () / G_USEC_PER_SEC;
  gsize step = 0;

  while (step < G_N_ELEMENTS (steps) && left > (gint64)steps[step] * DAY)
    step++;
  if (until == 0 || step == G_N_ELEMENTS (steps))
    {
      if (g_unlink (path) == 0 || errno == ENOENT)
        return TRUE;
      se_error_set_errno (error, errno, _ ("cannot remove %s"), path);
      return FALSE;
    }
  if (read_announced_days (path) <= steps[step])
    return TRUE;
  if (!se_io_make_parent (path, error))
    return FALSE;
  text = g_strdup_printf ("[" GROUP "]\ndays=%d\n", steps[step]);
  if (!se_atomic_file_replace (path, text, strlen (text), 0600, error))
    return FALSE;
  announce (notifier, SE_NOTICE_AUTHORIZATION_EXPIRING, account, clean);
  return TRUE;
}

/* The alert of a file in the folder; NULL: it is none, or was raised again since: a process that
 * ended halfway has left both files. */
static SeAlert *
find_alert (const SeServerConfig *server, const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (SeAlert) alert = NULL;
  g_autoptr (SeAlert) again = NULL;

  if (*name == '.')
    return NULL;
  if (g_str_has_suffix (name, RAISED))
    return read_alert (path, RAISED);
  if (g_str_has_suffix (name, WITHDRAWN))
    alert = read_alert (path, WITHDRAWN);
  if (alert != NULL)
    again = se_alert_get (server, alert->account);
  return again == NULL ? g_steal_pointer (&alert) : NULL;
}

GPtrArray *
se_alert_list (const SeServerConfig *server)
{
  g_autofree char *folder = g_build_filename (server->state_directory, FOLDER, NULL);
  g_autoptr (GDir) directory = g_dir_open (folder, 0, NULL);
  GPtrArray *alerts = g_ptr_array_new_with_free_func ((GDestroyNotify)se_alert_free);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      SeAlert *alert = find_alert (server, folder, name);

      if (alert != NULL)
        g_ptr_array_add (alerts, alert);
    }
  return alerts;
}

gboolean
se_alert_forget (const SeServerConfig *server, const SeAlert *alert, GError **error)
{
  g_autofree char *path = path_of (server, alert->account, alert->raised ? RAISED : WITHDRAWN);

  if (g_unlink (path) == 0 || errno == ENOENT)
    return TRUE;
  se_error_set_errno (error, errno, _ ("cannot remove %s"), path);
  return FALSE;
}
