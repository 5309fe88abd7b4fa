/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/place.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "filter/temp.h"

/* A spool with the documents of job 7, and a pipe to a backend. */
typedef struct
{
  char *spool;
  char *temp;
  int ends[2];
} Fixture;

static char *
document (const Fixture *fixture, int number)
{
  return g_strdup_printf ("%s/d00007-%03d", fixture->spool, number);
}

static void
put_documents (const Fixture *fixture, int count)
{
  for (int number = 1; number <= count; number++)
    {
      g_autofree char *path = document (fixture, number);

      g_assert_true (g_file_set_contents (path, "x", 1, NULL));
    }
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->spool = g_dir_make_tmp ("test-place-XXXXXX", NULL);
  fixture->temp = g_build_filename (fixture->spool, "tmp", NULL);
  g_assert_cmpint (g_mkdir (fixture->temp, 0700), ==, 0);
  g_assert_cmpint (pipe (fixture->ends), ==, 0);
  g_setenv ("CUPS_REQUESTROOT", fixture->spool, TRUE);
  g_unsetenv ("TMPDIR");
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  close (fixture->ends[0]);
  close (fixture->ends[1]);
  se_temp_remove_directory (fixture->spool);
  g_free (fixture->temp);
  g_free (fixture->spool);
}

/* One run as cupsd starts it: number 0 = behind gziptoany, without argv[6]. */
static SePlace *
run (const Fixture *fixture, int number, const char *type, const char *file_type)
{
  g_autofree char *file = number > 0 ? document (fixture, number) : NULL;
  g_autoptr (GError) error = NULL;
  SePlace *place;

  g_setenv ("CONTENT_TYPE", type, TRUE);
  g_setenv ("CUPS_FILETYPE", file_type, TRUE);
  place = se_place_find ("7", file, fixture->ends[1], &error);
  g_assert_no_error (error);
  g_assert_nonnull (place);
  if (!se_place_is_last (place))
    {
      g_assert_true (se_place_mark (place, &error));
      g_assert_no_error (error);
    }
  return place;
}

static void
assert_collected (SePlace *place, gboolean complete)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (se_place_collect (place, &error), ==, complete);
  if (!complete)
    g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
}

static void
test_single (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SePlace) place = NULL;
  g_autofree char *path = document (fixture, 1);

  put_documents (fixture, 1);
  place = run (fixture, 1, "application/pdf", "document");
  g_assert_true (se_place_is_last (place));
  assert_collected (place, TRUE);
  g_assert_cmpstr (((SeSpooled *)place->documents->pdata[0])->path, ==, path);
  g_assert_cmpstr (((SeSpooled *)place->documents->pdata[0])->type, ==, "application/pdf");
  g_assert_false (g_file_test (place->marker != NULL ? place->marker : "", G_FILE_TEST_EXISTS));
}

static void
test_single_gzip (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SePlace) place = NULL;

  put_documents (fixture, 1);
  place = run (fixture, 0, "text/plain", "document");
  g_assert_true (se_place_is_last (place));
  assert_collected (place, TRUE);
}

static void
check_three (Fixture *fixture, const int *numbers)
{
  g_autoptr (SePlace) first = NULL;
  g_autoptr (SePlace) second = NULL;
  g_autoptr (SePlace) third = NULL;
  SeSpooled **documents;

  put_documents (fixture, 3);
  first = run (fixture, numbers[0], "application/vnd.cups-pdf-banner", "job-sheet");
  g_assert_cmpint (first->number, ==, 1);
  g_assert_false (se_place_is_last (first));
  second = run (fixture, numbers[1], "text/plain", "document");
  g_assert_cmpint (second->number, ==, 2);
  g_assert_false (se_place_is_last (second));
  third = run (fixture, numbers[2], "image/png", "document");
  g_assert_cmpint (third->number, ==, 3);
  g_assert_true (se_place_is_last (third));
  assert_collected (third, TRUE);
  documents = (SeSpooled **)third->documents->pdata;
  g_assert_true (documents[0]->job_sheet);
  g_assert_false (documents[1]->job_sheet);
  g_assert_cmpstr (documents[1]->type, ==, "text/plain");
  g_assert_cmpstr (documents[2]->type, ==, "image/png");
  g_assert_false (g_file_test (third->marker, G_FILE_TEST_EXISTS));
}

