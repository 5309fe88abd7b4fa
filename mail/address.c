/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/address.h"

#include "common/log.h"
#include "mail/domain.h"
#include "mail/unicode.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* RFC 5321, 4.5.3.1.1; the whole fits the path limit of 256 with its angle brackets (4.5.3.1.3). */
#define LOCAL_MAX 64
#define ADDRESS_MAX 254
/* No address with its name is longer; bounds the work on hostile input. */
#define TEXT_MAX 2000
/* No server takes as many recipients; bounds it for lists. */
#define LIST_MAX 10000

void
se_address_free (SeAddress *address)
{
  if (address == NULL)
    return;
  g_free (address->local);
  g_free (address->domain);
  g_free (address);
}

static gboolean
fail (GError **error, const char *why)
{
  g_set_error_literal (error, SE_ERROR, SE_ERROR_DOCUMENT, why);
  return FALSE;
}

/* RFC 5322, 3.2.3 */
static gboolean
is_atext (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static gboolean
check_characters (const char *text, GError **error)
{
  if (strlen (text) > TEXT_MAX)
    return fail (error, _ ("it is too long"));
  if (!g_utf8_validate (text, -1, NULL))
    return fail (error, _ ("it is not UTF-8"));
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (se_unicode_is_forbidden (g_utf8_get_char (p)))
      return fail (error, _ ("it holds a control character"));
  return TRUE;
}

/* TRUE if text is a dot-atom as a whole. */
static gboolean
is_dot_atom (const char *text)
{
  const char *p = text;

  if (*p == '.')
    return FALSE;
  for (; *p != '\0'; p++)
    if (!is_atext (*p) && (*p != '.' || p[1] == '.' || p[1] == '\0'))
      return FALSE;
  return p > text;
}

/* Reads a quoted-string. Returns the character after it, NULL if it is not closed or holds anything
 * but printable ASCII. content: what stands between the quotes, unescaped. */
static const char *
read_quoted (const char *p, GString *content)
{
  for (p++; *p != '"'; p++)
    {
      if (*p == '\\')
        p++;
      if (*p < 0x20 || *p > 0x7e)
        return NULL;
      g_string_append_c (content, *p);
    }
  return p + 1;
}

static char *
quote (const char *content)
{
  GString *quoted = g_string_new ("\"");

  for (; *content != '\0'; content++)
    {
      if (*content == '"' || *content == '\\')
        g_string_append_c (quoted, '\\');
      g_string_append_c (quoted, *content);
    }
  g_string_append_c (quoted, '"');
  return g_string_free (quoted, FALSE);
}

/* Why the character at p cannot stand in a local part. */
static const char *
explain (const char *p)
{
  switch (*p)
    {
    case '\0':
      return _ ("it has no '@'");
    case '(':
      return _ ("comments are not allowed");
    case ':':
    case ';':
      return _ ("groups are not allowed");
    case ',':
      return _ ("it holds more than one address");
    case ' ':
      return _ ("a space stands before the '@'");
    default:
      return (*p & 0x80) != 0 ? _ (
                 "characters outside ASCII before the '@' need SMTPUTF8, which is not supported")
                              : _ ("a character before the '@' is not allowed there");
    }
}

/* Reads the local part as it goes on the wire. Returns what follows its '@'. */
static const char *
read_local (const char *text, char **local, GError **error)
{
  g_autoptr (GString) content = g_string_new (NULL);
  g_autofree char *wire = NULL;
  const char *p = text;

  if (*p == '"')
    {
      p = read_quoted (p, content);
      if (p == NULL)
        {
          fail (error,
                _ ("its quoted part is not closed or holds characters that are not allowed"));
          return NULL;
        }
    }
  else
    {
      for (; is_atext (*p) || *p == '.'; p++)
        g_string_append_c (content, *p);
    }
  if (*p != '@')
    {
      fail (error, explain (p));
      return NULL;
    }
  if (content->len == 0)
    {
      fail (error, _ ("nothing stands before the '@'"));
      return NULL;
    }
  if (is_dot_atom (content->str))
    wire = g_strdup (content->str);
  else if (*text == '"')
    wire = quote (content->str);
  else
    {
      fail (error, _ ("a dot before the '@' stands first, last or twice"));
      return NULL;
    }
  if (strlen (wire) > LOCAL_MAX)
    {
      fail (error, _ ("the part before the '@' is longer than 64 characters"));
      return NULL;
    }
  *local = g_steal_pointer (&wire);
  return p + 1;
}

static char *
parse_domain (const char *text, GError **error)
{
  char *domain = se_domain_normalize (text);

  if (domain != NULL)
    return domain;
  if (*text == '[')
    fail (error, _ ("its domain is not an address literal like [192.0.2.1] or [IPv6:2001:db8::1]"));
  else if (strpbrk (text, ",;") != NULL)
    fail (error, _ ("it holds more than one address"));
  else if (strchr (text, '@') != NULL)
    fail (error, _ ("it has more than one '@'"));
  else if (strchr (text, '(') != NULL)
    fail (error, _ ("comments are not allowed"));
  else
    fail (error, _ ("its domain is not a domain name"));
  return NULL;
}

/* Returns the character after the quoted-string at p, NULL if it is not closed. */
static const char *
skip_quoted (const char *p)
{
  for (p++; *p != '"'; p++)
    {
      if (*p == '\\')
        p++;
      if (*p == '\0')
        return NULL;
    }
  return p + 1;
}

/* The addr-spec in text: all of it, or what stands between the angle brackets after a name. */
static char *
extract_addr_spec (const char *text, GError **error)
{
  const char *p = text;
  gsize length = strlen (text);

  while (*p != '<')
    {
      if (*p == '\0' || *p == '@')
        return g_strdup (text);
      if (strchr ("(:;,", *p) != NULL)
        {
          fail (error, explain (p));
          return NULL;
        }
      p = *p == '"' ? skip_quoted (p) : p + 1;
      if (p == NULL)
        {
          fail (error, _ ("a quote in it is not closed"));
          return NULL;
        }
    }
  if (p[1] == '@')
    fail (error, _ ("source routes are not allowed"));
  else if (text[length - 1] != '>')
    fail (error, _ ("nothing may follow the address in angle brackets"));
  else
    return g_strndup (p + 1, length - (gsize)(p - text) - 2);
  return NULL;
}

static SeAddress *
parse (const char *text, GError **error)
{
  g_autoptr (SeAddress) address = g_new0 (SeAddress, 1);
  g_autofree char *stripped = NULL;
  g_autofree char *spec = NULL;
  const char *domain = NULL;

  if (!check_characters (text, error))
    return NULL;
  stripped = g_strstrip (g_strdup (text));
  if (*stripped == '\0')
    {
      fail (error, C_ ("address", "it is empty"));
      return NULL;
    }
  spec = extract_addr_spec (stripped, error);
  if (spec == NULL)
    return NULL;
  domain = read_local (spec, &address->local, error);
  if (domain == NULL)
    return NULL;
  address->domain = parse_domain (domain, error);
  if (address->domain == NULL)
    return NULL;
  if (strlen (address->local) + 1 + strlen (address->domain) > ADDRESS_MAX)
    {
      fail (error, _ ("it is longer than 254 characters"));
      return NULL;
    }
  return g_steal_pointer (&address);
}

SeAddress *
se_address_parse (const char *text, GError **error)
{
  GError *why = NULL;
  SeAddress *address = parse (text, &why);

  if (address == NULL)
    {
      g_autofree char *shown = se_log_clean (text, 100);

      g_propagate_prefixed_error (error, why, _ ("'%s' is not an email address: "), shown);
    }
  return address;
}

char **
se_address_split (const char *text)
{
  g_autoptr (GPtrArray) members = g_ptr_array_new_with_free_func (g_free);
  const char *start = text;
  gboolean quoted = FALSE;
  gboolean angled = FALSE;

  for (const char *p = text;; p++)
    {
      if (*p == '\0' || (*p == ',' && !quoted && !angled))
        {
          g_ptr_array_add (members, g_strstrip (g_strndup (start, (gsize)(p - start))));
          start = p + 1;
          if (*p == '\0')
            break;
        }
      else if (*p == '\\' && quoted && p[1] != '\0')
        p++;
      else if (*p == '"')
        quoted = !quoted;
      else if (!quoted && (*p == '<' || *p == '>'))
        angled = *p == '<';
    }
  g_ptr_array_add (members, NULL);
  return (char **)g_ptr_array_steal (members, NULL);
}

GPtrArray *
se_address_parse_list (const char *text, GError **error)
{
  g_autoptr (GPtrArray) addresses
      = g_ptr_array_new_with_free_func ((GDestroyNotify)se_address_free);
  g_auto (GStrv) members = NULL;

  if (!g_utf8_validate (text, -1, NULL))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("a list of email addresses is not UTF-8"));
      return NULL;
    }
  members = se_address_split (text);
  if (g_strv_length (members) > LIST_MAX)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("a list of email addresses is longer than %d"), LIST_MAX);
      return NULL;
    }
  for (char **member = members; *member != NULL; member++)
    {
      SeAddress *address = NULL;

      if (**member == '\0')
        {
          g_autofree char *shown = se_log_clean (text, 100);

          g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                       _ ("'%s' is not a list of email addresses: one of them is empty"), shown);
          return NULL;
        }
      address = se_address_parse (*member, error);
      if (address == NULL)
        return NULL;
      g_ptr_array_add (addresses, address);
    }
  return g_steal_pointer (&addresses);
}

