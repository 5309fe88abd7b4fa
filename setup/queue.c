/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"
#include "common/timestamp.h"
#include "oauth/json.h"
#include "setup/audit.h"
#include "setup/console.h"
#include "setup/queues.h"
#include "setup/waiting.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

/* How each state is called by programs and by people, and whether somebody has to do something. */
static const struct
{
  const char *word;
  const char *text;
  SeExit exit_status;
} states[] = {
  [SE_WAITING_TURN] = { "waiting", N_ ("waits for its turn"), SE_EXIT_DONE },
  [SE_WAITING_STOPPED] = { "stopped", N_ ("waits, since its queue is stopped"), SE_EXIT_PERSON },
  [SE_WAITING_SENDING] = { "sending", N_ ("is being sent"), SE_EXIT_DONE },
  [SE_WAITING_TIME] = { "deferred", N_ ("waits for its next try"), SE_EXIT_DONE },
  [SE_WAITING_PERSON] = { "person", N_ ("needs a person"), SE_EXIT_PERSON },
  [SE_WAITING_HELD] = { "held", N_ ("is held by a person"), SE_EXIT_DONE },
  [SE_WAITING_CANCELED] = { "canceled", N_ ("is canceled"), SE_EXIT_DONE },
  [SE_WAITING_MOVED] = { "moved", N_ ("was moved to another queue"), SE_EXIT_DONE },
  [SE_WAITING_LOST]
  = { "lost", N_ ("was not sent, though cupsd takes it for done"), SE_EXIT_PERSON },
  [SE_WAITING_FORGOTTEN]
  = { "forgotten", N_ ("is not done, and cupsd no longer knows it"), SE_EXIT_PERSON },
};

static gboolean
is_in_doubt (const SeWaiting *waiting)
{
  return waiting->entry != NULL && waiting->entry->step == SE_JOURNAL_DOT && !waiting->entry->busy;
}

/* For programs. */

static void
add_text (cJSON *object, const char *name, const char *text)
{
  (void)cJSON_AddItemToObject (object, name,
                               text != NULL ? cJSON_CreateString (text) : cJSON_CreateNull ());
}

static void
add_time (cJSON *object, const char *name, gint64 time)
{
  g_autofree char *text = se_timestamp_utc (time);

  add_text (object, name, text);
}

static void
add_entry (cJSON *object, const SeJournalItem *entry)
{
  cJSON *recipients = cJSON_AddArrayToObject (object, "recipients");

  add_text (object, "entry", entry->path);
  add_text (object, "damage", entry->damage);
  add_text (object, "documents", entry->bundle);
  (void)cJSON_AddNumberToObject (object, "size", (double)entry->length);
  (void)cJSON_AddNumberToObject (object, "attempts", entry->attempts);
  add_time (object, "first_try", entry->first);
  add_time (object, "next_try", entry->next_try);
  (void)cJSON_AddNumberToObject (object, "mails", entry->mails);
  (void)cJSON_AddNumberToObject (object, "mails_done", entry->done);
  add_text (object, "reply", entry->reply);
  for (guint i = 0; i < entry->recipients->len; i++)
    {
      const SeJournalRecipient *recipient = entry->recipients->pdata[i];
      cJSON *one = cJSON_CreateObject ();

      add_text (one, "address", recipient->address);
      add_text (one, "state", recipient->state);
      add_text (one, "reply", recipient->words);
      (void)cJSON_AddItemToArray (recipients, one);
    }
}

