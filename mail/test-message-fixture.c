/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/test-message-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

void
fixture_set_up (Fixture *fixture, gconstpointer unused)
{
  test_tree_set_up (&fixture->tree, "documents");
  fixture->bytes = g_malloc (FIXTURE_DOCUMENTS);
  for (gsize i = 0; i < FIXTURE_DOCUMENTS; i++)
    fixture->bytes[i] = (guint8)g_test_rand_int ();
  g_assert_true (
      g_file_set_contents (fixture->tree.path, (char *)fixture->bytes, FIXTURE_DOCUMENTS, NULL));
  fixture->fd = g_open (fixture->tree.path, O_RDONLY, 0);
  g_assert_cmpint (fixture->fd, >=, 0);
  fixture->from = se_address_parse ("scanner@contoso.com", NULL);
  fixture->to = se_address_parse_list ("archive@contoso.com", NULL);
  fixture->fields = (SeMessageFields){ .from = fixture->from,
                                       .to = fixture->to,
                                       .subject = "Scan",
                                       .text = "See attachment.",
                                       .date = 1700000000,
                                       .message_id = "1@contoso.com",
                                       .boundary = "=_0123456789" };
}

void
fixture_tear_down (Fixture *fixture, gconstpointer unused)
{
  close (fixture->fd);
  test_tree_tear_down (&fixture->tree, NULL);
  g_free (fixture->bytes);
  se_address_free (fixture->from);
  g_ptr_array_unref (fixture->to);
}

SeMessage *
fixture_compose (const Fixture *fixture, const SeAttachment *attachments, gsize n_attachments)
{
  g_autoptr (GError) error = NULL;
  SeMessage *message = se_message_new (&fixture->fields, attachments, n_attachments, &error);

  g_assert_no_error (error);
  return message;
}

GString *
fixture_read (const Fixture *fixture, SeMessage *message, gsize size)
{
  g_autofree char *buffer = g_malloc (size + 1);
  g_autoptr (GError) error = NULL;
  GString *all = g_string_new (NULL);
  gssize got = 0;

  se_message_rewind (message, fixture->fd);
  do
    {
      buffer[size] = 'X';
      got = se_message_read (message, buffer, size, &error);
      g_assert_no_error (error);
      g_assert_cmpint (got, >=, 0);
      g_assert_cmpint (buffer[size], ==, 'X');
      g_string_append_len (all, buffer, got);
    }
  while (got > 0);
  g_assert_cmpint (se_message_read (message, buffer, size, NULL), ==, 0);
  g_assert_cmpuint (all->len, ==, se_message_size (message));
  return all;
}
