/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/compose.h"

#include <string.h>

#define TIME G_GINT64_CONSTANT (1767323045) /* 2026-01-02 03:04:05 UTC */

typedef struct
{
  SeAccount account;
  SeMailto uri;
  SeFields fields;
  SeQueueConfig queue;
  SeTemplateValues values;
  SeComposition composition;
  char *to[2];
  char *none[1];
} Fixture;

static void
add_document (Fixture *fixture, const char *name, int pages, guint64 length)
{
  GPtrArray *entries = (GPtrArray *)fixture->composition.entries;
  SeBundleEntry *entry = g_new0 (SeBundleEntry, 1);

  entry->name = g_strdup (name);
  entry->type = g_strdup ("application/pdf");
  entry->pages = pages;
  entry->offset = 100 * entries->len;
  entry->length = length;
  entry->digest = g_strdup ("d");
  entry->source_digest = g_strdup_printf ("source %u", entries->len);
  g_ptr_array_add (entries, entry);
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->to[0] = (char *)"a@x.org";
  fixture->account = (SeAccount){ .address = (char *)"scans@x.org",
                                  .from_address = (char *)"scans@x.org",
                                  .from_name = (char *)"Front desk" };
  fixture->uri = (SeMailto){ .to = fixture->to, .cc = fixture->none, .bcc = fixture->none };
  fixture->values = (SeTemplateValues){ .user = "bob",
                                        .title = "Invoice 7",
                                        .queue = "scan",
                                        .job = 7,
                                        .pages = 3,
                                        .format = "pdf",
                                        .host = "copier",
                                        .time = TIME };
  fixture->composition = (SeComposition){
    .uuid = "urn:uuid:u",
    .account = &fixture->account,
    .uri = &fixture->uri,
    .fields = &fixture->fields,
    .queue = &fixture->queue,
    .values = &fixture->values,
    .entries = g_ptr_array_new_with_free_func ((GDestroyNotify)se_bundle_entry_free),
  };
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  g_ptr_array_unref ((GPtrArray *)fixture->composition.entries);
}

static void
check_subject (Fixture *fixture, const char *wanted)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *subject = se_compose_subject (&fixture->composition, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (subject, ==, wanted);
}

static void
test_subject (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  check_subject (fixture, "Invoice 7");
  fixture->values.title = "Untitled";
  check_subject (fixture, "Scan from scan");
  fixture->values.title = "%{user}";
  check_subject (fixture, "%{user}");
  fixture->queue.subject = (char *)"Q %{title}";
  check_subject (fixture, "Q %{user}");
  fixture->uri.subject = (char *)"U %{user}";
  check_subject (fixture, "U bob");
  fixture->fields.values[SE_FIELD_SUBJECT] = (char *)"%{user} %%";
  check_subject (fixture, "%{user} %%");
  fixture->fields.values[SE_FIELD_SUBJECT] = NULL;
  fixture->uri.subject = (char *)"%{nothing}";
  g_assert_null (se_compose_subject (&fixture->composition, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
}

static void
test_body (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *one = NULL;
  g_autofree char *two = NULL;
  g_autofree char *given = NULL;
  g_autofree char *queue = NULL;

  add_document (fixture, NULL, 3, 1234567);
  one = se_compose_body (&fixture->composition, NULL);
  g_assert_cmpstr (one, ==,
                   "The print queue scan sends you a document.\n\n"
                   "Title:    Invoice 7\nSent by:  bob\nFrom:     copier\n"
                   "Date:     2026-01-02 03:04 +0000\nPages:    3\nSize:     1.2 MB\n");
  add_document (fixture, NULL, -1, 1);
  fixture->values.title = "a\nSent by:  the boss";
  fixture->values.host = NULL;
  fixture->values.pages = -1;
  two = se_compose_body (&fixture->composition, NULL);
  g_assert_cmpstr (two, ==,
                   "The print queue scan sends you documents.\n\n"
                   "Title:    a Sent by:  the boss\nSent by:  bob\n"
                   "Date:     2026-01-02 03:04 +0000\nFiles:    2\nSize:     1.2 MB\n");
  fixture->queue.body = (char *)"From %{user}";
  queue = se_compose_body (&fixture->composition, NULL);
  g_assert_cmpstr (queue, ==, "From bob");
  fixture->fields.values[SE_FIELD_BODY] = (char *)"%{user}";
  given = se_compose_body (&fixture->composition, NULL);
  g_assert_cmpstr (given, ==, "%{user}");
}

/* The whole message's header block. */
static char *
get_header (const SeMail *mail)
{
  const char *text = se_message_texts (mail->message)[0];
  const char *end = strstr (text, "\r\n\r\n");

  g_assert_nonnull (end);
  return g_strndup (text, (gsize)(end - text));
}

static void
test_mail (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeMail) mail = NULL;
  g_autoptr (SeMail) again = NULL;
  g_autofree char *header = NULL;
  g_autofree char *other = NULL;

  add_document (fixture, "a.pdf", 1, 10);
  add_document (fixture, "b.pdf", 1, 20);
  fixture->fields.values[SE_FIELD_BCC] = (char *)"hidden@x.org";
  fixture->fields.values[SE_FIELD_REPLY_TO] = (char *)"bob@y.org";
  fixture->queue.allowed_recipients = (char *[]){ (char *)"*@x.org", NULL };
  mail = se_compose (&fixture->composition, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (mail->n_attachments, ==, 2);
  g_assert_cmpuint (mail->attachments[1].offset, ==, 100);
  g_assert_cmpuint (mail->attachments[1].length, ==, 20);
  header = get_header (mail);
  g_assert_nonnull (strstr (header, "From: Front desk <scans@x.org>\r\n"));
  g_assert_nonnull (strstr (header, "To: a@x.org\r\n"));
  g_assert_nonnull (strstr (header, "Reply-To: bob@y.org\r\n"));
  g_assert_nonnull (strstr (header, "Subject: Invoice 7\r\n"));
  g_assert_nonnull (strstr (header, "Message-ID: <"));
  g_assert_nonnull (strstr (header, "@x.org>"));
  g_assert_null (strstr (header, "hidden"));
  /* Another message never has the same Message-ID. */
  again = se_compose (&fixture->composition, &error);
  other = get_header (again);
  g_assert_cmpstr (header, !=, other);
}

static void
test_refused (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  add_document (fixture, "a.pdf", 1, 100000);
  fixture->account.from_address = (char *)"nobody";
  g_assert_null (se_compose (&fixture->composition, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "from-address"));
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add ("/compose/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("subject", test_subject);
  ADD ("body", test_body);
  ADD ("mail", test_mail);
  ADD ("refused", test_refused);
#undef ADD
  return g_test_run ();
}
