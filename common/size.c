/* SPDX-License-Identifier: Apache-2.0 */
#include "common/size.h"

char *
se_size_format (guint64 bytes)
{
  if (bytes < 1000)
    return g_strdup_printf ("%" G_GUINT64_FORMAT " bytes", bytes);
  if (bytes < 1000 * 1000)
    return g_strdup_printf ("%.1f kB", (double)bytes / 1e3);
  return g_strdup_printf ("%.1f MB", (double)bytes / 1e6);
}

char *
se_size_format_exact (guint64 bytes)
{
  g_autofree char *rounded = se_size_format (bytes);

  return bytes < 1000 ? g_steal_pointer (&rounded)
                      : g_strdup_printf ("%s (%" G_GUINT64_FORMAT " bytes)", rounded, bytes);
}
