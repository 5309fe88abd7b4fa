/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/names.h"

#include <string.h>

#define TIME G_GINT64_CONSTANT (1767323045) /* 2026-01-02 03:04:05 UTC */
#define PDF "application/pdf"
#define ANY "application/octet-stream"

typedef struct
{
  SeTemplateValues values;
  SeNaming naming;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->values = (SeTemplateValues){
    .user = "bob", .queue = "scan", .job = 7, .pages = 3, .format = "pdf", .time = TIME
  };
  fixture->naming = (SeNaming){
    .values = &fixture->values,
    .entries = g_ptr_array_new_with_free_func ((GDestroyNotify)se_bundle_entry_free),
  };
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  g_ptr_array_unref ((GPtrArray *)fixture->naming.entries);
}

static SeBundleEntry *
add (Fixture *fixture, guint number, const char *name, const char *type)
{
  SeBundleEntry *entry = g_new0 (SeBundleEntry, 1);

  entry->number = number;
  entry->mail = 1;
  entry->name = g_strdup (name);
  entry->type = g_strdup (type);
  g_ptr_array_add ((GPtrArray *)fixture->naming.entries, entry);
  return entry;
}

static void
check (Fixture *fixture, const char *wanted)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = se_names_new (&fixture->naming, &error);
  g_autofree char *all = names != NULL ? g_strjoinv ("|", names) : NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (all, ==, wanted);
}

/* What an only document is called, by its title. */
static void
test_titles (Fixture *fixture, gconstpointer unused)
{
  static const struct
  {
    const char *title;
    const char *name;
  } cases[] = {
    { "Invoice 7", "Invoice 7.pdf" },
    { "report.pdf", "report.pdf" },
    { "Report.PDF", "Report.PDF" },
    { "report.pdf.pdf", "report.pdf.pdf" },
    { "letter.TXT", "letter.pdf" },
    { "Microsoft Word - report.docx", "report.pdf" },
    { "five.pdf.gz", "five.pdf" },
    { "FIVE.GZ", "FIVE.pdf" },
    { ".gz", "gz.pdf" },
    { "Microsoft Excel - Q3.2.xlsx", "Q3.2.pdf" },
    { "Microsoft Azure - bill", "Microsoft Azure - bill.pdf" },
    { "C:\\Users\\bob\\notes.txt", "notes.pdf" },
    { "\\\\server\\share\\plan.odt", "plan.pdf" },
    { "/home/bob/a.ps", "a.pdf" },
    { "file:///home/bob/a.html", "a.pdf" },
    { "/home/bob/", "_home_bob_.pdf" },
    { "Offer 3/4", "Offer 3_4.pdf" },
    { "setup.exe", "setup.exe.pdf" },
    { "invoice.pdf.exe", "invoice.pdf.exe.pdf" },
    { "version 1.2", "version 1.2.pdf" },
    { "report.docx.", "report.docx.pdf" },
    { ".pdf", "pdf.pdf" },
    { "%{user}", "%{user}.pdf" },
    { "  ", "scan-2026-01-02.pdf" },
    { "Untitled", "scan-2026-01-02.pdf" },
    { "(stdin)", "scan-2026-01-02.pdf" },
    { NULL, "scan-2026-01-02.pdf" },
  };

  add (fixture, 1, NULL, PDF);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      fixture->values.title = cases[i].title;
      check (fixture, cases[i].name);
    }
}

