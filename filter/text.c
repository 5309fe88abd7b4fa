/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/text.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/temp.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 65536
#define REPLACEMENT "\xef\xbf\xbd"

/* Reads on behind the rest of the last chunk. Returns the bytes in chunk, -1 on error. */
static gssize
read_on (int fd, char *chunk, gsize rest, GError **error)
{
  gssize length = se_io_read_full (fd, chunk + rest, CHUNK - rest, error);

  return length < 0 ? -1 : length + (gssize)rest;
}

/* Moves the few bytes of a character that is not all there yet to the chunk's beginning. */
static void
keep_rest (char *chunk, const char *rest, gsize length)
{
  for (gsize i = 0; i < length; i++)
    chunk[i] = rest[i];
}

/* Tells whether all of the document is UTF-8. */
static gboolean
is_utf8 (int fd, gboolean *valid, GError **error)
{
  g_autofree char *chunk = g_malloc (CHUNK);
  gsize rest = 0;
  gssize length;

  *valid = TRUE;
  while (*valid && (length = read_on (fd, chunk, rest, error)) != (gssize)rest)
    {
      const char *end;

      if (length < 0)
        return FALSE;
      /* A character may be cut by the end of the chunk. */
      *valid = g_utf8_validate_len (chunk, (gsize)length, &end) || chunk + length - end < 4;
      rest = (gsize)(chunk + length - end);
      keep_rest (chunk, end, MIN (rest, 4));
    }
  if (*valid && rest > 0)
    *valid = FALSE;
  if (lseek (fd, 0, SEEK_SET) == 0)
    return TRUE;
  se_error_set_errno (error, errno, "lseek");
  return FALSE;
}

/* Converts what is in chunk. Returns how many bytes are left at its end: the beginning of a
 * character that is not all there yet. */
static gssize
convert_chunk (GIConv converter, char *chunk, gsize length, int out_fd, GError **error)
{
  char out[4 * 1024];
  char *next = chunk;

  while (length > 0)
    {
      char *end = out;
      gsize room = sizeof out - sizeof REPLACEMENT;
      gsize done = g_iconv (converter, &next, &length, &end, &room);
      int failure = done == (gsize)-1 ? errno : 0;

      if (failure == EILSEQ)
        {
          memcpy (end, REPLACEMENT, strlen (REPLACEMENT));
          end += strlen (REPLACEMENT);
          next++;
          length--;
        }
      if (!se_io_write_all (out_fd, out, (gsize)(end - out), error))
        return -1;
      if (failure == EINVAL)
        break;
    }
  keep_rest (chunk, next, length);
  return (gssize)length;
}

static gboolean
convert (int in_fd, int out_fd, GIConv converter, GError **error)
{
  g_autofree char *chunk = g_malloc (CHUNK);
  gboolean wide = FALSE;
  gssize rest = 0, length;

  for (gboolean first = TRUE; (length = read_on (in_fd, chunk, (gsize)rest, error)) != rest;
       first = FALSE)
    {
      if (length < 0)
        return FALSE;
      wide = wide || (first && length >= 2 && (guchar)chunk[0] >= 0xfe && (guchar)chunk[1] >= 0xfe);
      if (!wide && memchr (chunk, '\0', (gsize)length) != NULL)
        {
          g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("it is no text: it holds NUL bytes"));
          return FALSE;
        }
      rest = convert_chunk (converter, chunk, (gsize)length, out_fd, error);
      if (rest < 0)
        return FALSE;
    }
  return rest == 0 || se_io_write_all (out_fd, REPLACEMENT, strlen (REPLACEMENT), error);
}

/* Opens the converter for a document with these first bytes. */
static GIConv
open_converter (const guchar *head, gssize length, gboolean utf8, const char *charset)
{
  GIConv converter = (GIConv)-1;

  if (length >= 2 && ((head[0] == 0xff && head[1] == 0xfe) || (head[0] == 0xfe && head[1] == 0xff)))
    return g_iconv_open ("UTF-8", "UTF-16");
  if (utf8)
    return g_iconv_open ("UTF-8", "UTF-8");
  if (charset != NULL && g_ascii_strcasecmp (charset, "utf-8") != 0
      && g_ascii_strcasecmp (charset, "us-ascii") != 0)
    converter = g_iconv_open ("UTF-8", charset);
  return converter != (GIConv)-1 ? converter : g_iconv_open ("UTF-8", "WINDOWS-1252");
}

/* In a child. */
static gboolean
to_utf8 (int in_fd, int out_fd, gpointer result, GError **error)
{
  const char *charset = *(const char **)result;
  guchar head[3];
  gssize length = pread (in_fd, head, sizeof head, 0);
  gboolean utf8, done;
  GIConv converter;

  if (lseek (in_fd, 0, SEEK_SET) < 0 || !is_utf8 (in_fd, &utf8, error))
    return FALSE;
  if (length == 3 && memcmp (head, "\xef\xbb\xbf", 3) == 0 && utf8)
    lseek (in_fd, 3, SEEK_SET);
  converter = open_converter (head, length, utf8, charset);
  if (converter == (GIConv)-1)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("iconv knows no WINDOWS-1252 here"));
      return FALSE;
    }
  done = convert (in_fd, out_fd, converter, error);
  g_iconv_close (converter);
  return done;
}

int
se_text_to_utf8 (int in_fd, const char *charset, GError **error)
{
  se_autofd int out_fd = se_temp_file (error);

  if (out_fd < 0
      || !se_child_call (_ ("the conversion to UTF-8"), to_utf8, in_fd, out_fd, &charset,
                         sizeof charset, &se_child_limits, error))
    return -1;
  return se_io_steal_fd (&out_fd);
}
