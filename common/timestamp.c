/* SPDX-License-Identifier: Apache-2.0 */
#include "common/timestamp.h"

char *
se_timestamp_local (gint64 seconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (seconds);

  return time == NULL ? g_strdup ("?") : g_date_time_format (time, "%Y-%m-%d %H:%M");
}

char *
se_timestamp_utc (gint64 seconds)
{
  g_autoptr (GDateTime) time = seconds > 0 ? g_date_time_new_from_unix_utc (seconds) : NULL;

  return time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}