static void
print_json (const GPtrArray *all)
{
  cJSON *list = cJSON_CreateArray ();
  g_autofree char *text = NULL;

  for (guint i = 0; i < all->len; i++)
    {
      const SeWaiting *waiting = all->pdata[i];
      cJSON *object = cJSON_CreateObject ();

      add_text (object, "job", waiting->name);
      add_text (object, "queue", waiting->queue);
      (void)cJSON_AddNumberToObject (object, "id", waiting->id);
      add_text (object, "user", waiting->user);
      add_text (object, "title", waiting->title);
      add_text (object, "state", states[waiting->state].word);
      add_text (object, "message", waiting->message);
      add_time (object, "in_doubt_since",
                is_in_doubt (waiting) ? waiting->entry->in_doubt_since : 0);
      add_time (object, "created", waiting->job != NULL ? waiting->job->creation : 0);
      add_time (object, "give_up", waiting->give_up);
      add_text (object, "orphan", waiting->orphan);
      if (waiting->entry != NULL)
        add_entry (object, waiting->entry);
      (void)cJSON_AddItemToArray (list, object);
    }
  text = se_json_take_line (list);
  printf ("%s\n", text);
}

/* For people. */

static void
print_field (const char *what, const char *text)
{
  if (text != NULL)
    se_console_field (what, text);
}

/* The state, with the time that it lasts to. */
static char *
state_text (const SeWaiting *waiting)
{
  g_autofree char *time = NULL;

  if (se_waiting_is_unknown (waiting))
    return g_strdup (_ ("may have been sent: its end could not be written down"));
  if (waiting->state != SE_WAITING_TIME || waiting->entry == NULL || waiting->entry->next_try == 0)
    return g_strdup (_ (states[waiting->state].text));
  time = se_timestamp_local (waiting->entry->next_try);
  return g_strdup_printf (_ ("waits for its next try, due at %s"), time);
}

/* What to do about a job whose message does not say; NULL: nothing. */
static char *
advice (const SeWaiting *waiting)
{
  if (waiting->state == SE_WAITING_CANCELED || waiting->state == SE_WAITING_MOVED)
    return g_strdup (_ ("'oauth-setup release --due' removes its documents"));
  if (waiting->state == SE_WAITING_STOPPED)
    return g_strdup_printf (_ ("start the queue: cupsenable %s"), waiting->queue);
  if (se_waiting_is_sendable (waiting))
    return g_strdup (_ ("'oauth-setup release' sends it"));
  if (se_waiting_is_repeatable (waiting))
    return g_strdup (_ ("'oauth-setup release' has cupsd print it again"));
  if (se_waiting_is_unknown (waiting))
    return g_strdup_printf (_ ("look whether it has arrived; if not, print it again (lp -i %s -H "
                               "restart); if so, remove %s"),
                            waiting->name, waiting->entry->path);
  if (waiting->state == SE_WAITING_LOST && waiting->job != NULL)
    return g_strdup_printf (_ ("print it again: lp -i %s -H restart"), waiting->name);
  if (waiting->state == SE_WAITING_FORGOTTEN)
    return g_strdup_printf (_ ("print it again if it has not arrived, then remove %s"),
                            waiting->entry->path);
  if (waiting->state == SE_WAITING_LOST)
    return g_strdup (_ ("print it again"));
  return NULL;
}

static void
print_recipients (const SeJournalItem *entry)
{
  for (guint i = 0; i < entry->recipients->len; i++)
    {
      const SeJournalRecipient *recipient = entry->recipients->pdata[i];
      g_autofree char *text
          = g_strdup_printf ("%s, %s%s%s", recipient->address, _ (recipient->state),
                             recipient->words != NULL ? ": " : "",
                             recipient->words != NULL ? recipient->words : "");

      se_console_field (i == 0 ? _ ("to") : "", text);
    }
}

/* "3 times since 2027-01-31 14:05, given up after 2027-02-05 14:05" */
static char *
tries (const SeJournalItem *entry, gint64 give_up)
{
  g_autofree char *since = se_timestamp_local (entry->first);
  g_autofree char *until = se_timestamp_local (give_up);
  g_autofree char *text = NULL;

  if (entry->first == 0)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u time", "%u times", entry->attempts),
                            entry->attempts);
  text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u time since %s", "%u times since %s",
                                       entry->attempts),
                          entry->attempts, since);
  return give_up == 0 ? g_steal_pointer (&text)
                      : g_strdup_printf (_ ("%s, given up after %s"), text, until);
}

