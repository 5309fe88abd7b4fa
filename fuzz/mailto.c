/* SPDX-License-Identifier: Apache-2.0 */
/* A queue's device URI. */
#include "fuzz/fuzz.h"
#include "mail/mailto.h"

#include <string.h>

static void
check_text (const char *text, gboolean body)
{
  if (text == NULL)
    return;
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    g_assert_true (!g_unichar_iscntrl (g_utf8_get_char (p))
                   || (body && (*p == '\n' || *p == '\t')));
}

/* What our own tools write comes back. */
static void
check_built (const char *member, const char *from)
{
  g_autofree char *uri = se_mailto_build (member, from);
  g_autoptr (SeMailto) again = NULL;
  GError *error = NULL;

  if (strlen (uri) > SE_MAILTO_MAX)
    return;
  again = se_mailto_parse (uri, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (again->to), ==, 1);
  g_assert_cmpstr (again->to[0], ==, member);
  g_assert_cmpstr (again->from, ==, from);
  g_assert_true (again->cc[0] == NULL && again->bcc[0] == NULL && again->subject == NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzInput input = fuzz_input (data, size);
  g_autofree char *uri = fuzz_take_rest (&input);
  GError *error = NULL;
  g_autoptr (SeMailto) mailto = se_mailto_parse (uri, &error);

  fuzz_assert_outcome (mailto != NULL, &error);
  if (mailto == NULL)
    return 0;
  g_assert_cmpuint (strlen (uri), <=, SE_MAILTO_MAX);
  for (char **list = mailto->to; *list != NULL; list++)
    {
      g_assert_cmpstr (*list, !=, "");
      check_text (*list, FALSE);
      check_built (*list, mailto->from);
    }
  for (char **list = mailto->cc; *list != NULL; list++)
    check_text (*list, FALSE);
  for (char **list = mailto->bcc; *list != NULL; list++)
    check_text (*list, FALSE);
  check_text (mailto->subject, FALSE);
  check_text (mailto->body, TRUE);
  check_text (mailto->from, FALSE);
  check_text (mailto->reply_to, FALSE);
  return 0;
}
