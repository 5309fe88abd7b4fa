/* SPDX-License-Identifier: Apache-2.0 */
#include "common/digest.h"

#include <string.h>

/* Examples of FIPS 180-4 (NIST, "SHA256.pdf"). */
static void
test_known (void)
{
  const struct
  {
    const char *text, *digest;
  } cases[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *digest = se_digest_text (cases[i].text);

      g_assert_cmpstr (digest, ==, cases[i].digest);
    }
}

static void
test_fingerprint (void)
{
  g_autofree char *fingerprint = se_digest_fingerprint ("abc");

  g_assert_cmpstr (fingerprint, ==, "ba7816bf8f01cfea");
}

static void
test_hex (void)
{
  g_assert_true (se_digest_is_hex ("ba7816bf8f01cfea", 16));
  g_assert_false (se_digest_is_hex ("ba7816bf8f01cfea", 15));
  g_assert_false (se_digest_is_hex ("ba7816bf8f01cfea", 17));
  g_assert_false (se_digest_is_hex ("ba7816bf8f01cfeA", 16));
  g_assert_false (se_digest_is_hex ("ba7816bf8f01cfe ", 16));
}

static void
test_in_pieces (void)
{
  g_autoptr (SeDigest) digest = se_digest_new ();
  g_autofree char *text = NULL;

  se_digest_update (digest, "a", 1);
  se_digest_update (digest, "", 0);
  se_digest_update (digest, "bc", 2);
  text = se_digest_finish (digest);
  g_assert_cmpstr (text, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void
test_abandoned (void)
{
  SeDigest *digest = se_digest_new ();

  se_digest_update (digest, "a", 1);
  se_digest_free (digest);
  se_digest_free (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/digest/known", test_known);
  g_test_add_func ("/digest/fingerprint", test_fingerprint);
  g_test_add_func ("/digest/hex", test_hex);
  g_test_add_func ("/digest/in-pieces", test_in_pieces);
  g_test_add_func ("/digest/abandoned", test_abandoned);
  return g_test_run ();
}
