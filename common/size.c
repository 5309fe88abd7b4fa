/* SPDX-License-Identifier: Apache-2.0 */
#include "common/size.h"

#include <glib/gi18n-lib.h>

char *
se_size_format (guint64 bytes)
{
  if (bytes < 1000)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%d byte", "%d bytes", (gulong)bytes),
                            (int)bytes);
  if (bytes < 1000 * 1000)
    return g_strdup_printf ("%.1f kB", (double)bytes / 1e3);
  return g_strdup_printf ("%.1f MB", (double)bytes / 1e6);
}

char *
se_size_format_exact (guint64 bytes)
{
  g_autofree char *rounded = se_size_format (bytes);
  g_autofree char *exact = g_strdup_printf ("%" G_GUINT64_FORMAT, bytes);

  return bytes < 1000 ? g_steal_pointer (&rounded)
                      /* TRANSLATORS: "1.4 MB", and the same as a number. */
                      : g_strdup_printf (_ ("%s (%s bytes)"), rounded, exact);
}
