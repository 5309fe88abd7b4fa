/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include "common/io.h"
#include "common/log.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of a file: a temporary one of hundreds of MiB is right, but of no use here. */
#define FILE_MAX (16 * 1024 * 1024)

static GLogWriterOutput
drop (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer unused)
{
  return level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)
             ? g_log_writer_standard_streams (level, fields, n_fields, unused)
             : G_LOG_WRITER_HANDLED;
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  struct rlimit limit = { FILE_MAX, FILE_MAX };

  g_log_set_writer_func (drop, NULL, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  return 0;
}

FuzzInput
fuzz_input (const uint8_t *data, size_t size)
{
  return (FuzzInput){ (const char *)data, size };
}

char *
fuzz_take_text (FuzzInput *input)
{
  char *text = g_strndup (input->data, input->left);
  gsize used = MIN (strlen (text) + 1, input->left);

  input->data += used;
  input->left -= used;
  return text;
}

char *
fuzz_take_rest (FuzzInput *input)
{
  char *text = g_strndup (input->data, input->left);

  input->left = 0;
  return text;
}

guchar
fuzz_take_byte (FuzzInput *input)
{
  if (input->left == 0)
    return 0;
  input->left--;
  return (guchar)*input->data++;
}

static gint64
get_number (const uint8_t *data, gsize bytes)
{
  return bytes == 2 ? (gint64)data[1] << 8 | data[0]
                    : (gint32)((guint32)data[3] << 24 | data[2] << 16 | data[1] << 8 | data[0]);
}

gboolean
fuzz_is_large (const uint8_t *data, size_t size, gsize width, gsize height, gsize bytes)
{
  double wide, high;

  if (MAX (width, height) + bytes > size)
    return FALSE;
  wide = get_number (data + width, bytes);
  high = get_number (data + height, bytes);
  return ABS (wide) * ABS (high) > FUZZ_PIXELS_MAX;
}

int
fuzz_file (const void *data, gsize length)
{
  int fd = memfd_create ("fuzz", MFD_CLOEXEC);
  GError *error = NULL;

  g_assert_no_errno (fd);
  se_io_write_all (fd, data, length, &error);
  g_assert_no_error (error);
  g_assert_no_errno ((int)lseek (fd, 0, SEEK_SET));
  return fd;
}

char *
fuzz_file_contents (int fd, gsize *length)
{
  struct stat status;
  char *contents;

  g_assert_no_errno (fstat (fd, &status));
  *length = (gsize)status.st_size;
  contents = g_malloc0 (*length + 1);
  g_assert_cmpint (pread (fd, contents, *length, 0), ==, (gssize)*length);
  return contents;
}

void
fuzz_assert_clean (const char *text, gboolean newline)
{
  g_assert_nonnull (text);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    g_assert_true (!se_log_is_control (g_utf8_get_char (p)) || (newline && *p == '\n'));
}

void
fuzz_assert_outcome (gboolean good, GError **error)
{
  g_assert_true (good == (*error == NULL));
  if (*error == NULL)
    return;
  g_assert_true ((*error)->domain == SE_ERROR);
  g_assert_cmpstr ((*error)->message, !=, "");
  fuzz_assert_clean ((*error)->message, TRUE);
  g_clear_error (error);
}
