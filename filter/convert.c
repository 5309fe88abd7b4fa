/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/convert.h"

#include "common/io.h"
#include "common/log.h"
#include "filter/child.h"
#include "filter/pdf.h"
#include "filter/temp.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT "/dev/fd/0" /* spares the converters the copy that they make of a standard input */

/* What a converter is told of the world: never DEVICE_URI or AUTH_*, which some print in full. */
static char **
make_environment (const SeType *type, const char *directory)
{
  static const char *const passed[]
      = { "CUPS_CACHEDIR", "CUPS_DATADIR",  "CUPS_SERVERBIN",  "CUPS_SERVERROOT",
          "CUPS_STATEDIR", "CUPS_FONTPATH", "CUPS_FILETYPE",   "PPD",
          "PRINTER",       "SOFTWARE",      "CUPS_MAX_MESSAGE" };
  char **environment = g_environ_setenv (NULL, "PATH", "/usr/bin:/bin:/usr/local/bin", TRUE);

  for (gsize i = 0; i < G_N_ELEMENTS (passed); i++)
    if (g_getenv (passed[i]) != NULL)
      environment = g_environ_setenv (environment, passed[i], g_getenv (passed[i]), TRUE);
  environment = g_environ_setenv (environment, "LANG", "C.UTF-8", TRUE);
  environment = g_environ_setenv (environment, "CHARSET", "utf-8", TRUE);
  environment = g_environ_setenv (environment, "CONTENT_TYPE", type->mime, TRUE);
  environment = g_environ_setenv (environment, "FINAL_CONTENT_TYPE", "application/pdf", TRUE);
  environment = g_environ_setenv (environment, "HOME", directory, TRUE);
  return g_environ_setenv (environment, "TMPDIR", directory, TRUE);
}

static char *
find_program (const char *name)
{
  const char *serverbin = g_getenv ("CUPS_SERVERBIN");

  return g_build_filename (serverbin != NULL ? serverbin : SE_SERVERBIN, "filter", name, NULL);
}

/* A failure for want of space is not the document's, and the converter's own words say more than
 * its exit status. */
static void
explain (GError **error, const char *complaint)
{
  if (!se_error_is (*error, SE_ERROR_DOCUMENT))
    return;
  if (se_temp_is_full ())
    {
      g_clear_error (error);
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   "there is no space left for temporary files");
    }
  else if (complaint != NULL)
    {
      g_autofree char *message = g_strdup_printf ("%s: %s", (*error)->message, complaint);

      g_clear_error (error);
      g_set_error_literal (error, SE_ERROR, SE_ERROR_DOCUMENT, message);
    }
}

/* Runs a stock filter on in_fd. Returns a temporary file with its output, -1 on error. */
static int
run_filter (const char *name, const char *options, const SeType *type, const SeJob *job, int in_fd,
            GError **error)
{
  g_autofree char *program = find_program (name);
  g_autofree char *user = se_log_clean (job->user, 255);
  g_autofree char *title = se_log_clean (job->title, 255);
  g_autofree char *complaint = NULL;
  g_autofree char *directory = NULL;
  g_auto (GStrv) environment = NULL;
  const char *const arguments[] = { program, job->id, user, title, "1", options, INPUT, NULL };
  g_autoptr (GError) failure = NULL;
  se_autofd int out_fd = se_temp_file (error);
  gboolean done;

  if (out_fd < 0)
    return -1;
  se_child_defer_signals (TRUE); /* the directory has to go */
  directory = se_temp_make_directory (&failure);
  if (directory == NULL)
    {
      se_child_defer_signals (FALSE);
      g_propagate_error (error, g_steal_pointer (&failure));
      return -1;
    }
  environment = make_environment (type, directory);
  done = se_child_run (arguments, (const char *const *)environment, in_fd, out_fd, &se_child_limits,
                       &complaint, &failure);
  se_temp_remove_directory (directory);
  se_child_defer_signals (FALSE);
  if (done)
    return se_io_steal_fd (&out_fd);
  explain (&failure, complaint);
  g_propagate_error (error, g_steal_pointer (&failure));
  return -1;
}

static gboolean
measure (SeConverted *converted, GError **error)
{
  struct stat status;

  if (fstat (converted->fd, &status) < 0 || lseek (converted->fd, 0, SEEK_SET) < 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, "it cannot be read: %s",
                   g_strerror (errno));
      return FALSE;
    }
  converted->length = (guint64)status.st_size;
  return TRUE;
}

/* Checks a converter's output. empty: what it means that there is none. */
static gboolean
check_output (const char *name, SeConverted *converted, const char *empty, GError **error)
{
  g_autoptr (GError) failure = NULL;
  SePdf pdf;

  if (!measure (converted, error))
    return FALSE;
  if (converted->length == 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, "%s", empty);
      return FALSE;
    }
  if (se_pdf_check (converted->fd, &pdf, &failure))
    {
      converted->pages = pdf.pages;
      return TRUE;
    }
  if (!se_error_is (failure, SE_ERROR_DOCUMENT))
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, "%s made no sound PDF of it", name);
  return FALSE;
}

/* Puts the output of one more filter in the place of converted. */
static gboolean
apply (SeConverted *converted, const char *name, const char *options, const SeType *type,
       const SeJob *job, const char *empty, GError **error)
{
  int out_fd = run_filter (name, options, type, job, converted->fd, error);

  if (out_fd < 0)
    return FALSE;
  close (converted->fd);
  converted->fd = out_fd;
  return check_output (name, converted, empty, error);
}

static gboolean
make_pdf (SeConverted *converted, const SeType *type, const SeJob *job, GError **error)
{
  g_autofree char *options = se_options_for_converter (job->options, type->family);
  g_autofree char *empty = g_strdup_printf ("it is a damaged or incomplete %s", type->title);

  return apply (converted, type->converter, options, type, job, empty, error);
}

static gboolean
check_pdf (SeConverted *converted, gboolean arrange, GError **error)
{
  SePdf pdf;

  if (!se_pdf_check (converted->fd, &pdf, error))
    return FALSE;
  converted->pages = pdf.pages;
  if (pdf.recovered)
    g_warning ("the document's cross-reference table is damaged; it is sent as it is");
  if (arrange && pdf.password)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   "it asks for a password, so its pages cannot be laid out by options");
      return FALSE;
    }
  return TRUE;
}

gboolean
se_convert (SeConverted *converted, SeSource *source, const SeJob *job, GError **error)
{
  const SeType *type = source->type;
  gboolean arrange = se_options_need_pdftopdf (job->options, type->family);

  *converted = (SeConverted){ .fd = -1, .pages = -1 };
  if (!se_options_check_family (job->options, type->family, error))
    return FALSE;
  if (arrange || type->converter != NULL)
    {
      converted->source_digest = se_source_digest (source, error);
      if (converted->source_digest == NULL)
        return FALSE;
    }
  converted->fd = se_io_steal_fd (&source->fd);
  if (type->converter == NULL ? !check_pdf (converted, arrange, error)
                              : !make_pdf (converted, type, job, error))
    return FALSE;
  if (arrange)
    {
      g_autofree char *options = se_options_for_pdftopdf (job->options, type->family);

      if (!apply (converted, "pdftopdf", options, type, job,
                  "the options of the job leave no page of it", error))
        return FALSE;
    }
  return measure (converted, error);
}

void
se_converted_clear (SeConverted *converted)
{
  if (converted->fd >= 0)
    close (converted->fd);
  converted->fd = -1;
  g_clear_pointer (&converted->source_digest, g_free);
}
