/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/pdf.h"

#include "filter/child.h"
#include "filter/qpdf.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define END_WINDOW 1024 /* bytes at the end in which %%EOF is looked for */
#define PAGE_MAX 14400  /* points */
#define PATH "/dev/fd/0"

typedef struct
{
  int first, count;
  SePdfSize sizes[];
} Measured;

/* Sets the box's width and height. */
static gboolean
read_box (qpdf_data qpdf, qpdf_oh page, const char *key, SePdfSize *size)
{
  qpdf_oh box = qpdf_oh_get_key (qpdf, page, key);
  double corners[4];

  if (!qpdf_oh_is_array (qpdf, box) || qpdf_oh_get_array_n_items (qpdf, box) != 4)
    return FALSE;
  for (int i = 0; i < 4; i++)
    if (!qpdf_oh_get_value_as_number (qpdf, qpdf_oh_get_array_item (qpdf, box, i), &corners[i]))
      return FALSE;
  size->width = fabs (corners[2] - corners[0]);
  size->height = fabs (corners[3] - corners[1]);
  return size->width >= 1 && size->width <= PAGE_MAX && size->height >= 1
         && size->height <= PAGE_MAX;
}

/* A page without a usable MediaBox counts as A4. */
static SePdfSize
measure_page (qpdf_data qpdf, int index)
{
  qpdf_oh page = qpdf_get_page_n (qpdf, (gsize)index);
  SePdfSize size;
  int turned = 0;

  if (!read_box (qpdf, page, qpdf_oh_has_key (qpdf, page, "/CropBox") ? "/CropBox" : "/MediaBox",
                 &size))
    return (SePdfSize){ .width = 595, .height = 842 };
  if (qpdf_oh_get_value_as_int (qpdf, qpdf_oh_get_key (qpdf, page, "/Rotate"), &turned)
      && turned / 90 % 2 != 0)
    return (SePdfSize){ .width = size.height, .height = size.width };
  return size;
}

/* Tells whether there is a digital signature (ISO 32000-1, 12.7.2, SigFlags). */
static gboolean
has_signature (qpdf_data qpdf)
{
  qpdf_oh form = qpdf_oh_get_key_if_dict (qpdf, qpdf_get_root (qpdf), "/AcroForm");
  int flags = 0;

  return qpdf_oh_is_dictionary (qpdf, form)
         && qpdf_oh_get_value_as_int (qpdf, qpdf_oh_get_key (qpdf, form, "/SigFlags"), &flags)
         && (flags & 1) != 0;
}

/* Returns the number of pages; -1: it does not open, *code says why. */
static int
count_pages (gboolean recovery, SePdf *pdf, int *code)
{
  se_autoqpdf qpdf = se_qpdf_new ();
  int pages = -1;

  qpdf_set_attempt_recovery (qpdf, recovery ? QPDF_TRUE : QPDF_FALSE);
  if ((qpdf_read (qpdf, PATH, NULL) & QPDF_ERRORS) == 0)
    pages = qpdf_get_num_pages (qpdf);
  if (pages > 0)
    {
      SePdfSize size;

      qpdf_push_inherited_attributes_to_page (qpdf);
      size = measure_page (qpdf, 0);
      pdf->width = (int)lround (size.width);
      pdf->height = (int)lround (size.height);
      pdf->is_signed = has_signature (qpdf);
    }
  *code = qpdf_has_error (qpdf) ? (int)qpdf_get_error_code (qpdf, qpdf_get_error (qpdf))
                                : (int)qpdf_e_success;
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

  pdf->pages = count_pages (FALSE, pdf, &code);
  if (code == qpdf_e_password)
    {
      pdf->pages = -1;
      pdf->password = TRUE;
      return TRUE;
    }
  if (pdf->pages < 0 && code == qpdf_e_system)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it could not be read"));
      return FALSE;
    }
  if (pdf->pages < 0 && ends_with_eof (in_fd))
    {
      pdf->pages = count_pages (TRUE, pdf, &code);
      pdf->recovered = pdf->pages > 0;
    }
  if (pdf->pages > 0)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               pdf->pages == 0 ? _ ("it is a PDF without a page")
                               : _ ("it is a damaged or incomplete PDF"));
  return FALSE;
}

gboolean
se_pdf_check (int fd, SePdf *pdf, GError **error)
{
  memset (pdf, 0, sizeof *pdf);
  return se_child_call (_ ("the check of the PDF"), check, fd, -1, pdf, sizeof *pdf,
                        &se_child_limits, error);
}

/* In a child. */
static gboolean
measure (int in_fd, int out_fd, gpointer result, GError **error)
{
  Measured *measured = result;
  se_autoqpdf qpdf = se_qpdf_new ();

  if (!se_qpdf_open (qpdf) || qpdf_get_num_pages (qpdf) - measured->count < measured->first - 1)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("its pages are damaged"));
      return FALSE;
    }
  for (int i = 0; i < measured->count; i++)
    {
      qpdf_oh page = qpdf_get_page_n (qpdf, (gsize)measured->first - 1 + (gsize)i);
      double unit = 1;

      measured->sizes[i] = measure_page (qpdf, measured->first - 1 + i);
      if (qpdf_oh_get_value_as_number (qpdf, qpdf_oh_get_key (qpdf, page, "/UserUnit"), &unit)
          && unit > 0)
        {
          measured->sizes[i].width *= unit;
          measured->sizes[i].height *= unit;
        }
    }
  return TRUE;
}

SePdfSize *
se_pdf_measure (int fd, int first, int count, GError **error)
{
  gsize sizes = (gsize)count * sizeof (SePdfSize);
  g_autofree Measured *measured = g_malloc0 (sizeof *measured + sizes);

  measured->first = first;
  measured->count = count;
  if (!se_child_call (_ ("the check of the PDF"), measure, fd, -1, measured,
                      sizeof *measured + sizes, &se_child_limits, error))
    return NULL;
  return g_memdup2 (measured->sizes, sizes);
}
