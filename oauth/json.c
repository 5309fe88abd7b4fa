/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/json.h"

#include "common/io.h"

#include <math.h>
#include <string.h>

static void
wipe (cJSON *json)
{
  for (; json != NULL; json = json->next)
    {
      if (json->valuestring != NULL)
        explicit_bzero (json->valuestring, strlen (json->valuestring));
      wipe (json->child);
    }
}

void
se_json_free (cJSON *json)
{
  wipe (json);
  cJSON_Delete (json);
}

cJSON *
se_json_parse (const char *text, gsize length)
{
  g_autoptr (cJSON) json = cJSON_ParseWithLengthOpts (text, length + 1, NULL, TRUE);

  if (!cJSON_IsObject (json))
    return NULL;
  return g_steal_pointer (&json);
}

const char *
se_json_string (const cJSON *object, const char *name)
{
  const char *value = cJSON_GetStringValue (cJSON_GetObjectItemCaseSensitive (object, name));

  if (value == NULL || *value == '\0' || !g_utf8_validate (value, -1, NULL))
    return NULL;
  return value;
}

gboolean
se_json_integer (const cJSON *object, const char *name, gint64 *value)
{
  const cJSON *member = cJSON_GetObjectItemCaseSensitive (object, name);
  const double largest = 9007199254740992.0; /* a double holds every whole number up to 2^53 */

  if (cJSON_IsString (member))
    return g_ascii_string_to_signed (member->valuestring, 10, -(gint64)largest, (gint64)largest,
                                     value, NULL);
  if (!cJSON_IsNumber (member) || !(fabs (member->valuedouble) <= largest))
    return FALSE;
  *value = (gint64)member->valuedouble;
  return TRUE;
}

char *
se_json_take_line (cJSON *json)
{
  char *text = cJSON_PrintUnformatted (json);
  char *line = g_strdup (text);

  cJSON_free (text);
  cJSON_Delete (json);
  return line;
}

char *
se_json_print (const cJSON *object)
{
  /* Into a buffer of ours: cJSON's own grows by realloc and leaves copies behind. */
  for (int size = 8192; size <= 1 << 24; size *= 2)
    {
      se_autosecret char *text = g_malloc0 ((gsize)size);

      if (cJSON_PrintPreallocated ((cJSON *)object, text, size, TRUE))
        return g_steal_pointer (&text);
      /* It may hold a part of the text without a NUL. */
      explicit_bzero (text, (gsize)size);
    }
  g_assert_not_reached ();
}
