/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/header.h"

#include "common/log.h"
#include "mail/message.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define LINE_MAX_COLUMNS 76
#define WORD_MAX 75   /* an encoded word, RFC 2047, 2 */
#define TOKEN_MAX 900 /* a line is never over 998, RFC 5322, 2.1.1 */
#define FALLBACK_MAX 60
#define TAIL_MAX 10

/* RFC 5322, 2.2 */
static gboolean
check_name (const char *name, GError **error)
{
  g_autofree char *shown = NULL;
  const char *p = name;

  while (g_ascii_isgraph (*p) && *p != ':')
    p++;
  if (*p == '\0' && p > name && p - name < LINE_MAX_COLUMNS / 2)
    return TRUE;
  shown = se_log_clean (name, LINE_MAX_COLUMNS / 2);
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("\"%s\" is no name of a header field"),
               shown);
  return FALSE;
}

/* Appends the one field name: tokens separated by spaces, a line break before a space where the
 * line would get too long. No other function writes header lines. */
static gboolean
add_field (GString *block, const char *name, const GPtrArray *tokens, GError **error)
{
  gsize column = strlen (name) + 1;

  if (!check_name (name, error))
    return FALSE;
  for (guint i = 0; i < tokens->len; i++)
    {
      const char *token = tokens->pdata[i];
      gsize length = strlen (token);

      for (gsize j = 0; j < length; j++)
        if (token[j] < 0x20 || token[j] > 0x7e)
          {
            g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                         _ ("header field %s: a control character or one outside ASCII"), name);
            return FALSE;
          }
      if (length > TOKEN_MAX || length == 0)
        {
          g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                       _ ("header field %s: a part of %zu characters"), name, length);
          return FALSE;
        }
    }
  g_string_append_printf (block, "%s:", name);
  for (guint i = 0; i < tokens->len; i++)
    {
      const char *token = tokens->pdata[i];

      if (column + 1 + strlen (token) > LINE_MAX_COLUMNS)
        {
          g_string_append (block, "\r\n");
          column = 0;
        }
      g_string_append_printf (block, " %s", token);
      column += 1 + strlen (token);
    }
  g_string_append (block, "\r\n");
  return TRUE;
}

/* The longest token that still fits beside the field's name. */
static gsize
room_beside (const char *name)
{
  return MIN (WORD_MAX, LINE_MAX_COLUMNS - strlen (name) - 2);
}

gboolean
se_header_add (GString *block, const char *name, const char *value, GError **error)
{
  g_auto (GStrv) words = g_strsplit (value, " ", -1);
  g_autoptr (GPtrArray) tokens = g_ptr_array_new ();

  for (char **word = words; *word != NULL; word++)
    g_ptr_array_add (tokens, *word);
  return add_field (block, name, tokens, error);
}

/* RFC 2047, 5 (3): what may stand for itself even in a phrase. */
static gboolean
is_q_literal (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("!*+-/", c) != NULL);
}

static gsize
q_length (const char *text, gsize length)
{
  gsize sum = 0;

  for (gsize i = 0; i < length; i++)
    sum += is_q_literal (text[i]) || text[i] == ' ' ? 1 : 3;
  return sum;
}

static gsize
b_length (gsize length)
{
  return (length + 2) / 3 * 4;
}

static char *
encode_word (const char *text, gsize length, gboolean q)
{
  GString *word = g_string_new (q ? "=?UTF-8?Q?" : "=?UTF-8?B?");

  if (q)
    for (gsize i = 0; i < length; i++)
      {
        if (is_q_literal (text[i]))
          g_string_append_c (word, text[i]);
        else if (text[i] == ' ')
          g_string_append_c (word, '_');
        else
          g_string_append_printf (word, "=%02X", (guint)(guchar)text[i]);
      }
  else
    {
      g_autofree char *base64 = g_base64_encode ((const guchar *)text, length);

      g_string_append (word, base64);
    }
  g_string_append (word, "?=");
  return g_string_free (word, FALSE);
}

