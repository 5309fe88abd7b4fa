/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Files and folders of the state directory that are named after something of the outside, such as a
 * job or an account. */

/* The name: text, percent-encoded (RFC 3986, 2.1), a dot at its beginning, too, and ending. Where
 * that is longer than a name may be (NAME_MAX), the beginning of it, "=", which no encoded text
 * holds, text's fingerprint (se_digest_fingerprint), and ending. Owned by the caller. */
char *se_state_name (const char *text, const char *ending);

/* The text that a name with this ending is of, owned by the caller; NULL: it has another ending, or
 * the text was too long for it. */
char *se_state_text (const char *name, const char *ending);

/* The path of such a name in a folder of the state directory. Owned by the caller. */
char *se_state_path (const char *state_directory, const char *folder, const char *text,
                     const char *ending);

G_END_DECLS
