/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* Patterns of hosts: an address (192.0.2.1, 2001:db8::1), a network (192.0.2.0/24, 2001:db8::/32;
 * RFC 4632, 3.1, and RFC 4291, 2.3), a name, all names below one (*.contoso.com), or localhost,
 * which is 127.0.0.0/8 and ::1 as well. An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) is the IPv4
 * address. Nothing is ever looked up: a name matches a host that is told by its name. */

/* SE_ERROR_CONFIG: it is none; a network with bits behind its prefix is none, either. */
gboolean se_host_check_pattern (const char *pattern, GError **error);

/* host: a name, or an address as inet_ntop(3) or libcups's httpAddrString () writes it; NULL: not
 * known, which matches nothing. Names are compared without regard to case. */
gboolean se_host_matches (const char *host, const char *pattern);

G_END_DECLS
