/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/split.h"

#include "common/size.h"
#include "filter/compact.h"
#include "filter/format.h"
#include "filter/pdf-images.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define FULL 0.9               /* of the room: a piece that takes as much need not grow */
#define AIM 0.97               /* of the room: what a guess aims at, since pages differ */
#define COMPACT_RESOLUTION 150 /* of rendered pages, pixels an inch */
#define TRIES 8                /* for a piece, once there is one that fits */

/* How many pages a piece may have: what is known of it so far. */
typedef struct
{
  int fits, too_large; /* pages; 0: none known */
  double fit_size, too_large_size;
  guint tries;
} Search;

static guint64
part_size (const SePiece *piece)
{
  return se_terms_part_size (piece->length);
}

static guint64
total_size (const GPtrArray *pieces)
{
  guint64 total = 0;

  for (guint i = 0; i < pieces->len; i++)
    total += part_size (pieces->pdata[i]);
  return total;
}

static guint64
space_left (const SeSplitter *splitter)
{
  return splitter->terms->room - MIN (splitter->used, splitter->terms->room);
}

static void
begin_mail (SeSplitter *splitter)
{
  splitter->used = 0;
}

/* Puts a piece, taken over, into the mail that is being filled. */
static void
place (SeSplitter *splitter, SePiece *piece, GPtrArray *pieces)
{
  piece->begins_mail = splitter->used == 0;
  splitter->used += part_size (piece);
  g_ptr_array_add (pieces, piece);
}

static void
place_all (SeSplitter *splitter, GPtrArray *parts, GPtrArray *pieces)
{
  while (parts->len > 0)
    place (splitter, g_ptr_array_steal_index (parts, 0), pieces);
}

/* size: of page alone; page 0: of a whole document that asks for a password, or goes as it came. */
static void
set_too_large (GError **error, const SeSplitter *splitter, int page, guint64 size,
               gboolean password)
{
  g_autofree char *taken = se_size_format_exact (size);
  g_autofree char *room = se_size_format_exact (splitter->terms->room);

  if (page > 0)
    g_set_error (error, SE_ERROR, SE_ERROR_TOO_LARGE,
                 _ ("its page %d alone takes %s in a mail, which has room for %s of attachments"),
                 page, taken, room);
  else if (password)
    g_set_error (error, SE_ERROR, SE_ERROR_TOO_LARGE,
                 _ ("it takes %s in a mail, which has room for %s of attachments, and it asks for "
                    "a password: it cannot be taken apart"),
                 taken, room);
  else
    g_set_error (error, SE_ERROR, SE_ERROR_TOO_LARGE,
                 _ ("it takes %s in a mail, which has room for %s of attachments, and it goes as "
                    "it came: email-format=pdf would allow it to be taken apart"),
                 taken, room);
}

/* Makes one piece of pages first to last. */
static SePiece *
make_piece (const SeConverted *converted, int first, int last, const SeJob *job, GError **error)
{
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func ((GDestroyNotify)se_piece_free);

  if (!se_format_make (converted, first, last, job, made, error))
    return NULL;
  g_assert (made->len == 1);
  return g_ptr_array_steal_index (made, 0);
}

/* Returns the number of pages to try next, of at most pages: by proportion at first, and halving or
 * doubling where that does not tell. */
static int
guess (const Search *search, int pages, double page_size, double space)
{
  int least = search->fits + 1, most = search->too_large > 0 ? search->too_large - 1 : pages;
  double count;

  if (search->fits > 0 && search->too_large > 0)
    count = search->fits
            + (search->too_large - search->fits) * (space * AIM - search->fit_size)
                  / (search->too_large_size - search->fit_size);
  else if (search->fits > 0)
    count = search->fits * MIN (space * AIM / search->fit_size, 2);
  else if (search->too_large > 0)
    count = search->too_large * MIN (space * AIM / search->too_large_size, 0.5);
  else
    count = space / page_size;
  return (int)CLAMP (count, (double)least, (double)most);
}

static gboolean
is_done (const Search *search, int pages, double space)
{
  return search->too_large == 1 || search->fits == pages
         || (search->fits > 0
             && (search->fits + 1 == search->too_large || search->fit_size >= space * FULL
                 || search->tries >= TRIES));
}

