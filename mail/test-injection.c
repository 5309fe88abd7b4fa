/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever stands in a field of a message: it stays in that field. Each field is given every byte
 * and what else may end a line or a part somewhere; the message is refused, or it has the header
 * fields and parts that it has with a harmless value, in lines as SMTP takes them. */
#include "mail/header.h"
#include "mail/message.h"
#include "mail/text-part.h"

#include <string.h>
#include <time.h>

#define BOUNDARY "=_0123456789"
#define EVIL "Bcc: evil@x.org"

/* Between "a" and "z"; each byte from 1 to 255 is tried besides. */
static const char *const hazards[] = {
  "\r\n" EVIL,
  "\n" EVIL,
  "\r" EVIL,
  "\r\n\r\n" EVIL,
  "\r\n " EVIL,
  "\r\n.\r\nMAIL FROM:<evil@x.org>\r\n",
  "\n.\n",
  "\xc2\x85" EVIL,     /* next line */
  "\xe2\x80\xa8" EVIL, /* line separator */
  "\xe2\x80\xa9" EVIL, /* paragraph separator */
  "\xe2\x80\xae" EVIL, /* right-to-left override */
  "\xe2\x81\xa6" EVIL,
  "\xef\xbb\xbf" EVIL,
  "\xc0\x8a" EVIL, /* a line end in overlong UTF-8 */
  "\xe0\x80\x8a" EVIL,
  "\xc0\x8d\xc0\x8a" EVIL,
  "\xed\xa0\x80" EVIL, /* a surrogate */
  "\xc3",
  "=?UTF-8?Q?=0D=0ABcc:_evil@x.org?=",
  "=?UTF-8?B?DQpCY2M6IGV2aWxAeC5vcmc=?=",
  "=0D=0A" EVIL,
  "%0D%0A" EVIL,
  "\"\r\n" EVIL,
  "\\\"; filename=\"evil.exe",
  "\"; name*=utf-8''%0d%0aBcc:",
  "\r\n--" BOUNDARY "\r\nContent-Type: text/html\r\n\r\n",
  "\n--" BOUNDARY "--\n",
  "\n--=-" BOUNDARY "--\n",
  "> <evil@x.org>,",
  "\t\t",
  "\x1b[31m",
  "\x01"
  "auth=Bearer x\x01\x01",
};

/* The field that is tried out. */
typedef enum
{
  FROM,
  FROM_NAME,
  TO,
  CC,
  REPLY_TO,
  SUBJECT,
  TEXT,
  HTML,
  FILENAME,
  TYPE,
  MESSAGE_ID,
  MIME_BOUNDARY,
  N_FIELDS,
} Field;

static GPtrArray *
list_of (SeAddress *address)
{
  GPtrArray *list = g_ptr_array_new ();

  g_ptr_array_add (list, address);
  return list;
}

/* A message with value in one of its fields. Addresses are none that the parser made. */
static SeMessage *
make (Field field, const char *value, GError **error)
{
  char *text = (char *)value;
  SeAddress good = { (char *)"scanner", (char *)"contoso.com" };
  SeAddress bad_local = { text, (char *)"contoso.com" };
  SeAddress bad_domain = { (char *)"scanner", text };
  g_autoptr (GPtrArray) to = list_of (field == TO ? &bad_local : &good);
  g_autoptr (GPtrArray) cc = list_of (field == CC ? &bad_domain : &good);
  const SeMessageFields fields = {
    .from = field == FROM ? &bad_local : &good,
    .from_name = field == FROM_NAME ? value : "Front desk",
    .to = to,
    .cc = cc,
    .reply_to = field == REPLY_TO ? &bad_domain : &good,
    .subject = field == SUBJECT ? value : "Scan",
    .text = field == TEXT ? value : "See attachment.",
    .html = field == HTML ? value : "<p>See attachment.",
    .date = 1700000000,
    .message_id = field == MESSAGE_ID ? value : "1@contoso.com",
    .boundary = field == MIME_BOUNDARY ? value : BOUNDARY,
  };
  const SeAttachment attachment
      = { field == FILENAME ? value : "a.pdf", field == TYPE ? value : "application/pdf", 0, 0 };

  return se_message_new (&fields, &attachment, 1, error);
}

/* Lines as they may go after DATA. */
static char **
split_lines (const SeMessage *message)
{
  g_autofree char *all = g_strjoinv ("", (char **)se_message_texts (message));
  char **lines = g_strsplit (all, "\r\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      g_assert_cmpuint (strlen (*line), <=, 998);
      g_assert_cmpint (**line, !=, '.');
      for (const char *p = *line; *p != '\0'; p++)
        g_assert_true (*p >= 0x20 && *p <= 0x7e);
    }
  return lines;
}

/* The names of header fields and the boundaries, in order, separated by '|': what a reader takes
 * the message to be made of. boundary: the outer one. */
static char *
structure_of (char *const *lines, const char *boundary)
{
  g_autofree char *outer = g_strconcat ("--", boundary, NULL);
  g_autofree char *inner = g_strconcat ("--=-", boundary, NULL);
  GString *structure = g_string_new (NULL);
  gboolean header = TRUE;

  for (; *lines != NULL; lines++)
    {
      if (g_str_has_prefix (*lines, outer) || g_str_has_prefix (*lines, inner))
        {
          g_string_append_printf (structure, "%s%s|", **lines == '-' ? "--" : "",
                                  g_str_has_suffix (*lines, "--") ? "end" : "part");
          header = !g_str_has_suffix (*lines, "--");
        }
      else if (**lines == '\0')
        header = FALSE;
      else if (header && **lines != ' ')
        g_string_append_printf (structure, "%.*s|", (int)strcspn (*lines, ":"), *lines);
    }
  return g_string_free (structure, FALSE);
}

