/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/ticket.h"

#include "common/io.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static gboolean
check (const char *text, GError **error)
{
  g_autofree char *name = NULL;
  se_autofd int fd = g_file_open_tmp ("ticket-XXXXXX", &name, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (g_unlink (name), ==, 0);
  g_assert_true (se_io_write_all (fd, text, strlen (text), NULL));
  return se_ticket_check (fd, error);
}

#define PDF "%PDF-1.4\n"
#define TICKET "%cupsJobTicket: "

static void
test_refused (void)
{
  g_autofree char *filler = g_strnfill (2047 - 8, 'x');
  g_autofree char *long_line = g_strconcat ("%PDF-1.4", filler, TICKET "email-cc=e@x.org\n", NULL);
  g_autofree char *far = g_strnfill (100000, '\n');
  g_autofree char *far_ticket = g_strconcat (PDF, far, TICKET "email-cc=e@x.org\n1 0 obj", NULL);
  const char *const cases[] = {
    PDF TICKET "email-to=e@x.org\n",
    PDF TICKET "email-to=e@x.org",
    PDF TICKET "media=a4\n" TICKET "sides=one-sided Email-BCC=e@x.org\n1 0 obj\n",
    "%!PS-Adobe-3.0\r" TICKET "EmailTo=Custom.e@x.org\rnewpath",
    "%!PS-Adobe-3.0\r\n%%Pages: 1\r\n" TICKET "noemail-format\r\n",
    PDF TICKET "x={a email-to=e@x.org\n",
    PDF TICKET "x' email-to=e@x.org '\n",
    PDF TICKET "e\\mail-to=e@x.org\n",
    PDF TICKET "x' e\"\"mail-to=e@x.org '\n",
    PDF TICKET "x\" email-to = e@x.org y=\"\"\n",
    long_line,
    far_ticket,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%zu", i);
      g_assert_false (check (cases[i], &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      g_assert_nonnull (strstr (error->message, "mail"));
    }
}

static void
test_passed (void)
{
  g_autofree char *filler = g_strnfill (4096 - strlen (PDF "%x"), '\n');
  g_autofree char *full_buffer = g_strconcat (PDF, filler, "%x", NULL);
  const char *const cases[] = {
    "",
    PDF,
    PDF "%the last line, without an end",
    full_buffer,
    PDF TICKET "media=a4 sides=one-sided\n1 0 obj",
    PDF TICKET "notify-recipient-uri=no-email x=y-email\n",
    PDF "1 0 obj\n" TICKET "email-to=e@x.org\n",
    PDF "% " TICKET "email-to=e@x.org\n",
    "Dear reader,\n" TICKET "email-to=e@x.org\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (check (cases[i], &error));
      g_assert_no_error (error);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ticket/refused", test_refused);
  g_test_add_func ("/ticket/passed", test_passed);
  return g_test_run ();
}
