/* SPDX-License-Identifier: Apache-2.0 */
#include "common/template.h"

#include "common/log.h"

#include <glib/gi18n-lib.h>
#include <locale.h>
#include <string.h>

#define DATE_FORMAT "%Y-%m-%d"
#define NAMES "user, title, queue, host, job, pages, format, date, date:STRFTIME"

const SeTemplateValues se_template_sample = {
  .user = "user",
  .title = "title",
  .queue = "queue",
  .host = "host",
  .job = 1,
  .pages = 1,
  .format = "pdf",
};

gboolean
se_template_has_title (const char *title)
{
  return title != NULL && *title != '\0' && strcmp (title, "Untitled") != 0
         && strcmp (title, "(stdin)") != 0;
}

gboolean
se_template_is_template (const char *text)
{
  return strstr (text, "%{") != NULL || strstr (text, "%%") != NULL;
}

/* Local time in the C locale, whatever locale the program has chosen. NULL if format is wrong. */
static char *
format_date (gint64 seconds, const char *format)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (seconds);
  locale_t c_locale = newlocale (LC_ALL_MASK, "C", (locale_t)0);
  locale_t saved = uselocale (c_locale);
  char *text = date != NULL ? g_date_time_format (date, format) : NULL;

  uselocale (saved);
  freelocale (c_locale);
  return text;
}

char *
se_template_value (const char *name, gconstpointer data, GError **error)
{
  const SeTemplateValues *values = data;
  g_autofree char *shown = NULL;
  char *date = NULL;

  if (strcmp (name, "user") == 0)
    return g_strdup (values->user != NULL ? values->user : "");
  if (strcmp (name, "title") == 0)
    return g_strdup (se_template_has_title (values->title) ? values->title : "");
  if (strcmp (name, "queue") == 0)
    return g_strdup (values->queue != NULL ? values->queue : "");
  if (strcmp (name, "host") == 0)
    return g_strdup (values->host != NULL ? values->host : "");
  if (strcmp (name, "format") == 0)
    return g_strdup (values->format != NULL ? values->format : "");
  if (strcmp (name, "job") == 0)
    return g_strdup_printf ("%d", values->job);
  if (strcmp (name, "pages") == 0)
    return values->pages < 0 ? g_strdup ("?") : g_strdup_printf ("%d", values->pages);
  if (strcmp (name, "date") == 0)
    date = format_date (values->time, DATE_FORMAT);
  else if (g_str_has_prefix (name, "date:"))
    date = format_date (values->time, name + strlen ("date:"));
  if (date != NULL)
    return date;

  shown = se_log_clean (name, 80);
  if (g_str_has_prefix (name, "date"))
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("%%{%s} is not a date that strftime(3) knows"), shown);
  else
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("unknown name in %%{%s}; known are %s"),
                 shown, NAMES);
  return NULL;
}

/* Takes away what a directory service puts around a user's name. */
static void
strip_domain_and_realm (char *user)
{
  char *backslash = strchr (user, '\\');
  char *at;

  if (backslash != NULL)
    memmove (user, backslash + 1, strlen (backslash + 1) + 1);
  at = strrchr (user, '@');
  if (at != NULL)
    *at = '\0';
}

/* RFC 5322, 3.2.3: 1*atext *("." 1*atext), without the '%' and '!' by which some mail servers find
 * the way to another domain. */
static gboolean
is_dot_atom (const char *text)
{
  gboolean dot_allowed = FALSE;

  for (; *text != '\0'; text++)
    {
      if (*text == '.' && !dot_allowed)
        return FALSE;
      if (*text != '.' && !g_ascii_isalnum (*text) && strchr ("#$&'*+-/=?^_`{|}~", *text) == NULL)
        return FALSE;
      dot_allowed = *text != '.';
    }
  return dot_allowed;
}

static char *
get_value_for_address (const char *name, gconstpointer data, GError **error)
{
  g_autofree char *value = se_template_value (name, data, error);
  g_autofree char *shown = NULL;
  g_autofree char *shown_name = NULL;

  if (value == NULL)
    return NULL;
  if (strcmp (name, "user") == 0)
    strip_domain_and_realm (value);
  if (is_dot_atom (value))
    return g_steal_pointer (&value);
  shown = se_log_clean (value, 80);
  shown_name = se_log_clean (name, 80);
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               _ ("%%{%s} is \"%s\" here, which cannot stand in an email address"), shown_name,
               shown);
  return NULL;
}

char *
se_template_substitute (const char *text, SeTemplateLookUp look_up, gconstpointer data,
                        GError **error)
{
  g_autoptr (GString) result = g_string_new (NULL);

  while (*text != '\0')
    {
      g_autofree char *name = NULL;
      g_autofree char *value = NULL;
      const char *end;

      if (!g_str_has_prefix (text, "%{"))
        {
          text += g_str_has_prefix (text, "%%") ? 1 : 0;
          g_string_append_c (result, *text++);
          continue;
        }
      end = strchr (text, '}');
      if (end == NULL)
        {
          g_autofree char *shown = se_log_clean (text, 80);

          g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("\"%s\" lacks its closing brace"),
                       shown);
          return NULL;
        }
      name = g_strndup (text + 2, (gsize)(end - text - 2));
      value = look_up (name, data, error);
      if (value == NULL)
        return NULL;
      g_string_append (result, value);
      text = end + 1;
    }
  return g_string_free (g_steal_pointer (&result), FALSE);
}

char *
se_template_expand (const char *text, const SeTemplateValues *values, GError **error)
{
  return se_template_substitute (text, se_template_value, values, error);
}

char *
se_template_expand_address (const char *text, const SeTemplateValues *values, GError **error)
{
  const char *at = strrchr (text, '@');

  if (at != NULL && se_template_is_template (at))
    {
      g_autofree char *shown = se_log_clean (text, 80);

      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("\"%s\": a template may stand only before the @ of an address"), shown);
      return NULL;
    }
  return se_template_substitute (text, get_value_for_address, values, error);
}
