/* SPDX-License-Identifier: Apache-2.0 */
#include "common/fields.h"

#include "common/io.h"
#include "common/log.h"
#include "common/option-list.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OPTION_PREFIX "email-"
#define DEFAULT_PREFIX "*Default"
#define PPD_CUSTOM "Custom."
#define PPD_NONE "None"

static const struct
{
  const char *option;
  const char *keyword; /* of the PPD */
} names[SE_N_FIELDS] = {
  [SE_FIELD_TO] = { "email-to", "EmailTo" },
  [SE_FIELD_CC] = { "email-cc", "EmailCc" },
  [SE_FIELD_BCC] = { "email-bcc", "EmailBcc" },
  [SE_FIELD_REPLY_TO] = { "email-reply-to", "EmailReplyTo" },
  [SE_FIELD_SUBJECT] = { "email-subject", "EmailSubject" },
  [SE_FIELD_BODY] = { "email-body", "EmailBody" },
  [SE_FIELD_FILENAME] = { "email-filename", "EmailFilename" },
  [SE_FIELD_FORMAT] = { "email-format", "EmailFormat" },
  [SE_FIELD_RESOLUTION] = { "email-resolution", "EmailResolution" },
  [SE_FIELD_COMPACT] = { "email-compact", "EmailCompact" },
  [SE_FIELD_SPLIT] = { "email-split", "EmailSplit" },
};

const char *const se_format_names[] = { "pdf", "original", "pdfa", "tiff", "jpeg", "png", NULL };

const char *
se_format_mime (SeFormat format)
{
  static const char *const types[] = {
    [SE_FORMAT_PDF] = "application/pdf", [SE_FORMAT_PDFA] = "application/pdf",
    [SE_FORMAT_TIFF] = "image/tiff",     [SE_FORMAT_JPEG] = "image/jpeg",
    [SE_FORMAT_PNG] = "image/png",
  };

  return types[format];
}

enum
{
  RESOLUTION_MIN = 36, /* pixels an inch */
  RESOLUTION_MAX = 1200,
  PAGES_MAX = 100000,
};

enum /* sets of formats: a bit each */
{
  PDFS = 1 << SE_FORMAT_PDF | 1 << SE_FORMAT_PDFA,
  IMAGES = 1 << SE_FORMAT_TIFF | 1 << SE_FORMAT_JPEG | 1 << SE_FORMAT_PNG,
};

/* Words without a value that CUPS and its filters know. */
static const char *const known_words[]
    = { "collate",   "crop-to-fit", "duplex",         "fill",        "fit-to-page", "fitplot",
        "landscape", "mirror",      "page-border",    "prettyprint", "raw",         "wrap",
        "booklet",   "emit-jcl",    "job-hold-until", NULL };

static gboolean
is_mail_option (const char *name)
{
  return g_ascii_strncasecmp (name, OPTION_PREFIX, strlen (OPTION_PREFIX)) == 0;
}

static gboolean
is_mail_keyword (const char *name)
{
  for (gsize i = 0; i < SE_N_FIELDS; i++)
    if (g_ascii_strcasecmp (name, names[i].keyword) == 0)
      return TRUE;
  return FALSE;
}

static void
set_unknown (const char *option, GError **error)
{
  g_autofree char *clean = se_log_clean (option, 60);
  g_autoptr (GString) all = g_string_new (names[0].option);

  for (gsize i = 1; i < SE_N_FIELDS; i++)
    g_string_append_printf (all, i < SE_N_FIELDS - 1 ? ", %s" : _ (" and %s"), names[i].option);
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("There is no option \"%s\"; there are %s"),
               clean, all->str);
}

static gboolean
check_names (const GPtrArray *options, GError **error)
{
  for (guint i = 0; i < options->len; i++)
    {
      const SeOption *option = options->pdata[i];
      gboolean known = !is_mail_option (option->name);

      for (gsize field = 0; field < SE_N_FIELDS && !known; field++)
        known = g_ascii_strcasecmp (option->name, names[field].option) == 0;
      if (known)
        continue;
      set_unknown (option->name, error);
      return FALSE;
    }
  return TRUE;
}

/* lp takes an unquoted value apart at its spaces: "email-subject=two words" is a subject "two" and
 * an option "words". */
void
se_fields_warn_of_stray_words (const GPtrArray *options)
{
  const char *mail_option = NULL;

  for (guint i = 0; i < options->len && mail_option == NULL; i++)
    {
      const SeOption *option = options->pdata[i];

      if (is_mail_option (option->name) || is_mail_keyword (option->name))
        mail_option = option->name;
    }
  for (guint i = 0; i < options->len && mail_option != NULL; i++)
    {
      const SeOption *option = options->pdata[i];
      g_autofree char *lower = g_ascii_strdown (option->name, -1);
      g_autofree char *word = NULL;
      g_autofree char *near = NULL;

      if ((strcmp (option->value, "true") != 0 && strcmp (option->value, "false") != 0)
          || is_mail_option (option->name) || is_mail_keyword (option->name)
          || g_strv_contains (known_words, lower))
        continue;
      word = se_log_clean (option->name, 60);
      near = se_log_clean (mail_option, 60);
      g_warning (_ ("The word \"%s\" stands alone beside the option %s: a value with spaces needs "
                    "quotes within quotes, as in lp -o \"%s='two words'\""),
                 word, near, near);
    }
}

