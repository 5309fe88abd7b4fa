/* SPDX-License-Identifier: Apache-2.0 */
#include "common/language.h"

#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <string.h>

#define MAX_NAME 40
#ifdef ENABLE_NLS
#define WITH_NLS TRUE
#else
#define WITH_NLS FALSE
#endif

/* A locale's name that leads out of no directory. */
static gboolean
is_name (const char *name)
{
  gsize length
      = strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@.-");

  return g_ascii_isalpha (name[0]) && name[length] == '\0' && length <= MAX_NAME;
}

/* "de_AT.UTF-8" and "de-AT" are of the language "de". */
static gboolean
is_of_language (const char *name, const char *language)
{
  gsize length = strlen (language);

  return g_ascii_strncasecmp (name, language, length) == 0 && !g_ascii_isalnum (name[length]);
}

static gboolean
is_untranslated (const char *name)
{
  return is_of_language (name, "en") || is_of_language (name, "C")
         || is_of_language (name, "POSIX");
}

gboolean
se_language_is_english (const char *names)
{
  g_auto (GStrv) list = g_strsplit (names, ":", -1);

  return list[0] != NULL && is_untranslated (list[0]);
}

/* Returns what LANGUAGE is to be; NULL: nothing. Owned by the caller. */
static char *
clean (const char *names)
{
  g_auto (GStrv) list = g_strsplit (names != NULL ? names : "", ":", -1);
  GString *wanted = g_string_new (NULL);

  for (char **name = list; *name != NULL; name++)
    {
      if (!is_name (*name))
        continue;
      if (is_untranslated (*name))
        break;
      if (wanted->len > 0)
        g_string_append_c (wanted, ':');
      /* A language tag's; a charset may hold one, too. */
      if (strchr (*name, '.') == NULL)
        g_strdelimit (*name, "-", '_');
      g_string_append (wanted, *name);
    }
  return g_string_free (wanted, wanted->len == 0);
}

/* Messages are UTF-8 everywhere; those of libc are in what LC_CTYPE says. */
static void
use_utf8 (void)
{
  if (strcmp (nl_langinfo (CODESET), "UTF-8") != 0
      && g_strcmp0 (setlocale (LC_CTYPE, NULL), "C") == 0)
    (void)setlocale (LC_CTYPE, "C.UTF-8");
}

/* gettext translates in any locale but C, by LANGUAGE. */
static gboolean
try_locale (const char *locale)
{
  return setlocale (LC_MESSAGES, locale) != NULL && *dgettext (GETTEXT_PACKAGE, "") != '\0';
}

gboolean
se_language_use (const char *directory, const char *names)
{
  g_autofree char *wanted = clean (names);
  g_autofree char *first = wanted != NULL ? g_strndup (wanted, strcspn (wanted, ":")) : NULL;

  /* A change of locale empties gettext's memory, a change of LANGUAGE alone does not. */
  (void)setlocale (LC_MESSAGES, "C");
  if (!WITH_NLS || wanted == NULL || bindtextdomain (GETTEXT_PACKAGE, directory) == NULL
      || bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8") == NULL
      || !g_setenv ("LANGUAGE", wanted, TRUE))
    return FALSE;
  use_utf8 ();
  if (try_locale ("C.UTF-8") || try_locale (first) || try_locale ("en_US.UTF-8")
      || try_locale ("en_GB.UTF-8"))
    return TRUE;
  (void)setlocale (LC_MESSAGES, "C");
  return FALSE;
}

static const char *
variable (const char *name)
{
  const char *value = g_getenv (name);

  return value != NULL && *value != '\0' ? value : NULL;
}

char *
se_language_of_environment (void)
{
  const char *locale = variable ("LC_ALL");
  const char *languages = variable ("LANGUAGE");

  if (locale == NULL)
    locale = variable ("LC_MESSAGES");
  if (locale == NULL)
    locale = variable ("LANG");
  if (locale == NULL || is_of_language (locale, "C") || is_of_language (locale, "POSIX"))
    return NULL;
  return g_strdup (languages != NULL ? languages : locale);
}
