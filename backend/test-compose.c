/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/body.h"

#include <glib/gstdio.h>
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

  entry->number = entries->len + 1;
  entry->mail = 1;
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

/* The mail's text and its HTML, each NULL where it does not matter. */
static void
check_body (Fixture *fixture, const char *text, const char *html)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = se_compose_filenames (&fixture->composition, &error);
  g_autoptr (SeBody) body = se_body_new (&fixture->composition, names, &error);

  g_assert_no_error (error);
  if (text != NULL)
    g_assert_cmpstr (body->text, ==, text);
  if (html != NULL)
    g_assert_cmpstr (body->html, ==, html);
}

static void
check_body_refused (Fixture *fixture, const char *word)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = se_compose_filenames (&fixture->composition, NULL);

  g_assert_null (se_body_new (&fixture->composition, names, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  if (strstr (error->message, word) == NULL)
    g_error ("\"%s\" is not in \"%s\"", word, error->message);
}

static void
test_default_body (Fixture *fixture, gconstpointer unused)
{
  SeBundleEntry *second;

  add_document (fixture, NULL, 3, 1234567);
  check_body (fixture,
              "The print queue scan sends you a document.\n\n"
              "Title: Invoice 7\nPrinted by: bob\nComputer: copier\n"
              "Date: 2026-01-02 03:04 +0000\nPages: 3\nSize: 1.2 MB\n",
              NULL);
  add_document (fixture, "plan.txt", -1, 20);
  second = fixture->composition.entries->pdata[1];
  fixture->values.title = "a\nPrinted by: the boss";
  fixture->values.host = NULL;
  fixture->values.pages = -1;
  check_body (fixture,
              "The print queue scan sends you several documents.\n\n"
              "Title: a Printed by: the boss\nPrinted by: bob\n"
              "Date: 2026-01-02 03:04 +0000\nSize: 1.2 MB\n\n"
              "Files:\na Printed by_ the boss-1.pdf (3 pages, 1.2 MB)\n"
              "a Printed by_ the boss-2.pdf (20 bytes)\n",
              NULL);
  /* One document in two mails. */
  second->number = 1;
  second->mail = 2;
  second->pages = 1;
  fixture->values.title = NULL;
  fixture->values.pages = 4;
  fixture->composition.mail = 2;
  fixture->composition.mails = 2;
  check_body (fixture,
              "The print queue scan sends you a document.\nThis is mail 2 of 2.\n\n"
              "Printed by: bob\nDate: 2026-01-02 03:04 +0000\nPages: 4\nSize: 1.2 MB\n\n"
              "In this mail:\nscan-2026-01-02-2.pdf (1 page, 20 bytes)\n",
              NULL);
}

static void
test_body (Fixture *fixture, gconstpointer unused)
{
  add_document (fixture, NULL, 3, 1);
  fixture->values.title = "a\r\nb";
  fixture->queue.body = (char *)"From %{user}: %{title}\n\nBye\n\n";
  check_body (fixture, "From bob: a  b\n\nBye\n", NULL);
  fixture->queue.signature = (char *)"%{queue}, 100 %%\nSecond floor\n";
  check_body (fixture, "From bob: a  b\n\nBye\n\n-- \nscan, 100 %\nSecond floor\n", NULL);
  fixture->uri.body = (char *)"%{pages} pages of %{format}";
  check_body (fixture, "3 pages of pdf\n\n-- \nscan, 100 %\nSecond floor\n", NULL);
  fixture->fields.values[SE_FIELD_BODY] = (char *)"%{user}";
  check_body (fixture, "%{user}\n\n-- \nscan, 100 %\nSecond floor\n", NULL);
  fixture->fields.values[SE_FIELD_BODY] = (char *)"";
  check_body (fixture, "-- \nscan, 100 %\nSecond floor\n", NULL);
  fixture->queue.signature = (char *)"%{nobody}";
  check_body_refused (fixture, "%{nobody}");
}

static void
test_html (Fixture *fixture, gconstpointer unused)
{
  static const struct
  {
    const char *contents;
    gssize length;
    const char *word;
  } bad[] = {
    { "<p>%{subjekt}</p>", -1, "%{subjekt}" },
    { "<p>%{body", -1, "closing brace" },
    { "<p>\xfc</p>", -1, "UTF-8" },
    { "<p>\0</p>", 8, "UTF-8" },
  };
  g_autofree char *directory = g_dir_make_tmp ("test-compose-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "mail.html", NULL);
  g_autofree char *large = g_strnfill (256 * 1024 + 1, 'x');

  add_document (fixture, NULL, 3, 1);
  fixture->queue.html_file = path;
  check_body_refused (fixture, path);
  g_assert_true (g_file_set_contents (path,
                                      "\xef\xbb\xbf<b title=\"%{title}\">%{user}</b> %{body} 5%\n"
                                      "<i>%{signature}</i>\n",
                                      -1, NULL));
  fixture->values.title = "\"><script>alert('1')</script>\r\n&amp;";
  fixture->values.user = "%{body}";
  fixture->fields.values[SE_FIELD_BODY] = (char *)"a < b\n\n\"c\" & %{title}\n";
  check_body (fixture, "a < b\n\n\"c\" & %{title}\n",
              "<b title=\"&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;  &amp;amp;\">"
              "%{body}</b> a &lt; b<br>\n<br>\n&quot;c&quot; &amp; %{title} 5%\n<i></i>\n");
  fixture->queue.signature = (char *)"%{title}\n2";
  check_body (
      fixture, NULL,
      "<b title=\"&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;  &amp;amp;\">"
      "%{body}</b> a &lt; b<br>\n<br>\n&quot;c&quot; &amp; %{title} 5%\n"
      "<i>&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;  &amp;amp;<br>\n2</i>\n");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_true (g_file_set_contents (path, bad[i].contents, bad[i].length, NULL));
      check_body_refused (fixture, bad[i].word);
      check_body_refused (fixture, "html-file");
    }
  g_assert_true (g_file_set_contents (path, large, -1, NULL));
  check_body_refused (fixture, "html-file");
  g_assert_cmpint (g_remove (path), ==, 0);
  check_body_refused (fixture, "html-file");
  g_assert_cmpint (g_rmdir (directory), ==, 0);
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
  ADD ("default-body", test_default_body);
  ADD ("body", test_body);
  ADD ("html", test_html);
  ADD ("mail", test_mail);
  ADD ("refused", test_refused);
#undef ADD
  return g_test_run ();
}
