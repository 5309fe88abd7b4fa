/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/exchange.h"

#include <string.h>

typedef struct
{
  SeProviderConfig provider;
  SeAccount account;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->provider.exchange_environment = (char *)"O365Default";
  fixture->account.provider = &fixture->provider;
  fixture->account.grant = (char *)"client-credentials";
  fixture->account.tenant = (char *)"contoso.onmicrosoft.com";
  fixture->account.client_id = (char *)"8f1c0000-0000-0000-0000-000000000000";
  fixture->account.smtp_user = (char *)"scanner@contoso.com";
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
}

/* The lines must hold line, whole. */
static void
assert_line (const Fixture *fixture, const char *line)
{
  g_auto (GStrv) lines = se_exchange_lines (&fixture->account);

  if (!g_strv_contains ((const char *const *)lines, line))
    {
      g_autofree char *all = g_strjoinv ("\n", lines);

      g_error ("no line %s in:\n%s", line, all);
    }
}

static void
test_lines (Fixture *fixture, gconstpointer data)
{
  g_auto (GStrv) lines = se_exchange_lines (&fixture->account);

  assert_line (fixture, "Connect-MgGraph -TenantId 'contoso.onmicrosoft.com' -Scopes "
                        "'Application.Read.All'");
  assert_line (fixture, "$app = Get-MgServicePrincipal -Filter "
                        "'appId eq ''8f1c0000-0000-0000-0000-000000000000'''");
  assert_line (fixture, "Connect-ExchangeOnline");
  assert_line (fixture, "New-ServicePrincipal -AppId $app.AppId -ObjectId $app.Id -DisplayName "
                        "'scan-email scanner@contoso.com'");
  assert_line (fixture, "$mailbox = Get-EXOMailbox -Identity 'scanner@contoso.com'");
  assert_line (fixture, "New-ManagementRoleAssignment -Name 'scan-email scanner@contoso.com' -Role "
                        "'Application SMTP.SendAsApp' -App $app.Id -CustomResourceScope "
                        "'scan-email scanner@contoso.com'");
  for (char **line = lines; *line != NULL; line++)
    g_assert_null (strstr (*line, "%{"));
}

static void
test_clouds (Fixture *fixture, gconstpointer data)
{
  fixture->provider.exchange_environment = (char *)"O365USGovGCCHigh";
  assert_line (fixture, "Connect-ExchangeOnline -ExchangeEnvironmentName 'O365USGovGCCHigh'");
  assert_line (fixture, "Connect-MgGraph -TenantId 'contoso.onmicrosoft.com' -Scopes "
                        "'Application.Read.All' -Environment 'USGov'");
  fixture->provider.exchange_environment = (char *)"O365China";
  assert_line (fixture, "Connect-MgGraph -TenantId 'contoso.onmicrosoft.com' -Scopes "
                        "'Application.Read.All' -Environment 'China'");
}

/* Nothing that stands in the configuration becomes a command. */
static void
test_quoting (Fixture *fixture, gconstpointer data)
{
  g_autofree char *local = g_strnfill (70, 'a');
  g_autofree char *mailbox = g_strdup_printf ("%s@contoso.com", local);
  g_autofree char *cut = g_strdup_printf ("New-ManagementScope -Name 'scan-email %.53s' "
                                          "-RecipientRestrictionFilter $only",
                                          local);

  fixture->account.smtp_user = (char *)"o'neil@contoso.com";
  assert_line (fixture, "$mailbox = Get-EXOMailbox -Identity 'o''neil@contoso.com'");
  fixture->account.smtp_user = (char *)"x’;Remove-Mailbox‘$(y)@contoso.com";
  assert_line (fixture, "$mailbox = Get-EXOMailbox -Identity "
                        "'x’’;Remove-Mailbox‘‘$(y)@contoso.com'");
  fixture->account.client_id = (char *)"a' or true";
  assert_line (fixture, "$app = Get-MgServicePrincipal -Filter 'appId eq ''a'''' or true'''");
  fixture->account.tenant = (char *)"%{name}";
  assert_line (fixture, "Connect-MgGraph -TenantId '%{name}' -Scopes 'Application.Read.All'");
  fixture->account.smtp_user = mailbox;
  assert_line (fixture, cut);
}

static void
test_others (Fixture *fixture, gconstpointer data)
{
  fixture->account.grant = (char *)"device";
  g_assert_null (se_exchange_lines (&fixture->account));
  fixture->account.grant = (char *)"client-credentials";
  fixture->provider.exchange_environment = NULL;
  g_assert_null (se_exchange_lines (&fixture->account));
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/exchange/lines", test_lines);
  ADD ("/exchange/clouds", test_clouds);
  ADD ("/exchange/quoting", test_quoting);
  ADD ("/exchange/others", test_others);
  return g_test_run ();
}
