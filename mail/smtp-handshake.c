/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/smtp-handshake.h"

#include "common/secret.h"

void
se_handshake_clear (SeHandshake *hs)
{
  se_smtp_reply_free (hs->last);
  se_smtp_reply_free (hs->refused);
  g_free (hs->challenge);
  g_strfreev (hs->mechanisms);
}

static void
forget_capabilities (SeHandshake *hs)
{
  g_clear_pointer (&hs->mechanisms, g_strfreev);
  hs->starttls = FALSE;
  hs->smtp->max_size = 0;
}

/* RFC 5321, 4.1.1.1: the first line is the domain, each other a keyword, without regard to case. */
static void
read_capabilities (SeHandshake *hs, char **lines)
{
  forget_capabilities (hs);
  for (char **line = lines + 1; lines[0] != NULL && *line != NULL; line++)
    {
      if (g_ascii_strcasecmp (*line, "STARTTLS") == 0)
        hs->starttls = TRUE;
      else if (g_ascii_strncasecmp (*line, "SIZE ", 5) == 0)
        hs->smtp->max_size = g_ascii_strtoull (*line + 5, NULL, 10);
      else if (g_ascii_strncasecmp (*line, "AUTH ", 5) == 0 && hs->mechanisms == NULL)
        hs->mechanisms = g_strsplit_set (*line + 5, " \t", 64);
    }
}

static void
read_challenge (SeHandshake *hs, const char *text)
{
  gsize length = 0;
  g_autofree guchar *decoded = NULL;
  g_autofree char *string = NULL;

  hs->challenged = TRUE;
  if (*text == '\0')
    return;
  decoded = g_base64_decode (text, &length);
  string = g_strndup ((const char *)decoded, length);
  g_free (hs->challenge);
  hs->challenge
      = se_secret_show (string, 300, (const char *const[]){ hs->options->access_token, NULL });
}

/* The probe's steps; each can be seen in several places first. */

void
se_handshake_tell_connected (SeHandshake *hs)
{
  const char *address = NULL;
  long port = 0;

  if (hs->probe == NULL || hs->told_connected
      || curl_easy_getinfo (hs->smtp->curl, CURLINFO_PRIMARY_IP, &address) != CURLE_OK
      || curl_easy_getinfo (hs->smtp->curl, CURLINFO_PRIMARY_PORT, &port) != CURLE_OK)
    return;
  hs->told_connected = TRUE;
  hs->probe->connected (address, (int)port, hs->options->proxy != NULL, hs->probe->data);
}

static void
tell_secured (SeHandshake *hs)
{
  if (hs->probe != NULL && !hs->told_secured)
    hs->told_secured = se_smtp_probe_tls (hs->probe, hs->smtp->curl);
}

/* Not those before TLS, nor a HELO's. */
static void
tell_capabilities (SeHandshake *hs, char **lines)
{
  if (hs->told_secured && hs->refused == NULL && lines[0] != NULL)
    hs->probe->greeted ((const char *const *)lines + 1, hs->probe->data);
}

static SeSmtpReply *
copy_reply (const SeSmtpReply *reply)
{
  SeSmtpReply *copy = g_new0 (SeSmtpReply, 1);

  copy->code = reply->code;
  copy->enhanced = g_strdup (reply->enhanced);
  copy->text = g_strdup (reply->text);
  return copy;
}

static void
take_reply (SeHandshake *hs)
{
  g_auto (GStrv) lines = NULL;

  se_smtp_reply_free (hs->last);
  hs->last = se_reply_parser_take (hs->smtp->parser, &lines);
  hs->replies++;
  se_handshake_tell_connected (hs);
  tell_secured (hs);
  if (hs->replies == 1)
    return; /* the greeting */
  hs->offered = FALSE;
  if (hs->last->code == 220)
    forget_capabilities (hs); /* RFC 3207, 4.2 */
  else if (hs->last->code == 334)
    read_challenge (hs, lines[0]);
  else if (hs->starttls || hs->mechanisms != NULL)
    return; /* an answer to what EHLO made libcurl ask for */
  else if (hs->last->code / 100 != 2)
    hs->refused = hs->refused != NULL ? hs->refused : copy_reply (hs->last);
  else if (hs->last->code != 235)
    {
      hs->offered = TRUE;
      read_capabilities (hs, lines);
      tell_capabilities (hs, lines);
    }
}

size_t
se_handshake_on_header (char *data, size_t size, size_t count, void *user)
{
  SeHandshake *hs = user;
  gsize length = size * count;
  gsize used;

  switch (se_reply_parser_feed (hs->smtp->parser, data, length, &used))
    {
    case SE_REPLY_COMPLETE:
      take_reply (hs);
      /* libcurl takes any 2xx for a greeting; RFC 5321, 4.2.2 knows 220 alone. */
      if (hs->replies == 1 && hs->last->code < 400 && hs->last->code != 220)
        return 0;
      break;
    case SE_REPLY_INVALID:
      hs->not_smtp = TRUE;
      return 0;
    case SE_REPLY_MORE:
      break;
    }
  return length;
}

gboolean
se_handshake_offers (const SeHandshake *hs, const char *mechanism)
{
  for (char **m = hs->mechanisms; m != NULL && *m != NULL; m++)
    if (g_ascii_strcasecmp (*m, mechanism) == 0)
      return TRUE;
  return FALSE;
}
