/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/split.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/pdf.h"
#include "filter/test-file.h"
#include "filter/test-pdf-file.h"

#include <string.h>

#define PAGE 10000 /* octets of a large page */
/* of pages that large, in a mail: base64 and what a file has beside them */
#define ROOM_FOR(pages) (se_terms_part_size ((pages) * (PAGE + 400) + 800))

/* A job and the mails that it has filled so far. */
typedef struct
{
  SeTerms terms;
  SeSplitter splitter;
  SeFields fields;
  SeJob job;
  GString *mails; /* pages of the pieces: "3+2 4": 3 and 2 in one mail, 4 in the next */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  *fixture = (Fixture){ .fields = { .format = SE_FORMAT_PDF } };
  fixture->splitter.terms = &fixture->terms;
  fixture->job.fields = &fixture->fields;
  fixture->mails = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  g_string_free (fixture->mails, TRUE);
}

static SeConverted
open_document (int pages, const guint *fillers)
{
  g_autoptr (GString) text = test_pdf_new (pages, 0, fillers);

  return (SeConverted){ .fd = test_file_new (text->str, text->len),
                        .length = text->len,
                        .mime = "application/pdf",
                        .pages = pages };
}

/* A piece's first page is wide by its number in the document. */
static void
check_piece (const SePiece *piece, int first)
{
  g_autoptr (GError) error = NULL;
  SePdf pdf;

  g_assert_true (se_pdf_check (piece->fd, &pdf, &error));
  g_assert_cmpint (pdf.pages, ==, piece->pages);
  g_assert_cmpint (pdf.height, ==, 100 + first);
}

/* Splits the next document; each piece is checked. */
static gboolean
split (Fixture *fixture, int pages, const guint *fillers, GError **error)
{
  SeConverted converted = open_document (pages, fillers);
  g_autoptr (GPtrArray) pieces
      = se_split_document (&fixture->splitter, &converted, &fixture->job, error);
  int first = 1;

  for (guint i = 0; pieces != NULL && i < pieces->len; i++)
    {
      const SePiece *piece = pieces->pdata[i];

      if (fixture->mails->len > 0)
        g_string_append_c (fixture->mails, piece->begins_mail ? ' ' : '+');
      g_string_append_printf (fixture->mails, "%d", piece->pages);
      check_piece (piece, first);
      first += piece->pages;
    }
  if (pieces != NULL)
    g_assert_cmpint (first, ==, pages + 1);
  se_converted_clear (&converted);
  return pieces != NULL;
}

