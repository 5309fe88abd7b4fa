/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Characters that have no place in an address or a file name: controls, line and paragraph
 * separators, and bidirectional formatting, which makes a text look like another one. */
static inline gboolean
se_unicode_is_forbidden (gunichar c)
{
  return g_unichar_iscntrl (c) || c == 0x2028 || c == 0x2029 || c == 0x61c || c == 0x200e
         || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

G_END_DECLS
