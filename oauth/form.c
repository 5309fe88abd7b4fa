/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/form.h"

#include <stdarg.h>

/* Writes the encoded text to out, or only counts where out is NULL. Returns its length. */
static gsize
encode (const char *text, char *out)
{
  static const char hex[] = "0123456789ABCDEF";
  gsize length = 0;

  for (const guchar *c = (const guchar *)text; *c != '\0'; c++)
    {
      if (g_ascii_isalnum (*c) || *c == '-' || *c == '.' || *c == '_' || *c == '*' || *c == ' ')
        {
          if (out != NULL)
            out[length] = *c == ' ' ? '+' : (char)*c;
          length++;
          continue;
        }
      if (out != NULL)
        {
          out[length] = '%';
          out[length + 1] = hex[*c >> 4];
          out[length + 2] = hex[*c & 15];
        }
      length += 3;
    }
  return length;
}

static gsize
encode_pairs (const char *name, va_list pairs, char *out)
{
  gsize length = 0;

  for (; name != NULL; name = va_arg (pairs, const char *))
    {
      const char *value = va_arg (pairs, const char *);

      if (value == NULL)
        continue;
      if (length > 0)
        {
          if (out != NULL)
            out[length] = '&';
          length++;
        }
      length += encode (name, out == NULL ? NULL : out + length);
      if (out != NULL)
        out[length] = '=';
      length++;
      length += encode (value, out == NULL ? NULL : out + length);
    }
  return length;
}

char *
se_form_encode (const char *name, ...)
{
  va_list pairs;
  char *form = NULL;
  gsize length = 0;

  /* Measured first: a buffer that grows would leave copies of secrets behind. */
  va_start (pairs, name);
  length = encode_pairs (name, pairs, NULL);
  va_end (pairs);
  form = g_malloc (length + 1);
  va_start (pairs, name);
  encode_pairs (name, pairs, form);
  va_end (pairs);
  form[length] = '\0';
  return form;
}
