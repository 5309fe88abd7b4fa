/* SPDX-License-Identifier: Apache-2.0 */
#include "common/alert.h"

#include "common/atomic-file.h"
#include "common/io.h"
#include "common/log.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

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

/* Every name has one of the two endings, so that no address looks like another's. */
static char *
path_of (const SeServerConfig *server, const char *account, const char *ending)
{
  g_autofree char *escaped = g_uri_escape_string (account, NULL, FALSE);
  g_autofree char *name = g_strconcat (escaped, ending, NULL);

  return g_build_filename (server->state_directory, "alerts", name, NULL);
}

static void
announce (const SeNotifier *notifier, SeNoticeEvent event, const char *account,
          const char *sentence)
{
  const SeNotice notice = { .event = event, .subject = account, .sentence = sentence };

  notifier->tell (&notice, notifier->data);
}

static char *
format (SeAlertCause cause, const char *sentence, gsize *length)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

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
  g_autofree char *text = format (cause, clean, &length);
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

static SeAlert *
read_alert (const SeServerConfig *server, const char *account, gboolean raised)
{
  g_autofree char *path = path_of (server, account, raised ? RAISED : WITHDRAWN);
  g_autofree char *text = se_io_read_file (path, FILE_MAX, NULL, NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *cause = NULL;
  SeAlert *alert = NULL;

  if (text == NULL)
    return NULL;
  /* A damaged file is an alert all the same. */
  (void)g_key_file_load_from_data (file, text, strlen (text), G_KEY_FILE_NONE, NULL);
  cause = g_key_file_get_string (file, GROUP, "cause", NULL);
  alert = g_new0 (SeAlert, 1);
  alert->account = g_strdup (account);
  alert->raised = raised;
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
  return read_alert (server, account, TRUE);
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

/* The account of a file's name, owned by the caller; NULL for a file with another ending. */
static char *
account_of (const char *name, const char *ending)
{
  g_autofree char *escaped = NULL;

  if (!g_str_has_suffix (name, ending) || *name == '.')
    return NULL;
  escaped = g_strndup (name, strlen (name) - strlen (ending));
  return g_uri_unescape_string (escaped, NULL);
}

GPtrArray *
se_alert_list (const SeServerConfig *server)
{
  g_autofree char *path = g_build_filename (server->state_directory, "alerts", NULL);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  GPtrArray *alerts = g_ptr_array_new_with_free_func ((GDestroyNotify)se_alert_free);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *raised = account_of (name, RAISED);
      g_autofree char *withdrawn = raised == NULL ? account_of (name, WITHDRAWN) : NULL;
      SeAlert *alert = NULL;

      if (raised != NULL)
        alert = read_alert (server, raised, TRUE);
      else if (withdrawn != NULL)
        {
          /* Raised again since: a process that ended halfway has left both. */
          g_autoptr (SeAlert) again = se_alert_get (server, withdrawn);

          if (again == NULL)
            alert = read_alert (server, withdrawn, FALSE);
        }
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
