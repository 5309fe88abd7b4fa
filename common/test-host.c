/* SPDX-License-Identifier: Apache-2.0 */
#include "common/host.h"

static const char *const good[] = { "192.168.5.20",
                                    "192.168.5.0/24",
                                    "0.0.0.0/0",
                                    "10.1.2.3/32",
                                    "2001:db8::1",
                                    "2001:db8::/32",
                                    "::/0",
                                    "::1",
                                    "fe80::1",
                                    "::ffff:192.0.2.1",
                                    "::ffff:0:0/96",
                                    "[2001:db8::1]",
                                    "localhost",
                                    "scanner",
                                    "a.contoso.com",
                                    "*.contoso.com",
                                    "*.x",
                                    "SCANNER-1.x.org",
                                    "host_1.x.org",
                                    "1e100.net",
                                    "xn--bcher-kva.x.org",
                                    "192.0.2.1.x.org",
                                    "3com" };
static const char *const bad[]
    = { "",
        "*",
        "*.",
        "*contoso.com",
        "a.*.com",
        "*.*.com",
        "192.168.5.300",
        "192.168.5",
        "192.168.5.20/24",
        "192.168.5.0/33",
        "192.168.5.0/-1",
        "192.168.5.0/",
        "192.168.5.0/24/8",
        "192.168.5.0/255.255.255.0",
        "192.168.5.0 /24",
        "0192.168.5.0",
        "2001:db8::1/32",
        "2001:db8::/129",
        "::ffff:192.0.2.0/90",
        "2001:db8",
        "[2001:db8::1",
        "[]",
        "scanner.contoso.com.",
        ".contoso.com",
        "a..b",
        "-a.b",
        "a-.b",
        "two words",
        "b\303\274cher.x",
        "a/b",
        "user@host",
        "123456789012345678901234567890123456789012345678901234567890abcd.x" };

static void
test_check (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;

      se_host_check_pattern (good[i], &error);
      g_assert_no_error (error);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", bad[i]);
      g_assert_false (se_host_check_pattern (bad[i], &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
    }
}

static const struct
{
  const char *host, *pattern;
  gboolean matches;
} cases[] = {
  { "192.168.5.20", "192.168.5.20", TRUE },
  { "192.168.5.20", "192.168.5.2", FALSE },
  { "192.168.5.2", "192.168.5.20", FALSE },
  { "192.168.5.20", "192.168.5.0/24", TRUE },
  { "192.168.6.20", "192.168.5.0/24", FALSE },
  { "192.168.5.127", "192.168.5.0/25", TRUE },
  { "192.168.5.128", "192.168.5.0/25", FALSE },
  { "1.2.3.4", "0.0.0.0/0", TRUE },
  /* IPv6 as inet_ntop () and as libcups write it. */
  { "2001:db8::1", "2001:db8::/32", TRUE },
  { "[v1.2001:db8::1]", "2001:db8::/32", TRUE },
  { "[v1.2001:db8::1]", "2001:DB8:0:0:0:0:0:1", TRUE },
  { "[2001:db9::1]", "2001:db8::/32", FALSE },
  { "[v1.fe80::1+eth0]", "fe80::/10", TRUE },
  { "[v1.fe80::1+eth0]", "fe80::1", TRUE },
  /* One address in two forms; and no network of IPv6 holds one of IPv4. */
  { "[v1.::ffff:192.0.2.1]", "192.0.2.0/24", TRUE },
  { "::ffff:192.0.2.1", "192.0.2.1", TRUE },
  { "192.0.2.1", "::ffff:192.0.2.0/120", TRUE },
  { "192.0.2.1", "::/0", FALSE },
  { "::ffff:192.0.2.1", "::/0", FALSE },
  { "2001:db8::1", "0.0.0.0/0", FALSE },
  /* Of this machine: cupsd says localhost, cups-lpd may say an address. */
  { "localhost", "localhost", TRUE },
  { "LocalHost", "localhost", TRUE },
  { "127.0.0.1", "localhost", TRUE },
  { "127.9.0.1", "LOCALHOST", TRUE },
  { "::1", "localhost", TRUE },
  { "[v1.::1]", "localhost", TRUE },
  { "::ffff:127.0.0.1", "localhost", TRUE },
  { "localhost", "127.0.0.1", TRUE },
  { "localhost", "127.0.0.0/8", TRUE },
  { "localhost", "::1", TRUE },
  { "localhost", "0.0.0.0/0", TRUE },
  { "localhost", "127.0.0.2", FALSE },
  { "128.0.0.1", "localhost", FALSE },
  { "localhost.evil.org", "localhost", FALSE },
  { "localhost", "192.168.5.0/24", FALSE },
  /* Names, never looked up. */
  { "scanner.contoso.com", "Scanner.Contoso.com", TRUE },
  { "scanner.contoso.com", "scanner", FALSE },
  { "scanner", "scanner.contoso.com", FALSE },
  { "scanner.contoso.com", "*.contoso.com", TRUE },
  { "a.b.CONTOSO.com", "*.contoso.com", TRUE },
  { "contoso.com", "*.contoso.com", FALSE },
  { ".contoso.com", "*.contoso.com", FALSE },
  { "evilcontoso.com", "*.contoso.com", FALSE },
  { "contoso.com.evil.org", "*.contoso.com", FALSE },
  { "192.168.5.20", "*.20", FALSE },
  { "scanner.contoso.com", "192.168.5.0/24", FALSE },
  { "192.168.5.20.evil.org", "192.168.5.20", FALSE },
  { "UNKNOWN", "0.0.0.0/0", FALSE },
  { "", "localhost", FALSE },
  { NULL, "localhost", FALSE },
  { NULL, "0.0.0.0/0", FALSE },
};

static void
test_match (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s %s", cases[i].host, cases[i].pattern);
      g_assert_cmpint (se_host_matches (cases[i].host, cases[i].pattern), ==, cases[i].matches);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/host/check", test_check);
  g_test_add_func ("/host/match", test_match);
  return g_test_run ();
}
