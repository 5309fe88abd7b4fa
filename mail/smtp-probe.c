/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/smtp-probe.h"

#include "mail/smtp-private.h"

#include <glib/gi18n-lib.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <time.h>

static void
addrinfo_free (struct addrinfo *list)
{
  freeaddrinfo (list);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (X509, X509_free)
typedef struct addrinfo SeAddrInfo;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeAddrInfo, addrinfo_free)

gboolean
se_smtp_probe_resolve (const SeSmtpProbe *probe, const char *host, GError **error)
{
  const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
  g_autoptr (GPtrArray) addresses = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (SeAddrInfo) list = NULL;
  int code = getaddrinfo (host, NULL, &hints, &list);

  if (code != 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   _ ("Cannot reach %s: %s. Check smtp-server, and this computer's name servers"),
                   host, gai_strerror (code));
      return FALSE;
    }
  for (const struct addrinfo *i = list; i != NULL; i = i->ai_next)
    {
      char text[NI_MAXHOST];

      if (getnameinfo (i->ai_addr, i->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
        g_ptr_array_add (addresses, g_strdup (text));
    }
  g_ptr_array_add (addresses, NULL);
  probe->resolved (host, (const char *const *)addresses->pdata, probe->data);
  return TRUE;
}

static char *
name_to_text (const X509_NAME *name)
{
  g_autoptr (BIO) bio = BIO_new (BIO_s_mem ());
  char *data = NULL;
  long length = 0;

  if (bio == NULL
      || X509_NAME_print_ex (bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB)
             < 0)
    return g_strdup ("?");
  length = BIO_get_mem_data (bio, &data);
  return g_strndup (data, (gsize)length);
}

static gint64
to_seconds (const ASN1_TIME *time)
{
  struct tm tm = { 0 };

  return ASN1_TIME_to_tm (time, &tm) == 1 ? (gint64)timegm (&tm) : 0;
}

gboolean
se_smtp_probe_tls (const SeSmtpProbe *probe, CURL *curl)
{
  const struct curl_tlssessioninfo *session = NULL;
  g_autoptr (X509) certificate = NULL;
  g_autofree char *subject = NULL;
  g_autofree char *issuer = NULL;

  if (curl_easy_getinfo (curl, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || session == NULL
      || session->internals == NULL)
    return FALSE;
  if (session->backend != CURLSSLBACKEND_OPENSSL)
    {
      const SeSmtpTls hidden = { "TLS", _ ("(not shown by this libcurl)"), _ ("(not shown)"), 0 };

      probe->secured (&hidden, probe->data);
      return TRUE;
    }
  certificate = SSL_get1_peer_certificate (session->internals);
  if (certificate == NULL)
    return FALSE;
  subject = name_to_text (X509_get_subject_name (certificate));
  issuer = name_to_text (X509_get_issuer_name (certificate));
  {
    const SeSmtpTls tls = { .version = SSL_get_version (session->internals),
                            .subject = subject,
                            .issuer = issuer,
                            .not_after = to_seconds (X509_get0_notAfter (certificate)) };

    probe->secured (&tls, probe->data);
  }
  return TRUE;
}
