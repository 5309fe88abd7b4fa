/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/pdf.h"

#include "filter/child.h"

#include <errno.h>
#include <qpdf/qpdf-c.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define END_WINDOW 1024 /* bytes at the end in which %%EOF is looked for */
#define PATH "/dev/fd/0"

/* Returns the number of pages; -1: it does not open, *code says why. */
static int
count_pages (gboolean recovery, int *code)
{
  qpdf_data qpdf = qpdf_init ();
  int pages = -1;

  qpdf_silence_errors (qpdf);
  qpdf_set_suppress_warnings (qpdf, QPDF_TRUE);
  qpdf_set_attempt_recovery (qpdf, recovery ? QPDF_TRUE : QPDF_FALSE);
  if ((qpdf_read (qpdf, PATH, NULL) & QPDF_ERRORS) == 0)
    pages = qpdf_get_num_pages (qpdf);
  *code = qpdf_has_error (qpdf) ? (int)qpdf_get_error_code (qpdf, qpdf_get_error (qpdf))
                                : (int)qpdf_e_success;
  qpdf_cleanup (&qpdf);
  return pages;
}

static gboolean
ends_with_eof (int fd)
{
  char tail[END_WINDOW];
  struct stat status;
  gssize length;

  if (fstat (fd, &status) < 0)
    return FALSE;
  length = pread (fd, tail, sizeof tail, MAX (status.st_size - END_WINDOW, 0));
  return length > 0 && memmem (tail, (gsize)length, "%%EOF", 5) != NULL;
}

static gboolean
check (int in_fd, int out_fd, gpointer result, GError **error)
{
  SePdf *pdf = result;
  int code;

  pdf->pages = count_pages (FALSE, &code);
  if (code == qpdf_e_password)
    {
      pdf->pages = -1;
      pdf->password = TRUE;
      return TRUE;
    }
  if (pdf->pages < 0 && code == qpdf_e_system)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, "it could not be read");
      return FALSE;
    }
  if (pdf->pages < 0 && ends_with_eof (in_fd))
    {
      pdf->pages = count_pages (TRUE, &code);
      pdf->recovered = pdf->pages > 0;
    }
  if (pdf->pages > 0)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               pdf->pages == 0 ? "it is a PDF without a page"
                               : "it is a damaged or incomplete PDF");
  return FALSE;
}

gboolean
se_pdf_check (int fd, SePdf *pdf, GError **error)
{
  memset (pdf, 0, sizeof *pdf);
  return se_child_call ("the check of the PDF", check, fd, -1, pdf, sizeof *pdf, &se_child_limits,
                        error);
}
