/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/program.h"

#include "common/log.h"
#include "filter/child.h"
#include "filter/temp.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

#define INPUT "/dev/fd/0" /* spares the programs the copy that they make of a standard input */

/* What a converter is told of the world: never DEVICE_URI or AUTH_*, which some print in full. */
static char **
make_environment (const SeType *type, const SeJob *job, const char *directory)
{
  static const char *const passed[] = {
    "CUPS_CACHEDIR", "CUPS_DATADIR", "CUPS_SERVERBIN", "CUPS_SERVERROOT", "CUPS_STATEDIR",
    "CUPS_FONTPATH", "PPD",          "PRINTER",        "SOFTWARE",        "CUPS_MAX_MESSAGE"
  };
  g_autofree char *time = g_strdup_printf ("%" G_GINT64_FORMAT, job->time);
  char **environment = g_environ_setenv (NULL, "PATH", "/usr/bin:/bin:/usr/local/bin", TRUE);

  for (gsize i = 0; i < G_N_ELEMENTS (passed); i++)
    if (g_getenv (passed[i]) != NULL)
      environment = g_environ_setenv (environment, passed[i], g_getenv (passed[i]), TRUE);
  environment = g_environ_setenv (environment, "LANG", "C.UTF-8", TRUE);
  environment = g_environ_setenv (environment, "CHARSET", "utf-8", TRUE);
  environment = g_environ_setenv (environment, "CONTENT_TYPE", type->mime, TRUE);
  environment = g_environ_setenv (environment, "FINAL_CONTENT_TYPE", "application/pdf", TRUE);
  environment = g_environ_setenv (environment, "SOURCE_DATE_EPOCH", time, TRUE);
  environment = g_environ_setenv (environment, "HOME", directory, TRUE);
  return g_environ_setenv (environment, "TMPDIR", directory, TRUE);
}

static char *
find_program (const char *name)
{
  const char *serverbin = g_getenv ("CUPS_SERVERBIN");

  return g_build_filename (serverbin != NULL ? serverbin : SE_SERVERBIN, "filter", name, NULL);
}

/* The program's own words say more than its exit status. */
static void
explain (GError **error, const char *complaint)
{
  g_autofree char *message = NULL;

  if (complaint == NULL || !se_error_is (*error, SE_ERROR_DOCUMENT))
    return;
  message = g_strdup_printf ("%s: %s", (*error)->message, complaint);
  g_clear_error (error);
  g_set_error_literal (error, SE_ERROR, SE_ERROR_DOCUMENT, message);
}

static gboolean
is_said (const GPtrArray *remarks, const char *remark)
{
  return g_ptr_array_find_with_equal_func ((GPtrArray *)remarks, remark, g_str_equal, NULL);
}

/* Ghostscript may end well and have left something out. Of a page that it gave up it says the same
 * as of one whose content is empty: that is not judged here. */
static gboolean
is_whole (const GPtrArray *remarks, GError **error)
{
  if (!is_said (remarks, "recoverable image error"))
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               _ ("it holds an image that is damaged or incomplete"));
  return FALSE;
}

/* Passes on what may have cost some of the document. */
static void
keep_remarks (const GPtrArray *remarks, const SeJob *job)
{
  static const char *const harmless[] = { "encountered more q than Q", "encountered more Q than q",
                                          "garbage left on stack", "incorrect xref size", NULL };

  for (guint i = 0; job->remarks != NULL && i < remarks->len; i++)
    if (!g_strv_contains (harmless, remarks->pdata[i])
        && !is_said (job->remarks, remarks->pdata[i]))
      g_ptr_array_add (job->remarks, g_strdup (remarks->pdata[i]));
}

