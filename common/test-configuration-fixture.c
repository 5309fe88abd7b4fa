/* SPDX-License-Identifier: Apache-2.0 */
#include "common/test-configuration-fixture.h"

#include "common/test-tree.h"

#define PRESETS                                                                      \
  "[provider microsoft]\n"                                                           \
  "device-authorization-endpoint = https://login.example.com/%{tenant}/devicecode\n" \
  "token-endpoint = https://login.example.com/%{tenant}/token\n"                     \
  "scope = offline_access smtp\n"                                                    \
  "scope-client-credentials = .default\n"                                            \
  "grants = device;client-credentials\n"                                             \
  "redirect-uri = http://localhost:%{port}/\n"                                       \
  "smtp-server = smtp://smtp.example.com:587\n"                                      \
  "max-message-size = 35M\n"                                                         \
  "[provider google]\n"                                                              \
  "issuer = https://accounts.example.com\n"                                          \
  "scope = mail\n"                                                                   \
  "smtp-server = smtps://smtp.example.org\n"

static TestTree tree; /* its file holds PRESETS */

const char *
fixture_presets (void)
{
  return tree.path;
}

SeConfig *
fixture_parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  SeConfig *config = se_config_parse ("/etc/x.conf", text, fixture_presets (), &error);

  g_assert_no_error (error);
  return config;
}

int
fixture_run (void)
{
  int status;

  test_tree_set_up (&tree, "providers");
  g_assert_true (g_file_set_contents (tree.path, PRESETS, -1, NULL));
  status = g_test_run ();
  test_tree_tear_down (&tree, NULL);
  return status;
}
