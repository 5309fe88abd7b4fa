/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/address.h"

G_BEGIN_DECLS

/* Header fields, appended to a block with their CRLF. All of them go through one function that
 * takes printable ASCII only, so that no value can end its line, and folds at 76 columns where
 * there is a space: RFC 5322, 2.1.1 wants 78 at most, RFC 2047, 2 76 in a line with encoded words.
 * Each returns FALSE with SE_ERROR_DOCUMENT, and appends nothing, for a value that it cannot take.
 */

/* A structured value that is ASCII already, such as a date. */
gboolean se_header_add (GString *block, const char *name, const char *value, GError **error);

/* Unstructured text, UTF-8: control characters become spaces, invalid UTF-8 becomes U+FFFD. Words
 * outside ASCII, words too long for a line and words that look encoded become encoded words (RFC
 * 2047; B or Q, whichever is shorter). */
gboolean se_header_add_text (GString *block, const char *name, const char *text, GError **error);

/* One mailbox. display_name: UTF-8, written as atoms, a quoted-string or encoded words; NULL or
 * blank: none. */
gboolean se_header_add_mailbox (GString *block, const char *name, const char *display_name,
                                const SeAddress *address, GError **error);

/* A list of SeAddress, which is not empty. */
gboolean se_header_add_addresses (GString *block, const char *name, const GPtrArray *addresses,
                                  GError **error);

/* A value with one parameter (RFC 2045, 5.1), text in UTF-8: a quoted-string where it is short,
 * ASCII and needs no escapes, else extended and continued as need be (RFC 2231, 3 and 4). */
gboolean se_header_add_parameter (GString *block, const char *name, const char *value,
                                  const char *parameter, const char *text, GError **error);

/* A short name in ASCII that stands for a file name where RFC 2231 is not understood: characters
 * are transliterated or become '_'; the extension stays. Owned by the caller. */
char *se_header_ascii_name (const char *filename);

G_END_DECLS