/* Runs a program with a temporary directory of its own. */
static gboolean
run (const char *const *arguments, const SeType *type, const SeJob *job, int in_fd, int out_fd,
     GError **error)
{
  g_autoptr (GPtrArray) remarks = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *complaint = NULL;
  g_autofree char *directory = NULL;
  g_auto (GStrv) environment = NULL;
  g_autoptr (GError) failure = NULL;
  gboolean done;

  se_child_defer_signals (TRUE); /* the directory has to go */
  directory = se_temp_make_directory (error);
  if (directory == NULL)
    {
      se_child_defer_signals (FALSE);
      return FALSE;
    }
  environment = make_environment (type, job, directory);
  done = se_child_run (arguments, (const char *const *)environment, in_fd, out_fd, &se_child_limits,
                       &complaint, remarks, &failure);
  done = done && is_whole (remarks, &failure) && se_temp_has_space (&failure);
  se_temp_blame_space (&failure);
  se_temp_remove_directory (directory);
  se_child_defer_signals (FALSE);
  keep_remarks (remarks, job);
  if (done)
    return TRUE;
  explain (&failure, complaint);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

gboolean
se_program_run_filter (const char *name, const char *options, const SeType *type, const SeJob *job,
                       int in_fd, int out_fd, GError **error)
{
  g_autofree char *program = find_program (name);
  g_autofree char *user = se_log_clean (job->user, 255);
  g_autofree char *title = se_log_clean (job->title, 255);
  const char *const arguments[] = { program, job->id, user, title, "1", options, INPUT, NULL };

  return run (arguments, type, job, in_fd, out_fd, error);
}

/* missing: what to say where it is not installed. */
static char *
find_ghostscript (const char *missing, GError **error)
{
  char *program = g_find_program_in_path ("gs");

  if (program == NULL)
    g_set_error_literal (error, SE_ERROR, SE_ERROR_TEMPORARY, missing);
  return program;
}

gboolean
se_program_run_ghostscript (const SeType *type, const char *const *options, const SeJob *job,
                            int in_fd, int out_fd, GError **error)
{
  static const char *const common[] = { "-dSAFER",
                                        "-dNOPAUSE",
                                        "-dBATCH",
                                        "-sDEVICE=pdfwrite",
                                        "-sstdout=%stderr",
                                        "-sOutputFile=%stdout",
                                        "-dAutoRotatePages=/None" };
  g_autofree char *missing = g_strdup_printf (
      _ ("Ghostscript is not installed here, it makes PDF of %s"), _ (type->title));
  g_autofree char *program = find_ghostscript (missing, error);
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();

  if (program == NULL)
    return FALSE;
  g_ptr_array_add (arguments, program);
  for (gsize i = 0; i < G_N_ELEMENTS (common); i++)
    g_ptr_array_add (arguments, (gpointer)common[i]);
  for (; *options != NULL; options++)
    g_ptr_array_add (arguments, (gpointer)*options);
  g_ptr_array_add (arguments, (gpointer) "-f");
  g_ptr_array_add (arguments, (gpointer)INPUT);
  g_ptr_array_add (arguments, NULL);
  return run ((const char *const *)arguments->pdata, type, job, in_fd, out_fd, error);
}

gboolean
se_program_draw_pages (int first_page, int last_page, guint resolution, SeSmoothing smoothing,
                       const SeJob *job, int in_fd, int out_fd, GError **error)
{
  g_autofree char *program
      = find_ghostscript (_ ("Ghostscript is not installed here, it makes images of pages"), error);
  g_autofree char *first = g_strdup_printf ("-dFirstPage=%d", first_page);
  g_autofree char *last = g_strdup_printf ("-dLastPage=%d", last_page);
  g_autofree char *dots = g_strdup_printf ("-r%u", resolution);
  gboolean edges = smoothing >= SE_SMOOTH_EDGES;
  const char *const arguments[]
      = { program,
          "-dSAFER",
          "-dNOPAUSE",
          "-dBATCH",
          "-sDEVICE=ppmraw",
          "-dUseCropBox",
          "-dPrinted=false", /* what is made for viewers too */
          first,
          last,
          dots,
          edges ? "-dTextAlphaBits=4" : "-dTextAlphaBits=1",
          edges ? "-dGraphicsAlphaBits=4" : "-dGraphicsAlphaBits=1",
          smoothing == SE_SMOOTH_ALL ? "-dInterpolateControl=-1" : "-dInterpolateControl=0",
          "-sstdout=%stderr",
          "-sOutputFile=%stdout",
          INPUT,
          NULL };

  return program != NULL && run (arguments, se_type_pdf (), job, in_fd, out_fd, error);
}
