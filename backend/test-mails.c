/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/mails.h"

#include "common/terms.h"

#include <string.h>

typedef struct
{
  SeAccount account;
  SeQueueConfig queue;
  SeFields fields;
  SeTemplateValues values;
  SeMailto *uri;
  GPtrArray *entries;
  SeComposition composition;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  f->account
      = (SeAccount){ .address = (char *)"scans@x.org", .from_address = (char *)"scans@x.org" };
  f->values = (SeTemplateValues){ .user = "bob",
                                  .title = "Invoice 7",
                                  .queue = "office",
                                  .job = 7,
                                  .pages = -1,
                                  .format = "pdf",
                                  .time = 1700000000 };
  f->uri = se_mailto_parse ("mailto:a%40x.org", &error);
  g_assert_no_error (error);
  f->entries = g_ptr_array_new_with_free_func ((GDestroyNotify)se_bundle_entry_free);
  f->composition = (SeComposition){ .uuid = "urn:uuid:1",
                                    .account = &f->account,
                                    .uri = f->uri,
                                    .fields = &f->fields,
                                    .queue = &f->queue,
                                    .values = &f->values,
                                    .entries = f->entries };
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  se_mailto_free (f->uri);
  g_ptr_array_unref (f->entries);
}

static void
add_entry (Fixture *f, guint number, guint mail, guint64 length, const char *source)
{
  SeBundleEntry *entry = g_new0 (SeBundleEntry, 1);

  entry->number = number;
  entry->mail = mail;
  entry->type = g_strdup ("application/pdf");
  entry->name = g_strdup_printf ("page-%u", f->entries->len);
  entry->pages = 100;
  entry->length = length;
  entry->source_digest = g_strdup (source);
  g_ptr_array_add (f->entries, entry);
}

/* As many bytes as an attachment may have to fit into room by se_terms_part_size. */
static guint64
largest_in (guint64 room)
{
  guint64 length = room;

  while (se_terms_part_size (length) > room)
    length -= 16;
  return length;
}

/* What fills the room exactly makes a mail that is under the limit, and not far. */
static void
test_room (Fixture *f, gconstpointer unused)
{
  static const guint64 limits[] = { 20 * 1024, 100 * 1024, 25 * 1024 * 1024 };
  g_autofree char *body = g_strnfill (5000, '=');

  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    for (int with_body = 0; with_body < 2; with_body++)
      {
        const SeLimit limit = { SE_LIMIT_QUEUE, limits[i], NULL };
        g_autoptr (GError) error = NULL;
        g_autoptr (SeMail) mail = NULL;
        guint64 room;

        f->fields.values[SE_FIELD_BODY] = with_body ? body : NULL;
        g_ptr_array_set_size (f->entries, 0);
        room = se_mails_room (&f->composition, &limit);
        g_assert_cmpuint (room, >, 0);
        add_entry (f, 1, 1, largest_in (room), "aa");
        f->values.pages = 100;
        mail = se_compose (&f->composition, &error);
        g_assert_no_error (error);
        g_test_message ("room %" G_GUINT64_FORMAT ", mail %" G_GUINT64_FORMAT, room,
                        se_message_size (mail->message));
        g_assert_cmpuint (se_message_size (mail->message), <=, limits[i]);
        g_assert_cmpuint (se_message_size (mail->message), >, limits[i] - 5000);
      }
}

static void
test_no_room (Fixture *f, gconstpointer unused)
{
  const SeLimit none = { SE_LIMIT_NONE, 0, NULL };
  const SeLimit tiny = { SE_LIMIT_SERVER, 100, "localhost" };
  const SeLimit small = { SE_LIMIT_SERVER, 100000, "localhost" };

  g_assert_cmpuint (se_mails_room (&f->composition, &none), ==, 0);
  g_assert_cmpuint (se_mails_room (&f->composition, &tiny), ==, 1);
  /* One that may not be sent gets some room all the same. */
  f->queue.denied_recipients = (char *[]){ (char *)"*@*", NULL };
  g_assert_cmpuint (se_mails_room (&f->composition, &small), >, 50000);
}

/* One a document, however many pieces it is in. */
static void
test_sources (Fixture *f, gconstpointer unused)
{
  static const char *const expected[] = { "aa", "bb", "bb", NULL };
  g_autofree const char **sources = NULL;

  add_entry (f, 1, 1, 10, "aa");
  add_entry (f, 1, 2, 10, "aa");
  add_entry (f, 2, 2, 10, "bb");
  add_entry (f, 3, 2, 10, "bb");
  add_entry (f, 3, 3, 10, "bb");
  sources = se_mails_sources (f->entries);
  g_assert_true (g_strv_equal (sources, expected));
  g_assert_cmpint (se_mails_pages (f->entries), ==, 500);
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add ("/mails/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("room", test_room);
  ADD ("no-room", test_no_room);
  ADD ("sources", test_sources);
#undef ADD
  return g_test_run ();
}