/* A PPD's value as text: Custom.VALUE is VALUE, None is nothing. Owned by the caller. */
static char *
plain_value (const char *value)
{
  if (g_ascii_strcasecmp (value, PPD_NONE) == 0)
    return NULL;
  if (g_ascii_strncasecmp (value, PPD_CUSTOM, strlen (PPD_CUSTOM)) == 0)
    value += strlen (PPD_CUSTOM);
  return g_strdup (value);
}

/* Where a field's value is from. */
typedef enum
{
  FROM_NOWHERE,
  FROM_OPTION,
  FROM_KEYWORD,
  FROM_DEFAULT,
} Origin;

/* Takes one of the PPD's defaults. What a keyword says besides is no request of a person's: print
 * dialogs send all options as they stand. */
static void
take_default_value (SeFields *fields, Origin *origins, SeField field, const char *value)
{
  g_autofree char *plain = plain_value (value);
  const char *given = fields->values[field];

  if (origins[field] == FROM_KEYWORD && plain != NULL && given != NULL
      && g_ascii_strcasecmp (plain, given) == 0)
    fields->asked[field] = FALSE;
  if (origins[field] != FROM_NOWHERE)
    return;
  fields->values[field] = g_steal_pointer (&plain);
  origins[field] = FROM_DEFAULT;
}

/* The choice Custom without a value is what some print dialogs send that have no place to type. */
static gboolean
check_custom (const char *keyword, const char *value, GError **error)
{
  if (value == NULL || g_ascii_strcasecmp (value, "Custom") != 0)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               _ ("The option %s is Custom, but the program that printed gave no value with it"),
               keyword);
  return FALSE;
}

/* If line is "*DefaultKEYWORD: VALUE", takes the value. */
static void
take_default (SeFields *fields, Origin *origins, char *line)
{
  char *colon = strchr (line, ':');

  if (!g_str_has_prefix (line, DEFAULT_PREFIX) || colon == NULL)
    return;
  *colon = '\0';
  for (gsize i = 0; i < SE_N_FIELDS; i++)
    if (strcmp (line + strlen (DEFAULT_PREFIX), names[i].keyword) == 0)
      {
        g_autofree char *value = g_utf8_make_valid (g_strstrip (colon + 1), -1);

        take_default_value (fields, origins, (SeField)i, value);
      }
}

/* Reads the PPD's defaults. lpadmin -o writes them as they were given, so that
 * there is no quoting to undo. */
static gboolean
read_defaults (SeFields *fields, Origin *origins, int ppd_fd, GError **error)
{
  int copy = ppd_fd < 0 ? -1 : fcntl (ppd_fd, F_DUPFD_CLOEXEC, 0);
  FILE *file = copy < 0 ? NULL : fdopen (copy, "r");
  char *line = NULL;
  size_t size = 0;
  gboolean ok;

  if (ppd_fd < 0 || (copy < 0 && errno == EBADF))
    return TRUE;
  ok = file != NULL && fseek (file, 0, SEEK_SET) == 0;
  while (ok && getline (&line, &size, file) >= 0)
    take_default (fields, origins, line);
  ok = ok && ferror (file) == 0;
  if (!ok)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("Cannot read the queue's PPD: %s"),
                 g_strerror (errno));
  if (file != NULL)
    fclose (file);
  else
    se_io_clear_fd (&copy);
  free (line);
  return ok;
}

static gboolean
check_addresses (const SeFields *fields, GError **error)
{
  for (SeField i = SE_FIELD_TO; i <= SE_FIELD_REPLY_TO; i++)
    if (fields->values[i] != NULL && *fields->values[i] == '\0')
      {
        g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                     _ ("The option %s is empty: give an address"), names[i].option);
        return FALSE;
      }
  return TRUE;
}

static gboolean
refuse (SeField field, const char *value, const char *possible, GError **error)
{
  g_autofree char *clean = se_log_clean (value, 40);

  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               _ ("The option %s cannot be \"%s\": it can be %s"), names[field].option, clean,
               possible);
  return FALSE;
}

static gboolean
read_format (SeFields *fields, GError **error)
{
  const char *value = fields->values[SE_FIELD_FORMAT];
  g_autofree char *all = NULL;

  if (value == NULL)
    return TRUE;
  for (guint i = 0; se_format_names[i] != NULL; i++)
    if (g_ascii_strcasecmp (value, se_format_names[i]) == 0)
      {
        fields->format = (SeFormat)i;
        return TRUE;
      }
  all = g_strjoinv (", ", (char **)se_format_names);
  return refuse (SE_FIELD_FORMAT, value, all, error);
}

