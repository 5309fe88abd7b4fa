/* SPDX-License-Identifier: Apache-2.0 */
#include "common/configuration-private.h"

#include "common/host.h"
#include "common/log.h"
#include "common/template.h"
#include "common/terms.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define LANGUAGE_MAX 35 /* bytes: longer tags may be cut elsewhere (RFC 5646, 4.4.1) */

static const char *const grants[]
    = { "device", "code", "client-credentials", "service-account", NULL };
static const char *const sasls[] = { "xoauth2", "oauthbearer", NULL };
static const char *const token_stores[] = { "file", "secret-service", NULL };

/* Sets error to "'TEXT' …"; returns FALSE. The formats are predicates: "is not valid UTF-8". */
static gboolean refuse (const char *text, GError **error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static gboolean
refuse (const char *text, GError **error, const char *format, ...)
{
  g_autofree char *shown = se_log_clean (text, 100);
  g_autofree char *why = NULL;
  va_list arguments;

  va_start (arguments, format);
  why = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, /* TRANSLATORS: a value, and what is wrong with it,
                                                    such as "is not valid UTF-8". */
               _ ("'%s' %s"), shown, why);
  return FALSE;
}

static gboolean
check_characters (SeValueType type, const char *text, GError **error)
{
  gboolean one_word = type == SE_VALUE_WORD || type == SE_VALUE_ADDRESS
                      || (type >= SE_VALUE_ENDPOINT && type <= SE_VALUE_PROXY);

  if (!g_utf8_validate (text, -1, NULL))
    return refuse (text, error, _ ("is not valid UTF-8"));
  for (const char *next = text; *next != '\0'; next = g_utf8_next_char (next))
    {
      gunichar c = g_utf8_get_char (next);

      if (g_unichar_iscntrl (c) && !(type == SE_VALUE_BODY && (c == '\n' || c == '\t')))
        return refuse (text, error, _ ("holds a control character"));
      if (g_unichar_isspace (c) && one_word)
        return refuse (text, error, _ ("holds a space"));
    }
  return TRUE;
}

static gboolean
check_one_of (const char *text, const char *const *choices, GError **error)
{
  g_autofree char *all = NULL;

  if (g_strv_contains (choices, text))
    return TRUE;
  all = g_strjoinv (", ", (char **)choices);
  return refuse (text, error, _ ("is none of %s; did you mean '%s'?"), all,
                 se_config_nearest (text, choices));
}

static gboolean
check_name (SeValueType type, const char *text, GError **error)
{
  if (type == SE_VALUE_QUEUE)
    return strcmp (text, "*") == 0 || strpbrk (text, " /\\?'\"#*") == NULL
           || refuse (text, error, _ ("cannot be a queue's name"));
  for (const char *next = text; *next != '\0'; next++)
    if (!g_ascii_isalnum (*next) && strchr ("._-", *next) == NULL)
      return refuse (text, error, _ ("may hold only letters, digits, '.', '_' and '-'"));
  return type != SE_VALUE_LANGUAGE || strlen (text) <= LANGUAGE_MAX
         || refuse (text, error, _ ("is longer than %d characters"), LANGUAGE_MAX);
}

/* Exactly one '@' with something on both sides (the pattern "*" stands for every address); mail/
 * knows the rest of RFC 5322. */
static gboolean
check_address (SeValueType type, const char *text, GError **error)
{
  const char *at = strchr (text, '@');

  if (type == SE_VALUE_PATTERNS && strcmp (text, "*") == 0)
    return TRUE;
  if (at == NULL || at == text || at[1] == '\0' || strchr (at + 1, '@') != NULL)
    return refuse (text, error,
                   type == SE_VALUE_PATTERNS
                       ? _ ("is not a pattern such as *@contoso.com")
                       : _ ("is not an email address such as scanner@contoso.com"));
  if (strpbrk (text, "<>,;") != NULL)
    return refuse (text, error, _ ("is not one bare email address"));
  return TRUE;
}

static gboolean
check_template (SeValueType type, const char *text, GError **error)
{
  g_autofree char *expanded = type == SE_VALUE_ADDRESS_TEMPLATE
                                  ? se_template_expand_address (text, &se_template_sample, error)
                                  : se_template_expand (text, &se_template_sample, error);

  if (expanded == NULL)
    return FALSE;
  if (type != SE_VALUE_ADDRESS_TEMPLATE)
    return TRUE;
  return check_characters (SE_VALUE_ADDRESS, expanded, error)
         && check_address (type, expanded, error);
}

/* schemes: one of these; the URL has a host, no user, no fragment. NULL: error is set. */
static GUri *
parse_url (const char *text, const char *variable, const char *const *schemes, GError **error)
{
  g_autoptr (GString) plain = g_string_new (text);
  g_autoptr (GUri) uri = NULL;
  g_autofree char *all = g_strjoinv (_ (":// or "), (char **)schemes);

  if (variable != NULL)
    g_string_replace (plain, variable, "1", 0);
  uri = g_uri_parse (plain->str, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED, NULL);
  if (uri == NULL || !g_strv_contains (schemes, g_uri_get_scheme (uri)))
    {
      refuse (text, error, _ ("is not a valid URL beginning with %s://"), all);
      return NULL;
    }
  if (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    {
      refuse (text, error, _ ("names no host"));
      return NULL;
    }
  if (g_uri_get_userinfo (uri) != NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("a URL here holds no user name or password"));
      return NULL;
    }
  if (g_uri_get_fragment (uri) != NULL)
    {
      refuse (text, error, _ ("holds a fragment ('#')"));
      return NULL;
    }
  return g_steal_pointer (&uri);
}

