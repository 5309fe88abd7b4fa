/* SPDX-License-Identifier: Apache-2.0 */
#include "common/host.h"

#include "common/log.h"

#include <arpa/inet.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define NAME_MAX_LENGTH 253
#define LABEL_MAX 63
#define LOCALHOST "localhost"

/* An IPv4 address stands in its IPv4-mapped form. */
typedef struct
{
  guint8 bytes[16];
  guint prefix; /* bits of bytes that count */
} Network;

static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };

static gboolean
is_ipv4 (const Network *network)
{
  return memcmp (network->bytes, mapped, sizeof mapped) == 0;
}

static guint
get_bit (const Network *network, guint i)
{
  return network->bytes[i / 8] >> (7 - i % 8) & 1;
}

/* One address; libcups writes [v1.fe80::1+eth0]. */
static gboolean
parse_address (const char *text, Network *network)
{
  g_autofree char *plain = g_strdup (text);
  const char *start = plain;
  gsize length = strlen (plain);

  if (length > 2 && plain[0] == '[' && plain[length - 1] == ']')
    {
      plain[length - 1] = '\0';
      start += g_str_has_prefix (plain, "[v1.") ? 4 : 1;
      plain[strcspn (plain, "%+")] = '\0';
    }
  network->prefix = 128;
  if (inet_pton (AF_INET6, start, network->bytes) == 1)
    return TRUE;
  memcpy (network->bytes, mapped, sizeof mapped);
  return inet_pton (AF_INET, start, network->bytes + sizeof mapped) == 1;
}

/* An address, or a network of which nothing is set behind the prefix. */
static gboolean
parse_network (const char *text, Network *network)
{
  const char *slash = strchr (text, '/');
  g_autofree char *address
      = g_strndup (text, slash != NULL ? (gsize)(slash - text) : strlen (text));
  guint64 prefix;

  if (!parse_address (address, network))
    return FALSE;
  if (slash == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (slash + 1, 10, 0, strchr (address, ':') != NULL ? 128 : 32,
                                   &prefix, NULL))
    return FALSE;
  network->prefix = (guint)prefix + (strchr (address, ':') != NULL ? 0 : 96);
  for (guint i = network->prefix; i < 128; i++)
    if (get_bit (network, i) != 0)
      return FALSE;
  return TRUE;
}

/* RFC 1123, 2.1, and '_', which is in use. What ends in a number is a mistyped address. */
static gboolean
is_name (const char *text)
{
  g_auto (GStrv) labels = g_strsplit (text, ".", -1);
  const char *last = NULL;

  for (char **label = labels; *label != NULL; label++)
    {
      gsize length = strlen (*label);

      for (const char *p = *label; *p != '\0'; p++)
        if (!g_ascii_isalnum (*p) && *p != '-' && *p != '_')
          return FALSE;
      if (length == 0 || length > LABEL_MAX || (*label)[0] == '-' || (*label)[length - 1] == '-')
        return FALSE;
      last = *label;
    }
  return last != NULL && strlen (text) <= NAME_MAX_LENGTH
         && strspn (last, "0123456789") < strlen (last);
}

gboolean
se_host_check_pattern (const char *pattern, GError **error)
{
  Network network;
  g_autofree char *shown = NULL;

  if (parse_network (pattern, &network)
      || is_name (pattern + (g_str_has_prefix (pattern, "*.") ? 2 : 0)))
    return TRUE;
  shown = se_log_clean (pattern, 100);
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               _ ("'%s' is not a host: write an address, a network such as 192.0.2.0/24 with "
                  "nothing set behind its prefix, a name, *.domain or localhost"),
               shown);
  return FALSE;
}

static gboolean
holds (const Network *network, const Network *address)
{
  if (is_ipv4 (network) != is_ipv4 (address))
    return FALSE;
  for (guint i = 0; i < network->prefix; i++)
    if (get_bit (network, i) != get_bit (address, i))
      return FALSE;
  return TRUE;
}

gboolean
se_host_matches (const char *host, const char *pattern)
{
  Network address;
  Network network;
  gsize length;

  if (host == NULL)
    return FALSE;
  if (parse_address (host, &address))
    return g_ascii_strcasecmp (pattern, LOCALHOST) == 0
               ? se_host_matches (host, "127.0.0.0/8") || se_host_matches (host, "::1")
               : parse_network (pattern, &network) && holds (&network, &address);
  if (g_ascii_strcasecmp (host, LOCALHOST) == 0 && parse_network (pattern, &network))
    return se_host_matches ("127.0.0.1", pattern) || se_host_matches ("::1", pattern);
  if (!g_str_has_prefix (pattern, "*."))
    return g_ascii_strcasecmp (host, pattern) == 0;
  length = strlen (host);
  return length >= strlen (pattern)
         && g_ascii_strcasecmp (host + length - strlen (pattern) + 1, pattern + 1) == 0;
}