static void
print_entry (const SeWaiting *waiting)
{
  const SeJournalItem *entry = waiting->entry;
  g_autofree char *tried = tries (entry, waiting->give_up);

  print_field (_ ("damaged"), entry->damage);
  if (entry->damage != NULL)
    return;
  se_console_field (_ ("tried"), tried);
  if (is_in_doubt (waiting))
    {
      g_autofree char *since = se_timestamp_local (entry->in_doubt_since);
      g_autofree char *text
          = g_strdup_printf (_ ("since %s: the server's reply to the mail did not come"), since);

      se_console_field (_ ("in doubt"), text);
    }
  print_field (_ ("reply"), entry->reply);
  if (entry->mails > 1)
    {
      g_autofree char *text
          = g_strdup_printf (_ ("%u, of which %u went out"), entry->mails, entry->done);

      se_console_field (_ ("mails"), text);
    }
  print_recipients (entry);
}

static void
print_waiting (const SeWaiting *waiting)
{
  g_autofree char *state = state_text (waiting);
  g_autofree char *todo = advice (waiting);

  printf ("%s: %s\n", waiting->name, state);
  if (waiting->title != NULL || waiting->user != NULL)
    {
      g_autofree char *text
          = g_strdup_printf (_ ("%s, of %s"), waiting->title != NULL ? waiting->title : "?",
                             waiting->user != NULL ? waiting->user : "?");

      se_console_field (_ ("title"), text);
    }
  print_field (_ ("message"), waiting->message);
  print_field (_ ("to do"), todo);
  if (waiting->entry != NULL)
    print_entry (waiting);
  print_field (_ ("file"), waiting->orphan);
}

/* Leaves the jobs of one queue. SE_ERROR_USAGE: there is none of that name. */
static gboolean
choose (GPtrArray *all, http_t *http, const char *queue, GError **error)
{
  g_autofree char *clean = se_log_clean (queue, 127);
  g_autoptr (GPtrArray) queues = NULL;

  for (guint i = all->len; i > 0; i--)
    if (!g_str_equal (((const SeWaiting *)all->pdata[i - 1])->queue, queue))
      g_ptr_array_remove_index (all, i - 1);
  if (all->len > 0)
    return TRUE;
  queues = se_queues_list (http, error);
  if (queues == NULL || se_queues_find (queues, queue) != NULL)
    return queues != NULL;
  g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE, _ ("There is no mailto: queue \"%s\""), clean);
  return FALSE;
}

SeExit
se_verb_queue (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("for programs: a JSON array"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) words = se_setup_parse (
      argc, argv, N_ ("[QUEUE]"),
      N_ ("Lists the jobs whose mail has not gone out: why they wait, and until when."), entries, 1,
      &error);
  g_autoptr (SeSetup) setup = words != NULL ? se_setup_load (&error) : NULL;
  g_autoptr (http_t) http = setup != NULL ? se_cupsd_connect (setup->server, &error) : NULL;
  /* What a person learns of here and removes is not to be found missing afterwards. */
  g_autoptr (GPtrArray) all = http != NULL && se_audit_run (setup, http, &error)
                                  ? se_waiting_list (setup, http, NULL, &error)
                                  : NULL;
  SeExit exit_status = SE_EXIT_DONE;

  if (all == NULL || (words[0] != NULL && !choose (all, http, words[0], &error)))
    return se_setup_fail (error);
  if (json)
    print_json (all);
  else if (all->len == 0)
    printf (_ ("No job waits.\n"));
  for (guint i = 0; i < all->len; i++)
    {
      const SeWaiting *waiting = all->pdata[i];

      if (!json)
        print_waiting (waiting);
      exit_status = se_setup_worse (exit_status, states[waiting->state].exit_status);
    }
  return exit_status;
}
