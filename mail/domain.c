/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/domain.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <string.h>

#define DOMAIN_MAX 253
#define LABEL_MAX 63

/* An address literal, RFC 5321, 4.1.3: IPv4, or IPv6 in its canonical form. */
static char *
normalize_literal (const char *text)
{
  g_autofree char *inner = NULL;
  char name[INET6_ADDRSTRLEN];
  unsigned char binary[sizeof (struct in6_addr)];
  gsize length = strlen (text);

  if (length > 2 && text[length - 1] == ']')
    {
      inner = g_strndup (text + 1, length - 2);
      if (inet_pton (AF_INET, inner, binary) == 1)
        return g_strdup_printf ("[%s]", inner);
      if (g_ascii_strncasecmp (inner, "IPv6:", 5) == 0
          && inet_pton (AF_INET6, inner + 5, binary) == 1
          && inet_ntop (AF_INET6, binary, name, sizeof name) != NULL)
        return g_strdup_printf ("[IPv6:%s]", name);
    }
  return NULL;
}

/* RFC 5321, 4.1.2: letters, digits and inner hyphens only, whatever IDNA let through. */
static gboolean
is_hostname (const char *domain)
{
  g_auto (GStrv) labels = g_strsplit (domain, ".", -1);

  if (strlen (domain) > DOMAIN_MAX)
    return FALSE;
  for (char **label = labels; *label != NULL; label++)
    {
      gsize length = strlen (*label);

      if (length == 0 || length > LABEL_MAX || (*label)[0] == '-' || (*label)[length - 1] == '-')
        return FALSE;
      for (const char *p = *label; *p != '\0'; p++)
        if (!g_ascii_isalnum (*p) && *p != '-')
          return FALSE;
    }
  return labels[0] != NULL;
}

static char *
to_a_labels (const char *text)
{
  uint8_t *converted = NULL;
  char *domain = NULL;

  if (idn2_lookup_u8 ((const uint8_t *)text, &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL)
      != IDN2_OK)
    return NULL;
  domain = g_ascii_strdown ((const char *)converted, -1);
  idn2_free (converted);
  return domain;
}

char *
se_domain_normalize (const char *text)
{
  g_autofree char *domain = NULL;

  if (*text == '[')
    return normalize_literal (text);
  domain = to_a_labels (text);
  return domain != NULL && is_hostname (domain) ? g_steal_pointer (&domain) : NULL;
}

char *
se_domain_normalize_pattern (const char *text)
{
  g_autoptr (GPtrArray) done = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) labels = NULL;

  if (*text == '[')
    return normalize_literal (text);
  labels = g_strsplit (text, ".", -1);
  for (char **label = labels; *label != NULL; label++)
    {
      if (strpbrk (*label, "*?") == NULL)
        {
          g_autofree char *converted = to_a_labels (*label);

          if (converted == NULL || !is_hostname (converted))
            return NULL;
          g_ptr_array_add (done, g_steal_pointer (&converted));
        }
      else
        {
          for (const char *p = *label; *p != '\0'; p++)
            if (!g_ascii_isalnum (*p) && strchr ("-*?", *p) == NULL)
              return NULL;
          g_ptr_array_add (done, g_ascii_strdown (*label, -1));
        }
    }
  if (done->len == 0)
    return NULL;
  g_ptr_array_add (done, NULL);
  return g_strjoinv (".", (char **)done->pdata);
}
