/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: as they come, with digests that fit, and written by the writer and then changed. */
#include "common/bundle.h"
#include "common/bundle-writer.h"
#include "common/digest.h"
#include "common/io.h"
#include "fuzz/fuzz.h"

#include <string.h>

#define TYPE "application/pdf"

static char *
digest_of (const void *data, gsize length)
{
  g_autoptr (SeDigest) digest = se_digest_new ();

  se_digest_update (digest, data, length);
  return se_digest_finish (digest);
}

static void
check_entry (const SeBundleEntry *entry, const char *spooled, gsize length)
{
  g_autofree char *digest = NULL;

  g_assert_true (entry->name == NULL || g_utf8_validate (entry->name, -1, NULL));
  g_assert_cmpuint (entry->mail, >, 0);
  if (entry->failed)
    {
      g_assert_true (g_utf8_validate (entry->sentence, -1, NULL) && *entry->sentence != '\0');
      return;
    }
  g_assert_cmpuint (entry->number, >, 0);
  g_assert_cmpuint (entry->length, <=, length);
  g_assert_cmpuint (entry->offset, <=, length - entry->length);
  digest = digest_of (spooled + entry->offset, entry->length);
  g_assert_cmpstr (digest, ==, entry->digest);
}

/* Returns how many entries there are; -1: it was refused. */
static int
spool (const void *data, gsize length)
{
  se_autofd int in_fd = fuzz_file (data, length);
  se_autofd int spool_fd = fuzz_file ("", 0);
  GError *error = NULL;
  g_autoptr (GPtrArray) entries = se_bundle_spool (in_fd, spool_fd, "spool", -1, &error);
  g_autofree char *spooled = NULL;
  gsize spooled_length;

  fuzz_assert_outcome (entries != NULL, &error);
  if (entries == NULL)
    return -1;
  g_assert_cmpuint (entries->len, >, 0);
  spooled = fuzz_file_contents (spool_fd, &spooled_length);
  g_assert_true (spooled_length == length && memcmp (spooled, data, length) == 0);
  for (guint i = 0; i < entries->len; i++)
    check_entry (entries->pdata[i], spooled, spooled_length);
  return (int)entries->len;
}

/* Lines up to a NUL: "document" lines get the bytes they announce, as far as there are any behind
 * the NUL, and their digests; at the end stands a trailer that fits. */
static void
spool_with_digests (FuzzInput *input)
{
  g_autofree char *text = fuzz_take_text (input);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (SeDigest) all = se_digest_new ();
  g_autoptr (GString) bundle = g_string_new (NULL);
  g_autofree char *sum = NULL;
  guint entries = 0;

  for (char **line = lines; *line != NULL; line++)
    {
      guint64 length = 0;
      g_autofree char *digest = NULL;
      g_autofree char *checked = NULL;

      g_string_append_printf (bundle, "%s\n", *line);
      se_digest_update (all, *line, strlen (*line));
      se_digest_update (all, "\n", 1);
      entries += strncmp (*line, "document ", 9) == 0 || strncmp (*line, "fail ", 5) == 0;
      if (strncmp (*line, "document ", 9) != 0)
        continue;
      if (strchr (*line + 9, ' ') != NULL)
        length = MIN (g_ascii_strtoull (strchr (*line + 9, ' '), NULL, 10), input->left);
      digest = digest_of (input->data, length);
      checked = g_strdup_printf ("checked %s %s\n", digest, digest);
      g_string_append_len (bundle, input->data, (gssize)length);
      g_string_append_printf (bundle, "\n%s", checked);
      se_digest_update (all, checked, strlen (checked));
      input->data += length;
      input->left -= length;
    }
  sum = se_digest_finish (all);
  g_string_append_printf (bundle, "commit %u %s\n", entries, sum);
  spool (bundle->str, bundle->len);
}

/* Has the writer write what the input says. Returns how many entries. */
static int
write_bundle (FuzzInput *input, int fd)
{
  g_autoptr (SeBundleWriter) writer = se_bundle_writer_new (fd);
  GError *error = NULL;
  int entries = 0;
  guint number = 0;

  do
    {
      guchar choice = fuzz_take_byte (input);
      g_autofree char *name = fuzz_take_text (input);

      if (choice % 4 == 0 || *name == '\0')
        se_bundle_writer_fail (writer, name,
                               choice % 16 == 0  ? SE_ERROR_DOCUMENT
                               : choice % 8 == 0 ? SE_ERROR_TOO_LARGE
                                                 : SE_ERROR_TEMPORARY,
                               *name != '\0' ? name : "?", &error);
      else
        {
          se_autofd int document = fuzz_file (name, strlen (name));
          const SeBundleDocument what = { .number = number + 1,
                                          .name = choice % 4 == 1 ? NULL : name,
                                          .type = TYPE,
                                          .pages = choice - 100 > -2 ? choice - 100 : -1,
                                          .fd = document,
                                          .length = strlen (name) };

          se_bundle_writer_add (writer, &what, &error);
          number++;
        }
      g_assert_no_error (error);
      entries++;
      if (choice > 200 && input->left > 0)
        se_bundle_writer_begin_mail (writer, &error);
      g_assert_no_error (error);
    }
  while (input->left > 0);
  se_bundle_writer_commit (writer, &error);
  g_assert_no_error (error);
  return entries;
}

/* A bundle that the writer made is taken; cut, or with any byte changed, it is not. */
static void
spool_written (FuzzInput *input)
{
  gsize place = fuzz_take_byte (input) << 8 | fuzz_take_byte (input);
  guchar change = fuzz_take_byte (input);
  se_autofd int fd = fuzz_file ("", 0);
  int entries = write_bundle (input, fd);
  gsize length;
  g_autofree char *bundle = fuzz_file_contents (fd, &length);

  g_assert_cmpint (spool (bundle, length), ==, entries);
  place %= length;
  g_assert_cmpint (spool (bundle, place), ==, -1);
  bundle[place] ^= (char)(change == 0 ? 1 : change);
  g_assert_cmpint (spool (bundle, length), ==, -1);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzInput input = fuzz_input (data, size);

  switch (fuzz_take_byte (&input))
    {
    case 'w':
      spool_written (&input);
      break;
    case 'd':
      spool_with_digests (&input);
      break;
    default:
      spool (data, size);
    }
  return 0;
}
