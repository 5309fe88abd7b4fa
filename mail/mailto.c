/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/mailto.h"

#include "common/log.h"
#include "mail/address.h"

#include <glib/gi18n-lib.h>
#include <string.h>

void
se_mailto_free (SeMailto *mailto)
{
  if (mailto == NULL)
    return;
  g_strfreev (mailto->to);
  g_strfreev (mailto->cc);
  g_strfreev (mailto->bcc);
  g_free (mailto->subject);
  g_free (mailto->body);
  g_free (mailto->from);
  g_free (mailto->reply_to);
  g_free (mailto);
}

/* part: the piece of the URI that is wrong, shown cleaned. */
static gboolean
fail (GError **error, const char *part, const char *why)
{
  g_autofree char *shown = se_log_clean (part, 100);

  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("device URI: '%s' %s"), shown, why);
  return FALSE;
}

/* Undoes %XX. lines: line ends may stand in the text, they become newlines. */
static char *
decode (const char *part, gboolean lines, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (const char *p = part; *p != '\0'; p++)
    {
      int high = *p == '%' ? g_ascii_xdigit_value (p[1]) : -1;
      int low = high >= 0 ? g_ascii_xdigit_value (p[2]) : -1;

      if (*p == '%' && (low < 0 || (high == 0 && low == 0)))
        {
          fail (error, part, _ ("has a '%' without two hexadecimal digits of a character"));
          return NULL;
        }
      g_string_append_c (text, *p == '%' ? (char)(high << 4 | low) : *p);
      if (*p == '%')
        p += 2;
    }
  if (!g_utf8_validate (text->str, (gssize)text->len, NULL))
    {
      fail (error, part, _ ("is not UTF-8"));
      return NULL;
    }
  if (lines)
    {
      g_string_replace (text, "\r\n", "\n", 0);
      g_string_replace (text, "\r", "\n", 0);
    }
  for (const char *p = text->str; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)) && !(lines && (*p == '\n' || *p == '\t')))
      {
        fail (error, part, _ ("holds a control character"));
        return NULL;
      }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Takes members; none of them may be empty. part: where they come from. */
static char **
check_members (char **members, const char *part, GError **error)
{
  for (char **member = members; *member != NULL; member++)
    if (**member == '\0')
      {
        g_strfreev (members);
        fail (error, part, _ ("has an empty address"));
        return NULL;
      }
  return members;
}

/* The part before the '?': a comma that belongs to an address is written %2C (RFC 6068, 2). */
static char **
parse_path (const char *path, GError **error)
{
  g_auto (GStrv) members = g_strsplit (path, ",", -1);

  for (char **member = members; *member != NULL; member++)
    {
      char *decoded = decode (*member, FALSE, error);

      if (decoded == NULL)
        return NULL;
      g_free (*member);
      *member = g_strstrip (decoded);
    }
  return check_members (g_steal_pointer (&members), path, error);
}