/* Adds text, valid UTF-8, as encoded words of at most max characters; no character is split. */
static void
add_encoded (GPtrArray *tokens, const char *text, gsize max)
{
  gsize room = max
               - strlen ("=?UTF-8?Q?"
                         "?=");
  gsize total = strlen (text);
  gboolean q = q_length (text, total) <= b_length (total);

  while (*text != '\0')
    {
      const char *end = text;

      while (*end != '\0')
        {
          const char *next = g_utf8_next_char (end);
          gsize length = (gsize)(next - text);

          if ((q ? q_length (text, length) : b_length (length)) > room)
            break;
          end = next;
        }
      g_ptr_array_add (tokens, encode_word (text, (gsize)(end - text), q));
      text = end;
    }
}

/* TRUE if a word, perhaps with spaces before it, can stand as it is. */
static gboolean
is_plain (const char *word, gsize max)
{
  if (strlen (word) > max || strstr (word, "=?") != NULL)
    return FALSE;
  for (; *word != '\0'; word++)
    if (*word < 0x20 || *word > 0x7e)
      return FALSE;
  return TRUE;
}

/* Adds the words of clean text. Words that need encoding are encoded together with the spaces
 * between them: decoders drop the space between two encoded words. */
static void
add_text_tokens (GPtrArray *tokens, const char *text, gsize max)
{
  g_autoptr (GString) run = g_string_new (NULL);
  const char *start = text;

  while (*start != '\0')
    {
      /* Spaces beyond the one that separates belong to the word after them. */
      const char *end = start + strspn (start, " ");
      g_autofree char *word = NULL;

      end += strcspn (end, " ");
      word = g_strndup (start, (gsize)(end - start));
      if (!is_plain (word, max))
        {
          if (run->len > 0)
            g_string_append_c (run, ' ');
          g_string_append (run, word);
        }
      else
        {
          add_encoded (tokens, run->str, max);
          g_string_truncate (run, 0);
          g_ptr_array_add (tokens, g_steal_pointer (&word));
        }
      start = *end == ' ' ? end + 1 : end;
    }
  add_encoded (tokens, run->str, max);
}

gboolean
se_header_add_text (GString *block, const char *name, const char *text, GError **error)
{
  g_autofree char *clean = g_strstrip (se_log_clean (text, G_MAXSIZE));
  g_autoptr (GPtrArray) tokens = g_ptr_array_new_with_free_func (g_free);

  add_text_tokens (tokens, clean, room_beside (name));
  return add_field (block, name, tokens, error);
}

/* Adds a display name (RFC 5322, 3.2.5). */
static void
add_phrase (GPtrArray *tokens, const char *phrase, gsize max)
{
  g_autoptr (GString) quoted = g_string_new ("\"");
  gboolean atoms = TRUE;

  for (const char *p = phrase; *p != '\0'; p++)
    {
      if (!g_ascii_isalnum (*p) && strchr ("!#$%&'*+-/=?^_`{|}~ ", *p) == NULL)
        atoms = FALSE;
      if (*p == '"' || *p == '\\')
        g_string_append_c (quoted, '\\');
      g_string_append_c (quoted, *p);
    }
  g_string_append_c (quoted, '"');
  if (atoms && is_plain (phrase, max) && strstr (phrase, "  ") == NULL)
    g_ptr_array_add (tokens, g_strdup (phrase));
  else if (is_plain (quoted->str, max))
    g_ptr_array_add (tokens, g_strdup (quoted->str));
  else
    add_encoded (tokens, phrase, max);
}

gboolean
se_header_add_mailbox (GString *block, const char *name, const char *display_name,
                       const SeAddress *address, GError **error)
{
  g_autofree char *phrase = g_strstrip (se_log_clean (display_name, G_MAXSIZE));
  g_autoptr (GPtrArray) tokens = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *spec = se_address_to_string (address);

  if (*phrase != '\0')
    {
      add_phrase (tokens, phrase, room_beside (name));
      g_ptr_array_add (tokens, g_strdup_printf ("<%s>", spec));
    }
  else
    g_ptr_array_add (tokens, g_steal_pointer (&spec));
  return add_field (block, name, tokens, error);
}