static void
test_three (Fixture *fixture, gconstpointer unused)
{
  check_three (fixture, (const int[]){ 1, 2, 3 });
}

static void
test_three_gzip (Fixture *fixture, gconstpointer unused)
{
  check_three (fixture, (const int[]){ 0, 0, 0 });
}

static void
test_three_mixed (Fixture *fixture, gconstpointer unused)
{
  check_three (fixture, (const int[]){ 1, 0, 3 });
}

/* The second run died before it left its marker, and cupsd went on all the same. */
static void
test_lost_run (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SePlace) first = NULL;
  g_autoptr (SePlace) third = NULL;

  put_documents (fixture, 3);
  first = run (fixture, 1, "text/plain", "document");
  third = run (fixture, 3, "text/plain", "document");
  g_assert_true (se_place_is_last (third));
  assert_collected (third, FALSE);
}

static void
test_lost_run_gzip (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SePlace) first = NULL;
  g_autoptr (SePlace) third = NULL;

  put_documents (fixture, 3);
  first = run (fixture, 0, "text/plain", "document");
  third = run (fixture, 0, "text/plain", "document");
  g_assert_false (se_place_is_last (third));
}

/* Markers of a first attempt do not count in the second, which has another pipe. */
static void
test_second_attempt (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SePlace) old = NULL;
  int other[2];

  put_documents (fixture, 3);
  old = run (fixture, 0, "text/plain", "document");
  g_assert_cmpint (pipe (other), ==, 0);
  close (fixture->ends[0]);
  close (fixture->ends[1]);
  fixture->ends[0] = other[0];
  fixture->ends[1] = other[1];
  check_three (fixture, (const int[]){ 0, 0, 0 });
}

/* Send-Document after cupsd's patience was over: the job grows while it is worked on. */
static void
test_late_document (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SePlace) first = NULL;
  g_autoptr (SePlace) second = NULL;

  put_documents (fixture, 1);
  first = run (fixture, 1, "text/plain", "document");
  g_assert_true (se_place_is_last (first));
  put_documents (fixture, 2);
  second = run (fixture, 2, "text/plain", "document");
  g_assert_true (se_place_is_last (second));
  assert_collected (second, FALSE);
}

static void
test_no_spool (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (se_place_find ("7", NULL, fixture->ends[1], &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
}

/* "RequestRoot /var/spool/cups/" makes argv[6] /var/spool/cups//d00007-002. */
static void
test_other_spelling (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *file = g_strdup_printf ("%s/./tmp/..//d00007-002", fixture->spool);
  g_autoptr (SePlace) place = NULL;

  put_documents (fixture, 3);
  place = se_place_find ("7", file, fixture->ends[1], &error);
  g_assert_no_error (error);
  g_assert_cmpint (place->number, ==, 2);
  g_assert_cmpuint (place->documents->len, ==, 3);
}

static void
test_by_hand (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SePlace) place = NULL;
  g_autoptr (GError) error = NULL;

  put_documents (fixture, 2);
  place = se_place_find ("7", "/some/file.pdf", fixture->ends[1], &error);
  g_assert_no_error (error);
  g_assert_true (se_place_is_last (place));
  g_assert_cmpuint (place->documents->len, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/place/single", test_single);
  ADD ("/place/single-gzip", test_single_gzip);
  ADD ("/place/three", test_three);
  ADD ("/place/three-gzip", test_three_gzip);
  ADD ("/place/three-mixed", test_three_mixed);
  ADD ("/place/lost-run", test_lost_run);
  ADD ("/place/lost-run-gzip", test_lost_run_gzip);
  ADD ("/place/second-attempt", test_second_attempt);
  ADD ("/place/late-document", test_late_document);
  ADD ("/place/no-spool", test_no_spool);
  ADD ("/place/other-spelling", test_other_spelling);
  ADD ("/place/by-hand", test_by_hand);
  return g_test_run ();
}
