/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* Talking with the person at the terminal. */

/* TRUE if questions can be asked: standard input and output are terminals. */
gboolean se_console_can_ask (void);

/* Asks "QUESTION [FALLBACK]: " and reads a line. fallback: what an empty line means; NULL: an empty
 * line is asked about again; "" is an answer. Owned by the caller. SE_ERROR_USAGE at the end of the
 * input. */
char *se_console_ask (const char *question, const char *fallback, GError **error);

/* Asks "QUESTION [y/N] "; everything but yes, the end of the input included, is no. */
gboolean se_console_confirm (const char *question);

/* Shows "TEXT" over the line that is there, on a terminal only; NULL removes it. */
void se_console_status (const char *text);

/* A QR code in half blocks (U+2580, U+2584, U+2588), quiet zone included, light modules drawn: for
 * a dark screen. colours: force white on black by ECMA-48 sequences. Returns lines ending in
 * newlines, owned by the caller; NULL where text does not fit a QR code. */
char *se_console_qr (const char *text, gboolean colours);

/* The QR code as standard output can show it: NULL where it is not UTF-8 or too narrow. */
char *se_console_qr_for_stdout (const char *text);

/* "14:05" of seconds. Owned by the caller. */
char *se_console_time_left (gint64 seconds);

/* text with spaces behind it up to width columns. Owned by the caller. */
char *se_console_pad (const char *text, guint width);

/* Prints "  WHAT TEXT", the texts of several lines below each other. */
void se_console_field (const char *what, const char *text);

/* A time as the worker tells it (RFC 3339) for people: the clock on the wall, and how many days off
 * it is. Owned by the caller. */
char *se_console_time (const char *text);

G_END_DECLS
