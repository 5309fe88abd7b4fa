/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/place.h"

#include "common/io.h"
#include "filter/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARKER_SIZE_MAX (1 << 20)
#define SHEET "job-sheet"

void
se_spooled_free (SeSpooled *spooled)
{
  if (spooled == NULL)
    return;
  g_free (spooled->path);
  g_free (spooled->type);
  g_free (spooled);
}

void
se_place_free (SePlace *place)
{
  if (place == NULL)
    return;
  g_ptr_array_unref (place->documents);
  g_free (place->marker);
  g_free (place->pipe);
  g_free (place);
}

static void
add_document (SePlace *place, const char *path)
{
  SeSpooled *spooled = g_new0 (SeSpooled, 1);

  spooled->path = g_strdup (path);
  g_ptr_array_add (place->documents, spooled);
}

/* The spool directory cannot be listed, only asked for names (it is 0710). */
static gboolean
find_documents (SePlace *place, const char *spool, const char *job, GError **error)
{
  for (int number = 1;; number++)
    {
      g_autofree char *name = g_strdup_printf ("d%05d-%03d", atoi (job), number);
      g_autofree char *path = g_build_filename (spool, name, NULL);

      if (access (path, R_OK) == 0)
        add_document (place, path);
      else if (errno == ENOENT)
        return TRUE;
      else
        {
          g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("cannot read %s: %s"), path,
                       g_strerror (errno));
          return FALSE;
        }
    }
}

static gboolean
is_same_file (const struct stat *status, const char *path)
{
  struct stat other;

  return stat (path, &other) == 0 && other.st_dev == status->st_dev
         && other.st_ino == status->st_ino;
}

/* Returns the number that argv[6] names, 0 if it names none. The spool's path may be spelled in
 * another way there. */
static int
number_of_file (const SePlace *place, const char *file)
{
  struct stat status;

  if (stat (file, &status) < 0)
    return 0;
  for (guint i = 0; i < place->documents->len; i++)
    if (is_same_file (&status, ((SeSpooled *)place->documents->pdata[i])->path))
      return (int)i + 1;
  return 0;
}

static char *
name_pipe (int fd, GError **error)
{
  struct stat status;

  if (fstat (fd, &status) == 0)
    return g_strdup_printf ("%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("cannot see the pipe to the backend: %s"),
               g_strerror (errno));
  return NULL;
}

static char *
name_marker (const char *job)
{
  g_autofree char *base = se_temp_base ();
  g_autofree char *name = g_strdup_printf ("scan-email-job-%d", atoi (job));

  return g_build_filename (base, name, NULL);
}

/* Reads the marker lines "PIPE NUMBER FILETYPE TYPE" of this attempt; those of an earlier attempt
 * count as none. Returns the lines from number 1 on, split; an empty array without any. */
static GPtrArray *
read_markers (const SePlace *place, GError **error)
{
  g_autoptr (GPtrArray) markers = g_ptr_array_new_with_free_func ((GDestroyNotify)g_strfreev);
  g_autofree char *contents = NULL;
  g_auto (GStrv) lines = NULL;

  if (g_access (place->marker, F_OK) < 0 && errno == ENOENT)
    return g_steal_pointer (&markers);
  contents = se_io_read_file (place->marker, MARKER_SIZE_MAX, NULL, error);
  if (contents == NULL)
    return NULL;
  lines = g_strsplit (contents, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i], " ", 4);

      if (g_strv_length (fields) == 4 && strcmp (fields[0], place->pipe) == 0
          && (guint)atoi (fields[1]) == markers->len + 1)
        g_ptr_array_add (markers, g_steal_pointer (&fields));
    }
  return g_steal_pointer (&markers);
}

SePlace *
se_place_find (const char *job, const char *file, int stdout_fd, GError **error)
{
  const char *spool = g_getenv ("CUPS_REQUESTROOT");
  g_autoptr (SePlace) place = g_new0 (SePlace, 1);

  place->documents = g_ptr_array_new_with_free_func ((GDestroyNotify)se_spooled_free);
  if (spool != NULL && !find_documents (place, spool, job, error))
    return NULL;
  if (file != NULL)
    {
      place->number = number_of_file (place, file);
      if (place->number == 0)
        {
          g_ptr_array_set_size (place->documents, 0);
          add_document (place, file);
          place->number = 1;
        }
    }
  if (place->documents->len == 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   _ ("no document of job %s in the spool (%s)"), job,
                   spool != NULL ? spool : _ ("CUPS_REQUESTROOT is not set"));
      return NULL;
    }
  if (place->documents->len == 1)
    {
      place->number = 1;
      return g_steal_pointer (&place);
    }

  place->marker = name_marker (job);
  place->pipe = name_pipe (stdout_fd, error);
  if (place->pipe == NULL)
    return NULL;
  if (place->number == 0)
    {
      g_autoptr (GPtrArray) markers = read_markers (place, error);

      if (markers == NULL)
        return NULL;
      place->number = (int)markers->len + 1;
    }
  return g_steal_pointer (&place);
}

gboolean
se_place_is_last (const SePlace *place)
{
  return place->number >= (int)place->documents->len;
}

static gboolean
is_job_sheet (void)
{
  return g_strcmp0 (g_getenv ("CUPS_FILETYPE"), SHEET) == 0;
}

gboolean
se_place_mark (const SePlace *place, GError **error)
{
  const char *type = g_getenv ("CONTENT_TYPE");
  g_autofree char *line
      = g_strdup_printf ("%s %d %s %s\n", place->pipe, place->number,
                         is_job_sheet () ? SHEET : "document", type != NULL ? type : "-");
  int flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
  se_autofd int fd = open (place->marker, place->number == 1 ? flags | O_TRUNC : flags, 0600);

  if (fd < 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("cannot write %s: %s"), place->marker,
                   g_strerror (errno));
      return FALSE;
    }
  return se_io_write_all (fd, line, strlen (line), error);
}

static void
describe (SeSpooled *spooled, const char *type, gboolean job_sheet)
{
  spooled->type = g_strcmp0 (type, "-") != 0 ? g_strdup (type) : NULL;
  spooled->job_sheet = job_sheet;
}

gboolean
se_place_collect (SePlace *place, GError **error)
{
  g_autoptr (GPtrArray) markers = NULL;

  describe (place->documents->pdata[place->number - 1], g_getenv ("CONTENT_TYPE"), is_job_sheet ());
  if (place->marker == NULL)
    return TRUE;
  markers = read_markers (place, error);
  if (markers == NULL)
    return FALSE;
  if (markers->len + 1 != (guint)place->number)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   _ ("the filter of document %u left no marker in %s"), markers->len + 1,
                   place->marker);
      return FALSE;
    }
  for (guint i = 0; i < markers->len; i++)
    {
      char **fields = markers->pdata[i];

      describe (place->documents->pdata[i], fields[3], strcmp (fields[2], SHEET) == 0);
    }
  if (g_unlink (place->marker) < 0)
    g_warning (_ ("cannot remove %s: %s"), place->marker, g_strerror (errno));
  return TRUE;
}
