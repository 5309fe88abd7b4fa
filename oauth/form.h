/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* application/x-www-form-urlencoded (RFC 6749, appendix B) of name, value, name, value, …, NULL.
 * All UTF-8; a pair whose value is NULL is left out. To be wiped by the caller
 * (se_io_free_secret). */
char *se_form_encode (const char *name, ...) G_GNUC_NULL_TERMINATED;

G_END_DECLS
