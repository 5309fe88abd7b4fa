/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/body.h"

#include "common/io.h"
#include "common/log.h"
#include "common/size.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define VALUE_MAX 200 /* bytes of a name from outside in a line */
/* Bytes of a file's name in its line, which thus takes no more than se_terms_part_size leaves. */
#define FILENAME_MAX_SHOWN 100
#define HTML_FILE_MAX (256 * 1024)
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* What the names of the HTML template stand for. */
typedef struct
{
  const SeTemplateValues *values;
  const char *text;
  const char *signature; /* may be NULL */
} Html;

/* A value on one line. */
static char *
clean_value (const char *name, gconstpointer data, GError **error)
{
  g_autofree char *value = se_template_value (name, data, error);

  return value != NULL ? se_log_clean (value, G_MAXSIZE) : NULL;
}

static char *
expand (const char *text, const SeTemplateValues *values, GError **error)
{
  return se_template_substitute (text, clean_value, values, error);
}

/* Text as it stands in HTML. Outlook knows the entities of HTML 4, which has no &apos;. */
static char *
escape (const char *text)
{
  g_autofree char *markup = g_markup_escape_text (text, -1);
  g_auto (GStrv) parts = g_strsplit (markup, "&apos;", -1);

  return g_strjoinv ("&#39;", parts);
}

/* The same of several lines, with breaks between them. */
static char *
escape_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      g_autofree char *clean = se_log_clean (*line, G_MAXSIZE);

      g_free (*line);
      *line = escape (clean);
    }
  return g_strjoinv ("<br>\n", lines);
}

static char *
html_value (const char *name, gconstpointer data, GError **error)
{
  const Html *html = data;
  g_autofree char *value = NULL;

  if (strcmp (name, "body") == 0)
    return escape_lines (html->text);
  if (strcmp (name, "signature") == 0)
    return escape_lines (html->signature != NULL ? html->signature : "");
  value = clean_value (name, html->values, error);
  return value != NULL ? escape (value) : NULL;
}

/* The contents of the queue's template. */
static char *
read_html_file (const char *path, GError **error)
{
  gsize length = 0;
  g_autofree char *contents = se_io_read_file (path, HTML_FILE_MAX, &length, error);

  if (contents == NULL)
    return NULL;
  if (!g_utf8_validate (contents, (gssize)length, NULL))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s is not UTF-8 text"), path);
      return NULL;
    }
  if (g_str_has_prefix (contents, BYTE_ORDER_MARK))
    return g_strdup (contents + strlen (BYTE_ORDER_MARK));
  return g_steal_pointer (&contents);
}

static char *
make_html (const char *path, const Html *html, GError **error)
{
  g_autofree char *template = read_html_file (path, error);
  g_autofree char *expanded
      = template != NULL ? se_template_substitute (template, html_value, html, error) : NULL;

  if (expanded == NULL)
    {
      if (template != NULL)
        g_prefix_error (error, _ ("html-file of the queue in scan-email.conf, %s: "), path);
      else
        g_prefix_error (error, _ ("html-file of the queue in scan-email.conf: "));
    }
  return g_steal_pointer (&expanded);
}

static char *
format_pages (int pages)
{
  return g_strdup_printf (
      g_dngettext (GETTEXT_PACKAGE, "%d page", "%d pages", (gulong)MAX (pages, 0)), pages);
}

/* A line for each attachment of the mail. */
static void
list_files (GString *body, const SeComposition *composition, char *const *filenames)
{
  for (guint i = 0; i < composition->entries->len; i++)
    {
      const SeBundleEntry *entry = composition->entries->pdata[i];
      g_autofree char *name = se_log_clean (filenames[i], FILENAME_MAX_SHOWN);
      g_autofree char *size = se_size_format (entry->length);
      g_autofree char *pages = format_pages (entry->pages);

      if (!se_compose_includes (composition, entry))
        continue;
      if (entry->pages >= 0)
        g_string_append_printf (body, "%s (%s, %s)\n", name, pages, size);
      else
        g_string_append_printf (body, "%s (%s)\n", name, size);
    }
}

