/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bundle-writer.h"

#include "common/bundle-private.h"
#include "common/digest.h"
#include "common/io.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>

/* Sixteen times the kernel's usual size: filter and backend need not take turns at every block. */
#define PIPE_SIZE (1024 * 1024)
/* Names and sentences are cut to TEXT_MAX bytes; encoded, two of them fit into a line. */
#define TEXT_MAX 1000

struct SeBundleWriter
{
  int fd;
  SeDigest *lines; /* NULL once committed */
  guint entries;
  guint in_mail; /* entries of the mail that is being written */
  gboolean begun;
  gboolean broken; /* something failed: there must be no trailer */
};

/* One word for a text that may be missing; "-" stands for none. */
static char *
encode (const char *text)
{
  g_autofree char *clean = se_log_clean (text, TEXT_MAX);
  g_autofree char *escaped = g_uri_escape_string (clean, NULL, FALSE);

  if (*escaped == '\0')
    return g_strdup ("-");
  if (strcmp (escaped, "-") == 0)
    return g_strdup ("%2D");
  return g_steal_pointer (&escaped);
}

SeBundleWriter *
se_bundle_writer_new (int fd)
{
  SeBundleWriter *writer = g_new0 (SeBundleWriter, 1);

  writer->fd = fd;
  writer->lines = se_digest_new ();
  if (fcntl (fd, F_SETPIPE_SZ, PIPE_SIZE) < 0) /* no pipe, or no more room: slower, that is all */
    g_debug ("F_SETPIPE_SZ: %s", g_strerror (errno));
  return writer;
}

void
se_bundle_writer_free (SeBundleWriter *writer)
{
  if (writer == NULL)
    return;
  se_digest_free (writer->lines);
  g_free (writer);
}

static gboolean write_line (SeBundleWriter *writer, GError **error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static gboolean
write_line (SeBundleWriter *writer, GError **error, const char *format, ...)
{
  va_list arguments;
  g_autoptr (GString) lines = g_string_new (writer->begun ? "" : SE_BUNDLE_HEADER "\n");

  va_start (arguments, format);
  g_string_append_vprintf (lines, format, arguments);
  va_end (arguments);
  g_string_append_c (lines, '\n');
  se_digest_update (writer->lines, lines->str, lines->len);
  writer->begun = TRUE;
  return se_io_write_all (writer->fd, lines->str, lines->len, error);
}

static gboolean
copy_document (SeBundleWriter *writer, int document_fd, guint64 length, SeDigest *digest,
               GError **error)
{
  g_autofree char *block = g_malloc (SE_BUNDLE_BLOCK);

  while (length > 0)
    {
      gssize got
          = se_io_read_full (document_fd, block, (gsize)MIN (length, SE_BUNDLE_BLOCK), error);

      if (got < 0)
        return FALSE;
      if (got == 0)
        {
          g_autofree char *left = g_strdup_printf ("%" G_GUINT64_FORMAT, length);

          g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                       _ ("the document became shorter while it was read: %s bytes are missing"),
                       left);
          return FALSE;
        }
      se_digest_update (digest, block, (gsize)got);
      if (!se_io_write_all (writer->fd, block, (gsize)got, error))
        return FALSE;
      length -= (guint64)got;
    }
  return se_io_write_all (writer->fd, "\n", 1, error);
}

/* Ends an entry: a bundle with a broken one must not be committed. */
static gboolean
end_entry (SeBundleWriter *writer, gboolean written)
{
  writer->entries++;
  writer->in_mail++;
  writer->broken = writer->broken || !written;
  return written;
}

gboolean
se_bundle_writer_add (SeBundleWriter *writer, const SeBundleDocument *document, GError **error)
{
  g_autoptr (SeDigest) digest = se_digest_new ();
  g_autofree char *word = encode (document->name);
  g_autofree char *sum = NULL;
  const char *source = document->source_digest;

  g_return_val_if_fail (writer->lines != NULL && document->number > 0, FALSE);
  g_return_val_if_fail (se_bundle_is_type (document->type) && document->pages >= -1, FALSE);
  g_return_val_if_fail (source == NULL || se_digest_is_hex (source, SE_DIGEST_DIGITS), FALSE);
  if (!write_line (writer, error, "document %u %" G_GUINT64_FORMAT " %d %s %s", document->number,
                   document->length, document->pages, document->type, word)
      || !copy_document (writer, document->fd, document->length, digest, error))
    return end_entry (writer, FALSE);
  sum = se_digest_finish (digest);
  return end_entry (writer, write_line (writer, error, "checked %s %s", sum,
                                        source != NULL ? source : sum));
}

gboolean
se_bundle_writer_begin_mail (SeBundleWriter *writer, GError **error)
{
  g_return_val_if_fail (writer->lines != NULL && writer->in_mail > 0, FALSE);
  writer->in_mail = 0;
  writer->broken = !write_line (writer, error, SE_BUNDLE_NEXT_MAIL) || writer->broken;
  return !writer->broken;
}

gboolean
se_bundle_writer_fail (SeBundleWriter *writer, const char *name, SeError fault,
                       const char *sentence, GError **error)
{
  g_autofree char *name_word = encode (name);
  g_autofree char *sentence_word = encode (sentence);

  const char *fault_word = se_bundle_fault_name (fault);

  g_return_val_if_fail (writer->lines != NULL && *sentence != '\0', FALSE);
  g_return_val_if_fail (fault_word != NULL, FALSE);
  return end_entry (writer, write_line (writer, error, "fail %s %s %s", fault_word, name_word,
                                        sentence_word));
}

gboolean
se_bundle_writer_commit (SeBundleWriter *writer, GError **error)
{
  g_autofree char *sum = NULL;
  g_autofree char *trailer = NULL;

  g_return_val_if_fail (writer->lines != NULL && writer->in_mail > 0, FALSE);
  if (writer->broken)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("the job could not be passed on whole"));
      return FALSE;
    }
  sum = se_digest_finish (writer->lines);
  g_clear_pointer (&writer->lines, se_digest_free);
  trailer = g_strdup_printf ("commit %u %s\n", writer->entries, sum);
  return se_io_write_all (writer->fd, trailer, strlen (trailer), error);
}
