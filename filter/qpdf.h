/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

#include <qpdf/qpdf-c.h>

G_BEGIN_DECLS

/* qpdf's C interface in a child (filter/child.h). It prints nothing. */

/* Freed at the end of its scope: se_autoqpdf qpdf = se_qpdf_new (); */
#define se_autoqpdf __attribute__ ((cleanup (se_qpdf_clear))) qpdf_data
qpdf_data se_qpdf_new (void);
void se_qpdf_free (qpdf_data qpdf);
void se_qpdf_clear (qpdf_data *qpdf);

/* Reads the PDF on standard input; what its pages inherit is put into each of them. FALSE: it
 * cannot be read or has no page. */
gboolean se_qpdf_open (qpdf_data qpdf);

/* Writes the document to standard output, encrypted as it was or not at all. SE_ERROR_DOCUMENT:
 * something in it cannot be read; SE_ERROR_TEMPORARY: the disk is full or the like. */
gboolean se_qpdf_write (qpdf_data qpdf, gboolean encrypted, GError **error);

G_END_DECLS
