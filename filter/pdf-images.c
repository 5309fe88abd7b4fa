/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/pdf-images.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/jpeg.h"
#include "filter/qpdf.h"
#include "filter/temp.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <unistd.h>

#define EOI "\xff\xd9" /* some writers leave it out; data that end too early are noticed anyway */

/* Tells whether a stream is an image that is nothing but a JPEG. */
static gboolean
is_jpeg (qpdf_data qpdf, qpdf_oh stream)
{
  qpdf_oh dictionary, filter;

  if (!qpdf_oh_is_stream (qpdf, stream))
    return FALSE;
  dictionary = qpdf_oh_get_dict (qpdf, stream);
  filter = qpdf_oh_get_key (qpdf, dictionary, "/Filter");
  if (qpdf_oh_is_array (qpdf, filter) && qpdf_oh_get_array_n_items (qpdf, filter) == 1)
    filter = qpdf_oh_get_array_item (qpdf, filter, 0);
  return qpdf_oh_is_name_and_equals (qpdf, qpdf_oh_get_key (qpdf, dictionary, "/Subtype"), "/Image")
         && qpdf_oh_is_name_and_equals (qpdf, filter, "/DCTDecode");
}

/* fd: a file for the image's data. */
static gboolean
check_jpeg (qpdf_data qpdf, qpdf_oh stream, int fd, GError **error)
{
  g_autoptr (GError) damage = NULL;
  unsigned char *data = NULL;
  size_t length = 0;
  SeJpegFacts facts;
  gboolean done;

  if ((qpdf_oh_get_stream_data (qpdf, stream, qpdf_dl_none, NULL, &data, &length) & QPDF_ERRORS)
          != 0
      || data == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("it holds an image that is damaged or incomplete"));
      return FALSE;
    }
  if (ftruncate (fd, 0) < 0 || lseek (fd, 0, SEEK_SET) < 0)
    {
      se_error_set_errno (error, errno, _ ("a temporary file"));
      done = FALSE;
    }
  else
    done = se_io_write_all (fd, data, length, error)
           && se_io_write_all (fd, EOI, sizeof EOI - 1, error);
  free (data);
  if (!done || se_jpeg_decode (fd, &facts, &damage))
    return done;
  if (se_error_is (damage, SE_ERROR_DOCUMENT))
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                 _ ("it holds an image that is damaged or incomplete"));
  else
    g_propagate_error (error, g_steal_pointer (&damage));
  return FALSE;
}

/* In a child. */
static gboolean
check (int in_fd, int out_fd, gpointer result, GError **error)
{
  se_autoqpdf qpdf = se_qpdf_new ();
  int size;

  if (!se_qpdf_open (qpdf))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("its pages cannot be read"));
      return FALSE;
    }
  size = qpdf_oh_get_int_value_as_int (qpdf,
                                       qpdf_oh_get_key (qpdf, qpdf_get_trailer (qpdf), "/Size"));
  for (int number = 1; number < size; number++)
    {
      qpdf_oh object = qpdf_get_object_by_id (qpdf, number, 0);
      gboolean done = !is_jpeg (qpdf, object) || check_jpeg (qpdf, object, out_fd, error);

      qpdf_oh_release_all (qpdf);
      if (!done)
        return FALSE;
    }
  return TRUE;
}

gboolean
se_pdf_images_check (int fd, GError **error)
{
  se_autofd int data_fd = se_temp_file (error);

  return data_fd >= 0
         && se_child_call (_ ("the check of the document"), check, fd, data_fd, NULL, 0,
                           &se_child_limits, error);
}
