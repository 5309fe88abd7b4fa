/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/login.h"

#include "common/log.h"
#include "oauth/json.h"
#include "setup/browser.h"
#include "setup/console.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>

SeLoginReport *
se_login_report_new (gboolean json)
{
  SeLoginReport *report = g_new0 (SeLoginReport, 1);

  report->json = json;
  report->matches = TRUE;
  report->released = g_ptr_array_new_with_free_func (g_free);
  report->warnings = g_ptr_array_new_with_free_func (g_free);
  return report;
}

void
se_login_report_free (SeLoginReport *report)
{
  g_free (report->identity);
  g_free (report->token_store);
  g_free (report->config_file);
  g_free (report->queue);
  g_ptr_array_unref (report->released);
  g_ptr_array_unref (report->warnings);
  g_free (report);
}

gboolean
se_login_identity_matches (const char *identity, const char *login_user)
{
  g_autofree char *a = g_utf8_casefold (identity, -1);
  g_autofree char *b = g_utf8_casefold (login_user, -1);

  return g_str_equal (a, b);
}

void
se_login_report_warn (SeLoginReport *report, const char *format, ...)
{
  va_list arguments;
  char *text = NULL;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  fflush (stdout);
  se_log_write (_ ("oauth-setup: warning"), "%s", text);
  g_ptr_array_add (report->warnings, text);
}

/* For programs. */

static void
add_text (cJSON *object, const char *name, const char *text)
{
  if (text != NULL)
    (void)cJSON_AddStringToObject (object, name, text);
  else
    (void)cJSON_AddNullToObject (object, name);
}

static void
add_texts (cJSON *object, const char *name, const GPtrArray *texts)
{
  cJSON *array = cJSON_AddArrayToObject (object, name);
  guint i;

  for (i = 0; i < texts->len; i++)
    (void)cJSON_AddItemToArray (array, cJSON_CreateString (texts->pdata[i]));
}

/* What a person is asked for, and under which names a program gets it. */
static const struct
{
  const char *event;
  const char *members[5]; /* of the fields behind the name; NULL: not told */
} requests[] = {
  { "code", { "verification_uri", "verification_uri_complete", "user_code", "expires_in" } },
  { "authorize", { "authorization_uri", "redirect_uri", "expires_in" } },
  { "delegate", { "client_id", "service_account", "scope" } },
};

char *
se_login_request_json (const char *const *fields)
{
  cJSON *object = cJSON_CreateObject ();

  for (gsize i = 0; i < G_N_ELEMENTS (requests); i++)
    for (gsize j = 0; g_str_equal (fields[0], requests[i].event)
                      && j < G_N_ELEMENTS (requests[i].members) && fields[j + 1] != NULL;
         j++)
      {
        const char *member = requests[i].members[j];

        if (member == NULL || *fields[j + 1] == '\0')
          continue;
        if (g_str_equal (member, "expires_in"))
          (void)cJSON_AddNumberToObject (object, member, g_ascii_strtod (fields[j + 1], NULL));
        else
          add_text (object, member, fields[j + 1]);
      }
  return se_json_take_line (object);
}

static const char *
step_word (SeStep step, const char *done)
{
  switch (step)
    {
    case SE_STEP_DONE:
      return done;
    case SE_STEP_FAILED:
      return "failed";
    case SE_STEP_SKIPPED:
      return "skipped";
    case SE_STEP_NOT_TRIED:
    default:
      return "not tried";
    }
}

char *
se_login_result_json (const SeLoginReport *report, const GError *error)
{
  const SeAccount *account = report->account;
  cJSON *object = cJSON_CreateObject ();

  add_text (object, "result", error == NULL ? "ok" : "failed");
  if (error != NULL)
    add_text (object, "error", error->message);
  add_text (object, "account", report->address);
  add_text (object, "provider", account != NULL ? account->provider->name : NULL);
  add_text (object, "identity", report->identity);
  (void)cJSON_AddBoolToObject (object, "identity_checked", report->identity != NULL);
  (void)cJSON_AddBoolToObject (object, "identity_matches",
                               report->identity != NULL && report->matches);
  add_text (object, "token_store", report->token_store);
  add_text (object, "smtp_login", step_word (report->smtp_login, "ok"));
  add_text (object, "test_mail", step_word (report->test_mail, "sent"));
  add_text (object, "config_file", report->config_file);
  add_text (object, "queue", report->queue);
  add_texts (object, "released_jobs", report->released);
  add_texts (object, "warnings", report->warnings);
  return se_json_take_line (object);
}

