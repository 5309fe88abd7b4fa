/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/message.h"

#include "common/base64.h"
#include "mail/header.h"
#include "mail/text-part.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 998 /* without CRLF, RFC 5322, 2.1.1 */
#define BOUNDARY_MAX 68     /* RFC 2046, 5.1.1: 70, and the inner one is longer by 2 */
#define BLOCK_LINES 512     /* base64 lines that are read at once */

typedef struct
{
  guint64 offset;
  guint64 length;
} Range;

struct SeMessage
{
  char **texts; /* n_ranges + 1; ranges[i] stands after texts[i] */
  Range *ranges;
  gsize n_ranges;
  guint64 size;

  /* the stream's place */
  int fd;
  gsize segment;             /* even: a text, odd: a range */
  guint64 position;          /* in it, in bytes of the text or the document */
  char line[SE_BASE64_LINE]; /* of which a part did not fit the reader's buffer */
  gsize line_length;
  gsize line_used;

  SeBase64 base64;
  guint8 block[BLOCK_LINES * SE_BASE64_BYTES];
};

void
se_message_free (SeMessage *message)
{
  if (message == NULL)
    return;
  g_strfreev (message->texts);
  g_free (message->ranges);
  g_free (message);
}

/* The promise of every text, wherever it comes from: 7bit, whole lines with CRLF, none too long and
 * none that starts with a dot (it goes after DATA as it is). */
static gboolean
check_text (const char *text)
{
  const char *line = text;

  while (*line != '\0')
    {
      gsize length = strcspn (line, "\r\n");

      if (*line == '.' || length > LINE_MAX_OCTETS || strncmp (line + length, "\r\n", 2) != 0)
        return FALSE;
      for (gsize i = 0; i < length; i++)
        if ((line[i] < 0x20 && line[i] != '\t') || line[i] > 0x7e)
          return FALSE;
      line += length + 2;
    }
  return TRUE;
}

/* Takes texts. code: of the error where they are no message's. */
static SeMessage *
message_from (char **texts, const SeAttachment *ranges, gsize n_ranges, SeError code,
              GError **error)
{
  g_autoptr (SeMessage) message = g_new0 (SeMessage, 1);

  message->texts = texts;
  message->ranges = g_new (Range, n_ranges);
  message->n_ranges = n_ranges;
  message->fd = -1;
  se_base64_init (&message->base64);
  if (g_strv_length (texts) != n_ranges + 1)
    {
      g_set_error (error, SE_ERROR, (int)code, _ ("a message with %u texts and %zu documents"),
                   g_strv_length (texts), n_ranges);
      return NULL;
    }
  for (gsize i = 0; i < n_ranges; i++)
    {
      message->ranges[i] = (Range){ ranges[i].offset, ranges[i].length };
      if (ranges[i].length > G_MAXINT64 / 2 || ranges[i].offset > G_MAXINT64 / 2)
        {
          g_set_error (error, SE_ERROR, (int)code,
                       _ ("a message with a document of impossible size"));
          return NULL;
        }
      message->size += se_base64_size (ranges[i].length);
    }
  for (gsize i = 0; i <= n_ranges; i++)
    {
      if (!check_text (texts[i]))
        {
          g_set_error (error, SE_ERROR, (int)code,
                       _ ("a message with a line that cannot be sent as it is"));
          return NULL;
        }
      message->size += strlen (texts[i]);
    }
  return g_steal_pointer (&message);
}

/* RFC 2046, 5.1.1 */
static gboolean
is_boundary (const char *boundary)
{
  gsize length = strlen (boundary);

  for (const char *p = boundary; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr ("'()+_,-./:=?", *p) == NULL)
      return FALSE;
  return length > 0 && length <= BOUNDARY_MAX;
}

/* RFC 5322, 3.6.4, without white space and quotes */
static gboolean
is_message_id (const char *id)
{
  const char *at = strchr (id, '@');

  for (const char *p = id; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p) || strchr ("<>\"(),;\\", *p) != NULL)
      return FALSE;
  return at != NULL && at > id && at[1] != '\0' && strchr (at + 1, '@') == NULL;
}

/* RFC 2045, 5.1: type "/" subtype, both tokens */
static gboolean
is_mime_type (const char *type)
{
  const char *slash = strchr (type, '/');

  for (const char *p = type; *p != '\0'; p++)
    if (p != slash && (!g_ascii_isgraph (*p) || strchr ("()<>@,;:\\\"/[]?=", *p) != NULL))
      return FALSE;
  return slash != NULL && slash > type && slash[1] != '\0';
}

