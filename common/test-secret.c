/* SPDX-License-Identifier: Apache-2.0 */
#include "common/secret.h"

#define TOKEN "ya29.a0Af/H6SMB+x~and.so.on"

static void
test_repeated (void)
{
  static const struct
  {
    const char *words;
    gboolean repeated;
  } cases[] = {
    { "", FALSE },
    { "the token ya29.a0Af has expired", FALSE },
    { "bad token \"" TOKEN "\"", TRUE },
    { "bad token ya29.a0Af/H6SMB+x~an...", TRUE },
    { "token=ya29.a0Af%2FH6SMB%2Bx~and", TRUE },
    /* In the answer to AUTH XOAUTH2, with "ab", "abc" and "abcd" for a user. */
    { "what is dXNlcj1hYgFhdXRoPUJlYXJlciB5YTI5LmEwQWYvSDZTTUIreH5hbmQuc28ub24BAQ==?", TRUE },
    { "dXNlcj1hYmMBYXV0aD1CZWFyZXIgeWEyOS5hMEFmL0g2U01CK3h+YW5kLnNvLm9uAQE=", TRUE },
    { "dXNlcj1hYmNkAWF1dGg9QmVhcmVyIHlhMjkuYTBBZi9INlNNQit4fmFuZC5zby5vbgEB", TRUE },
    { "dXNlcj1hYmNkAWF1dGg9QmVhcmVyIG5vdGhpbmcB", FALSE },
  };
  const char *const secrets[] = { "short", TOKEN, NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].words);
      g_assert_true (se_secret_is_repeated (cases[i].words, secrets) == cases[i].repeated);
    }
  g_assert_true (se_secret_is_repeated ("in short", secrets));
  g_assert_false (se_secret_is_repeated ("in short", NULL));
}

static void
test_show (void)
{
  const char *const secrets[] = { TOKEN, NULL };
  g_autofree char *shown = se_secret_show ("no\nway", 100, secrets);
  g_autofree char *hidden = se_secret_show ("no: " TOKEN, 100, secrets);

  g_assert_cmpstr (shown, ==, "no way");
  g_assert_cmpstr (hidden, ==, "(not shown: it repeats a secret)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secret/repeated", test_repeated);
  g_test_add_func ("/secret/show", test_show);
  return g_test_run ();
}