static gboolean
check_https (SeValueType type, const char *text, GError **error)
{
  static const char *const https[] = { "https", NULL };
  g_autoptr (GString) plain = g_string_new (text);
  g_autoptr (GUri) uri = NULL;

  if (type == SE_VALUE_ENDPOINT)
    {
      g_string_replace (plain, "%{tenant}", "1", 0);
      g_string_replace (plain, "%{locale}", "1", 0);
    }
  uri = parse_url (plain->str, NULL, https, error);
  if (uri == NULL)
    return FALSE;
  if (type == SE_VALUE_ISSUER && g_uri_get_query (uri) != NULL)
    return refuse (text, error, _ ("is an issuer and may not hold a query ('?')"));
  return TRUE;
}

static gboolean
check_redirect (const char *text, GError **error)
{
  static const char *const schemes[] = { "http", "https", NULL };
  static const char *const loopback[] = { "localhost", "127.0.0.1", "::1", NULL };
  g_autoptr (GUri) uri = parse_url (text, "%{port}", schemes, error);

  if (uri == NULL)
    return FALSE;
  if (strcmp (g_uri_get_scheme (uri), "http") == 0
      && !g_strv_contains (loopback, g_uri_get_host (uri)))
    return refuse (text, error, _ ("must be https, or http to localhost or 127.0.0.1"));
  return TRUE;
}

static gboolean
check_date (const char *text, GError **error)
{
  g_autofree char *time = g_strconcat (text, "T00:00:00Z", NULL);
  g_autoptr (GDateTime) date = g_date_time_new_from_iso8601 (time, NULL);

  if (strlen (text) == strlen ("2027-01-31") && date != NULL)
    return TRUE;
  return refuse (text, error, _ ("is not a date such as 2027-01-31"));
}

static gboolean
check_host_url (const char *text, const char *const *schemes, GError **error)
{
  g_autoptr (GUri) uri = parse_url (text, NULL, schemes, error);

  if (uri == NULL)
    return FALSE;
  if (*g_uri_get_path (uri) != '\0' || g_uri_get_query (uri) != NULL)
    return refuse (text, error, _ ("must end after the host and port"));
  return TRUE;
}

static gboolean
check_item (SeValueType type, const char *text, GError **error)
{
  switch (type)
    {
    case SE_VALUE_GRANTS:
      return check_one_of (text, grants, error);
    case SE_VALUE_USERS:
      return TRUE;
    case SE_VALUE_HOSTS:
      return se_host_check_pattern (text, error);
    default:
      return check_characters (SE_VALUE_ADDRESS, text, error) && check_address (type, text, error);
    }
}

