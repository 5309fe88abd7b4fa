/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What stands behind the '@' of an address: a domain name, or an address literal in brackets. */

/* text: UTF-8. Returns what goes on the wire, owned by the caller: lower-case A-labels (RFC 5890;
 * libidn2, non-transitional), letters, digits and inner hyphens only (RFC 5321, 4.1.2), or a
 * literal, [IPv4] or [IPv6:…] (4.1.3) in its canonical form. NULL: it is neither. */
char *se_domain_normalize (const char *text);

/* The same of a pattern, of which labels may hold '*' and '?'. */
char *se_domain_normalize_pattern (const char *text);

G_END_DECLS
