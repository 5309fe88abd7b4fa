/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/pdf-writer.h"

#include "common/io.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 65536
#define HEADER "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"

void
se_pdf_writer_init (SePdfWriter *writer, int out_fd, guint reserved)
{
  writer->fd = out_fd;
  writer->position = 0;
  writer->text = g_string_new (HEADER);
  writer->offsets = g_array_new (FALSE, TRUE, sizeof (guint64));
  g_array_set_size (writer->offsets, reserved);
}

void
se_pdf_writer_clear (SePdfWriter *writer)
{
  g_string_free (writer->text, TRUE);
  g_array_unref (writer->offsets);
}

static gboolean
write_bytes (SePdfWriter *writer, const void *bytes, gsize length, GError **error)
{
  writer->position += length;
  return writer->fd < 0 || se_io_write_all (writer->fd, bytes, length, error);
}

gboolean
se_pdf_writer_flush (SePdfWriter *writer, GError **error)
{
  if (!write_bytes (writer, writer->text->str, writer->text->len, error))
    return FALSE;
  g_string_truncate (writer->text, 0);
  return TRUE;
}

guint
se_pdf_writer_next (const SePdfWriter *writer)
{
  return writer->offsets->len + 1;
}

void
se_pdf_writer_begin (SePdfWriter *writer, guint number)
{
  guint64 offset = writer->position + writer->text->len;

  if (number > writer->offsets->len)
    g_array_set_size (writer->offsets, number);
  g_array_index (writer->offsets, guint64, number - 1) = offset;
  g_string_append_printf (writer->text, "%u 0 obj\n", number);
}

void
se_pdf_append_number (GString *text, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  char *end;

  g_ascii_formatd (number, sizeof number, "%.5f", MAX (floor (value * 1e5 - 0.5) / 1e5, 0));
  for (end = number + strlen (number); end[-1] == '0'; end--)
    ;
  if (end[-1] == '.')
    end--;
  g_string_append_len (text, number, end - number);
}

static guint64
total_length (const GArray *ranges)
{
  guint64 total = 0;

  for (guint i = 0; i < ranges->len; i++)
    total += g_array_index (ranges, SeRange, i).length;
  return total;
}

static void
reverse_bits (guchar *bytes, gsize length)
{
  for (gsize i = 0; i < length; i++)
    {
      guint byte = bytes[i];

      byte = (byte & 0x0f) << 4 | byte >> 4;
      byte = (byte & 0x33) << 2 | (byte >> 2 & 0x33);
      bytes[i] = (guchar)((byte & 0x55) << 1 | (byte >> 1 & 0x55));
    }
}

static gboolean
copy_range (SePdfWriter *writer, int in_fd, const SeRange *range, GError **error)
{
  g_autofree guchar *chunk = g_malloc (CHUNK);

  if (writer->fd < 0)
    return TRUE;
  if (range->bytes != NULL)
    return write_bytes (writer, range->bytes, (gsize)range->length, error);
  for (guint64 done = 0; done < range->length;)
    {
      gssize length = pread (in_fd, chunk, (gsize)MIN (CHUNK, range->length - done),
                             (off_t)(range->offset + done));

      if (length < 0 && errno == EINTR)
        continue;
      if (length <= 0)
        {
          g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read: %s"),
                       length < 0 ? g_strerror (errno) : _ ("it has become shorter"));
          return FALSE;
        }
      if (range->reversed)
        reverse_bits (chunk, (gsize)length);
      if (!write_bytes (writer, chunk, (gsize)length, error))
        return FALSE;
      done += (guint64)length;
    }
  return TRUE;
}

gboolean
se_pdf_writer_stream (SePdfWriter *writer, int in_fd, const GArray *ranges, GError **error)
{
  g_string_append_printf (writer->text, " /Length %" G_GUINT64_FORMAT " >>\nstream\n",
                          total_length (ranges));
  if (!se_pdf_writer_flush (writer, error))
    return FALSE;
  for (guint i = 0; i < ranges->len; i++)
    if (!copy_range (writer, in_fd, &g_array_index (ranges, SeRange, i), error))
      return FALSE;
  g_string_append (writer->text, "\nendstream\nendobj\n");
  return TRUE;
}

gboolean
se_pdf_writer_finish (SePdfWriter *writer, guint root, GError **error)
{
  guint64 start = writer->position + writer->text->len;

  g_string_append_printf (writer->text, "xref\n0 %u\n0000000000 65535 f \n",
                          se_pdf_writer_next (writer));
  for (guint i = 0; i < writer->offsets->len; i++)
    g_string_append_printf (writer->text, "%010" G_GUINT64_FORMAT " 00000 n \n",
                            g_array_index (writer->offsets, guint64, i));
  g_string_append_printf (writer->text,
                          "trailer\n<< /Size %u /Root %u 0 R >>\nstartxref\n%" G_GUINT64_FORMAT
                          "\n%%%%EOF\n",
                          se_pdf_writer_next (writer), root, start);
  return se_pdf_writer_flush (writer, error);
}
