/* SPDX-License-Identifier: Apache-2.0 */
#include "common/fields.h"

#include "common/io.h"
#include "common/option-list.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define NO_PPD (-1)

/* An open file that holds text, already unlinked. */
static int
file_with (const char *text)
{
  g_autofree char *name = NULL;
  int fd = g_file_open_tmp ("fields-XXXXXX", &name, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (g_unlink (name), ==, 0);
  g_assert_true (se_io_write_all (fd, text, strlen (text), NULL));
  return fd;
}

static SeFields *
parse (const char *options, const char *ppd, GError **error)
{
  g_autoptr (GPtrArray) list = se_option_list_parse (options);
  se_autofd int fd = ppd != NULL ? file_with (ppd) : NO_PPD;

  return se_fields_new (list, fd, error);
}

#define PPD                                                                                        \
  "*PPD-Adobe: \"4.3\"\n*OpenUI *EmailTo/To: PickOne\n*DefaultEmailTo: Custom.ppd@example.org\n"   \
  "*EmailTo None/Queue: \"\"\n*DefaultEmailSubject: Custom.two words, x: \"y\"\r\n"                \
  "*DefaultEmailCc: None\n*DefaultEmailBody:plain\n*DefaultEmailTot: wrong\n*DefaultEmailFormat: " \
  "pdf"

static void
test_precedence (void)
{
  static const struct
  {
    const char *options;
    const char *ppd;
    SeField field;
    const char *value;
  } cases[] = {
    { "", NULL, SE_FIELD_TO, NULL },
    { "", PPD, SE_FIELD_TO, "ppd@example.org" },
    { "", PPD, SE_FIELD_SUBJECT, "two words, x: \"y\"" },
    { "", PPD, SE_FIELD_CC, NULL },
    { "", PPD, SE_FIELD_BODY, "plain" },
    { "", PPD, SE_FIELD_FORMAT, "pdf" },
    { "EmailTo=Custom.a@b.org", PPD, SE_FIELD_TO, "a@b.org" },
    { "EmailTo=a@b.org", PPD, SE_FIELD_TO, "a@b.org" },
    { "emailto=custom.a@b.org", PPD, SE_FIELD_TO, "a@b.org" },
    /* None of the job says that the PPD's default is not meant. */
    { "EmailTo=None", PPD, SE_FIELD_TO, NULL },
    { "email-to=x@b.org EmailTo=Custom.a@b.org", PPD, SE_FIELD_TO, "x@b.org" },
    { "EmailTo=Custom.a@b.org EMAIL-TO=x@b.org", PPD, SE_FIELD_TO, "x@b.org" },
    /* Only PPD keywords have choices. */
    { "email-subject=None", PPD, SE_FIELD_SUBJECT, "None" },
    { "email-subject=Custom.x", PPD, SE_FIELD_SUBJECT, "Custom.x" },
    { "email-subject=Custom EmailSubject=Custom", PPD, SE_FIELD_SUBJECT, "Custom" },
    { "EmailSubject=Custom.Custom", PPD, SE_FIELD_SUBJECT, "Custom" },
    { "email-subject", PPD, SE_FIELD_SUBJECT, "true" },
    { "email-subject=one email-subject=two", PPD, SE_FIELD_SUBJECT, "two" },
    { "email-subject=%{user}", NULL, SE_FIELD_SUBJECT, "%{user}" },
    { "email-format=PDF", NULL, SE_FIELD_FORMAT, "PDF" },
    { "email-bcc=a@b email-reply-to=c@d email-filename=f email-body=b", NULL, SE_FIELD_FILENAME,
      "f" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SeFields) fields = parse (cases[i].options, cases[i].ppd, &error);

      g_test_message ("%s", cases[i].options);
      g_assert_no_error (error);
      g_assert_cmpstr (fields->values[cases[i].field], ==, cases[i].value);
    }
}

static void
assert_meaningless (const char *options, const char *ppd, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeFields) fields = parse (options, ppd, &error);

  g_test_message ("%s", options);
  g_assert_null (fields);
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  g_assert_nonnull (strstr (error->message, words));
}

static void
test_meaningless (void)
{
  static const char ppd[] = "*DefaultEmailResolution: 150\n*DefaultEmailCompact: True\n"
                            "*DefaultEmailSplit: 3\n";
  g_autoptr (SeFields) image = parse ("email-format=png email-resolution=200", ppd, NULL);
  g_autoptr (SeFields) original = parse ("email-format=original email-compact=no", ppd, NULL);
  g_autoptr (SeFields) pdf = parse ("", ppd, NULL);

  g_autoptr (SeFields) repeated
      = parse ("EmailResolution=150 EmailCompact EmailSplit=Custom.3 EmailFormat=original",
               "*DefaultEmailResolution: 150\n*DefaultEmailCompact: True\n*DefaultEmailSplit: "
               "Custom.3\n",
               NULL);

  assert_meaningless ("email-resolution=150", NULL, "email-resolution");
  assert_meaningless ("email-resolution=150", ppd, "email-resolution");
  assert_meaningless ("EmailResolution=200", ppd, "email-resolution");
  assert_meaningless ("EmailResolution=150 email-format=pdfa", NULL, "tiff, jpeg, png");
  assert_meaningless ("email-resolution=150", "*DefaultEmailFormat: original\n", "=original");
  assert_meaningless ("email-compact email-format=original", NULL, "email-compact");
  assert_meaningless ("email-split=2 email-format=original", NULL, "email-split");
  assert_meaningless ("email-split=2 email-format=jpeg", NULL, "pdf, pdfa, tiff");

  /* A default of the queue is no request. */
  g_assert_cmpuint (pdf->resolution, ==, 0);
  g_assert_true (pdf->compact);
  g_assert_cmpuint (pdf->split, ==, 3);
  g_assert_cmpuint (original->resolution, ==, 0);
  g_assert_false (original->compact);
  g_assert_cmpuint (original->split, ==, 0);
  g_assert_cmpuint (image->resolution, ==, 200);
  g_assert_true (image->asked[SE_FIELD_RESOLUTION]);
  g_assert_true (image->compact);
  g_assert_false (image->asked[SE_FIELD_COMPACT]);
  g_assert_cmpuint (image->split, ==, 0);

  /* Nor is what a print dialog makes of it. */
  g_assert_nonnull (repeated);
  g_assert_cmpuint (repeated->resolution, ==, 0);
  g_assert_false (repeated->compact);
  g_assert_cmpuint (repeated->split, ==, 0);
}

