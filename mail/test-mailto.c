/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/mailto.h"

#include "mail/address.h"

#include <string.h>

static char *
describe (const SeMailto *mailto)
{
  g_autofree char *to = g_strjoinv ("|", mailto->to);
  g_autofree char *cc = g_strjoinv ("|", mailto->cc);
  g_autofree char *bcc = g_strjoinv ("|", mailto->bcc);

  return g_strdup_printf ("to=%s cc=%s bcc=%s subject=%s body=%s from=%s reply-to=%s", to, cc, bcc,
                          mailto->subject ? mailto->subject : "-",
                          mailto->body ? mailto->body : "-", mailto->from ? mailto->from : "-",
                          mailto->reply_to ? mailto->reply_to : "-");
}

static void
test_accepted (void)
{
#define REST " cc= bcc= subject=- body=- from=- reply-to=-"
  static const struct
  {
    const char *uri;
    const char *result;
  } cases[] = {
    { "mailto:a@b", "to=a@b" REST },
    { "MailTo:a%40b", "to=a@b" REST },
    { "mailto:/a@b", "to=a@b" REST },
    { "mailto:/a%40b", "to=a@b" REST },
    { "mailto:///a%40b", "to=a@b" REST },
    { "mailto:a@b,c%40d", "to=a@b|c@d" REST },
    { "mailto:", "to=" REST },
    { "mailto:/", "to=" REST },
    { "mailto:///?", "to=" REST },
    { "mailto:%22a%2Cb%22@x", "to=\"a,b\"@x" REST },
    { "mailto:a%40b%2Cc%40d", "to=a@b,c@d" REST },
    { "mailto:gorby%25kremvax@example.com", "to=gorby%kremvax@example.com" REST },
    { "mailto:a+b@c", "to=a+b@c" REST },
    { "mailto:%2Fx@c", "to=/x@c" REST },
    { "mailto:%25%7Buser%7D%40contoso.com", "to=%{user}@contoso.com" REST },
    { "mailto:a@ex%C3%A4mple.test", "to=a@ex\xc3\xa4mple.test" REST },
    { "mailto:a@b?TO=c@d", "to=a@b|c@d" REST },
    { "mailto:?to=a@b,c@d", "to=a@b|c@d" REST },
    { "mailto:a@b?%63%63=c@d", "to=a@b cc=c@d bcc= subject=- body=- from=- reply-to=-" },
    { "mailto:a@b?cc=c%40d%2C%22e%2Cf%22%40g&Bcc=h@i&subject=A%20b%26c%3Dd&from=s%40x&reply-to=r@y",
      "to=a@b cc=c@d|\"e,f\"@g bcc=h@i subject=A b&c=d body=- from=s@x reply-to=r@y" },
    { "mailto:a@b?body=one%0D%0Atwo%0Athree%0D%09four&subject=",
      "to=a@b cc= bcc= subject= body=one\ntwo\nthree\n\tfour from=- reply-to=-" },
    { "mailto:a@b?subject=a+b=c", "to=a@b cc= bcc= subject=a+b=c body=- from=- reply-to=-" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SeMailto) mailto = se_mailto_parse (cases[i].uri, &error);
      g_autofree char *result = NULL;

      g_assert_no_error (error);
      result = describe (mailto);
      g_assert_cmpstr (result, ==, cases[i].result);
    }
}

