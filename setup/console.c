/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/console.h"

#include <glib/gi18n-lib.h>
#include <qrencode.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ISO/IEC 18004 wants four modules around the symbol. */
#define QUIET 4

gboolean
se_console_can_ask (void)
{
  return isatty (STDIN_FILENO) && isatty (STDOUT_FILENO);
}

/* One line without its newline; NULL at the end of the input. */
static char *
read_line (void)
{
  g_autofree char *line = NULL;
  char *buffer = NULL;
  size_t size = 0;
  sigset_t stops, before;
  ssize_t length;

  /* While a worker runs its parent takes signals itself; at a question Ctrl-C ends the program. */
  sigemptyset (&stops);
  sigaddset (&stops, SIGINT);
  sigaddset (&stops, SIGTERM);
  (void)sigprocmask (SIG_UNBLOCK, &stops, &before);
  length = getline (&buffer, &size, stdin);
  (void)sigprocmask (SIG_SETMASK, &before, NULL);
  if (length >= 0)
    line = g_strstrip (g_strdup (buffer));
  free (buffer);
  return g_steal_pointer (&line);
}

char *
se_console_ask (const char *question, const char *fallback, GError **error)
{
  for (;;)
    {
      g_autofree char *line = NULL;

      if (fallback != NULL && *fallback != '\0')
        printf ("%s [%s]: ", question, fallback);
      else
        printf ("%s: ", question);
      fflush (stdout);
      line = read_line ();
      if (line == NULL)
        {
          g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE, _ ("No answer to \"%s\""), question);
          return NULL;
        }
      if (!g_utf8_validate (line, -1, NULL))
        printf (_ ("Please answer in UTF-8.\n"));
      else if (*line != '\0')
        return g_steal_pointer (&line);
      else if (fallback != NULL)
        return g_strdup (fallback);
    }
}

static gboolean
is_word (const char *line, const char *word)
{
  return g_ascii_strcasecmp (line, word) == 0;
}

gboolean
se_console_confirm (const char *question)
{
  g_autofree char *line = NULL;

  printf (_ ("%s [y/N] "), question);
  fflush (stdout);
  line = read_line ();
  return line != NULL
         && (is_word (line, "y") || is_word (line, "yes") || is_word (line, C_ ("answer", "y"))
             || is_word (line, C_ ("answer", "yes")));
}

char *
se_console_pad (const char *text, guint width)
{
  glong columns = g_utf8_strlen (text, -1);

  return g_strdup_printf ("%s%*s", text, columns < (glong)width ? (int)(width - columns) : 0, "");
}

void
se_console_status (const char *text)
{
  if (!isatty (STDOUT_FILENO))
    return;
  printf ("\r\033[K%s", text != NULL ? text : "");
  fflush (stdout);
}

static gboolean
is_light (const QRcode *code, int x, int y)
{
  if (x < 0 || y < 0 || x >= code->width || y >= code->width)
    return TRUE;
  return (code->data[y * code->width + x] & 1) == 0;
}

char *
se_console_qr (const char *text, gboolean colours)
{
  QRcode *code = QRcode_encodeString (text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
  GString *lines = NULL;
  int x, y;

  if (code == NULL)
    return NULL;
  lines = g_string_new (NULL);
  for (y = -QUIET; y < code->width + QUIET; y += 2)
    {
      g_string_append (lines, colours ? "\033[97;40m" : "");
      for (x = -QUIET; x < code->width + QUIET; x++)
        {
          gboolean upper = is_light (code, x, y), lower = is_light (code, x, y + 1);

          /* The width is odd: below the last row of the quiet zone there is nothing to draw. */
          if (y + 1 == code->width + QUIET)
            lower = FALSE;
          g_string_append (lines, upper ? (lower ? "█" : "▀") : (lower ? "▄" : " "));
        }
      g_string_append (lines, colours ? "\033[0m\n" : "\n");
    }
  QRcode_free (code);
  return g_string_free (lines, FALSE);
}

char *
se_console_qr_for_stdout (const char *text)
{
  gboolean terminal = isatty (STDOUT_FILENO);
  struct winsize size = { 0 };
  g_autofree char *qr = NULL;
  const char *end;

  if (!g_get_charset (NULL))
    return NULL;
  qr = se_console_qr (text, FALSE);
  if (qr == NULL || !terminal)
    return g_steal_pointer (&qr);
  end = strchr (qr, '\n');
  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
      && g_utf8_strlen (qr, end - qr) > size.ws_col)
    return NULL;
  return se_console_qr (text, TRUE);
}

char *
se_console_time_left (gint64 seconds)
{
  seconds = MAX (seconds, 0);
  return g_strdup_printf ("%" G_GINT64_FORMAT ":%02d", seconds / 60, (int)(seconds % 60));
}

void
se_console_field (const char *what, const char *text)
{
  g_autofree char *label = se_console_pad (what, 12);

  printf ("  %s %s\n", label, text);
}

char *
se_console_time (const char *text)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, NULL);
  g_autoptr (GDateTime) local = time != NULL ? g_date_time_to_local (time) : NULL;
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *clock = NULL;
  GTimeSpan away;
  gint64 days;

  if (local == NULL)
    return g_strdup ("?");
  clock = g_date_time_format (local, "%Y-%m-%d %H:%M");
  away = g_date_time_difference (now, time);
  days = ABS (away) / G_TIME_SPAN_DAY;
  if (days == 0)
    return g_steal_pointer (&clock);
  if (away > 0)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s (%d day ago)", "%s (%d days ago)",
                                         (gulong)days),
                            clock, (int)days);
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s (in %d day)", "%s (in %d days)",
                                       (gulong)days),
                          clock, (int)days);
}