char *
se_address_to_string (const SeAddress *address)
{
  return g_strdup_printf ("%s@%s", address->local, address->domain);
}

gboolean
se_address_equal (const SeAddress *a, const SeAddress *b)
{
  return g_ascii_strcasecmp (a->local, b->local) == 0
         && g_ascii_strcasecmp (a->domain, b->domain) == 0;
}

/* What stands in pattern up to end, in lower case and as read_local writes an address's; NULL if it
 * is none. */
static char *
normalize_local_pattern (const char *pattern, const char *end)
{
  g_autofree char *lower = g_ascii_strdown (pattern, end - pattern);
  g_autoptr (GString) content = g_string_new (NULL);

  if (*lower == '"')
    {
      const char *rest = read_quoted (lower, content);

      if (rest == NULL || *rest != '\0' || content->len == 0)
        return NULL;
      return is_dot_atom (content->str) ? g_strdup (content->str) : quote (content->str);
    }
  for (const char *p = lower; *p != '\0'; p++)
    if (!is_atext (*p) && *p != '.')
      return NULL;
  return g_steal_pointer (&lower);
}

/* Splits a pattern at its last '@' into lower-case parts; FALSE if it is none. */
static gboolean
parse_pattern (const char *pattern, char **local, char **domain)
{
  const char *at = strrchr (pattern, '@');
  g_autofree char *before = NULL;

  if (strcmp (pattern, "*") == 0)
    {
      *local = g_strdup ("*");
      *domain = g_strdup ("*");
      return TRUE;
    }
  if (at == NULL || at == pattern || !check_characters (pattern, NULL))
    return FALSE;
  before = normalize_local_pattern (pattern, at);
  if (before == NULL)
    return FALSE;
  *domain = se_domain_normalize_pattern (at + 1);
  if (*domain == NULL)
    return FALSE;
  *local = g_steal_pointer (&before);
  return TRUE;
}

gboolean
se_address_matches (const SeAddress *address, const char *pattern)
{
  g_autofree char *local_pattern = NULL;
  g_autofree char *domain_pattern = NULL;
  g_autofree char *local = g_ascii_strdown (address->local, -1);

  return parse_pattern (pattern, &local_pattern, &domain_pattern)
         && g_pattern_match_simple (local_pattern, local)
         && g_pattern_match_simple (domain_pattern, address->domain);
}

gboolean
se_address_check_pattern (const char *pattern, GError **error)
{
  g_autofree char *local = NULL;
  g_autofree char *domain = NULL;
  g_autofree char *shown = NULL;

  if (parse_pattern (pattern, &local, &domain))
    return TRUE;
  shown = se_log_clean (pattern, 100);
  g_set_error (
      error, SE_ERROR, SE_ERROR_CONFIG,
      _ ("'%s' is not a pattern for addresses: write user@domain, *@domain, *@*.domain or *"),
      shown);
  return FALSE;
}