/* Splits at ';', strips each item, drops empty ones and checks the rest. */
static char **
parse_list (SeValueType type, const char *text, GError **error)
{
  g_auto (GStrv) items = g_strsplit (text, ";", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (char **item = items; *item != NULL; item++)
    {
      if (*g_strstrip (*item) == '\0')
        continue;
      if (!check_item (type, *item, error))
        return NULL;
      g_strv_builder_add (builder, *item);
    }
  return g_strv_builder_end (builder);
}

static char **
parse_command (const char *text, GError **error)
{
  g_auto (GStrv) argv = NULL;

  if (!g_shell_parse_argv (text, NULL, &argv, NULL))
    {
      refuse (text, error, _ ("is not a command: its quotes do not match"));
      return NULL;
    }
  if (!g_path_is_absolute (argv[0]))
    {
      refuse (argv[0], error, _ ("must be an absolute path: no shell looks for it"));
      return NULL;
    }
  return g_steal_pointer (&argv);
}

static gboolean
parse_number (SeValueType type, const char *text, guint64 max, guint64 *number, GError **error)
{
  const guint64 kilo = 1024;
  const struct
  {
    SeValueType type;
    const char *units; /* lower case */
    guint64 factor;
  } known[] = {
    { SE_VALUE_SIZE, "b", 1 },
    { SE_VALUE_SIZE, "k kb kib", kilo },
    { SE_VALUE_SIZE, "m mb mib", kilo * kilo },
    { SE_VALUE_SIZE, "g gb gib", kilo * kilo * kilo },
    { SE_VALUE_DURATION, "s", 1 },
    { SE_VALUE_DURATION, "m", 60 },
    { SE_VALUE_DURATION, "h", 60 * 60 },
    { SE_VALUE_DURATION, "d", 24 * 60 * 60 },
  };
  gsize digits = strspn (text, "0123456789");
  g_autofree char *count = g_strndup (text, digits);
  g_autofree char *unit = g_strchug (g_ascii_strdown (text + digits, -1));
  guint64 factor = *unit == '\0' ? 1 : 0;

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    {
      g_auto (GStrv) units = g_strsplit (known[i].units, " ", -1);

      if (known[i].type == type && g_strv_contains ((const char *const *)units, unit))
        factor = known[i].factor;
    }
  if (factor == 0 || !g_ascii_string_to_unsigned (count, 10, 0, max / factor, number, NULL))
    return refuse (text, error,
                   type == SE_VALUE_SIZE
                       ? _ ("is not a number of bytes such as 25M, or it is too large")
                   : type == SE_VALUE_DURATION
                       ? _ ("is not a time such as 90s, 10m, 1h or 5d, or it is too large")
                       : _ ("is not a number, or it is too large"));
  *number *= factor;
  return TRUE;
}

/* "30/h" is 30 in any hour, "5/10m" 5 in any ten minutes. */
static gboolean
parse_rate (const char *text, SeRate *rate, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", 2);
  guint64 count = 0;
  guint64 period = 0;
  g_autofree char *time = NULL;

  if (parts[0] != NULL && parts[1] != NULL)
    {
      g_strstrip (parts[1]);
      time = g_strconcat (g_ascii_isalpha (parts[1][0]) ? "1" : "", parts[1], NULL);
      if (!g_ascii_string_to_unsigned (g_strchomp (parts[0]), 10, 1, G_MAXINT, &count, NULL)
          || !parse_number (SE_VALUE_DURATION, time, G_MAXINT, &period, NULL))
        period = 0;
    }
  if (period == 0)
    return refuse (text, error, _ ("is not a rate such as 30/h, 100/d or 5/10m"));
  *rate = (SeRate){ (guint)count, (guint)period };
  return TRUE;
}

static gboolean
check_text (SeValueType type, const char *text, GError **error)
{
  static const char *const smtp[] = { "smtp", "smtps", NULL };
  static const char *const proxies[]
      = { "http", "https", "socks4", "socks4a", "socks5", "socks5h", NULL };

  switch (type)
    {
    case SE_VALUE_NAME:
    case SE_VALUE_LANGUAGE:
    case SE_VALUE_QUEUE:
      return check_name (type, text, error);
    case SE_VALUE_PATH:
      return g_path_is_absolute (text) || refuse (text, error, _ ("is not an absolute path"));
    case SE_VALUE_ADDRESS:
      return check_address (type, text, error);
    case SE_VALUE_USER_ADDRESS:
      return strstr (text, "%{user}") != NULL
                 ? check_template (SE_VALUE_ADDRESS_TEMPLATE, text, error)
                 : refuse (text, error,
                           _ ("is not the address of who prints, such as %%{user}@contoso.com"));
    case SE_VALUE_ADDRESS_TEMPLATE:
    case SE_VALUE_TEMPLATE:
    case SE_VALUE_BODY:
      return check_template (type, text, error);
    case SE_VALUE_ENDPOINT:
    case SE_VALUE_ISSUER:
      return check_https (type, text, error);
    case SE_VALUE_REDIRECT:
      return check_redirect (text, error);
    case SE_VALUE_SMTP_SERVER:
      return check_host_url (text, smtp, error);
    case SE_VALUE_PROXY:
      return check_host_url (text, proxies, error);
    case SE_VALUE_GRANT:
      return check_one_of (text, grants, error);
    case SE_VALUE_SASL:
      return check_one_of (text, sasls, error);
    case SE_VALUE_TOKEN_STORE:
      return check_one_of (text, token_stores, error);
    case SE_VALUE_OVERSIZE:
      return check_one_of (text, se_oversize_names, error);
    case SE_VALUE_DATE:
      return check_date (text, error);
    default:
      return TRUE;
    }
}

gboolean
se_config_parse_value (SeValueType type, const char *text, gpointer field, GError **error)
{
  if (!check_characters (type, text, error))
    return FALSE;
  if (type == SE_VALUE_RATE)
    {
      SeRate rate;

      if (!parse_rate (text, &rate, error))
        return FALSE;
      if (field != NULL)
        *(SeRate *)field = rate;
    }
  else if (type >= SE_VALUE_SIZE)
    {
      guint64 number = 0;

      if (!parse_number (type, text, type == SE_VALUE_SIZE ? G_MAXINT64 : G_MAXINT, &number, error))
        return FALSE;
      if (field != NULL && type == SE_VALUE_SIZE)
        *(guint64 *)field = number;
      else if (field != NULL)
        *(guint *)field = (guint)number;
    }
  else if (type >= SE_VALUE_GRANTS)
    {
      g_auto (GStrv) list
          = type == SE_VALUE_COMMAND ? parse_command (text, error) : parse_list (type, text, error);

      if (list == NULL)
        return FALSE;
      if (field != NULL)
        {
          g_strfreev (*(char ***)field);
          *(char ***)field = g_steal_pointer (&list);
        }
    }
  else
    {
      if (!check_text (type, text, error))
        return FALSE;
      if (field != NULL)
        {
          g_free (*(char **)field);
          *(char **)field = g_strdup (text);
        }
    }
  return TRUE;
}
