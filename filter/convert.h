/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/program.h"
#include "filter/source.h"

G_BEGIN_DECLS

/* A document ready to be attached, or to be made into what is attached: PDF, or as it came. */
typedef struct
{
  int fd; /* at offset 0 */
  guint64 length;
  const char *mime;    /* "application/pdf"; another where it stays as it came: the source's */
  int pages;           /* -1: not known */
  gboolean password;   /* it can only be read with a password */
  gboolean is_signed;  /* by a digital signature, and nobody was warned of the loss */
  int width, height;   /* of the first page, points; 0 for what is no PDF */
  char *source_digest; /* of the document as it was printed; NULL: it is unchanged */
} SeConverted;

/* Makes PDF of source by the stock converters of CUPS, of an image by wrapping it as it is where it
 * can be, laid out as the options ask: first the pages are chosen (page-ranges counts the
 * document's own), then pdftopdf arranges them; a sound PDF without such options stays as it is.
 * Every converter's result is checked as a PDF from outside is.
 * With email-format=original the document stays as it came, whatever it is, and so does an image
 * that is asked for in the very format that it has (se_format_mime), with nothing else asked: it is
 * checked as for a conversion, as far as its kind is known. Clear converted with
 * se_converted_clear, also after an error. SE_ERROR_DOCUMENT: the document is damaged, incomplete
 * or cannot be converted; SE_ERROR_TEMPORARY: a converter was killed or the machine is in trouble;
 * SE_ERROR_CANCELLED. The message says why, as a clause. */
gboolean se_convert (SeConverted *converted, SeSource *source, const SeJob *job, GError **error);
/* To be called before the document is changed: warns, once, that its signature becomes invalid. */
void se_converted_warn (SeConverted *converted);

void se_converted_clear (SeConverted *converted);

G_END_DECLS
