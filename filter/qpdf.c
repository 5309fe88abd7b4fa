/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/qpdf.h"

#include <glib/gi18n-lib.h>
#include <qpdf/qpdflogger-c.h>

void
se_qpdf_free (qpdf_data qpdf)
{
  qpdf_cleanup (&qpdf);
}

void
se_qpdf_clear (qpdf_data *qpdf)
{
  qpdf_cleanup (qpdf);
}

/* What is said of an object that belongs to no document, such as the null of a key that is not
 * there, goes to the library's own log. */
static void
silence_library (void)
{
  qpdflogger_handle logger = qpdflogger_default_logger ();

  qpdflogger_set_warn (logger, qpdf_log_dest_discard, NULL, NULL);
  qpdflogger_set_error (logger, qpdf_log_dest_discard, NULL, NULL);
  qpdflogger_cleanup (&logger);
}

qpdf_data
se_qpdf_new (void)
{
  qpdf_data qpdf = qpdf_init ();

  silence_library ();
  qpdf_silence_errors (qpdf);
  qpdf_set_suppress_warnings (qpdf, QPDF_TRUE);
  return qpdf;
}

gboolean
se_qpdf_open (qpdf_data qpdf)
{
  return (qpdf_read (qpdf, "/dev/fd/0", NULL) & QPDF_ERRORS) == 0
         && (qpdf_push_inherited_attributes_to_page (qpdf) & QPDF_ERRORS) == 0
         && qpdf_get_num_pages (qpdf) > 0;
}

gboolean
se_qpdf_write (qpdf_data qpdf, gboolean encrypted, GError **error)
{
  qpdf_error failure;

  if ((qpdf_init_write (qpdf, "/dev/fd/1") & QPDF_ERRORS) == 0)
    {
      qpdf_set_preserve_encryption (qpdf, encrypted ? QPDF_TRUE : QPDF_FALSE);
      /* Not of the time, so that a job's next try has the same bytes. */
      if (!encrypted || !qpdf_is_encrypted (qpdf))
        qpdf_set_deterministic_ID (qpdf, QPDF_TRUE);
      if ((qpdf_write (qpdf) & QPDF_ERRORS) == 0)
        return TRUE;
    }
  failure = qpdf_get_error (qpdf);
  if (failure != NULL && qpdf_get_error_code (qpdf, failure) == qpdf_e_system)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("its pages could not be written: %s"),
                 qpdf_get_error_message_detail (qpdf, failure));
  else
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("its pages are damaged"));
  return FALSE;
}
