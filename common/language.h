/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The language of a process' messages, which its functions take from gettext (3). Numbers and dates
 * stay those of the C locale.
 *
 * What stays English whatever the language: debug lines, what programs read (JSON, codes, names of
 * options, keys and commands), and the words of others. */

/* Has gettext (3) take messages from the first of names that there is a catalog of below directory
 * (SE_LOCALE_DIR), in UTF-8. names: of locales ("de", "de-AT", "de_AT.UTF-8"), separated by colons,
 * from anywhere: what is no such name is passed over, and what follows "en", "C" or "POSIX" as
 * well. The locale itself need not be installed; but glibc later than 2.36 may translate nothing
 * where there is no UTF-8 locale beside C.UTF-8.
 * FALSE: there is none, and messages are English; also where names, which may be NULL, asked for
 * that. Changes the process' locale and LANGUAGE: call it before there are threads. */
gboolean se_language_use (const char *directory, const char *names);

/* TRUE if names, as of se_language_use, ask for English first of all. */
gboolean se_language_is_english (const char *names);

/* The languages that a person's environment asks for, as names of se_language_use: LANGUAGE if
 * LC_ALL, LC_MESSAGES or LANG, the first that is set, names another locale than C; else that.
 * NULL: none. Owned by the caller. */
char *se_language_of_environment (void);

G_END_DECLS
