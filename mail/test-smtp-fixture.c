/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/test-smtp-fixture.h"

#include "common/digest.h"
#include "common/io.h"

#include <string.h>
#include <unistd.h>

#define FOOTER "\r\nend\r\n"

SeAddress *
fixture_address (const char *local, const char *domain)
{
  SeAddress *a = g_new0 (SeAddress, 1);

  a->local = g_strdup (local);
  a->domain = g_strdup (domain);
  return a;
}

static char *
message_digest (Fixture *f)
{
  g_autoptr (SeDigest) digest = se_digest_new ();
  g_autofree char *buffer = g_malloc (65536);
  gssize n;

  se_message_rewind (f->message, f->fd);
  while ((n = se_message_read (f->message, buffer, 65536, NULL)) > 0)
    se_digest_update (digest, buffer, (gsize)n);
  g_assert_cmpint (n, ==, 0);
  return se_digest_finish (digest);
}

/* In pieces: the test of a session's memory must not have held the document itself. */
static void
write_document (int fd, gsize size)
{
  char piece[4096];

  for (gsize done = 0; done < size; done += sizeof piece)
    {
      for (gsize i = 0; i < sizeof piece; i++)
        piece[i] = (char)((done + i) * 31 + (done + i) / 251);
      g_assert_true (se_io_write_all (fd, piece, MIN (sizeof piece, size - done), NULL));
    }
}

/* A message with one document of size bytes between two texts, in an unnamed file. */
static void
make_message (Fixture *f, gsize size)
{
  static const char *const texts[] = { FIXTURE_HEADER, FOOTER, NULL };
  const SeAttachment range = { .offset = 0, .length = size };
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "scan-email-smtp-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;

  f->fd = g_mkstemp (path);
  g_assert_cmpint (unlink (path), ==, 0);
  write_document (f->fd, size);
  f->message = se_message_new_from_texts (texts, &range, 1, &error);
  g_assert_no_error (error);
  f->digest = message_digest (f);
}

void
fixture_prepare (Fixture *f, gsize size)
{
  memset (f, 0, sizeof *f);
  make_message (f, size);
  f->from = fixture_address ("scanner", "example.com");
  f->recipients = g_ptr_array_new_with_free_func ((GDestroyNotify)se_address_free);
  g_ptr_array_add (f->recipients, fixture_address ("a", "example.org"));
  g_ptr_array_add (f->recipients, fixture_address ("\"b c\"", "example.net"));
}

gboolean
fixture_open (Fixture *f, TestServer *server, const char *url, int cancel_fd,
              const SeSmtpTimeouts *timeouts, GError **error)
{
  SeSmtpOptions options = test_server_options (server, url);

  options.helo_name = "client.example.com";
  options.cancel_fd = cancel_fd;
  options.timeouts = timeouts;
  f->smtp = se_smtp_open (&options, error);
  return f->smtp != NULL;
}

void
fixture_set_up (Fixture *f, TestServer *server, const char *options, gsize size, int cancel_fd,
                const SeSmtpTimeouts *timeouts)
{
  g_autofree char *url = test_server_new (server, options);
  g_autoptr (GError) error = NULL;

  fixture_prepare (f, size);
  fixture_open (f, server, url, cancel_fd, timeouts, &error);
  g_assert_no_error (error);
}

void
fixture_tear_down (Fixture *f)
{
  se_smtp_close (f->smtp);
  se_message_free (f->message);
  close (f->fd);
  se_address_free (f->from);
  g_ptr_array_unref (f->recipients);
  g_free (f->digest);
  se_smtp_reply_free (f->reply);
  g_clear_pointer (&f->results, g_array_unref);
}

static void
on_progress (guint64 sent, guint64 total, gpointer data)
{
  Fixture *f = data;

  g_assert_cmpuint (sent, >, f->progress);
  g_assert_cmpuint (sent, <=, total);
  f->progress = sent;
}

static gboolean
on_before_dot (gpointer data, GError **error)
{
  Fixture *f = data;

  f->at_dot = TRUE;
  if (f->refuse_dot)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, "the disk is full");
  return !f->refuse_dot;
}

gboolean
fixture_send (Fixture *f, GError **error)
{
  const SeEnvelope envelope = { f->from, f->recipients };
  const SeSmtpEvents events = { on_progress, on_before_dot, f };

  f->progress = 0;
  g_clear_pointer (&f->reply, se_smtp_reply_free);
  return se_smtp_send (f->smtp, &envelope, f->message, f->fd, &events, f->results, &f->reply,
                       error);
}

void
fixture_add_case (const char *group, const char *name, gconstpointer data, GTestDataFunc function)
{
  g_autofree char *path = g_strconcat ("/smtp/", group, "/", name, NULL);

  g_strcanon (path, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "/-.", '-');
  g_test_add_data_func (path, data, function);
}