gboolean
se_header_add_addresses (GString *block, const char *name, const GPtrArray *addresses,
                         GError **error)
{
  g_autoptr (GPtrArray) tokens = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < addresses->len; i++)
    {
      const SeAddress *address = addresses->pdata[i];

      g_ptr_array_add (tokens, g_strdup_printf ("%s@%s%s", address->local, address->domain,
                                                i + 1 < addresses->len ? "," : ""));
    }
  return add_field (block, name, tokens, error);
}

static void
append_percent (GString *out, const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (g_ascii_isalnum (text[i]) || (text[i] != '\0' && strchr ("-._~", text[i]) != NULL))
      g_string_append_c (out, text[i]);
    else
      g_string_append_printf (out, "%%%02X", (guint)(guchar)text[i]);
}

/* Adds PARAMETER*0*=…; PARAMETER*1*=… in segments that fit a line and hold whole characters; one
 * segment alone is PARAMETER*=…. */
static void
add_extended (GPtrArray *tokens, const char *parameter, const char *text)
{
  g_autoptr (GPtrArray) segments = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) segment = g_string_new ("UTF-8''");
  gsize room = LINE_MAX_COLUMNS - strlen (" *000*=;") - strlen (parameter);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      g_autoptr (GString) character = g_string_new (NULL);

      append_percent (character, p, (gsize)(g_utf8_next_char (p) - p));
      if (segment->len + character->len > room)
        {
          g_ptr_array_add (segments, g_strdup (segment->str));
          g_string_truncate (segment, 0);
        }
      g_string_append (segment, character->str);
    }
  g_ptr_array_add (segments, g_strdup (segment->str));
  for (guint i = 0; i < segments->len; i++)
    {
      const char *end = i + 1 < segments->len ? ";" : "";

      g_ptr_array_add (tokens, segments->len == 1
                                   ? g_strdup_printf ("%s*=%s", parameter, segment->str)
                                   : g_strdup_printf ("%s*%u*=%s%s", parameter, i,
                                                      (char *)segments->pdata[i], end));
    }
}

gboolean
se_header_add_parameter (GString *block, const char *name, const char *value, const char *parameter,
                         const char *text, GError **error)
{
  g_autofree char *clean = se_log_clean (text, G_MAXSIZE);
  g_autofree char *quoted = g_strdup_printf ("%s=\"%s\"", parameter, clean);
  g_autoptr (GPtrArray) tokens = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (tokens, g_strdup_printf ("%s;", value));
  if (is_plain (quoted, WORD_MAX) && strpbrk (clean, "\"\\") == NULL)
    g_ptr_array_add (tokens, g_steal_pointer (&quoted));
  else
    add_extended (tokens, parameter, clean);
  return add_field (block, name, tokens, error);
}

/* The end of a name that a cut leaves: its extension, and the number before that. */
static const char *
find_tail (const char *name)
{
  const char *extension = strrchr (name, '.');
  const char *tail = extension;

  if (extension == NULL || strlen (extension) > TAIL_MAX)
    return "";
  for (const char *p = extension + 1; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p))
      return "";
  while (tail > name + 1 && (g_ascii_isdigit (tail[-1]) || tail[-1] == '-'))
    tail--;
  return strlen (tail) <= TAIL_MAX ? tail : extension;
}

char *
se_header_ascii_name (const char *filename)
{
  g_autofree char *clean = se_log_clean (filename, G_MAXSIZE);
  g_autofree char *ascii = g_str_to_ascii (clean, "C");
  const char *tail = find_tail (ascii);
  g_autofree char *stem = g_strndup (ascii, strlen (ascii) - strlen (tail));
  g_autofree char *safe = se_message_filename (stem, tail);

  for (char *p = safe; *p != '\0'; p++)
    if (*p < 0x20 || *p > 0x7e || strchr ("%=", *p) != NULL)
      *p = '_';
  if (strlen (safe) <= FALLBACK_MAX)
    return g_steal_pointer (&safe);
  return g_strdup_printf ("%.*s%s", (int)(FALLBACK_MAX - strlen (tail)), safe, tail);
}
