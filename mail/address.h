/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* A mailbox's addr-spec (RFC 5322, 3.4.1; RFC 5321, 4.1.2). No other text ever reaches an SMTP
 * command or an address header. */
typedef struct
{
  char *local;  /* as on the wire: a dot-atom, or a quoted-string with its quotes */
  char *domain; /* lower-case A-labels (RFC 5890), or an address literal in brackets */
} SeAddress;

void se_address_free (SeAddress *address);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeAddress, se_address_free)

/* Parses one address, UTF-8: addr-spec, or "Name <addr-spec>" whose name is dropped. An
 * internationalized domain becomes A-labels (libidn2, non-transitional); a local part outside ASCII
 * is refused, since it needs SMTPUTF8 all the way. Groups, routes, comments, CR, LF and other
 * control or bidirectional formatting characters are refused; local part at most 64 octets, whole
 * at most 254. A quoted local part loses quotes and escapes that it does not need (RFC
 * 5321, 4.1.2). SE_ERROR_DOCUMENT says what is wrong with which text. */
SeAddress *se_address_parse (const char *text, GError **error);

/* Splits a list at commas outside quotes and angle brackets. The members, perhaps still templates,
 * are stripped of spaces and may be empty. NULL-terminated, owned by the caller. */
char **se_address_split (const char *text);

/* Parses a list (se_address_split); empty members are an error, and so are more than 10,000.
 * Returns SeAddress, freed with the array. */
GPtrArray *se_address_parse_list (const char *text, GError **error);

/* "local@domain", owned by the caller. */
char *se_address_to_string (const SeAddress *address);

/* Equal mailboxes for our purposes: local parts compared without regard to ASCII case. */
gboolean se_address_equal (const SeAddress *a, const SeAddress *b);

/* Matches a pattern of allowed-recipients: "user@domain", "*@domain", "*@*.domain" or "*"; '*' and
 * '?' in either part never reach across the '@'. The pattern's domain may be UTF-8. A pattern that
 * se_address_check_pattern refuses matches nothing. */
gboolean se_address_matches (const SeAddress *address, const char *pattern);

/* SE_ERROR_CONFIG for a text that is no pattern: an entry of denied-recipients with a slip in it
 * must not count as none. */
gboolean se_address_check_pattern (const char *pattern, GError **error);

G_END_DECLS
