/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base64.h"

#include <string.h>

void
se_base64_init (SeBase64 *base64)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  for (guint i = 0; i < G_N_ELEMENTS (base64->pairs); i++)
    {
      base64->pairs[i][0] = alphabet[i >> 6];
      base64->pairs[i][1] = alphabet[i & 63];
    }
}

guint64
se_base64_size (guint64 length)
{
  guint64 lines = length / SE_BASE64_BYTES;
  guint64 rest = length % SE_BASE64_BYTES;

  return lines * SE_BASE64_LINE + (rest > 0 ? (rest + 2) / 3 * 4 + 2 : 0);
}

static inline char *
encode_triple (const SeBase64 *base64, const guint8 *data, char *out)
{
  guint bits = (guint)data[0] << 16 | (guint)data[1] << 8 | data[2];

  memcpy (out, base64->pairs[bits >> 12], 2);
  memcpy (out + 2, base64->pairs[bits & 4095], 2);
  return out + 4;
}

gsize
se_base64_encode (const SeBase64 *base64, const guint8 *data, gsize length, char *out)
{
  const char *start = out;
  gsize column = 0;

  for (; length >= SE_BASE64_BYTES; length -= SE_BASE64_BYTES, data += SE_BASE64_BYTES)
    {
      for (gsize i = 0; i < SE_BASE64_BYTES; i += 3)
        out = encode_triple (base64, data + i, out);
      *out++ = '\r';
      *out++ = '\n';
    }
  if (length == 0)
    return (gsize)(out - start);
  for (; column + 3 <= length; column += 3)
    out = encode_triple (base64, data + column, out);
  if (column < length)
    {
      guint8 last[3] = { data[column], column + 1 < length ? data[column + 1] : 0, 0 };

      out = encode_triple (base64, last, out);
      out[-1] = '=';
      if (column + 1 == length)
        out[-2] = '=';
    }
  *out++ = '\r';
  *out++ = '\n';
  return (gsize)(out - start);
}
