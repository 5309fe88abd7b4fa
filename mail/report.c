/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/report.h"

#include "common/digest.h"
#include "common/atomic-file.h"
#include "common/io.h"
#include "common/lock.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define GROUP "report"
#define ENDING ".report"
#define FILE_MAX (256 * 1024)
#define DOUBTS_MAX 3

struct SeReport
{
  char *path;
  char *lock_path;
  int lock;
  GKeyFile *file;
  char *job;
  char *account;
  SeAddress *from;
  SeAddress *to;
  SeMessage *message;
};

static char *
directory_of (const char *state_directory)
{
  return g_build_filename (state_directory, "reports", NULL);
}

/* What the names of all reports on a job begin with. A queue's own name may be too long for a
 * file's.
 */
static char *
start_of (const char *job)
{
  g_autofree char *fingerprint = se_digest_fingerprint (job);

  return g_strconcat (fingerprint, "-", NULL);
}

static char *
path_of (const char *state_directory, const char *job, const char *what)
{
  g_autofree char *directory = directory_of (state_directory);
  g_autofree char *start = start_of (job);
  g_autofree char *fingerprint = se_digest_fingerprint (what);
  g_autofree char *name = g_strconcat (start, fingerprint, ENDING, NULL);

  return g_build_filename (directory, name, NULL);
}

char *
se_report_spool (const char *state_directory, const char *what, const SeReportContents *contents,
                 GError **error)
{
  g_autofree char *path = path_of (state_directory, contents->job, what);
  g_autofree char *from = se_address_to_string (contents->from);
  g_autofree char *to = se_address_to_string (contents->to);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *text = NULL;
  gboolean created;
  gsize length;

  g_key_file_set_string (file, GROUP, "job", contents->job);
  g_key_file_set_string (file, GROUP, "account", contents->account);
  g_key_file_set_string (file, GROUP, "from", from);
  g_key_file_set_string (file, GROUP, "to", to);
  g_key_file_set_int64 (file, GROUP, "created", g_get_real_time () / G_USEC_PER_SEC);
  g_key_file_set_string (file, GROUP, "text", se_message_texts (contents->message)[0]);
  text = g_key_file_to_data (file, &length, NULL);
  if (!se_io_make_parent (path, error)
      || !se_atomic_file_create (path, text, length, 0600, &created, error))
    return NULL;
  return g_steal_pointer (&path);
}

GPtrArray *
se_report_list (const char *state_directory)
{
  g_autofree char *directory = directory_of (state_directory);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (*name != '.' && g_str_has_suffix (name, ENDING))
      g_ptr_array_add (paths, g_build_filename (directory, name, NULL));
  if (!se_atomic_file_sweep (directory, &error))
    g_warning ("%s", error->message);
  return paths;
}

static SeAddress *
get_address (const SeReport *report, const char *key)
{
  g_autofree char *text = g_key_file_get_string (report->file, GROUP, key, NULL);

  return text != NULL ? se_address_parse (text, NULL) : NULL;
}

/* Reads what was spooled; FALSE: not all of it is there. */
static gboolean
read_contents (SeReport *report)
{
  g_autofree char *text = NULL;

  report->job = g_key_file_get_string (report->file, GROUP, "job", NULL);
  report->account = g_key_file_get_string (report->file, GROUP, "account", NULL);
  report->from = get_address (report, "from");
  report->to = get_address (report, "to");
  text = g_key_file_get_string (report->file, GROUP, "text", NULL);
  if (text != NULL)
    report->message
        = se_message_new_from_texts ((const char *const[]){ text, NULL }, NULL, 0, NULL);
  return report->job != NULL && report->account != NULL && report->from != NULL
         && report->to != NULL && report->message != NULL;
}

