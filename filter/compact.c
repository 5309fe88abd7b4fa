/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/compact.h"

#include "common/io.h"
#include "filter/pdf.h"
#include "filter/program.h"
#include "filter/temp.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of Ghostscript's settings for screens, with the document's own colors. */
static const char *const options[] = { "-dPDFSETTINGS=/ebook",
                                       "-dCompatibilityLevel=1.7",
                                       "-sColorConversionStrategy=LeaveColorUnchanged",
                                       "-dColorImageDownsampleType=/Bicubic",
                                       "-dGrayImageDownsampleType=/Bicubic",
                                       "-dColorImageResolution=150",
                                       "-dGrayImageResolution=150",
                                       "-dMonoImageResolution=300",
                                       "-dColorImageDownsampleThreshold=1.1",
                                       "-dGrayImageDownsampleThreshold=1.1",
                                       "-dMonoImageDownsampleThreshold=1.1",
                                       NULL };

/* Takes the smaller file over. */
static gboolean
take_over (SeConverted *converted, int *fd, GError **error)
{
  struct stat status;

  if (fstat (*fd, &status) < 0 || lseek (*fd, 0, SEEK_SET) < 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read"));
      return FALSE;
    }
  close (converted->fd);
  converted->fd = se_io_steal_fd (fd);
  converted->length = (guint64)status.st_size;
  return TRUE;
}

static gboolean
is_smaller (int fd, const SeConverted *converted)
{
  struct stat status;

  return fstat (fd, &status) == 0 && (guint64)status.st_size < converted->length;
}

gboolean
se_compact (SeConverted *converted, const SeJob *job, gboolean *smaller, GError **error)
{
  se_autofd int fd = se_temp_file (error);
  SePdf pdf;

  *smaller = FALSE;
  if (fd < 0)
    return FALSE;
  if (converted->password || strcmp (converted->mime, se_type_pdf ()->mime) != 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   converted->password ? _ ("it asks for a password, so it cannot be made smaller")
                                       : _ ("it goes as it came, so it cannot be made smaller"));
      return FALSE;
    }
  if (!se_program_run_ghostscript (se_type_pdf (), options, job, converted->fd, fd, error)
      || !se_pdf_check (fd, &pdf, error))
    return FALSE;
  if (pdf.pages != converted->pages)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("when it was made smaller, %d of its %d pages were left"), pdf.pages,
                   converted->pages);
      return FALSE;
    }
  *smaller = is_smaller (fd, converted);
  return !*smaller || take_over (converted, &fd, error);
}