static void
test_parsed (void)
{
  g_autoptr (SeFields) none = parse ("", NULL, NULL);
  g_autoptr (SeFields) all = parse (
      "email-format=TIFF EmailResolution=200dpi email-compact EmailSplit=Custom.3", NULL, NULL);
  g_autoptr (SeFields) defaults = parse ("email-compact=no",
                                         "*DefaultEmailFormat: tiff\n*DefaultEmailCompact: True\n"
                                         "*DefaultEmailResolution: 150\n*DefaultEmailSplit: None\n",
                                         NULL);

  g_assert_cmpint (none->format, ==, SE_FORMAT_PDF);
  g_assert_cmpuint (none->resolution, ==, 0);
  g_assert_false (none->compact);
  g_assert_cmpuint (none->split, ==, 0);
  g_assert_cmpint (all->format, ==, SE_FORMAT_TIFF);
  g_assert_cmpuint (all->resolution, ==, 200);
  g_assert_true (all->compact);
  g_assert_cmpuint (all->split, ==, 3);
  g_assert_cmpint (defaults->format, ==, SE_FORMAT_TIFF);
  g_assert_cmpuint (defaults->resolution, ==, 150);
  g_assert_false (defaults->compact);
  g_assert_cmpuint (defaults->split, ==, 0);
}

static void
test_refused (void)
{
  static const struct
  {
    const char *options;
    const char *says;
  } cases[] = {
    { "email-too=a@b.org", "email-too" },
    { "EMAIL-=x", "There is no option" },
    { "email-attach", "email-attach" },
    { "email-to=", "email-to is empty" },
    { "EmailCc=", "email-cc is empty" },
    { "EmailBcc=Custom.", "email-bcc is empty" },
    { "email-reply-to=''", "email-reply-to is empty" },
    { "EmailSubject=Custom", "EmailSubject is Custom" },
    { "email-format=docx", "pdf, original, pdfa, tiff, jpeg, png" },
    { "EmailFormat=", "email-format cannot be" },
    { "email-format=\\\n", "email-format cannot be" },
    { "email-resolution=35", "from 36 to 1200" },
    { "email-resolution=1201", "from 36 to 1200" },
    { "email-resolution=-300", "email-resolution" },
    { "EmailResolution=300x300dpi", "email-resolution" },
    { "email-compact=maybe", "yes or no" },
    { "email-split=0", "from 1 to 100000" },
    { "email-split=two", "email-split" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (parse (cases[i].options, NULL, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      g_assert_nonnull (strstr (error->message, cases[i].says));
      g_assert_null (strchr (error->message, '\n'));
    }
}

static void
warn (const char *options)
{
  g_autoptr (GPtrArray) list = se_option_list_parse (options);

  se_fields_warn_of_stray_words (list);
}

/* lp takes an unquoted value apart at its spaces. */
static void
test_stray_words (void)
{
  static const char *const quiet[]
      = { "words", "collate landscape email-subject=two",
          "fit-to-page=true nocollate email-subject=two", "email-subject email-body=x media=a4" };

  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*\"words\"*email-subject*quotes*");
  warn ("email-subject=two words");
  g_test_assert_expected_messages ();
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*\"words\"*EmailBody*quotes*");
  warn ("nowords EmailBody=Custom.two");
  g_test_assert_expected_messages ();
  for (gsize i = 0; i < G_N_ELEMENTS (quiet); i++)
    warn (quiet[i]); /* a warning would end the test */
}

static void
test_no_ppd (void)
{
  g_autoptr (GPtrArray) list = se_option_list_parse ("");
  g_autoptr (GError) error = NULL;
  g_autoptr (SeFields) fields = NULL;
  int fd = file_with ("*DefaultEmailTo: x@y.org\n");

  close (fd);
  fields = se_fields_new (list, fd, &error);
  g_assert_no_error (error);
  g_assert_null (fields->values[SE_FIELD_TO]);
  se_fields_free (g_steal_pointer (&fields));
  fd = g_open ("/", O_RDONLY | O_DIRECTORY, 0);
  g_assert_null (se_fields_new (list, fd, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  close (fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fields/precedence", test_precedence);
  g_test_add_func ("/fields/parsed", test_parsed);
  g_test_add_func ("/fields/meaningless", test_meaningless);
  g_test_add_func ("/fields/refused", test_refused);
  g_test_add_func ("/fields/stray-words", test_stray_words);
  g_test_add_func ("/fields/no-ppd", test_no_ppd);
  return g_test_run ();
}