static void
print_line (char *line)
{
  printf ("%s\n", line);
  fflush (stdout);
  g_free (line);
}

/* For people. */

/* From seconds, as the worker tells them; at least 1. */
static int
whole_minutes (const char *seconds)
{
  return (int)CLAMP (g_ascii_strtoll (seconds, NULL, 10) / 60, 1, G_MAXINT);
}

static void
show_code (const SeLoginReport *report, const char *const *fields)
{
  const SeAccount *account = report->account;
  int minutes = whole_minutes (fields[4]);
  g_autofree char *qr = *fields[2] != '\0' ? se_console_qr_for_stdout (fields[2]) : NULL;

  printf (_ ("\nThe print server %s asks to send mail as %s.\n"
             "Sign in as %s, with any browser on any machine:\n\n"
             "    Open   %s\n"
             "    Enter  %s\n\n"),
          g_get_host_name (), account->from_address, account->login_user, fields[1], fields[3]);
  if (qr != NULL)
    printf (_ ("or scan this and compare the code:\n\n%s\n"), qr);
  printf (g_dngettext (GETTEXT_PACKAGE, "The code is good for %d minute.",
                       "The code is good for %d minutes.", (gulong)minutes),
          minutes);
  putchar (' ');
  fputs (_ ("Never enter a code that you did not ask for yourself:\n"
            "whoever sent it to you would get to send mail as you.\n\n"),
         stdout);
  fflush (stdout);
}

/* The person at a host without a browser can bring one's redirect here, or the address back. */
static void
show_ways_from_elsewhere (const char *port, const char *redirect)
{
  const char *sudo = g_getenv ("SUDO_USER");

  if (*port != '\0')
    printf (_ ("If the browser is on another machine, run there first, and leave it running:\n\n"
               "    ssh -L %s:127.0.0.1:%s %s@%s\n\n"),
            port, port, sudo != NULL ? sudo : g_get_user_name (), g_get_host_name ());
  if (se_console_can_ask ())
    printf (
        _ ("Or sign in anywhere, and paste the address here that the browser shows at the end. It\n"
           "begins with %s and cannot be opened there, which does not matter.\n\n"),
        redirect);
}

static void
show_authorization (const SeLoginReport *report, const char *const *fields)
{
  const SeAccount *account = report->account;
  gboolean opened = se_browser_open (fields[1]);
  int minutes = whole_minutes (fields[3]);

  printf (opened ? _ ("\nThe print server %s asks to send mail as %s.\n"
                      "Sign in as %s. Your browser should open this address:\n\n    %s\n\n")
                 : _ ("\nThe print server %s asks to send mail as %s.\n"
                      "Sign in as %s. Open this address in a browser:\n\n    %s\n\n"),
          g_get_host_name (), account->from_address, account->login_user, fields[1]);
  if (!opened)
    show_ways_from_elsewhere (fields[4], fields[2]);
  else if (se_console_can_ask ())
    printf (_ ("If it does not come back here by itself, paste the address that it shows at the "
               "end.\n\n"));
  printf (g_dngettext (GETTEXT_PACKAGE, "Waiting for the sign-in, %d minute at most.\n",
                       "Waiting for the sign-in, %d minutes at most.\n", (gulong)minutes),
          minutes);
  fflush (stdout);
}

static void
show_delegation (const char *const *fields)
{
  printf (
      _ ("\nThe service account %s needs domain-wide delegation. In the Google Admin console,\n"
         "under Security, Access and data control, API controls, Domain-wide delegation, add:\n\n"
         "    Client ID     %s\n"
         "    OAuth scope   %s\n\n"),
      fields[2], *fields[1] != '\0' ? fields[1] : _ ("(its unique ID: the key file has none)"),
      fields[3]);
  fflush (stdout);
}

void
se_login_report_exchange (const SeLoginReport *report, char **lines)
{
  if (report->json)
    {
      cJSON *object = cJSON_CreateObject ();
      cJSON *array = cJSON_AddArrayToObject (object, "powershell");

      for (char **line = lines; *line != NULL; line++)
        (void)cJSON_AddItemToArray (array, cJSON_CreateString (*line));
      print_line (se_json_take_line (object));
      return;
    }
  printf (_ ("\nAn admin of the organisation enters once, in PowerShell; it may take two hours to "
             "work:\n\n"));
  for (char **line = lines; *line != NULL; line++)
    printf ("%s\n", *line);
  printf ("\n");
  fflush (stdout);
}