/* RFC 5322, 3.3: names in English, whatever the locale. */
static gboolean
add_date (GString *block, gint64 date, GError **error)
{
  static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
  static const char *const months[]
      = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (date);
  g_autofree char *value = NULL;
  gint64 offset = 0;

  if (time == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("the clock shows a time that is no date"));
      return FALSE;
    }
  offset = g_date_time_get_utc_offset (time) / G_TIME_SPAN_MINUTE;
  value = g_strdup_printf ("%s, %d %s %04d %02d:%02d:%02d %c%02d%02d",
                           days[g_date_time_get_day_of_week (time) - 1],
                           g_date_time_get_day_of_month (time),
                           months[g_date_time_get_month (time) - 1], g_date_time_get_year (time),
                           g_date_time_get_hour (time), g_date_time_get_minute (time),
                           g_date_time_get_second (time), offset < 0 ? '-' : '+',
                           (int)(ABS (offset) / 60), (int)(ABS (offset) % 60));
  return se_header_add (block, "Date", value, error);
}

static gboolean
add_recipients (GString *block, const SeMessageFields *fields, GError **error)
{
  gboolean has_to = fields->to != NULL && fields->to->len > 0;
  gboolean has_cc = fields->cc != NULL && fields->cc->len > 0;

  /* Blind copies only: some servers refuse, and filters mistrust, a message without a destination.
   */
  if (!has_to && !has_cc)
    return se_header_add (block, "To", "undisclosed-recipients:;", error);
  return (!has_to || se_header_add_addresses (block, "To", fields->to, error))
         && (!has_cc || se_header_add_addresses (block, "Cc", fields->cc, error));
}

static gboolean
add_header (GString *block, const SeMessageFields *fields, GError **error)
{
  g_autofree char *id = g_strdup_printf ("<%s>", fields->message_id);
  g_autofree char *type = g_strdup_printf ("multipart/mixed; boundary=\"%s\"", fields->boundary);

  return add_date (block, fields->date, error)
         && se_header_add_mailbox (block, "From", fields->from_name, fields->from, error)
         && (fields->reply_to == NULL
             || se_header_add_mailbox (block, "Reply-To", NULL, fields->reply_to, error))
         && add_recipients (block, fields, error)
         && se_header_add_text (block, "Subject", fields->subject, error)
         && se_header_add (block, "Message-ID", id, error)
         && se_header_add (block, "Auto-Submitted", "auto-generated", error)
         && se_header_add (block, "X-Auto-Response-Suppress", "All", error)
         && se_header_add (block, "MIME-Version", "1.0", error)
         && se_header_add (block, "Content-Type", type, error);
}

static gboolean
add_attachment (GString *block, const SeAttachment *attachment, GError **error)
{
  g_autofree char *fallback = se_header_ascii_name (attachment->filename);

  if (!is_mime_type (attachment->type))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("a document has no proper MIME type"));
      return FALSE;
    }
  return se_header_add_parameter (block, "Content-Type", attachment->type, "name", fallback, error)
         && se_header_add (block, "Content-Transfer-Encoding", "base64", error)
         && se_header_add_parameter (block, "Content-Disposition", "attachment", "filename",
                                     attachment->filename, error);
}

static gboolean
check_fields (const SeMessageFields *fields, const char *body, GError **error)
{
  if (!is_message_id (fields->message_id))
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("a message identifier of wrong form"));
  else if (!is_boundary (fields->boundary) || strstr (body, fields->boundary) != NULL)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("a boundary of wrong form"));
  else
    return TRUE;
  return FALSE;
}

/* Of the two parts a reader shows the last that it can. The inner boundary does not begin as the
 * outer one does: readers compare beginnings (RFC 2046, 5.1.2). */
static gboolean
add_alternatives (GString *block, const char *outer, const char *text_part, const char *html_part,
                  GError **error)
{
  g_autofree char *inner = g_strconcat ("=-", outer, NULL);
  g_autofree char *type = g_strdup_printf ("multipart/alternative; boundary=\"%s\"", inner);

  if (!se_header_add (block, "Content-Type", type, error))
    return FALSE;
  g_string_append_printf (block,
                          "\r\n--%s\r\n%s"
                          "\r\n--%s\r\n%s"
                          "\r\n--%s--\r\n",
                          inner, text_part, inner, html_part, inner);
  return TRUE;
}

