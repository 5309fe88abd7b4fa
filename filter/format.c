/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/format.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Adds a copy of the descriptor: its file stays the document's. */
static gboolean
make_whole (const SeConverted *converted, GPtrArray *pieces, GError **error)
{
  int fd = fcntl (converted->fd, F_DUPFD_CLOEXEC, 0);
  SePiece *piece;

  if (fd < 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, "it cannot be read: %s",
                   g_strerror (errno));
      return FALSE;
    }
  piece = se_piece_new (fd, converted->mime, converted->pages, error);
  if (piece != NULL)
    g_ptr_array_add (pieces, piece);
  return piece != NULL;
}

static gboolean
make_pdf (const SeConverted *converted, int first, int last, const SeJob *job, GPtrArray *pieces,
          GError **error)
{
  return make_whole (converted, pieces, error);
}

/* What is no PDF is as it was asked for, and stays whole. */
static gboolean
make_kept (const SeConverted *converted, int first, GPtrArray *pieces, GError **error)
{
  if (first == 0)
    return make_whole (converted, pieces, error);
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               "it goes as it came (%s), so that its pages cannot be taken apart; "
               "email-format=pdf would allow it",
               converted->mime);
  return FALSE;
}

typedef struct
{
  SeFormat format;
  gboolean (*make) (const SeConverted *converted, int first, int last, const SeJob *job,
                    GPtrArray *pieces, GError **error);
} Maker;

static const Maker makers[] = {
  { SE_FORMAT_PDF, make_pdf },
  { SE_FORMAT_ORIGINAL, make_pdf },
};

gboolean
se_format_make (const SeConverted *converted, int first, int last, const SeJob *job,
                GPtrArray *pieces, GError **error)
{
  SeFormat format = job->fields->format;

  if (strcmp (converted->mime, se_format_mime (SE_FORMAT_PDF)) != 0)
    return make_kept (converted, first, pieces, error);
  for (gsize i = 0; i < G_N_ELEMENTS (makers); i++)
    if (makers[i].format == format)
      return makers[i].make (converted, first, last, job, pieces, error);
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, "email-format=%s is not available",
               se_format_names[format]);
  return FALSE;
}
