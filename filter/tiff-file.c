/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/tiff-file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "TIFF" /* for messages */
#define BIG_VERSION 43

/* What a handle of libtiff reads or writes. */
typedef struct
{
  SeTiffFile *file;
  int fd;
  guint64 position;
} Client;

/* libtiff's formats are its own: the compiler is told that they are some. */
static void take_message (Client *client, const char *format, va_list arguments)
    G_GNUC_PRINTF (2, 0);
static void take_error (thandle_t handle, const char *module, const char *format, va_list arguments)
    G_GNUC_PRINTF (3, 0);
static void take_warning (thandle_t handle, const char *module, const char *format,
                          va_list arguments) G_GNUC_PRINTF (3, 0);

static void
take_message (Client *client, const char *format, va_list arguments)
{
  SeTiffFile *file = client->file;

  if (file->damaged)
    return;
  file->damaged = TRUE;
  vsnprintf (file->complaint, sizeof file->complaint, format, arguments);
}

static void
take_error (thandle_t handle, const char *module, const char *format, va_list arguments)
{
  if (handle != NULL)
    take_message (handle, format, arguments);
}

/* While data are decoded, warnings tell of damage, but for those about how old the file is and
 * about rows that a last strip has too many. */
static void
take_warning (thandle_t handle, const char *module, const char *format, va_list arguments)
{
  static const char *const harmless[]
      = { "Old-style LZW codes", "old-style JPEG", "JPEG strip size exceeds expected" };
  Client *client = handle;

  if (client == NULL || !client->file->strict)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (harmless); i++)
    if (strstr (format, harmless[i]) != NULL)
      return;
  take_message (client, format, arguments);
}

static tmsize_t
read_bytes (thandle_t handle, void *data, tmsize_t length)
{
  Client *client = handle;
  gssize done;

  do
    done = pread (client->fd, data, (gsize)length, (off_t)client->position);
  while (done < 0 && errno == EINTR);
  if (done > 0)
    client->position += (guint64)done;
  return done;
}

static tmsize_t
write_bytes (thandle_t handle, void *data, tmsize_t length)
{
  Client *client = handle;
  tmsize_t done = 0;

  while (done < length)
    {
      gssize part = pwrite (client->fd, (const char *)data + done, (gsize)(length - done),
                            (off_t)client->position);

      if (part < 0 && errno == EINTR)
        continue;
      if (part < 0)
        {
          client->file->write_error = errno;
          return -1;
        }
      client->position += (guint64)part;
      done += part;
    }
  return done;
}

static toff_t
file_size (thandle_t handle)
{
  struct stat status;

  return fstat (((Client *)handle)->fd, &status) < 0 ? 0 : (toff_t)status.st_size;
}

static toff_t
seek (thandle_t handle, toff_t offset, int whence)
{
  Client *client = handle;

  if (whence == SEEK_CUR)
    offset += client->position;
  else if (whence == SEEK_END)
    offset += file_size (handle);
  client->position = offset;
  return offset;
}

/* The descriptor stays open. */
static int
close_file (thandle_t handle)
{
  return 0;
}

gboolean
se_tiff_file_init (SeTiffFile *file, SeReader *reader)
{
  guchar order;
  guint32 version;

  *file = (SeTiffFile){ .reader = reader };
  if (!se_reader_seek (reader, 0) || !se_reader_byte (reader, &order) || !se_reader_skip (reader, 1)
      || !se_reader_u16 (reader, order == 'M', &version))
    return FALSE;
  file->big_endian = order == 'M';
  file->big = version == BIG_VERSION;
  TIFFSetErrorHandler (NULL);
  TIFFSetWarningHandler (NULL);
  TIFFSetErrorHandlerExt (take_error);
  TIFFSetWarningHandlerExt (take_warning);
  return TRUE;
}

void
se_tiff_file_listen (SeTiffFile *file, gboolean strict)
{
  file->strict = strict;
  file->damaged = FALSE;
  file->complaint[0] = '\0';
}

static TIFF *
open_handle (SeTiffFile *file, int fd, const char *mode)
{
  Client *client = g_new0 (Client, 1);
  TIFF *tiff;

  client->file = file;
  client->fd = fd;
  tiff = TIFFClientOpen (NAME, mode, client, read_bytes, write_bytes, seek, close_file, file_size,
                         NULL, NULL);
  if (tiff == NULL)
    g_free (client);
  return tiff;
}

TIFF *
se_tiff_file_open (SeTiffFile *file)
{
  /* m: not mapped, C: one large strip of uncompressed data is read in parts. */
  return open_handle (file, file->reader->fd, "rmC");
}

gboolean
se_tiff_file_find_part (const SeTiffFile *file, TIFF *tiff, guint32 number, SeRange *range)
{
  guint64 length = file->reader->length;

  *range = (SeRange){ .offset = TIFFGetStrileOffset (tiff, number),
                      .length = TIFFGetStrileByteCount (tiff, number) };
  return range->length > 0 && range->length <= length && range->offset <= length - range->length;
}

TIFF *
se_tiff_file_create (SeTiffFile *file, int out_fd)
{
  return open_handle (file, out_fd, "w");
}

void
se_tiff_file_close (TIFF *tiff)
{
  Client *client;

  if (tiff == NULL)
    return;
  client = TIFFClientdata (tiff);
  TIFFCleanup (tiff);
  g_free (client);
}