/* The ending that a type gives, takes away or leaves. */
static void
test_endings (Fixture *fixture, gconstpointer unused)
{
  static const struct
  {
    const char *type;
    const char *title;
    const char *name;
  } cases[] = {
    { "image/tiff", "fax", "fax.tiff" },
    { "image/tiff", "fax.tif", "fax.tif" },
    { "image/tiff", "fax.pdf", "fax.tiff" },
    { "image/jpeg", "photo", "photo.jpg" },
    { "image/jpeg", "photo.JPEG", "photo.JPEG" },
    { "image/jpeg", "photo.png", "photo.jpg" },
    { "image/png", "plan", "plan.png" },
    { "image/gif", "a", "a.gif" },
    { "image/x-bitmap", "a", "a.bmp" },
    { "image/x-portable-pixmap", "a.pnm", "a.pnm" },
    { "application/postscript", "a", "a.ps" },
    { "application/postscript", "a.eps", "a.eps" },
    { "image/urf", "a", "a.urf" },
    { "image/pwg-raster", "a", "a.pwg" },
    { "application/vnd.oasis.opendocument.text", "a", "a.odt" },
    { "APPLICATION/PDF", "a", "a.pdf" },
    { "text/plain", "notes", "notes.txt" },
    { "text/plain", "main.c", "main.c" },
    { "text/plain", "squid.conf", "squid.conf" },
    { "text/plain", "letter.pdf", "letter.txt" },
    { "text/plain", "version 1.2", "version 1.2.txt" },
    { ANY, "report.docx", "report.docx" },
    { ANY, "data", "data" },
    { "application/x-shellscript", "run.sh", "run.sh" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_ptr_array_set_size ((GPtrArray *)fixture->naming.entries, 0);
      add (fixture, 1, NULL, cases[i].type);
      fixture->values.title = cases[i].title;
      check (fixture, cases[i].name);
    }
}

static void
test_given (Fixture *fixture, gconstpointer unused)
{
  SeBundleEntry *entry = add (fixture, 1, "letter.TXT", PDF);
  g_autoptr (GError) error = NULL;

  check (fixture, "letter.pdf");
  fixture->values.title = "Microsoft Word - report.docx";
  check (fixture, "report.pdf");
  fixture->naming.template = "%{title}";
  check (fixture, "report.pdf");
  fixture->naming.template = "%{title} of %{date}";
  check (fixture, "report of 2026-01-02.pdf");
  fixture->naming.template = "%{user}-%{job}.pdf";
  check (fixture, "bob-7.pdf");
  fixture->naming.given = "../%{x}";
  check (fixture, "_%{x}.pdf");
  fixture->naming.given = "renamed";
  check (fixture, "renamed.pdf");
  /* As it came: what is in it is in its own name. */
  g_free (entry->type);
  entry->type = g_strdup (ANY);
  check (fixture, "renamed.TXT");
  g_clear_pointer (&entry->name, g_free);
  check (fixture, "renamed.docx");
  fixture->naming.given = "renamed.zip";
  check (fixture, "renamed.zip");
  fixture->naming.given = NULL;
  fixture->naming.template = "%{title} of %{date}";
  check (fixture, "report of 2026-01-02.docx");
  fixture->naming.template = "%{title}";
  fixture->values.title = "Untitled";
  check (fixture, "scan-2026-01-02");
  fixture->naming.template = "%{nothing}";
  g_assert_null (se_names_new (&fixture->naming, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
}

static void
test_documents (Fixture *fixture, gconstpointer unused)
{
  SeBundleEntry *second;

  fixture->values.title = "Invoice 7";
  add (fixture, 1, "a.txt", PDF);
  second = add (fixture, 2, "b.pdf", PDF);
  add (fixture, 3, "A.ps", PDF);
  add (fixture, 4, "A\xcc\x88", PDF);
  add (fixture, 5, "\xc3\xa4.pdf", PDF);
  check (fixture, "a.pdf|b.pdf|A-2.pdf|\xc3\x84.pdf|\xc3\xa4-2.pdf");
  g_clear_pointer (&second->name, g_free);
  check (fixture,
         "Invoice 7-1.pdf|Invoice 7-2.pdf|Invoice 7-3.pdf|Invoice 7-4.pdf|Invoice 7-5.pdf");
  fixture->naming.given = "x.pdf";
  for (guint i = 6; i <= 10; i++)
    add (fixture, i, NULL, i == 10 ? "image/png" : PDF);
  check (fixture, "x-01.pdf|x-02.pdf|x-03.pdf|x-04.pdf|x-05.pdf|"
                  "x-06.pdf|x-07.pdf|x-08.pdf|x-09.pdf|x-10.png");
}

/* Numbers go on over the mails of a job. */
static void
test_pieces (Fixture *fixture, gconstpointer unused)
{
  fixture->values.title = "report.pdf";
  for (guint i = 0; i < 3; i++)
    add (fixture, 1, "other.txt", PDF)->mail = i + 1;
  check (fixture, "report-1.pdf|report-2.pdf|report-3.pdf");
  add (fixture, 2, "b.png", PDF)->mail = 3;
  check (fixture, "other-1.pdf|other-2.pdf|other-3.pdf|b.pdf");
  add (fixture, 3, NULL, PDF)->mail = 3;
  check (fixture, "report-1-1.pdf|report-1-2.pdf|report-1-3.pdf|report-2.pdf|report-3.pdf");
  g_ptr_array_set_size ((GPtrArray *)fixture->naming.entries, 0);
  for (guint i = 0; i < 10; i++)
    add (fixture, 1, NULL, "image/jpeg");
  check (fixture, "report-01.jpg|report-02.jpg|report-03.jpg|report-04.jpg|report-05.jpg|"
                  "report-06.jpg|report-07.jpg|report-08.jpg|report-09.jpg|report-10.jpg");
}

/* Numbers outlive the cut of a long name. */
static void
test_long_names (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *title = g_strnfill (300, 'x');
  g_auto (GStrv) names = NULL;

  fixture->values.title = title;
  add (fixture, 1, NULL, PDF);
  add (fixture, 1, NULL, PDF);
  names = se_names_new (&fixture->naming, NULL);
  g_assert_cmpuint (strlen (names[0]), ==, 120);
  g_assert_true (g_str_has_suffix (names[0], "x-1.pdf"));
  g_assert_true (g_str_has_suffix (names[1], "x-2.pdf"));
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add ("/names/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("titles", test_titles);
  ADD ("endings", test_endings);
  ADD ("given", test_given);
  ADD ("documents", test_documents);
  ADD ("pieces", test_pieces);
  ADD ("long-names", test_long_names);
#undef ADD
  return g_test_run ();
}