/* One FIELD=VALUE. A field that is already set is repeated. */
static gboolean
parse_field (SeMailto *mailto, const char *field, GError **error)
{
  const struct
  {
    const char *name;
    char **text;
    char ***list;
  } known[] = { { "to", NULL, &mailto->to },
                { "cc", NULL, &mailto->cc },
                { "bcc", NULL, &mailto->bcc },
                { "subject", &mailto->subject, NULL },
                { "body", &mailto->body, NULL },
                { "from", &mailto->from, NULL },
                { "reply-to", &mailto->reply_to, NULL } };
  const char *equals = strchr (field, '=');
  g_autofree char *raw_name = NULL;
  g_autofree char *name = NULL;
  g_autofree char *value = NULL;
  gsize i = 0;

  if (equals == NULL)
    return fail (error, field, _ ("is not of the form FIELD=VALUE"));
  raw_name = g_strndup (field, (gsize)(equals - field));
  name = decode (raw_name, FALSE, error);
  if (name == NULL)
    return FALSE;
  while (i < G_N_ELEMENTS (known) && g_ascii_strcasecmp (name, known[i].name) != 0)
    i++;
  if (i == G_N_ELEMENTS (known))
    return fail (error, field,
                 _ ("is an unknown field; known are to, cc, bcc, subject, body, from, reply-to"));
  /* One of the two is there. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
  if (known[i].list != NULL ? *known[i].list != NULL : *known[i].text != NULL)
    return fail (error, field, _ ("repeats a field"));
  value = decode (equals + 1, known[i].text == &mailto->body, error);
  if (value == NULL)
    return FALSE;
  if (known[i].list != NULL)
    {
      *known[i].list = check_members (se_address_split (value), field, error);
      return *known[i].list != NULL;
    }
  if (*value == '\0' && (known[i].text == &mailto->from || known[i].text == &mailto->reply_to))
    return fail (error, field, _ ("has an empty address"));
  *known[i].text = g_steal_pointer (&value);
  return TRUE;
}

static gboolean
parse_query (SeMailto *mailto, const char *query, GError **error)
{
  g_auto (GStrv) fields = g_strsplit (query, "&", -1);

  for (char **field = fields; *field != NULL; field++)
    if (!parse_field (mailto, *field, error))
      return FALSE;
  return TRUE;
}

static char **
join (char **first, char **second)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (first != NULL)
    g_strv_builder_addv (builder, (const char **)first);
  if (second != NULL)
    g_strv_builder_addv (builder, (const char **)second);
  return g_strv_builder_end (builder);
}

/* What follows the scheme and the slashes that are allowed; NULL if it is no mailto URI. */
static const char *
skip_scheme (const char *uri, GError **error)
{
  const char *path = uri + strlen ("mailto:");
  gsize slashes = 0;

  if (g_ascii_strncasecmp (uri, "mailto:", strlen ("mailto:")) != 0)
    fail (error, uri, _ ("does not begin with mailto:"));
  else if (strlen (uri) > SE_MAILTO_MAX)
    fail (error, uri,
          _ ("is longer than 1011 bytes and may have been cut: use a distribution list"));
  else if (strchr (uri, '#') != NULL)
    fail (error, uri, _ ("holds a '#', to be written %23"));
  else
    {
      slashes = strspn (path, "/");
      if (slashes == 0 || slashes == 1 || slashes == 3)
        return path + slashes;
      fail (error, uri, _ ("has slashes other than mailto:/ or mailto:///"));
    }
  return NULL;
}

SeMailto *
se_mailto_parse (const char *uri, GError **error)
{
  g_autoptr (SeMailto) mailto = g_new0 (SeMailto, 1);
  g_auto (GStrv) addresses = NULL;
  g_auto (GStrv) field = NULL;
  g_autofree char *path = NULL;
  const char *start = skip_scheme (uri, error);
  const char *query = NULL;

  if (start == NULL)
    return NULL;
  query = strchr (start, '?');
  path = query != NULL ? g_strndup (start, (gsize)(query - start)) : g_strdup (start);
  if (*path != '\0')
    {
      addresses = parse_path (path, error);
      if (addresses == NULL)
        return NULL;
    }
  if (query != NULL && query[1] != '\0' && !parse_query (mailto, query + 1, error))
    return NULL;
  field = mailto->to;
  mailto->to = join (addresses, field);
  if (mailto->cc == NULL)
    mailto->cc = g_new0 (char *, 1);
  if (mailto->bcc == NULL)
    mailto->bcc = g_new0 (char *, 1);
  return g_steal_pointer (&mailto);
}

char *
se_mailto_build (const char *address, const char *from)
{
  g_autofree char *to = g_uri_escape_string (address, NULL, FALSE);
  g_autofree char *account = from != NULL ? g_uri_escape_string (from, NULL, FALSE) : NULL;

  if (account == NULL)
    return g_strconcat ("mailto:", to, NULL);
  return g_strconcat ("mailto:", to, "?from=", account, NULL);
}