/* Free text is always taken, cleaned; only a part's boundary may not stand in a part. */
static gboolean
must_be_taken (Field field, const char *value)
{
  return field == FROM_NAME || field == SUBJECT || field == FILENAME
         || ((field == TEXT || field == HTML) && strstr (value, BOUNDARY) == NULL);
}

/* Returns TRUE if the value was taken. */
static gboolean
check (Field field, const char *value, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeMessage) message = make (field, value, &error);
  g_auto (GStrv) lines = NULL;
  g_autofree char *structure = NULL;

  if (message == NULL)
    {
      if (must_be_taken (field, value))
        g_error ("field %d, value \"%s\": %s", (int)field, g_strescape (value, NULL),
                 error->message);
      g_assert_true (se_error_is (error, SE_ERROR_DOCUMENT)
                     || se_error_is (error, SE_ERROR_CONFIG));
      return FALSE;
    }
  lines = split_lines (message);
  structure = structure_of (lines, field == MIME_BOUNDARY ? value : BOUNDARY);
  if (!g_str_equal (structure, expected))
    g_error ("field %d, value \"%s\": %s", (int)field, g_strescape (value, NULL), structure);
  return TRUE;
}

/* The structure of a message in which nothing is wrong. */
static char *
harmless_structure (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeMessage) message = make (N_FIELDS, "", &error);
  g_auto (GStrv) lines = NULL;

  g_assert_no_error (error);
  lines = split_lines (message);
  return structure_of (lines, BOUNDARY);
}

static void
test_bytes (void)
{
  g_autofree char *expected = harmless_structure ();

  for (Field field = 0; field < N_FIELDS; field++)
    for (guint byte = 1; byte < 256; byte++)
      {
        const char value[] = { 'a', (char)byte, 'z', '\0' };
        gboolean taken = check (field, value, expected);

        if (!must_be_taken (field, value) && (byte < 0x20 || byte > 0x7e))
          g_assert_false (taken);
      }
}

static void
test_hazards (void)
{
  g_autofree char *expected = harmless_structure ();

  for (Field field = 0; field < N_FIELDS; field++)
    for (gsize i = 0; i < G_N_ELEMENTS (hazards); i++)
      {
        g_autofree char *amid = g_strconcat ("a", hazards[i], "z", NULL);

        check (field, amid, expected);
        check (field, hazards[i], expected);
      }
}

/* Lengths about every limit that there is, and far beyond. */
static void
test_long (void)
{
  static const gsize lengths[] = { 60,  64,  68,  72,  74,  75,  76,  77,   78,   254,  255,
                                   256, 899, 900, 901, 997, 998, 999, 1000, 1024, 4096, 65536 };
  static const char *const units[] = { "x", "x ", " ", "\xc3\xbc", "\r\n", "\"", "x@", "=?" };
  g_autofree char *expected = harmless_structure ();

  for (Field field = 0; field < N_FIELDS; field++)
    for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
      for (gsize j = 0; j < G_N_ELEMENTS (units); j++)
        {
          g_autoptr (GString) value = g_string_new (NULL);

          while (value->len < lengths[i])
            g_string_append (value, units[j]);
          check (field, value->str, expected);
        }
}

/* Processor time for a text of many line ends in field, in seconds. */
static double
measure (Field field, const char *end, gsize length)
{
  g_autoptr (GString) value = g_string_new (NULL);
  g_autoptr (SeMessage) message = NULL;
  clock_t start;

  while (value->len < length)
    g_string_append (value, end);
  start = clock ();
  message = make (field, value->str, NULL);
  g_assert_nonnull (message);
  return (double)(clock () - start) / CLOCKS_PER_SEC;
}

/* It takes time by its length, and not by the square of it. */
static void
test_many_lines (void)
{
  static const char *const ends[] = { "\n", "\r", "\r\n", "\n\r" };
  static const Field fields[] = { TEXT, HTML, SUBJECT };

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (fields); j++)
      {
        double some = measure (fields[j], ends[i], 50 * 1000);

        g_assert_cmpfloat (measure (fields[j], ends[i], 8 * 50 * 1000), <, 20 * some + 0.2);
      }
}

/* The names, which are ours, too. */
static void
test_names (void)
{
  static const char *const names[]
      = { "",    "X:",       "X Y",   "X\r\nBcc",
          "X\n", "\xc3\xbc", "X\x7f", "X-0123456789012345678901234567890123456789" };
  g_autoptr (GString) block = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_false (se_header_add (block, names[i], "v", &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      g_clear_error (&error);
      g_assert_null (se_text_part ("plain\r\nX: y", "text", &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      g_clear_error (&error);
      g_assert_false (
          se_header_add_parameter (block, "X", "attachment\r\nY: z", "filename", "a", &error));
      g_clear_error (&error);
      g_assert_false (
          se_header_add_parameter (block, "X", "attachment", "filename\r\nY: z", "a", &error));
      g_clear_error (&error);
    }
  g_assert_cmpstr (block->str, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/injection/bytes", test_bytes);
  g_test_add_func ("/injection/hazards", test_hazards);
  g_test_add_func ("/injection/long", test_long);
  g_test_add_func ("/injection/many-lines", test_many_lines);
  g_test_add_func ("/injection/names", test_names);
  return g_test_run ();
}
