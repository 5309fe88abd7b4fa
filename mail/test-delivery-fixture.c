/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/test-delivery-fixture.h"

#include "common/test-tree.h"

#include <string.h>

TestServer *server;

static const char *const sources[] = { "aa11", NULL };

static char *
get_token (const char *rejected, gpointer data, GError **error)
{
  Fixture *f = data;

  g_ptr_array_add (f->rejected, g_strdup (rejected != NULL ? rejected : "-"));
  if (f->rejected->len > f->tokens->len)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_AUTHORIZATION, "the grant is gone");
      return NULL;
    }
  return g_strdup (g_ptr_array_index (f->tokens, f->rejected->len - 1));
}

static void
note (gpointer data, const char *step)
{
  Fixture *f = data;

  if (!g_str_has_suffix (f->steps->str, step))
    g_string_append_printf (f->steps, "%s%s", f->steps->len > 0 ? " " : "", step);
}

static void
on_connecting (gpointer data)
{
  note (data, "connecting");
}

static void
on_connected (gpointer data)
{
  note (data, "connected");
}

static void
on_progress (guint64 sent, guint64 total, gpointer data)
{
  note (data, "progress");
}

static void
on_body_sent (gpointer data)
{
  note (data, "body");
}

/* The journal knows before the dot goes out, and again before anybody is told of the 250. */
static void
on_before_dot (gpointer data)
{
  Fixture *f = data;

  if (f->journal != NULL)
    g_assert_cmpint (se_journal_step (f->journal), ==, SE_JOURNAL_DOT);
  note (data, "dot");
}

static void
on_accepted (const char *reply, guint left, gpointer data)
{
  Fixture *f = data;

  if (f->journal != NULL)
    g_assert_cmpint (se_journal_step (f->journal), ==,
                     left == 0 ? SE_JOURNAL_ACCEPTED : SE_JOURNAL_FIXED);
  g_assert_cmpstr (reply, ==, "250 2.0.0 queued");
  note (data, "accepted");
}

static void
on_waiting (const GError *why, guint seconds, gpointer data)
{
  g_assert_true (se_error_is (why, SE_ERROR_TEMPORARY) || se_error_is (why, SE_ERROR_DEFERRED));
  g_assert_cmpuint (seconds, >, 0);
  note (data, "waiting");
}

void
open_journal (Fixture *f)
{
  const SeJobKey key = { .queue = "office", .job = 7, .creation = 1700000000 };
  g_autoptr (GError) error = NULL;

  f->journal = se_journal_open (f->state, &key, -1, &error);
  g_assert_no_error (error);
}

/* The number-th mail of the job, told apart by its subject. */
static SeMessage *
make_mail (guint number, const SeAttachment *range)
{
  g_autofree char *header = g_strdup_printf ("Subject: Scan %u\r\n\r\n", number);
  const char *const texts[] = { header, "\r\nend\r\n", NULL };

  return se_message_new_from_texts (texts, range, 1, NULL);
}

/* Fixes as many mails as a test asks for, of 1000 bytes each. */
void
fix_messages (Fixture *f, const char *recipients, guint n)
{
  g_autoptr (SeAddress) from = se_address_parse ("scanner@example.com", NULL);
  g_autoptr (GPtrArray) to = se_address_parse_list (recipients, NULL);
  const SeAttachment range = { .offset = 0, .length = 1000 };
  SeMessage *messages[4];
  SeJournalMail mails[4];
  g_autofree char *bundle = g_strnfill (1000, 'x');
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (se_journal_bundle_path (f->journal), bundle, 1000, NULL));
  for (guint i = 0; i < n; i++)
    {
      messages[i] = make_mail (i + 1, &range);
      mails[i] = (SeJournalMail){ messages[i], &range, 1 };
    }
  se_journal_fix (f->journal, from, to, mails, n, sources, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < n; i++)
    se_message_free (messages[i]);
}

void
set_up (Fixture *f, const char *options)
{
  memset (f, 0, sizeof *f);
  f->state = g_dir_make_tmp ("scan-email-delivery-XXXXXX", NULL);
  f->url = test_server_new (server, options);
  f->provider = test_server_provider (server, f->url);
  f->account = (SeAccount){ .address = (char *)"scanner@example.com",
                            .smtp_user = (char *)"scanner@example.com",
                            .provider = &f->provider };
  f->events = (SeDeliveryEvents){ on_connecting, on_connected, on_progress, on_body_sent,
                                  on_before_dot, on_accepted,  on_waiting,  f };
  f->server = (SeServerConfig){ .state_directory = f->state };
  f->delivery = (SeDelivery){ .server = &f->server,
                              .account = &f->account,
                              .get_token = get_token,
                              .token_data = f,
                              .cancel_fd = -1,
                              .events = &f->events };
  f->tokens = g_ptr_array_new ();
  f->rejected = g_ptr_array_new_with_free_func (g_free);
  f->steps = g_string_new (NULL);
  for (int i = 0; i < 2; i++)
    g_ptr_array_add (f->tokens, (char *)(i == 0 ? "token-1" : "token-2"));
  open_journal (f);
  fix_messages (f, "a@example.org", 1);
}

void
tear_down (Fixture *f)
{
  se_journal_close (f->journal);
  test_remove_tree (f->state);
  g_free (f->state);
  g_free (f->url);
  g_ptr_array_unref (f->tokens);
  g_ptr_array_unref (f->rejected);
  g_string_free (f->steps, TRUE);
}

void
expect_messages (const char *number)
{
  g_autofree char *messages = test_server_ask (server, "messages");
  g_auto (GStrv) words = g_strsplit (messages, "\t", 2);

  g_assert_cmpstr (words[0], ==, number);
}

void
set_up_mails (Fixture *f, const char *options)
{
  set_up (f, options);
  g_assert_true (se_journal_reopen (f->journal, NULL));
  fix_messages (f, "a@example.org", 3);
}
