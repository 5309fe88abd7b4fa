/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/piece.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>
#include <unistd.h>

SePiece *
se_piece_new (int fd, const char *mime, int pages, GError **error)
{
  g_autoptr (SePiece) piece = g_new0 (SePiece, 1);
  struct stat status;

  *piece = (SePiece){ .fd = fd, .mime = mime, .pages = pages };
  if (fstat (fd, &status) < 0 || lseek (fd, 0, SEEK_SET) < 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read: %s"),
                   g_strerror (errno));
      return NULL;
    }
  piece->length = (guint64)status.st_size;
  return g_steal_pointer (&piece);
}

void
se_piece_free (SePiece *piece)
{
  if (piece == NULL)
    return;
  close (piece->fd);
  g_free (piece);
}