/* Makes the largest piece, within reason, that begins with page first, ends with last at most and
 * fits into the mail that is being filled. page_size: octets that a page is likely to take.
 * *size: set to what a too large piece of one page takes. Returns NULL without error set if none
 * fits. */
static SePiece *
make_largest (const SeSplitter *splitter, const SeConverted *converted, int first, int last,
              double page_size, const SeJob *job, guint64 *size, GError **error)
{
  g_autoptr (SePiece) best = NULL;
  double space = (double)space_left (splitter);
  int pages = last - first + 1;
  Search search = { .fits = 0 };

  while (!is_done (&search, pages, space))
    {
      int count = guess (&search, pages, page_size, space);
      g_autoptr (SePiece) piece = make_piece (converted, first, first + count - 1, job, error);

      if (piece == NULL)
        return NULL;
      search.tries++;
      *size = part_size (piece);
      if (*size > space_left (splitter))
        {
          search.too_large = count;
          search.too_large_size = (double)*size;
          continue;
        }
      search.fits = count;
      search.fit_size = (double)*size;
      g_clear_pointer (&best, se_piece_free);
      best = g_steal_pointer (&piece);
    }
  return g_steal_pointer (&best);
}

/* Places pages first to last, size octets as one piece, as pieces that fit. */
static gboolean
cut (SeSplitter *splitter, const SeConverted *converted, int first, int last, guint64 size,
     const SeJob *job, GPtrArray *pieces, GError **error)
{
  double page_size = (double)size / (last - first + 1);

  while (first <= last)
    {
      g_autoptr (GError) failure = NULL;
      guint64 taken = size;
      SePiece *piece = NULL;

      if (splitter->used == 0 || (double)space_left (splitter) >= page_size)
        piece = make_largest (splitter, converted, first, last, page_size, job, &taken, &failure);
      if (piece != NULL)
        {
          first += piece->pages;
          place (splitter, piece, pieces);
          if (first <= last)
            begin_mail (splitter);
        }
      else if (failure == NULL && splitter->used > 0)
        begin_mail (splitter);
      else if (failure == NULL)
        {
          set_too_large (error, splitter, first, taken, FALSE);
          return FALSE;
        }
      else
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
    }
  return TRUE;
}

/* Places a part of a document, pages first and on, that may be too large for any mail. */
static gboolean
place_part (SeSplitter *splitter, const SeConverted *converted, SePiece *part, int first,
            const SeJob *job, GPtrArray *pieces, GError **error)
{
  g_autoptr (SePiece) owned = part;

  if (part_size (part) <= splitter->terms->room)
    {
      if (part_size (part) > space_left (splitter))
        begin_mail (splitter);
      place (splitter, g_steal_pointer (&owned), pieces);
      return TRUE;
    }
  if (part->pages > 1 && strcmp (converted->mime, se_format_mime (SE_FORMAT_PDF)) == 0)
    return cut (splitter, converted, first, first + part->pages - 1, part_size (part), job, pieces,
                error);
  if (part->pages == 1)
    set_too_large (error, splitter, first, part_size (part), FALSE);
  else
    set_too_large (error, splitter, 0, part_size (part), converted->password);
  return FALSE;
}

static gboolean
place_parts (SeSplitter *splitter, const SeConverted *converted, GPtrArray *parts, const SeJob *job,
             GPtrArray *pieces, GError **error)
{
  int first = 1;

  while (parts->len > 0)
    {
      SePiece *part = g_ptr_array_steal_index (parts, 0);
      int pages = part->pages;

      if (!place_part (splitter, converted, part, first, job, pieces, error))
        return FALSE;
      first += pages;
    }
  return TRUE;
}