static guint64
sum_lengths (const GPtrArray *entries)
{
  guint64 sum = 0;

  for (guint i = 0; i < entries->len; i++)
    sum += ((const SeBundleEntry *)entries->pdata[i])->length;
  return sum;
}

/* Lines are not aligned by spaces: most readers show them in a proportional font. */
static char *
default_text (const SeComposition *composition, char *const *filenames)
{
  const SeTemplateValues *values = composition->values;
  const GPtrArray *entries = composition->entries;
  const SeBundleEntry *last = entries->len > 0 ? entries->pdata[entries->len - 1] : NULL;
  GString *body = g_string_new (NULL);
  g_autofree char *title = se_log_clean (values->title, VALUE_MAX);
  g_autofree char *user = se_log_clean (values->user, VALUE_MAX);
  g_autofree char *host = se_log_clean (values->host, VALUE_MAX);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (values->time);
  g_autofree char *date = g_date_time_format (time, "%Y-%m-%d %H:%M %z");
  g_autofree char *size = se_size_format (sum_lengths (entries));

  g_string_append_printf (body,
                          last == NULL || last->number <= 1
                              ? _ ("The print queue %s sends you a document.\n")
                              : _ ("The print queue %s sends you several documents.\n"),
                          values->queue);
  if (composition->mails > 1)
    g_string_append_printf (body, _ ("This is mail %u of %u.\n"), composition->mail,
                            composition->mails);
  g_string_append_c (body, '\n');
  if (se_template_has_title (values->title))
    g_string_append_printf (body, _ ("Title: %s\n"), title);
  if (*user != '\0')
    g_string_append_printf (body, _ ("Printed by: %s\n"), user);
  if (*host != '\0' && strcmp (host, "localhost") != 0)
    g_string_append_printf (body, _ ("Computer: %s\n"), host);
  g_string_append_printf (body, _ ("Date: %s\n"), date);
  if (values->pages >= 0)
    g_string_append_printf (body, _ ("Pages: %d\n"), values->pages);
  g_string_append_printf (body, _ ("Size: %s\n"), size);
  if (composition->mails > 1)
    g_string_append (body, _ ("\nIn this mail:\n"));
  else if (entries->len > 1)
    g_string_append (body, _ ("\nFiles:\n"));
  if (entries->len > 1)
    list_files (body, composition, filenames);
  return g_string_free (body, FALSE);
}

static char *
make_text (const SeComposition *composition, char *const *filenames, GError **error)
{
  const char *given = composition->fields->values[SE_FIELD_BODY];
  const char *template
      = composition->uri->body != NULL ? composition->uri->body : composition->queue->body;

  if (given != NULL)
    return g_strdup (given);
  return template != NULL ? expand (template, composition->values, error)
                          : default_text (composition, filenames);
}

/* Takes line ends and spaces off the end. */
static char *
trim_end (char *text)
{
  return text != NULL ? g_strchomp (text) : NULL;
}

SeBody *
se_body_new (const SeComposition *composition, char *const *filenames, GError **error)
{
  const SeQueueConfig *queue = composition->queue;
  g_autofree char *text = trim_end (make_text (composition, filenames, error));
  g_autofree char *signature = NULL;
  g_autoptr (SeBody) body = g_new0 (SeBody, 1);

  if (text == NULL)
    return NULL;
  if (queue->signature != NULL)
    {
      signature = trim_end (expand (queue->signature, composition->values, error));
      if (signature == NULL)
        return NULL;
    }
  body->text = signature != NULL
                   ? g_strdup_printf ("%s%s-- \n%s\n", text, *text != '\0' ? "\n\n" : "", signature)
                   : g_strdup_printf ("%s\n", text);
  if (queue->html_file != NULL)
    {
      const Html html = { composition->values, text, signature };

      body->html = make_html (queue->html_file, &html, error);
      if (body->html == NULL)
        return NULL;
    }
  return g_steal_pointer (&body);
}

void
se_body_free (SeBody *body)
{
  g_free (body->text);
  g_free (body->html);
  g_free (body);
}
