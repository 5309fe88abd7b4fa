/* SPDX-License-Identifier: Apache-2.0 */
/* Job tickets within documents: what cupsd would take from one, by its own library, is seen, and
 * what our parser would take from that. */
#include "common/io.h"
#include "common/option-list.h"
#include "filter/ticket.h"
#include "fuzz/fuzz.h"

#include <cups/cups.h>
#include <cups/file.h>
#include <string.h>
#include <unistd.h>

#define TICKET "%cupsJobTicket:"

static gboolean
is_mail_option (const char *name)
{
  return g_ascii_strncasecmp (name, "email", strlen ("email")) == 0;
}

/* cupsd puts names as they are into the filter's and the backend's argv[5]. */
static gboolean
argument_holds_mail_option (const cups_option_t *option)
{
  g_autofree char *text = g_strconcat (option->name, "=x", NULL);
  g_autoptr (GPtrArray) parsed = se_option_list_parse (text);

  for (guint i = 0; i < parsed->len; i++)
    if (is_mail_option (((const SeOption *)parsed->pdata[i])->name))
      return TRUE;
  return FALSE;
}

/* As read_job_ticket () of cupsd 2.4.2 does it: behind the first line, as long as tickets come. */
static gboolean
cupsd_takes_mail_option (int fd)
{
  cups_file_t *file = cupsFileOpenFd (dup (fd), "r");
  cups_option_t *options = NULL;
  char line[2048];
  int count = 0;
  gboolean found = FALSE;

  if (cupsFileGets (file, line, sizeof line) != NULL && strncmp (line, "%PDF-", 5) != 0
      && strncmp (line, "%!PS-Adobe-", 11) != 0)
    line[0] = '\0';
  while (line[0] != '\0' && cupsFileGets (file, line, sizeof line) != NULL
         && strncmp (line, TICKET, strlen (TICKET)) == 0)
    count = cupsParseOptions (line + strlen (TICKET), count, &options);
  for (int i = 0; i < count; i++)
    found = found || is_mail_option (options[i].name) || argument_holds_mail_option (&options[i]);
  cupsFreeOptions (count, options);
  cupsFileClose (file);
  return found;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  se_autofd int fd = fuzz_file (data, size);
  GError *error = NULL;
  gboolean harmless = se_ticket_check (fd, &error);

  fuzz_assert_outcome (harmless, &error);
  if (harmless)
    g_assert_false (cupsd_takes_mail_option (fd));
  return 0;
}
