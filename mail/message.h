/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/address.h"

G_BEGIN_DECLS

/* A message as a sequence of fixed texts with documents between them, read as a stream: no
 * document is ever held in memory. All of it is 7bit with CRLF line ends (RFC 5322, RFC 2045). */
typedef struct SeMessage SeMessage;

typedef struct
{
  const char *filename; /* UTF-8 */
  const char *type;     /* MIME type */
  guint64 offset;       /* of the document in the message's file, bytes */
  guint64 length;
} SeAttachment;

typedef struct
{
  const SeAddress *from;
  const char *from_name; /* UTF-8; NULL: none */
  GPtrArray *to;         /* SeAddress; may be empty or NULL */
  GPtrArray *cc;
  const SeAddress *reply_to; /* NULL: none */
  const char *subject;       /* UTF-8, any text: control characters become spaces */
  const char *text;          /* UTF-8, any text */
  const char *html;          /* the same as HTML; NULL: none */
  gint64 date;               /* seconds since 1970, written in local time with its offset */
  const char *message_id;    /* without angle brackets; NULL: a random one of from's domain */
  const char *boundary;      /* RFC 2046, 5.1.1; at most 68 characters; NULL: a random one */
} SeMessageFields;

/* Composes header block, text part (with html a multipart/alternative of both, RFC 2046, 5.1.4) and
 * one part an attachment (Auto-Submitted: auto-generated,
 * RFC 3834). There is no Bcc field. A file name that is short and ASCII stands in
 * Content-Disposition's filename= (RFC 2183); any other in its filename*= (RFC 2231).
 * Content-Type's name= is the same in ASCII for readers that know nothing of that: beside each
 * other in one field, filename= and filename*= count as a duplicate to some parsers.
 * SE_ERROR_DOCUMENT: a value that cannot be in a message; SE_ERROR_CONFIG: message_id or boundary.
 */
SeMessage *se_message_new (const SeMessageFields *fields, const SeAttachment *attachments,
                           gsize n_attachments, GError **error);

/* The same message again, byte for byte, from what se_message_texts gave: n_ranges + 1 texts. Only
 * offset and length of the ranges are used. SE_ERROR_CONFIG: these cannot be a message's texts. */
SeMessage *se_message_new_from_texts (const char *const *texts, const SeAttachment *ranges,
                                      gsize n_ranges, GError **error);

/* The fixed texts between the documents; NULL-terminated, owned by the message. */
const char *const *se_message_texts (const SeMessage *message);

/* Size in octets as RFC 1870 counts: the whole message with CRLFs, without the final dot. */
guint64 se_message_size (const SeMessage *message);

/* Starts over; fd: the file with the documents (read by pread, not closed). */
void se_message_rewind (SeMessage *message, int fd);

/* Next bytes as they go after DATA: never a line that starts with a dot, ending in CRLF.
 * Returns how many, 0 at the end, -1 on error (SE_ERROR_TEMPORARY: the file ended early). */
gssize se_message_read (SeMessage *message, void *buffer, gsize size, GError **error);

void se_message_free (SeMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeMessage, se_message_free)

/* A file name that is safe on Windows, macOS and Linux, of name and of tail behind it, which is
 * ASCII such as "-2.pdf" and may be empty. Separators of paths, reserved and unassigned characters,
 * controls and those that turn a text's direction become '_', other invisible ones are dropped, and
 * every white space is one space. No dot or space stands at either end, nor '-' or '~' at the
 * front, and no device's name is left. Normalized (NFC); at most 120 characters and 255 bytes with
 * tail, which is never cut. A name of which nothing is left becomes "document". Owned by the
 * caller. */
char *se_message_filename (const char *name, const char *tail);

G_END_DECLS