static void
assert_split (Fixture *fixture, int pages, const guint *fillers, const char *mails)
{
  g_autoptr (GError) error = NULL;

  split (fixture, pages, fillers, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (fixture->mails->str, ==, mails);
}

static void
assert_refused (Fixture *fixture, int pages, const guint *fillers, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (split (fixture, pages, fillers, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, words));
}

static const guint even[10] = { PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, PAGE };

static void
test_no_limit (Fixture *fixture, gconstpointer unused)
{
  assert_split (fixture, 10, even, "10");
  assert_split (fixture, 2, even, "10+2");
}

static void
test_rejection_is_not_ours (Fixture *fixture, gconstpointer unused)
{
  fixture->terms = (SeTerms){ .room = ROOM_FOR (3), .oversize = SE_OVERSIZE_REJECT };
  assert_split (fixture, 10, even, "10");
  assert_split (fixture, 2, even, "10+2");
}

static void
test_large_document (Fixture *fixture, gconstpointer unused)
{
  fixture->terms.room = ROOM_FOR (3);
  assert_split (fixture, 10, even, "3 3 3 1");
}

/* A piece is done when it takes most of the room; what is left would take a page or two. */
static void
test_a_mail_has_one_piece_of_a_document (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  guint small[200];

  for (gsize i = 0; i < G_N_ELEMENTS (small); i++)
    small[i] = PAGE / 10;
  fixture->terms.room = ROOM_FOR (10);
  split (fixture, G_N_ELEMENTS (small), small, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strchr (fixture->mails->str, ' '));
  g_assert_null (strchr (fixture->mails->str, '+'));
}

static void
test_what_fits_is_not_cut (Fixture *fixture, gconstpointer unused)
{
  fixture->terms.room = ROOM_FOR (5);
  assert_split (fixture, 3, even, "3");
  assert_split (fixture, 1, even, "3+1");
  assert_split (fixture, 5, even, "3+1 5");
  assert_split (fixture, 2, even, "3+1 5 2");
}

static void
test_what_does_not_fit_fills_the_mail (Fixture *fixture, gconstpointer unused)
{
  fixture->terms.room = ROOM_FOR (5);
  assert_split (fixture, 1, even, "1");
  assert_split (fixture, 10, even, "1+3 5 2");
  assert_split (fixture, 2, even, "1+3 5 2+2");
}

static void
test_pages_of_different_sizes (Fixture *fixture, gconstpointer unused)
{
  const guint sizes[10] = { 100, 100, 100, 31000, 10000, 12000, 100, 100, 20000, 100 };

  fixture->terms.room = ROOM_FOR (3);
  assert_split (fixture, 10, sizes, "3 1 4 2");
}

static void
test_a_page_that_is_too_large (Fixture *fixture, gconstpointer unused)
{
  const guint sizes[5] = { 100, 100, 30 * PAGE, 100, 100 };
  const guint first[2] = { 90 * PAGE, 100 };

  fixture->terms.room = ROOM_FOR (3);
  assert_refused (fixture, 5, sizes, "its page 3 alone takes 41");
  fixture->splitter.used = 0;
  assert_refused (fixture, 5, sizes, "bytes) in a mail, which has room for ");
  fixture->splitter.used = 0;
  assert_refused (fixture, 2, first, "its page 1 alone takes 1.2");
  fixture->splitter.used = 0;
  assert_refused (fixture, 1, first, "its page 1 alone takes 1.2");
}

static void
test_pieces_that_were_asked_for (Fixture *fixture, gconstpointer unused)
{
  fixture->fields.split = 3;
  assert_split (fixture, 10, even, "3+3+3+1");
  assert_split (fixture, 3, even, "3+3+3+1+3");
}

static void
test_pieces_that_were_asked_for_in_mails (Fixture *fixture, gconstpointer unused)
{
  fixture->fields.split = 4;
  fixture->terms.room = ROOM_FOR (3);
  assert_split (fixture, 10, even, "3 1+1 3 2");
}

static void
test_a_password (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) pieces = NULL;
  SeConverted converted = open_document (5, even);

  converted.password = TRUE;
  converted.pages = -1;
  fixture->terms.room = ROOM_FOR (3);
  pieces = se_split_document (&fixture->splitter, &converted, &fixture->job, &error);
  g_assert_null (pieces);
  g_assert_error (error, SE_ERROR, SE_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "password"));
  g_clear_error (&error);

  fixture->fields.split = 2;
  fixture->terms.room = 0;
  pieces = se_split_document (&fixture->splitter, &converted, &fixture->job, &error);
  g_assert_null (pieces);
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  g_assert_nonnull (strstr (error->message, "password"));
  se_converted_clear (&converted);
}

#define ADD(path, function) g_test_add ("/split/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  se_child_take_signals ();
  g_test_init (&argc, &argv, NULL);
  ADD ("no-limit", test_no_limit);
  ADD ("rejection-is-not-ours", test_rejection_is_not_ours);
  ADD ("large-document", test_large_document);
  ADD ("a-mail-has-one-piece-of-a-document", test_a_mail_has_one_piece_of_a_document);
  ADD ("what-fits-is-not-cut", test_what_fits_is_not_cut);
  ADD ("what-does-not-fit-fills-the-mail", test_what_does_not_fit_fills_the_mail);
  ADD ("pages-of-different-sizes", test_pages_of_different_sizes);
  ADD ("a-page-that-is-too-large", test_a_page_that_is_too_large);
  ADD ("pieces-that-were-asked-for", test_pieces_that_were_asked_for);
  ADD ("pieces-that-were-asked-for-in-mails", test_pieces_that_were_asked_for_in_mails);
  ADD ("a-password", test_a_password);
  return g_test_run ();
}
