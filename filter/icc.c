/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/icc.h"

#include <string.h>

gboolean
se_icc_is_usable (const guchar header[SE_ICC_HEADER], guint64 length, guint components)
{
  static const char *const classes[] = { "scnr", "mntr", "prtr", "spac" };
  const char *space = components == 1 ? "GRAY" : components == 3 ? "RGB " : "CMYK";
  guint32 size
      = (guint32)header[0] << 24 | (guint32)header[1] << 16 | (guint32)header[2] << 8 | header[3];

  if (size < SE_ICC_HEADER || size > length || memcmp (header + 36, "acsp", 4) != 0
      || memcmp (header + 16, space, 4) != 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++)
    if (memcmp (header + 12, classes[i], 4) == 0)
      return TRUE;
  return FALSE;
}
