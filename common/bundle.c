/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bundle-private.h"

#include "common/digest.h"
#include "common/io.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_LENGTH 8192

void
se_bundle_entry_free (SeBundleEntry *entry)
{
  if (entry == NULL)
    return;
  g_free (entry->sentence);
  g_free (entry->name);
  g_free (entry->type);
  g_free (entry->digest);
  g_free (entry->source_digest);
  g_free (entry);
}

gboolean
se_bundle_is_type (const char *word)
{
  const char *slash = strchr (word, '/');

  if (slash == NULL || slash == word || slash[1] == '\0' || strchr (slash + 1, '/') != NULL)
    return FALSE;
  for (; *word != '\0'; word++)
    if (!g_ascii_isgraph (*word))
      return FALSE;
  return TRUE;
}

static const struct
{
  SeError fault;
  const char *word;
} faults[] = { { SE_ERROR_DOCUMENT, "document" },
               { SE_ERROR_TOO_LARGE, "too-large" },
               { SE_ERROR_TEMPORARY, "temporary" } };

const char *
se_bundle_fault_name (SeError fault)
{
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    if (faults[i].fault == fault)
      return faults[i].word;
  return NULL;
}

gboolean
se_bundle_fault_parse (const char *word, SeError *fault)
{
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    if (strcmp (faults[i].word, word) == 0)
      {
        *fault = faults[i].fault;
        return TRUE;
      }
  return FALSE;
}

/* The other way round than the writer's encode. */
static gboolean
decode (const char *word, char **text)
{
  g_autofree char *decoded = NULL;

  *text = NULL;
  if (strcmp (word, "-") == 0)
    return TRUE;
  decoded = g_uri_unescape_string (word, NULL);
  if (decoded == NULL || *decoded == '\0' || !g_utf8_validate (decoded, -1, NULL))
    return FALSE;
  *text = g_steal_pointer (&decoded);
  return TRUE;
}

typedef struct
{
  int in_fd, spool_fd, cancel_fd;
  const char *path;
  SeDigest *lines;
  guint64 offset;  /* in the bundle, of the next byte to look at */
  gsize next, end; /* bytes in block that were spooled, but not looked at */
  char block[SE_BUNDLE_BLOCK];
} Reader;

static gboolean
damaged (GError **error, const char *what)
{
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("the filtered job is incomplete: %s"), what);
  return FALSE;
}

static gboolean
wait_for_input (Reader *reader, GError **error)
{
  struct pollfd fds[] = { { .fd = reader->cancel_fd, .events = POLLIN },
                          { .fd = reader->in_fd, .events = POLLIN } };

  while (poll (fds, G_N_ELEMENTS (fds), -1) < 0)
    if (errno != EINTR)
      {
        se_error_set_errno (error, errno, _ ("cannot wait for the filtered job"));
        return FALSE;
      }
  if (fds[0].revents == 0)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_CANCELLED, _ ("cancelled while receiving the job"));
  return FALSE;
}

/* Fills the empty block and spools it. Returns the number of bytes, 0 at the end, -1 on error. */
static gssize
fill (Reader *reader, GError **error)
{
  ssize_t got;

  do
    {
      if (!wait_for_input (reader, error))
        return -1;
      got = read (reader->in_fd, reader->block, sizeof reader->block);
    }
  while (got < 0 && (errno == EINTR || errno == EAGAIN));
  if (got < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot read the filtered job"));
      return -1;
    }
  if (!se_io_write_all (reader->spool_fd, reader->block, (gsize)got, error))
    {
      g_prefix_error (error, _ ("Cannot spool the job in %s: "), reader->path);
      return -1;
    }
  reader->next = 0;
  reader->end = (gsize)got;
  return got;
}

/* Sets *piece to the next bytes, max at most, and returns their number; 0: error is set. */
static gsize
take (Reader *reader, guint64 max, const char **piece, GError **error)
{
  gsize length;

  if (reader->next == reader->end)
    {
      gssize got = fill (reader, error);

      if (got == 0)
        damaged (error, _ ("it ends too early"));
      if (got <= 0)
        return 0;
    }
  *piece = reader->block + reader->next;
  length = (gsize)MIN (max, reader->end - reader->next);
  reader->next += length;
  reader->offset += length;
  return length;
}

/* Returns the next line without its newline, owned by the caller; NULL: error is set. */
static char *
read_line (Reader *reader, GError **error)
{
  g_autoptr (GString) line = g_string_new (NULL);
  const char *byte;

  while (line->len < LINE_MAX_LENGTH)
    {
      if (take (reader, 1, &byte, error) == 0)
        return NULL;
      if (*byte == '\n')
        return g_string_free (g_steal_pointer (&line), FALSE);
      if (!g_ascii_isprint (*byte))
        break;
      g_string_append_c (line, *byte);
    }
  damaged (error, _ ("a line of it cannot be read"));
  return NULL;
}

/* As read_line, and takes the line into the digest of all lines. */
static char *
read_counted_line (Reader *reader, GError **error)
{
  char *line = read_line (reader, error);

  if (line != NULL)
    {
      se_digest_update (reader->lines, line, strlen (line));
      se_digest_update (reader->lines, "\n", 1);
    }
  return line;
}

