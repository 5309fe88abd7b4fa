/* SPDX-License-Identifier: Apache-2.0 */
/* What uses libqpdf or libtiff lies in two modules of the program scantoemail, each loaded by the
 * first call of one of its functions: to load these libraries and those behind them takes longer
 * than to wrap a scanned page. The functions here stand for those of the modules; a new one that
 * the program calls is added here, or the linker misses the library. Tests are linked to the
 * libraries and have none of these. */
#include "filter/annotations.h"
#include "filter/encode.h"
#include "filter/pages.h"
#include "filter/pdf-images.h"
#include "filter/pdf.h"
#include "filter/pdfa.h"
#include "filter/tiff.h"

#include <dlfcn.h>
#include <glib/gi18n-lib.h>

#define PDF SE_MODULE_DIR "/pdf.so"
#define TIFF SE_MODULE_DIR "/tiff.so"

/* Returns the function of the module at path. SE_ERROR_TEMPORARY: it is not to be had. */
static gpointer
find (const char *path, const char *name, GError **error)
{
  void *module = dlopen (path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  gpointer function = module != NULL ? dlsym (module, name) : NULL;

  if (function == NULL)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                 _ ("a part of the filter cannot be loaded: %s"), dlerror ());
  return function;
}

/* A function of a module, which fails with 0 and an error. */
#define FORWARD(type, module, name, parameters, arguments)  \
  type name parameters                                      \
  {                                                         \
    static type (*function) parameters;                     \
                                                            \
    if (function == NULL)                                   \
      *(gpointer *)&function = find (module, #name, error); \
    return function != NULL ? function arguments : 0;       \
  }

FORWARD (gboolean, PDF, se_pdf_check, (int fd, SePdf *pdf, GError **error), (fd, pdf, error))
FORWARD (SePdfSize *, PDF, se_pdf_measure, (int fd, int first, int count, GError **error),
         (fd, first, count, error))
FORWARD (gboolean, PDF, se_pdf_images_check, (int fd, GError **error), (fd, error))
FORWARD (gboolean, PDF, se_annotations_show,
         (int in_fd, int out_fd, SeAnnotations *found, GError **error),
         (in_fd, out_fd, found, error))
FORWARD (gboolean, PDF, se_pages_select,
         (int in_fd, int out_fd, const GPtrArray *options, int *taken, GError **error),
         (in_fd, out_fd, options, taken, error))
FORWARD (gboolean, PDF, se_pages_extract,
         (int in_fd, int out_fd, int first, int last, GError **error),
         (in_fd, out_fd, first, last, error))
FORWARD (gboolean, PDF, se_pages_join,
         (int in_fd, const GArray *lengths, int out_fd, GError **error),
         (in_fd, lengths, out_fd, error))
FORWARD (gboolean, PDF, se_pages_turn_back, (int in_fd, int out_fd, GError **error),
         (in_fd, out_fd, error))
FORWARD (gboolean, PDF, se_pdfa_make,
         (int in_fd, int out_fd, int pages, const SeJob *job, GError **error),
         (in_fd, out_fd, pages, job, error))

FORWARD (SeTiff *, TIFF, se_tiff_new, (SeReader * reader, GError **error), (reader, error))
FORWARD (gboolean, TIFF, se_tiff_next, (SeTiff * tiff, gboolean *more, GError **error),
         (tiff, more, error))
FORWARD (gboolean, TIFF, se_tiff_add,
         (SeTiff * tiff, SeImagePdf *pdf, gboolean *profile_lost, GError **error),
         (tiff, pdf, profile_lost, error))
FORWARD (gboolean, TIFF, se_tiff_list, (int fd, SeTiffList *list, GError **error),
         (fd, list, error))
FORWARD (gboolean, TIFF, se_encode_tiff,
         (SePixmap * pixmap, const SeEncoding *encoding, int out_fd, GError **error),
         (pixmap, encoding, out_fd, error))

void
se_tiff_free (SeTiff *tiff)
{
  void (*function) (SeTiff * tiff);

  *(gpointer *)&function = find (TIFF, "se_tiff_free", NULL);
  if (function != NULL)
    function (tiff);
}
