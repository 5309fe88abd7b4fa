/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/back-channel.h"
#include "common/error.h"

G_BEGIN_DECLS

/* What the backend, which alone reads the configuration, tells the filter before there is a bundle:
 * one line down CUPS's back channel.
 *
 *   scan-email-terms 1 ROOM split|compact|reject LANGUAGE\n      LANGUAGE: "-" = none */

/* What is done with documents that are too large for one mail. */
typedef enum
{
  SE_OVERSIZE_SPLIT,   /* several mails */
  SE_OVERSIZE_COMPACT, /* images of a lower resolution; several mails if that is not enough */
  SE_OVERSIZE_REJECT,
} SeOversize;

/* The words of SeOversize in its order, as they stand in the configuration; NULL-terminated. */
extern const char *const se_oversize_names[];

/* The one of that name; SE_OVERSIZE_SPLIT for NULL or another. */
SeOversize se_oversize_parse (const char *name);

typedef struct
{
  guint64
      room; /* octets for the attachments of a mail, as se_terms_part_size counts; 0: no limit */
  SeOversize oversize;
  char *language; /* of messages, as g_get_language_names has them; NULL: the job's own */
} SeTerms;

/* Octets that an attachment of length bytes takes in a mail, at most: base64 and the part's
 * header. */
guint64 se_terms_part_size (guint64 length);

/* Writes the line to fd. Errors as se_io_write_all. */
gboolean se_terms_send (int fd, const SeTerms *terms, GError **error);

/* Waits for the line on fd, timeout milliseconds at most. FALSE: none came, fd is no pipe or it was
 * not understood; terms then say: no limit. Clear terms with se_terms_clear in any case. */
gboolean se_terms_receive (int fd, guint timeout, SeTerms *terms);
void se_terms_clear (SeTerms *terms);

/* Waits until the backend has said SE_TAKEN on fd, as long as any process of it lives. FALSE: it
 * has not, and is gone. */
gboolean se_terms_await_taken (int fd);

G_END_DECLS