/* Reads the bytes of a document and their digest lines. */
static gboolean
read_document (Reader *reader, SeBundleEntry *entry, GError **error)
{
  g_autoptr (SeDigest) digest = se_digest_new ();
  g_autofree char *line = NULL;
  g_auto (GStrv) words = NULL;
  const char *piece;

  entry->offset = reader->offset;
  for (guint64 left = entry->length; left > 0;)
    {
      gsize length = take (reader, left, &piece, error);

      if (length == 0)
        return FALSE;
      se_digest_update (digest, piece, length);
      left -= length;
    }
  if (take (reader, 1, &piece, error) == 0)
    return FALSE;
  if (*piece != '\n')
    return damaged (error, _ ("a document is longer than announced"));

  line = read_counted_line (reader, error);
  if (line == NULL)
    return FALSE;
  words = g_strsplit (line, " ", -1);
  entry->digest = se_digest_finish (digest);
  if (g_strv_length (words) != 3 || strcmp (words[0], "checked") != 0
      || !se_digest_is_hex (words[2], SE_DIGEST_DIGITS))
    return damaged (error, _ ("a document lacks its digest"));
  if (strcmp (words[1], entry->digest) != 0)
    return damaged (error, _ ("a document does not match its digest"));
  entry->source_digest = g_strdup (words[2]);
  return TRUE;
}

static gboolean
parse_document (char **words, SeBundleEntry *entry)
{
  guint64 number;
  gint64 pages;

  if (g_strv_length (words) != 6 || strcmp (words[0], "document") != 0
      || !g_ascii_string_to_unsigned (words[1], 10, 1, G_MAXUINT, &number, NULL)
      || !g_ascii_string_to_unsigned (words[2], 10, 0, G_MAXINT64, &entry->length, NULL)
      || !g_ascii_string_to_signed (words[3], 10, -1, G_MAXINT, &pages, NULL)
      || !se_bundle_is_type (words[4]))
    return FALSE;
  entry->number = (guint)number;
  entry->pages = (int)pages;
  entry->type = g_strdup (words[4]);
  return decode (words[5], &entry->name);
}

static gboolean
parse_fail (char **words, SeBundleEntry *entry)
{
  if (g_strv_length (words) != 4 || strcmp (words[0], "fail") != 0)
    return FALSE;
  entry->failed = TRUE;
  entry->pages = -1;
  return se_bundle_fault_parse (words[1], &entry->fault) && decode (words[2], &entry->name)
         && decode (words[3], &entry->sentence) && entry->sentence != NULL;
}

/* Checks the trailer against all that came before it, and that nothing follows it. */
static gboolean
check_commit (Reader *reader, const char *line, guint entries, GError **error)
{
  g_autofree char *sum = se_digest_finish (reader->lines);
  g_autofree char *expected = g_strdup_printf ("commit %u %s", entries, sum);
  gssize more;

  if (strcmp (line, expected) != 0)
    return damaged (error, _ ("its trailer does not match"));
  more = reader->next < reader->end ? 1 : fill (reader, error);
  if (more > 0)
    return damaged (error, _ ("something follows its trailer"));
  return more == 0;
}

/* Reads what a line begins. number: of the last document, 0 at the beginning. */
static SeBundleEntry *
read_entry (Reader *reader, const char *line, guint number, GError **error)
{
  g_autoptr (SeBundleEntry) entry = g_new0 (SeBundleEntry, 1);
  g_auto (GStrv) words = g_strsplit (line, " ", -1);

  if (!parse_document (words, entry))
    {
      if (parse_fail (words, entry))
        return g_steal_pointer (&entry);
      damaged (error, _ ("a line of it is not understood"));
      return NULL;
    }
  if (entry->number != number && entry->number != number + 1)
    {
      damaged (error, _ ("its documents are out of order"));
      return NULL;
    }
  return read_document (reader, entry, error) ? g_steal_pointer (&entry) : NULL;
}

static gboolean
read_entries (Reader *reader, GPtrArray *entries, GError **error)
{
  g_autofree char *header = read_counted_line (reader, error);
  guint number = 0;
  gboolean in_mail = FALSE; /* the mail has an entry */

  if (header == NULL)
    return FALSE;
  if (strcmp (header, SE_BUNDLE_HEADER) != 0)
    return damaged (error, _ ("it does not begin as one of this version"));
  for (guint mail = 1;;)
    {
      g_autofree char *line = read_line (reader, error);
      SeBundleEntry *entry;

      if (line == NULL)
        return FALSE;
      if (g_str_has_prefix (line, "commit ") && in_mail)
        return check_commit (reader, line, entries->len, error);
      se_digest_update (reader->lines, line, strlen (line));
      se_digest_update (reader->lines, "\n", 1);
      if (strcmp (line, SE_BUNDLE_NEXT_MAIL) == 0 && in_mail)
        {
          mail++;
          in_mail = FALSE;
          continue;
        }
      entry = read_entry (reader, line, number, error);
      if (entry == NULL)
        return FALSE;
      number = MAX (number, entry->number);
      entry->mail = mail;
      in_mail = TRUE;
      g_ptr_array_add (entries, entry);
    }
}

GPtrArray *
se_bundle_spool (int in_fd, int spool_fd, const char *path, int cancel_fd, GError **error)
{
  g_autoptr (GPtrArray) entries
      = g_ptr_array_new_with_free_func ((GDestroyNotify)se_bundle_entry_free);
  g_autofree Reader *reader = g_new0 (Reader, 1);
  gboolean whole;

  reader->in_fd = in_fd;
  reader->spool_fd = spool_fd;
  reader->path = path;
  reader->cancel_fd = cancel_fd;
  reader->lines = se_digest_new ();
  whole = read_entries (reader, entries, error);
  se_digest_free (reader->lines);
  return whole ? g_steal_pointer (&entries) : NULL;
}
