/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

typedef struct
{
  int pages;          /* -1: not known (the document asks for a password) */
  int width, height;  /* of the first page as it is shown, points */
  gboolean password;  /* it can only be read with a password */
  gboolean is_signed; /* a change to the file makes a signature invalid */
  gboolean recovered; /* its cross-reference table is damaged, but everything is there */
} SePdf;

/* Tells whether the file, a PDF (ISO 32000), is sound enough to be sent as it is: it opens without
 * recovery; or with it, has a page, and %%EOF in its last 1024 bytes (recovery alone also opens a
 * document that was cut); or it asks for a password. The work is done in a child. fd: a regular
 * file; its offset does not matter.
 * SE_ERROR_DOCUMENT says what is wrong ("it is …"); others as of se_child_call. */
gboolean se_pdf_check (int fd, SePdf *pdf, GError **error);

/* A page as it is shown, /UserUnit in it; points. */
typedef struct
{
  double width, height;
} SePdfSize;

/* Measures count pages from first, counted from 1, in a child. Returns their sizes, owned by the
 * caller; NULL: error is set as of se_pdf_check. */
SePdfSize *se_pdf_measure (int fd, int first, int count, GError **error);

G_END_DECLS