/* Makes the pieces that the job asks for, whatever their size. */
static gboolean
make_parts (const SeConverted *converted, const SeJob *job, GPtrArray *parts, GError **error)
{
  gint64 length = job->fields->split;

  if (length == 0 || (converted->pages > 0 && length >= converted->pages))
    return se_format_make (converted, 0, 0, job, parts, error);
  if (converted->pages <= 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   converted->password
                       ? _ ("it asks for a password, so email-split cannot be honoured")
                       : _ ("its pages are not known, so email-split cannot be honoured"));
      return FALSE;
    }
  for (gint64 first = 1; first <= converted->pages; first += length)
    if (!se_format_make (converted, (int)first, (int)MIN (first + length - 1, converted->pages),
                         job, parts, error))
      return FALSE;
  return TRUE;
}

/* What is asked for and may differ from the job's own wish: resolution of images that are made. */
typedef struct
{
  SeJob job;
  SeFields fields;
} Wish;

/* Checks what Ghostscript is to read. */
static gboolean
check_images (const SeConverted *converted, GError **error)
{
  return converted->password || strcmp (converted->mime, se_format_mime (SE_FORMAT_PDF)) != 0
         || se_pdf_images_check (converted->fd, error);
}

/* Makes the document, or what is to be made of it, smaller. *smaller: whether that has an effect.
 */
static gboolean
make_compact (SeConverted *converted, Wish *wish, gboolean *smaller, GError **error)
{
  SeFormat format = wish->fields.format;

  if (format == SE_FORMAT_ORIGINAL)
    {
      g_set_error (
          error, SE_ERROR, SE_ERROR_DOCUMENT,
          _ ("with email-format=original it goes as it came, so it cannot be made smaller"));
      return FALSE;
    }
  if (format == SE_FORMAT_PDF || format == SE_FORMAT_PDFA)
    return se_compact (converted, &wish->job, smaller, error);
  *smaller = wish->fields.resolution == 0 || format == SE_FORMAT_TIFF;
  if (wish->fields.resolution == 0)
    wish->fields.resolution = COMPACT_RESOLUTION;
  wish->fields.compact = TRUE;
  return TRUE;
}

/* Makes the parts again of the document made smaller, where that helps. */
static gboolean
make_smaller_parts (SeConverted *converted, Wish *wish, GPtrArray *parts, GError **error)
{
  gboolean smaller;

  /* What cannot be made smaller is split, or refused with its size. */
  if (converted->password || wish->fields.format == SE_FORMAT_ORIGINAL)
    return TRUE;
  if ((wish->fields.format == SE_FORMAT_PDF && !check_images (converted, error))
      || !make_compact (converted, wish, &smaller, error))
    return FALSE;
  if (!smaller)
    return TRUE;
  g_ptr_array_set_size (parts, 0);
  return make_parts (converted, &wish->job, parts, error);
}

GPtrArray *
se_split_document (SeSplitter *splitter, SeConverted *converted, const SeJob *job, GError **error)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func ((GDestroyNotify)se_piece_free);
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func ((GDestroyNotify)se_piece_free);
  const SeTerms *terms = splitter->terms;
  SeFormat format = job->fields->format;
  gboolean weigh = terms->room > 0 && terms->oversize != SE_OVERSIZE_REJECT;
  Wish wish = { .job = *job, .fields = *job->fields };
  gboolean unused;

  wish.job.fields = &wish.fields;
  if (job->fields->compact || job->fields->split > 0 || job->fields->format == SE_FORMAT_PDFA)
    se_converted_warn (converted);
  if (((job->fields->compact || (format != SE_FORMAT_PDF && format != SE_FORMAT_ORIGINAL))
       && !check_images (converted, error))
      || (job->fields->compact && !make_compact (converted, &wish, &unused, error))
      || !make_parts (converted, &wish.job, parts, error))
    return NULL;
  if (weigh && total_size (parts) > terms->room && terms->oversize == SE_OVERSIZE_COMPACT
      && !job->fields->compact && !make_smaller_parts (converted, &wish, parts, error))
    return NULL;
  if (weigh && total_size (parts) > terms->room)
    {
      se_converted_warn (converted);
      return place_parts (splitter, converted, parts, &wish.job, pieces, error)
                 ? g_steal_pointer (&pieces)
                 : NULL;
    }
  if (weigh && total_size (parts) > space_left (splitter))
    begin_mail (splitter);
  place_all (splitter, parts, pieces);
  return g_steal_pointer (&pieces);
}