static void
test_refused (void)
{
  static const struct
  {
    const char *uri;
    const char *why;
  } cases[] = {
    { "", "mailto:" },
    { "mailt", "mailto:" },
    { "http://a@b", "mailto:" },
    { "mailto", "mailto:" },
    { "mailto://a@b", "slashes" },
    { "mailto:////a@b", "slashes" },
    { "mailto:a@b,", "empty address" },
    { "mailto:,a@b", "empty address" },
    { "mailto:a@b,%20,c@d", "empty address" },
    { "mailto:a@b?cc=", "empty address" },
    { "mailto:a@b?to=c@d,", "empty address" },
    { "mailto:a@b?from=", "empty address" },
    { "mailto:a@b?reply-to=", "empty address" },
    { "mailto:a%4@b", "hexadecimal" },
    { "mailto:a%@b", "hexadecimal" },
    { "mailto:a%zz@b", "hexadecimal" },
    { "mailto:a@b%", "hexadecimal" },
    { "mailto:a%00@b", "hexadecimal" },
    { "mailto:a@b?body=%00", "hexadecimal" },
    { "mailto:a%FF@b", "UTF-8" },
    { "mailto:a%C3@b", "UTF-8" },
    { "mailto:a%0D%0Ab@c", "control" },
    { "mailto:a@b?subject=x%0d%0aBcc:%20c@d", "control" },
    { "mailto:a@b?subject=x%0Ay", "control" },
    { "mailto:a@b?subject=%C2%85", "control" },
    { "mailto:a@b?body=%1b", "control" },
    { "mailto:a@b?from=c@d%0a", "control" },
    { "mailto:a@b?cc=c@d%0a", "control" },
    { "mailto:a@b?x-mailer=y", "unknown" },
    { "mailto:a@b?subject=x&amp;cc=c@d", "unknown" },
    { "mailto:a@b?=x", "unknown" },
    { "mailto:a@b?subject", "FIELD=VALUE" },
    { "mailto:a@b?&", "FIELD=VALUE" },
    { "mailto:a@b?cc=c@d&&bcc=e@f", "FIELD=VALUE" },
    { "mailto:a@b?subject=x&Subject=y", "repeats" },
    { "mailto:a@b?cc=c@d&CC=e@f", "repeats" },
    { "mailto:?to=a@b&to=c@d", "repeats" },
    { "mailto:a@b#x", "%23" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SeMailto) mailto = se_mailto_parse (cases[i].uri, &error);

      if (mailto != NULL)
        g_error ("'%s' was taken", cases[i].uri);
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
      if (strstr (error->message, cases[i].why) == NULL)
        g_error ("'%s': '%s' does not say '%s'", cases[i].uri, error->message, cases[i].why);
    }
}

/* A percent-encoded comma makes no second recipient. */
static void
test_encoded_comma (void)
{
  g_autoptr (SeMailto) mailto = se_mailto_parse ("mailto:a%40b%2Cc%40d", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (se_address_parse (mailto->to[0], &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
}

/* cupsd hands over the first 1012 bytes of a longer URI. */
static void
test_cut (void)
{
  g_autofree char *tail = g_strnfill (SE_MAILTO_MAX - strlen ("mailto:a@b?body="), 'x');
  g_autofree char *longest = g_strconcat ("mailto:a@b?body=", tail, NULL);
  g_autofree char *cut = g_strconcat (longest, "x", NULL);
  g_autoptr (SeMailto) mailto = se_mailto_parse (longest, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (mailto);
  g_assert_null (se_mailto_parse (cut, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "1011"));
}

static void
test_build (void)
{
  static const char *const addresses[]
      = { "archive@contoso.com", "%{user}@contoso.com", "\"a,b?&#% /\"@x", "a+b@c" };
  g_autofree char *template = se_mailto_build ("%{user}@contoso.com", NULL);

  g_assert_cmpstr (template, ==, "mailto:%25%7Buser%7D%40contoso.com");
  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autofree char *uri = se_mailto_build (addresses[i], "scanner@contoso.com");
      g_autoptr (SeMailto) mailto = se_mailto_parse (uri, NULL);

      g_assert_nonnull (mailto);
      g_assert_null (strchr (uri, '@'));
      g_assert_cmpuint (g_strv_length (mailto->to), ==, 1);
      g_assert_cmpstr (mailto->to[0], ==, addresses[i]);
      g_assert_cmpstr (mailto->from, ==, "scanner@contoso.com");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mailto/accepted", test_accepted);
  g_test_add_func ("/mailto/refused", test_refused);
  g_test_add_func ("/mailto/encoded-comma", test_encoded_comma);
  g_test_add_func ("/mailto/cut", test_cut);
  g_test_add_func ("/mailto/build", test_build);
  return g_test_run ();
}
