/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/advice.h"

G_BEGIN_DECLS

/* What authorization servers refuse with, as data; oauth/response.c is its reader. Each row has a
 * recorded reply in oauth/test-replies.json. A sentence that ends with a command has no full stop.
 */

/* By `error` (RFC 6749, 5.2 and 4.1.2.1; RFC 8628, 3.5; OpenID Connect Core 1.0, 3.1.2.6; RFC 8707;
 * RFC 7009; and what Microsoft and Google add). It decides what becomes of the job. */
typedef struct
{
  const char *code; /* NULL: any other; the last row */
  SeAdvice advice;
} SeErrorCode;

#define SE_ERROR_NUMBERS 6

/* By what stands beside `error`. It chooses the words; whether a refusal passes with time is said
 * here only where the server's documentation says so. The first row that fits counts. */
typedef struct
{
  const char *code;                 /* `error`; NULL: any */
  gint64 numbers[SE_ERROR_NUMBERS]; /* Microsoft's AADSTSn, one of them; none: any */
  const char *words;                /* in the description, without regard to case; NULL: any */
  gboolean passing;                 /* SE_ERROR_TEMPORARY; FALSE: as `error` says */
  const char *cause;
  const char *remedy;
} SeErrorDetail;

extern const SeErrorCode se_error_codes[];
extern const gsize se_error_codes_length;
extern const SeErrorDetail se_error_details[];
extern const gsize se_error_details_length;

G_END_DECLS