/* A number that may have unit behind it; 0 where nothing was said. */
static gboolean
read_number (const SeFields *fields, SeField field, const char *unit, guint min, guint max,
             guint *number, GError **error)
{
  const char *value = fields->values[field];
  g_autofree char *possible = g_strdup_printf (_ ("a number from %u to %u"), min, max);
  g_autofree char *digits = NULL;
  guint64 parsed;

  if (value == NULL)
    return TRUE;
  digits = g_strdup (value);
  if (g_str_has_suffix (digits, unit))
    digits[strlen (digits) - strlen (unit)] = '\0';
  if (!g_ascii_string_to_unsigned (digits, 10, min, max, &parsed, NULL))
    return refuse (field, value, possible, error);
  *number = (guint)parsed;
  return TRUE;
}

static gboolean
read_compact (SeFields *fields, GError **error)
{
  static const char *const yes[] = { "yes", "true", "on", NULL };
  static const char *const no[] = { "no", "false", "off", NULL };
  const char *value = fields->values[SE_FIELD_COMPACT];
  g_autofree char *lower = value != NULL ? g_ascii_strdown (value, -1) : NULL;

  if (lower == NULL || g_strv_contains (no, lower))
    return TRUE;
  fields->compact = g_strv_contains (yes, lower);
  return fields->compact || refuse (SE_FIELD_COMPACT, value, _ ("yes or no"), error);
}

/* Tells whether the field has a meaning: formats has the bit of the format. Without one it is an
 * error of the job's, while a queue's default waits for other formats. */
static gboolean
has_meaning (const SeFields *fields, SeField field, guint formats, gboolean *meaning,
             GError **error)
{
  g_autoptr (GString) possible = g_string_new (NULL);

  *meaning = (formats >> fields->format & 1) != 0;
  if (*meaning || !fields->asked[field])
    return TRUE;
  for (guint i = 0; se_format_names[i] != NULL; i++)
    if ((formats >> i & 1) != 0)
      g_string_append_printf (possible, possible->len > 0 ? ", %s" : "%s", se_format_names[i]);
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               _ ("The option %s means nothing with email-format=%s: it is for %s"),
               names[field].option, se_format_names[fields->format], possible->str);
  return FALSE;
}

static gboolean
drop_meaningless (SeFields *fields, GError **error)
{
  gboolean resolution = TRUE, compact = TRUE, split = TRUE;

  if ((fields->resolution != 0
       && !has_meaning (fields, SE_FIELD_RESOLUTION, IMAGES, &resolution, error))
      || (fields->compact
          && !has_meaning (fields, SE_FIELD_COMPACT, PDFS | IMAGES, &compact, error))
      || (fields->split != 0
          && !has_meaning (fields, SE_FIELD_SPLIT, PDFS | 1 << SE_FORMAT_TIFF, &split, error)))
    return FALSE;
  if (!resolution)
    fields->resolution = 0;
  if (!compact)
    fields->compact = FALSE;
  if (!split)
    fields->split = 0;
  return TRUE;
}

static gboolean
read_values (SeFields *fields, GError **error)
{
  return check_addresses (fields, error) && read_format (fields, error)
         && read_number (fields, SE_FIELD_RESOLUTION, "dpi", RESOLUTION_MIN, RESOLUTION_MAX,
                         &fields->resolution, error)
         && read_compact (fields, error)
         && read_number (fields, SE_FIELD_SPLIT, "", 1, PAGES_MAX, &fields->split, error)
         && drop_meaningless (fields, error);
}

SeFields *
se_fields_new (const GPtrArray *options, int ppd_fd, GError **error)
{
  g_autoptr (SeFields) fields = g_new0 (SeFields, 1);
  Origin origins[SE_N_FIELDS];

  if (!check_names (options, error))
    return NULL;
  for (gsize i = 0; i < SE_N_FIELDS; i++)
    {
      const char *option = se_option_list_get (options, names[i].option);
      const char *keyword = se_option_list_get (options, names[i].keyword);

      if (option == NULL && !check_custom (names[i].keyword, keyword, error))
        return NULL;
      origins[i] = option != NULL ? FROM_OPTION : keyword != NULL ? FROM_KEYWORD : FROM_NOWHERE;
      fields->asked[i] = origins[i] != FROM_NOWHERE;
      if (option != NULL)
        fields->values[i] = g_strdup (option);
      else if (keyword != NULL)
        fields->values[i] = plain_value (keyword);
    }
  if (!read_defaults (fields, origins, ppd_fd, error) || !read_values (fields, error))
    return NULL;
  return g_steal_pointer (&fields);
}

void
se_fields_free (SeFields *fields)
{
  for (gsize i = 0; i < SE_N_FIELDS; i++)
    g_free (fields->values[i]);
  g_free (fields);
}
