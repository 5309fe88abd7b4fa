/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/exchange.h"

#include "common/template.h"

#include <glib/gi18n-lib.h>

#define MAX_NAME 64

/* Connect-ExchangeOnline's environments and what Connect-MgGraph calls them. */
static const struct
{
  const char *exchange;
  const char *graph;
} environments[] = {
  { "O365USGovGCCHigh", "USGov" },
  { "O365USGovDoD", "USGovDoD" },
  { "O365China", "China" },
};

/* The cmdlets and their parameters:
 * https://learn.microsoft.com/exchange/permissions-exo/application-rbac
 * https://learn.microsoft.com/exchange/client-developer/legacy-protocols/smtp-app-rbac-onboarding
 * https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
 * https://learn.microsoft.com/powershell/module/exchange/test-serviceprincipalauthorization
 * New-ServicePrincipal wants the object of Enterprise applications, not that of App registrations:
 * it is looked up. */
static const char *const lines[] = {
  N_ ("# 1. For both ways: make the application known to Exchange, and allow SMTP for the "
      "mailbox."),
  "#    Modules: Install-Module ExchangeOnlineManagement, Microsoft.Graph.Applications",
  "Connect-MgGraph -TenantId %{tenant} -Scopes 'Application.Read.All'%{graph-environment}",
  "$app = Get-MgServicePrincipal -Filter %{filter}",
  "Connect-ExchangeOnline%{exchange-environment}",
  "New-ServicePrincipal -AppId $app.AppId -ObjectId $app.Id -DisplayName %{name}",
  "$mailbox = Get-EXOMailbox -Identity %{mailbox}",
  "Set-CASMailbox -Identity $mailbox.PrimarySmtpAddress -SmtpClientAuthenticationDisabled $false",
  "",
  N_ ("# 2a. The better way: a role for this mailbox alone. The application needs no API "
      "permission;"),
  N_ ("#     SMTP.SendAsApp must not be among those that it has."),
  "$only = \"PrimarySmtpAddress -eq '\" + $mailbox.PrimarySmtpAddress.Replace(\"'\", \"''\") + "
  "\"'\"",
  "New-ManagementScope -Name %{name} -RecipientRestrictionFilter $only",
  "New-ManagementRoleAssignment -Name %{name} -Role 'Application SMTP.SendAsApp' -App $app.Id "
  "-CustomResourceScope %{name}",
  "Test-ServicePrincipalAuthorization -Identity $app.Id -Resource $mailbox.PrimarySmtpAddress | "
  "Format-Table",
  "",
  N_ ("# 2b. Or the older way: give the application the permission SMTP.SendAsApp of Office 365 "
      "Exchange"),
  N_ ("#     Online (kind: application) with admin consent in the Entra admin center, then:"),
  "Add-MailboxPermission -Identity $mailbox.PrimarySmtpAddress -User $app.Id -AccessRights "
  "FullAccess",
  "Add-RecipientPermission -Identity $mailbox.PrimarySmtpAddress -Trustee $app.Id -AccessRights "
  "SendAs -Confirm:$false",
};

/* A verbatim string of PowerShell (about_Quoting_Rules), in which the typographic quotation marks
 * end it, too. */
static char *
quote (const char *text)
{
  static const char *const marks[] = { "'", "‘", "’", "‚", "‛" };
  g_autoptr (GString) quoted = g_string_new (text);

  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      g_autofree char *twice = g_strconcat (marks[i], marks[i], NULL);

      g_string_replace (quoted, marks[i], twice, 0);
    }
  return g_strdup_printf ("'%s'", quoted->str);
}

/* " -NAME VALUE", or nothing where value is NULL. */
static char *
option (const char *name, const char *value)
{
  g_autofree char *quoted = value == NULL ? NULL : quote (value);

  return value == NULL ? g_strdup ("") : g_strdup_printf (" -%s %s", name, quoted);
}

static const char *
graph_environment (const char *exchange)
{
  for (gsize i = 0; i < G_N_ELEMENTS (environments); i++)
    if (g_str_equal (environments[i].exchange, exchange))
      return environments[i].graph;
  return NULL;
}

/* A filter of OData, in which a quotation mark is doubled as well. */
static char *
make_filter (const char *client_id)
{
  g_auto (GStrv) parts = g_strsplit (client_id, "'", -1);
  g_autofree char *doubled = g_strjoinv ("''", parts);
  g_autofree char *filter = g_strdup_printf ("appId eq '%s'", doubled);

  return quote (filter);
}

/* Names of management objects have MAX_NAME characters at most. */
static char *
make_name (const char *mailbox)
{
  g_autofree char *name = g_strconcat ("scan-email ", mailbox, NULL);
  g_autofree char *cut = g_utf8_substring (name, 0, MIN (g_utf8_strlen (name, -1), MAX_NAME));

  return quote (cut);
}

static char *
look_up (const char *name, gconstpointer data, GError **error)
{
  const SeAccount *account = data;
  const char *environment = account->provider->exchange_environment;

  if (g_str_equal (name, "tenant"))
    return quote (account->tenant != NULL ? account->tenant : "organizations");
  if (g_str_equal (name, "filter"))
    return make_filter (account->client_id);
  if (g_str_equal (name, "mailbox"))
    return quote (account->smtp_user);
  if (g_str_equal (name, "name"))
    return make_name (account->smtp_user);
  if (g_str_equal (name, "graph-environment"))
    return option ("Environment", graph_environment (environment));
  g_assert (g_str_equal (name, "exchange-environment"));
  return option ("ExchangeEnvironmentName",
                 g_str_equal (environment, "O365Default") ? NULL : environment);
}

char **
se_exchange_lines (const SeAccount *account)
{
  g_autoptr (GStrvBuilder) builder = NULL;

  if (account->provider->exchange_environment == NULL
      || !g_str_equal (account->grant, "client-credentials"))
    return NULL;
  builder = g_strv_builder_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      /* Comments are for people. */
      const char *text = lines[i][0] == '#' ? _ (lines[i]) : lines[i];
      g_autofree char *line = se_template_substitute (text, look_up, account, NULL);

      g_strv_builder_add (builder, line);
    }
  return g_strv_builder_end (builder);
}
