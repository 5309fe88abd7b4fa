/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* What is attached. */
typedef enum
{
  SE_FORMAT_PDF,
  SE_FORMAT_ORIGINAL,
  SE_FORMAT_PDFA,
  SE_FORMAT_TIFF,
  SE_FORMAT_JPEG,
  SE_FORMAT_PNG,
} SeFormat;

/* The words of SeFormat in its order, as email-format has them; NULL-terminated. */
extern const char *const se_format_names[];

/* The MIME type of files of a format; NULL: it is not of one type (original). */
const char *se_format_mime (SeFormat format);

/* What a person may say about the mail, by the job or by the queue's PPD. */
typedef enum
{
  SE_FIELD_TO,
  SE_FIELD_CC,
  SE_FIELD_BCC,
  SE_FIELD_REPLY_TO,
  SE_FIELD_SUBJECT,
  SE_FIELD_BODY,
  SE_FIELD_FILENAME,
  SE_FIELD_FORMAT,
  SE_FIELD_RESOLUTION,
  SE_FIELD_COMPACT,
  SE_FIELD_SPLIT,
  SE_N_FIELDS,
} SeField;

/* The values, literal text, NULL where nothing was said. For each the first hit wins: the job's
 * email-x; the job's PPD keyword EmailX (a listed choice, Custom.VALUE or VALUE), whose choice None
 * says nothing; the PPD's *DefaultEmailX. What a default says that means nothing for the format is
 * left out of the numbers below. */
typedef struct
{
  char *values[SE_N_FIELDS];
  gboolean asked[SE_N_FIELDS]; /* by the job, and not just what the PPD's default says */
  SeFormat format;
  guint resolution; /* of images that are made, pixels an inch; 0: not said */
  gboolean compact; /* images within a PDF become smaller */
  guint split;      /* pages of a piece; 0: the document stays whole */
} SeFields;

/* ppd_fd: the queue's PPD; -1 or a closed descriptor: none. SE_ERROR_DOCUMENT: an unknown email-…
 * option, an empty address, a value that there is not, or one of the job that means nothing for the
 * format; SE_ERROR_TEMPORARY: the PPD cannot be read. */
SeFields *se_fields_new (const GPtrArray *options, int ppd_fd, GError **error);
void se_fields_free (SeFields *fields);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeFields, se_fields_free)

/* Gives a warning for each word that looks like the rest of a value that was not quoted. */
void se_fields_warn_of_stray_words (const GPtrArray *options);

G_END_DECLS
