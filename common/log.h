/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The longest line, in bytes with its newline, that cupsd reads as one (CUPS_MAX_MESSAGE): the tail
 * of a longer one would be parsed as a line of its own. */
#define SE_LOG_LINE_MAX 2047

/* One line "PREFIX: TEXT\n" that cannot be more than one line whatever text holds: control
 * characters (C0, DEL, C1, U+2028, U+2029) become a space, invalid UTF-8 becomes U+FFFD, and the
 * line is cut at a character's border to SE_LOG_LINE_MAX bytes. prefix: a literal such as "ERROR".
 * Returns the line, owned by the caller. */
char *se_log_line (const char *prefix, const char *text);

/* Writes se_log_line (prefix, format…) to standard error by a single write(2).
 * The libraries do not call it: they use g_debug (), g_info () and g_warning (). */
void se_log_write (const char *prefix, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* A GLogWriterFunc for programs under cupsd: g_debug is DEBUG, g_info and g_message INFO,
 * g_warning WARNING, g_critical and g_error ERROR; each through se_log_line. */
GLogWriterOutput se_log_writer (GLogLevelFlags level, const GLogField *fields, gsize n_fields,
                                gpointer unused);

/* TRUE for a character that must not reach a terminal or a log from outside: C0, C1, the separators
 * of lines and paragraphs, and those that turn the direction of what is around them (Unicode
 * Standard Annex 9), by which a name can be shown as another. */
gboolean se_log_is_control (gunichar c);

/* Text from outside (a server's reply, a title, a name) for use inside a message: control
 * characters and invalid UTF-8 replaced as in se_log_line, cut to max bytes with "…".
 * Returns valid UTF-8, owned by the caller. */
char *se_log_clean (const char *text, gsize max);

G_END_DECLS
