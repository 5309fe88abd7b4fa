/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/format.h"

#include "common/io.h"
#include "filter/pages.h"
#include "filter/pdf.h"
#include "filter/pdfa.h"
#include "filter/render.h"
#include "filter/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>

static SePiece *
share_file (const SeConverted *converted, GError **error)
{
  int fd = fcntl (converted->fd, F_DUPFD_CLOEXEC, 0);

  if (fd >= 0)
    return se_piece_new (fd, converted->mime, converted->pages, error);
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read: %s"),
               g_strerror (errno));
  return NULL;
}

static SePiece *
extract_pages (const SeConverted *converted, int first, int last, GError **error)
{
  se_autofd int fd = se_temp_file (error);
  SePdf pdf;

  if (fd < 0 || !se_pages_extract (converted->fd, fd, first, last, error)
      || !se_pdf_check (fd, &pdf, error))
    return NULL;
  if (pdf.pages == last - first + 1)
    return se_piece_new (se_io_steal_fd (&fd), converted->mime, pdf.pages, error);
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("its pages %d to %d cannot be taken out"),
               first, last);
  return NULL;
}

static gboolean
make_pdf (const SeConverted *converted, int first, int last, const SeJob *job, GPtrArray *pieces,
          GError **error)
{
  SePiece *piece
      = first == 0 ? share_file (converted, error) : extract_pages (converted, first, last, error);

  if (piece != NULL)
    g_ptr_array_add (pieces, piece);
  return piece != NULL;
}

/* The pages are chosen first, so that each piece is PDF/A. */
static gboolean
make_pdfa (const SeConverted *converted, int first, int last, const SeJob *job, GPtrArray *pieces,
           GError **error)
{
  g_autoptr (GPtrArray) plain = g_ptr_array_new_with_free_func ((GDestroyNotify)se_piece_free);
  se_autofd int fd = se_temp_file (error);
  const SePiece *part;
  SePiece *piece;

  if (converted->password)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("it asks for a password, so PDF/A cannot be made of it"));
      return FALSE;
    }
  if (fd < 0 || !make_pdf (converted, first, last, job, plain, error))
    return FALSE;
  part = plain->pdata[0];
  if (!se_pdfa_make (part->fd, fd, part->pages, job, error))
    return FALSE;
  piece = se_piece_new (se_io_steal_fd (&fd), part->mime, part->pages, error);
  if (piece != NULL)
    g_ptr_array_add (pieces, piece);
  return piece != NULL;
}

/* What is no PDF is as it was asked for, and stays whole. */
static gboolean
make_kept (const SeConverted *converted, int first, GPtrArray *pieces, GError **error)
{
  if (first == 0)
    return make_pdf (converted, 0, 0, NULL, pieces, error);
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               _ ("it goes as it came (%s), so that its pages cannot be taken apart; "
                  "email-format=pdf would allow it"),
               converted->mime);
  return FALSE;
}

typedef gboolean (*Maker) (const SeConverted *converted, int first, int last, const SeJob *job,
                           GPtrArray *pieces, GError **error);

static const Maker makers[] = {
  [SE_FORMAT_PDF] = make_pdf,   [SE_FORMAT_ORIGINAL] = make_pdf, [SE_FORMAT_PDFA] = make_pdfa,
  [SE_FORMAT_TIFF] = se_render, [SE_FORMAT_JPEG] = se_render,    [SE_FORMAT_PNG] = se_render,
};

gboolean
se_format_make (const SeConverted *converted, int first, int last, const SeJob *job,
                GPtrArray *pieces, GError **error)
{
  if (strcmp (converted->mime, se_format_mime (SE_FORMAT_PDF)) != 0)
    return make_kept (converted, first, pieces, error);
  return makers[job->fields->format](converted, first, last, job, pieces, error);
}
