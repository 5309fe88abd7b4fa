/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/smtp.h"

G_BEGIN_DECLS

/* Reads SMTP replies (RFC 5321, 4.2) out of bytes as they come, in whatever pieces: the session's
 * and those that libcurl hands to its header callback. A reply is bounded (64 KiB, 200 lines), so
 * that a server cannot make us keep more. */
typedef struct SeReplyParser SeReplyParser;

typedef enum
{
  SE_REPLY_MORE,     /* all bytes were used, the reply is not complete */
  SE_REPLY_COMPLETE, /* se_reply_parser_take has it */
  SE_REPLY_INVALID,  /* not SMTP, or beyond the bounds; stays so */
} SeReplyState;

SeReplyParser *se_reply_parser_new (void);
void se_reply_parser_free (SeReplyParser *parser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeReplyParser, se_reply_parser_free)

/* Keeps a secret, that the server is sent, out of the texts of its replies from now on. */
void se_reply_parser_hide (SeReplyParser *parser, const char *secret);

/* Reads at most one reply. used: how many of the bytes belong to it; never beyond its last line. */
SeReplyState se_reply_parser_feed (SeReplyParser *parser, const char *data, gsize length,
                                   gsize *used);

/* TRUE while a reply has begun that is not complete. */
gboolean se_reply_parser_is_amid (const SeReplyParser *parser);

/* The complete reply, owned by the caller; the parser starts over. lines: each line's text after
 * code and separator as it came (NUL as space), freed by g_strfreev; may be NULL. */
SeSmtpReply *se_reply_parser_take (SeReplyParser *parser, char ***lines);

G_END_DECLS
