/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Secrets that a server was sent, and its words about them, which may repeat them. */

/* TRUE if words hold one of the secrets (NULL-terminated; NULL: none), or the beginning of a long
 * one: as it is, percent-encoded, or in base64, wherever it stands in a longer text. */
gboolean se_secret_is_repeated (const char *words, const char *const *secrets);

/* The words for a message, cleaned as by se_log_clean; others in their place if they repeat one of
 * the secrets. Owned by the caller. */
char *se_secret_show (const char *words, gsize max, const char *const *secrets);

G_END_DECLS