static void
show_time_left (const char *seconds)
{
  g_autofree char *left = se_console_time_left (g_ascii_strtoll (seconds, NULL, 10));
  g_autofree char *text = g_strdup_printf (_ ("Waiting for the sign-in, %s left "), left);

  se_console_status (text);
}

/* Tells a step that went well. */
static void G_GNUC_PRINTF (2, 3) note (const SeLoginReport *report, const char *format, ...)
{
  va_list arguments;

  if (report->json)
    return;
  va_start (arguments, format);
  vprintf (format, arguments);
  va_end (arguments);
  fflush (stdout);
}

static const char *
take_identity (SeLoginReport *report, const char *identity)
{
  const char *login_user = report->account->login_user;

  if (*identity == '\0')
    {
      note (report, _ ("Signed in. Identity not checked: the server does not say who it was.\n"));
      return "yes";
    }
  report->identity = g_strdup (identity);
  report->matches = se_login_identity_matches (identity, login_user);
  note (report, _ ("Signed in as %s.\n"), identity);
  if (report->matches)
    return "yes";
  se_login_report_warn (
      report, _ ("%s signed in, not %s: mail goes out as %s only if that user may send for it"),
      identity, login_user, report->account->from_address);
  if (report->json || !se_console_can_ask ())
    return "yes";
  return se_console_confirm (_ ("Keep this authorization?")) ? "yes" : "no";
}

static gboolean
is_event (const char *const *fields, const char *name, guint n)
{
  return g_str_equal (fields[0], name) && g_strv_length ((char **)fields) == n;
}

static void
take_request (const SeLoginReport *report, const char *const *fields)
{
  if (report->json)
    print_line (se_login_request_json (fields));
  else if (*fields[0] == 'c')
    show_code (report, fields);
  else if (*fields[0] == 'a')
    show_authorization (report, fields);
  else
    show_delegation (fields);
}

const char *
se_login_report_event (SeLoginReport *report, const char *const *fields)
{
  if (is_event (fields, "code", 5) || is_event (fields, "authorize", 5)
      || is_event (fields, "delegate", 4))
    take_request (report, fields);
  else if (is_event (fields, "paste-again", 2))
    /* TRANSLATORS: what was wrong with an address that was pasted, such as "this is not …" */
    note (report, _ ("No: %s.\n"), fields[1]);
  else if (is_event (fields, "tick", 2))
    {
      if (!report->json)
        show_time_left (fields[1]);
    }
  else if (is_event (fields, "identity", 2))
    {
      if (!report->json)
        se_console_status (NULL);
      return take_identity (report, fields[1]);
    }
  else if (is_event (fields, "stored", 2))
    {
      report->token_store = g_strdup (fields[1]);
      report->smtp_login = SE_STEP_FAILED;
      note (report, _ ("Token stored in %s.\n"), fields[1]);
    }
  else if (is_event (fields, "removed", 2))
    note (report, _ ("Removed the old token from %s.\n"), fields[1]);
  else if (is_event (fields, "not-removed", 2))
    se_login_report_warn (report, _ ("the old token was not removed: %s"), fields[1]);
  else if (is_event (fields, "smtp-login", 2))
    {
      report->smtp_login = SE_STEP_DONE;
      if (report->test_mail != SE_STEP_SKIPPED)
        report->test_mail = SE_STEP_FAILED;
      note (report, _ ("SMTP login at %s as %s: good.\n"), fields[1], report->account->smtp_user);
    }
  else if (is_event (fields, "test-mail", 3))
    {
      report->test_mail = SE_STEP_DONE;
      note (report, _ ("Test mail to %s: the server says \"%s\".\n"), fields[1], fields[2]);
    }
  return NULL;
}

static void
show_end (const SeLoginReport *report)
{
  const char *address = report->account->address;
  guint i;

  if (report->config_file != NULL)
    printf (_ ("Wrote [account %s] to %s.\n"), address, report->config_file);
  if (report->queue != NULL)
    printf (_ ("Queue %s is ready: lp -d %s FILE\n"), report->queue, report->queue);
  for (i = 0; i < report->released->len; i++)
    printf (_ ("Released job %s.\n"), (const char *)report->released->pdata[i]);
}

void
se_login_report_end (const SeLoginReport *report, const GError *error)
{
  if (report->json)
    {
      print_line (se_login_result_json (report, error));
      return;
    }
  se_console_status (NULL);
  if (report->account == NULL)
    return;
  show_end (report);
  if (error == NULL)
    printf (_ ("Mails that cannot be delivered come back to the mailbox %s.\n"),
            report->account->from_address);
  fflush (stdout);
}