static SeMessage *
compose (const SeMessageFields *fields, const SeAttachment *attachments, gsize n_attachments,
         GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text_part
      = se_text_part ("plain", fields->text != NULL ? fields->text : "", error);
  g_autofree char *html_part = NULL;

  if (text_part == NULL || !check_fields (fields, text_part, error))
    return NULL;
  if (fields->html != NULL)
    {
      html_part = se_text_part ("html", fields->html, error);
      if (html_part == NULL || !check_fields (fields, html_part, error))
        return NULL;
    }
  if (!add_header (text, fields, error))
    return NULL;
  g_string_append_printf (text,
                          "\r\nThis is a message in MIME format.\r\n"
                          "\r\n--%s\r\n",
                          fields->boundary);
  if (html_part == NULL)
    g_string_append (text, text_part);
  else if (!add_alternatives (text, fields->boundary, text_part, html_part, error))
    return NULL;
  for (gsize i = 0; i < n_attachments; i++)
    {
      g_string_append_printf (text, "\r\n--%s\r\n", fields->boundary);
      if (!add_attachment (text, &attachments[i], error))
        return NULL;
      g_string_append (text, "\r\n");
      g_ptr_array_add (texts, g_strdup (text->str));
      g_string_truncate (text, 0);
    }
  g_string_append_printf (text, "\r\n--%s--\r\n", fields->boundary);
  g_ptr_array_add (texts, g_strdup (text->str));
  g_ptr_array_add (texts, NULL);
  return message_from ((char **)g_ptr_array_steal (texts, NULL), attachments, n_attachments,
                       SE_ERROR_DOCUMENT, error);
}

SeMessage *
se_message_new (const SeMessageFields *fields, const SeAttachment *attachments, gsize n_attachments,
                GError **error)
{
  g_autofree char *unique = g_uuid_string_random ();
  g_autofree char *message_id = g_strdup_printf ("%s@%s", unique, fields->from->domain);
  g_autofree char *boundary = g_strconcat ("=_", unique, NULL);
  SeMessageFields all = *fields;

  if (all.message_id == NULL)
    all.message_id = message_id;
  if (all.boundary == NULL)
    all.boundary = boundary;
  return compose (&all, attachments, n_attachments, error);
}

SeMessage *
se_message_new_from_texts (const char *const *texts, const SeAttachment *ranges, gsize n_ranges,
                           GError **error)
{
  return message_from (g_strdupv ((char **)texts), ranges, n_ranges, SE_ERROR_CONFIG, error);
}

const char *const *
se_message_texts (const SeMessage *message)
{
  return (const char *const *)message->texts;
}

guint64
se_message_size (const SeMessage *message)
{
  return message->size;
}

void
se_message_rewind (SeMessage *message, int fd)
{
  message->fd = fd;
  message->segment = 0;
  message->position = 0;
  message->line_length = 0;
  message->line_used = 0;
}

static gsize
read_text (SeMessage *message, char *out, gsize room)
{
  const char *rest = message->texts[message->segment / 2] + message->position;
  gsize length = strnlen (rest, room);

  memcpy (out, rest, length);
  message->position += length;
  return length;
}

/* Fills the block with the next length bytes of the document. */
static gboolean
read_block (SeMessage *message, gsize length, GError **error)
{
  const Range *range = &message->ranges[message->segment / 2];
  gsize done = 0;

  while (done < length)
    {
      ssize_t got = pread (message->fd, message->block + done, length - done,
                           (off_t)(range->offset + message->position + done));

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        {
          se_error_set_errno (error, errno, _ ("cannot read the spooled document"));
          return FALSE;
        }
      if (got == 0)
        {
          g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("the spooled document ended early"));
          return FALSE;
        }
      done += (gsize)got;
    }
  message->position += length;
  return TRUE;
}

/* Whole lines are encoded where they are to go; only one that does not fit is kept in between. */
static gssize
read_range (SeMessage *message, char *out, gsize room, GError **error)
{
  guint64 rest = message->ranges[message->segment / 2].length - message->position;
  gsize lines = MIN (room / SE_BASE64_LINE, BLOCK_LINES);
  gsize length = (gsize)MIN (MAX (lines, 1) * SE_BASE64_BYTES, rest);

  if (message->line_used == message->line_length)
    {
      if (length == 0)
        return 0;
      if (!read_block (message, length, error))
        return -1;
      if (lines > 0)
        return (gssize)se_base64_encode (&message->base64, message->block, length, out);
      message->line_length
          = se_base64_encode (&message->base64, message->block, length, message->line);
      message->line_used = 0;
    }
  length = MIN (room, message->line_length - message->line_used);
  memcpy (out, message->line + message->line_used, length);
  message->line_used += length;
  return (gssize)length;
}

gssize
se_message_read (SeMessage *message, void *buffer, gsize size, GError **error)
{
  gsize done = 0;

  while (done < size && message->segment <= 2 * message->n_ranges)
    {
      char *out = (char *)buffer + done;
      gssize got = message->segment % 2 == 0 ? (gssize)read_text (message, out, size - done)
                                             : read_range (message, out, size - done, error);

      if (got < 0)
        return -1;
      if (got == 0)
        {
          message->segment++;
          message->position = 0;
        }
      done += (gsize)got;
    }
  return (gssize)done;
}