SeReport *
se_report_open (const char *path, GError **error)
{
  g_autoptr (SeReport) report = g_new0 (SeReport, 1);
  g_autofree char *text = NULL;
  gsize length;

  report->path = g_strdup (path);
  report->lock_path = g_strconcat (path, ".lock", NULL);
  report->lock = se_lock_take (report->lock_path, 0, -1, error);
  if (report->lock < 0)
    return NULL;
  text = se_io_read_file (path, FILE_MAX, &length, error);
  if (text == NULL)
    return NULL;
  report->file = g_key_file_new ();
  if (g_key_file_load_from_data (report->file, text, length, G_KEY_FILE_NONE, NULL)
      && read_contents (report))
    return g_steal_pointer (&report);
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("The report %s is damaged: remove it"), path);
  return NULL;
}

void
se_report_close (SeReport *report)
{
  /* Where the report is gone, so is the need for its lock. */
  if (report->lock >= 0 && se_report_is_gone (report))
    g_unlink (report->lock_path);
  se_io_clear_fd (&report->lock);
  g_clear_pointer (&report->file, g_key_file_unref);
  g_clear_pointer (&report->from, se_address_free);
  g_clear_pointer (&report->to, se_address_free);
  g_clear_pointer (&report->message, se_message_free);
  g_free (report->job);
  g_free (report->account);
  g_free (report->lock_path);
  g_free (report->path);
  g_free (report);
}

const char *
se_report_job (const SeReport *report)
{
  return report->job;
}

const char *
se_report_account (const SeReport *report)
{
  return report->account;
}

char *
se_report_to (const SeReport *report)
{
  return se_address_to_string (report->to);
}

gboolean
se_report_is_old (const SeReport *report)
{
  gint64 created = g_key_file_get_int64 (report->file, GROUP, "created", NULL);

  return g_get_real_time () / G_USEC_PER_SEC - created > SE_REPORT_MAX_AGE;
}

gboolean
se_report_is_gone (const SeReport *report)
{
  return g_access (report->path, F_OK) < 0;
}

gboolean
se_report_drop (SeReport *report, GError **error)
{
  if (g_unlink (report->path) == 0 || errno == ENOENT)
    return se_io_sync_parent (report->path, error);
  se_error_set_errno (error, errno, _ ("cannot remove %s"), report->path);
  return FALSE;
}

/* Counts a doubt. FALSE: it was one too many, or cannot be counted. */
static gboolean
count_doubt (SeReport *report)
{
  int doubts = g_key_file_get_integer (report->file, GROUP, "doubts", NULL) + 1;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize length;

  g_key_file_set_integer (report->file, GROUP, "doubts", doubts);
  text = g_key_file_to_data (report->file, &length, NULL);
  if (doubts < DOUBTS_MAX && se_atomic_file_replace (report->path, text, length, 0600, &error))
    return TRUE;
  if (error != NULL)
    g_warning ("%s", error->message);
  return FALSE;
}

gboolean
se_report_send (SeReport *report, const SeDelivery *delivery, GError **error)
{
  g_autoptr (GPtrArray) recipients = g_ptr_array_new ();
  const SeEnvelope envelope = { report->from, recipients };
  g_autoptr (GError) local = NULL;

  g_ptr_array_add (recipients, report->to);
  if (se_delivery_send_once (delivery, &envelope, report->message, NULL, &local))
    return se_report_drop (report, error);
  if (se_error_is (local, SE_ERROR_DOCUMENT) || se_error_is (local, SE_ERROR_TOO_LARGE)
      || (se_error_is (local, SE_ERROR_IN_DOUBT) && !count_doubt (report)))
    (void)se_report_drop (report, NULL);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

void
se_report_withdraw (const char *state_directory, const char *job)
{
  g_autoptr (GPtrArray) paths = se_report_list (state_directory);
  g_autofree char *start = start_of (job);

  for (guint i = 0; i < paths->len; i++)
    {
      g_autoptr (SeReport) report = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *name = g_path_get_basename (paths->pdata[i]);

      if (!g_str_has_prefix (name, start))
        continue;
      report = se_report_open (paths->pdata[i], &error);
      if (report == NULL || !se_report_drop (report, &error))
        g_debug ("%s", error->message);
    }
}
