/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/http.h"

#include "common/io.h"
#include "common/log.h"

#include <curl/curl.h>
#include <glib/gi18n-lib.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#define REPLY_MAX (64 * 1024)
#define CONNECT_SECONDS 30L
#define TOTAL_SECONDS 60L

typedef CURL SeEasy;
typedef CURLM SeMulti;
typedef struct curl_slist SeHeaders;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeEasy, curl_easy_cleanup)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeHeaders, curl_slist_free_all)

static void
multi_free (SeMulti *multi)
{
  CURLMcode code = curl_multi_cleanup (multi);

  g_warn_if_fail (code == CURLM_OK);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeMulti, multi_free)

typedef struct
{
  SeHttpReply *reply;
  gboolean too_large;
} Transfer;

void
se_http_reply_free (SeHttpReply *reply)
{
  if (reply == NULL)
    return;
  if (reply->body != NULL)
    explicit_bzero (reply->body, reply->length);
  g_free (reply->body);
  g_free (reply);
}

/* The body's buffer never grows, so that no copy of a secret is left behind by realloc. */
static size_t
receive (char *data, size_t size, size_t count, void *user_data)
{
  Transfer *transfer = user_data;
  SeHttpReply *reply = transfer->reply;

  if (count > REPLY_MAX - reply->length)
    {
      transfer->too_large = TRUE;
      return 0;
    }
  memcpy (reply->body + reply->length, data, count);
  reply->length += count;
  reply->body[reply->length] = '\0';
  return count;
}

/* URL without query, and host, as they may be shown. */
static char *
display_url (const char *url)
{
  g_autofree char *bare = g_strndup (url, strcspn (url, "?#"));

  return se_log_clean (bare, 200);
}

#define SET(option, value)                                                                         \
  do                                                                                               \
    {                                                                                              \
      CURLcode set_code = curl_easy_setopt (easy, option, value);                                  \
                                                                                                   \
      if (set_code != CURLE_OK)                                                                    \
        {                                                                                          \
          g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("libcurl cannot set %s: %s"), #option, \
                       curl_easy_strerror (set_code));                                             \
          return FALSE;                                                                            \
        }                                                                                          \
    }                                                                                              \
  while (0)

static gboolean
prepare (SeEasy *easy, const char *url, const char *form, const SeHttpOptions *options,
         SeHeaders *headers, char *error_buffer, Transfer *transfer, GError **error)
{
  SET (CURLOPT_URL, url);
  SET (CURLOPT_PROTOCOLS_STR, "https");
  SET (CURLOPT_FOLLOWLOCATION, 0L);
  SET (CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET (CURLOPT_SSL_VERIFYPEER, 1L);
  SET (CURLOPT_SSL_VERIFYHOST, 2L);
  if (options->ca_file != NULL)
    {
      SET (CURLOPT_CAINFO, options->ca_file);
      SET (CURLOPT_CAPATH, NULL);
    }
  /* "" also keeps libcurl from asking the environment. */
  SET (CURLOPT_PROXY, options->proxy == NULL ? "" : options->proxy);
  SET (CURLOPT_NOPROXY, "");
  SET (CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
  SET (CURLOPT_TIMEOUT, TOTAL_SECONDS);
  SET (CURLOPT_NOSIGNAL, 1L);
  SET (CURLOPT_QUICK_EXIT, 1L);
  SET (CURLOPT_USERAGENT, "scan-email/" PACKAGE_VERSION);
  SET (CURLOPT_HTTPHEADER, headers);
  SET (CURLOPT_ERRORBUFFER, error_buffer);
  SET (CURLOPT_WRITEFUNCTION, receive);
  SET (CURLOPT_WRITEDATA, transfer);
  if (form != NULL)
    {
      SET (CURLOPT_POSTFIELDSIZE, (long)strlen (form));
      SET (CURLOPT_POSTFIELDS, form);
    }
  return TRUE;
}

/* TRUE once the server may have seen the request. */
static gboolean
is_sent (SeEasy *easy)
{
  curl_off_t pretransfer = 0;

  return curl_easy_getinfo (easy, CURLINFO_PRETRANSFER_TIME_T, &pretransfer) == CURLE_OK
         && pretransfer > 0;
}

/* Runs the transfer to its end. Returns FALSE if it was cancelled or libcurl's poll failed. */
static gboolean
run (SeMulti *multi, SeEasy *easy, const SeHttpOptions *options, CURLcode *result, GError **error)
{
  struct curl_waitfd wait_fd = { .fd = options->cancel_fd, .events = CURL_WAIT_POLLIN };
  gint64 give_up = G_MAXINT64; /* monotonic time at which a cancelled transfer ends */
  int running = 1;

  while (running > 0)
    {
      gint64 now = g_get_monotonic_time ();
      gboolean watching = options->cancel_fd >= 0 && give_up == G_MAXINT64;
      CURLMcode code = CURLM_OK;

      if (watching && se_io_is_readable (options->cancel_fd))
        {
          give_up = now + (is_sent (easy) ? options->grace_ms * (gint64)1000 : 0);
          watching = FALSE;
        }
      if (now >= give_up)
        {
          g_set_error_literal (error, SE_ERROR, SE_ERROR_CANCELLED, _ ("cancelled"));
          return FALSE;
        }
      code = curl_multi_perform (multi, &running);
      if (code == CURLM_OK && running > 0)
        code = curl_multi_poll (multi, &wait_fd, watching ? 1 : 0,
                                give_up == G_MAXINT64 ? 1000 : 100, NULL);
      if (code != CURLM_OK)
        {
          g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("libcurl: %s"),
                       curl_multi_strerror (code));
          return FALSE;
        }
    }

  *result = CURLE_RECV_ERROR;
  for (CURLMsg *message; (message = curl_multi_info_read (multi, &running)) != NULL;)
    if (message->msg == CURLMSG_DONE)
      *result = message->data.result;
  return TRUE;
}

/* A machine that keeps no time while it is off begins with an old one, and soon has the right one.
 */
static gboolean
is_early (SeEasy *easy)
{
  long verify = X509_V_OK;

  return curl_easy_getinfo (easy, CURLINFO_SSL_VERIFYRESULT, &verify) == CURLE_OK
         && verify == X509_V_ERR_CERT_NOT_YET_VALID;
}

static void
set_trust_error (GError **error, SeEasy *easy, const char *shown, const char *words)
{
  if (is_early (easy))
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                 _ ("%s: its certificate is not valid yet (%s): check this machine's clock"), shown,
                 words);
  else
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("%s: its certificate is not to be trusted (%s): name the right certificates in "
                    "ca-file, or mend the server's"),
                 shown, words);
}

static void
set_curl_error (GError **error, SeEasy *easy, CURLcode result, const char *error_buffer,
                const char *url, const Transfer *transfer, const SeHttpOptions *options,
                gboolean *timed_out)
{
  g_autofree char *shown = display_url (url);
  g_autofree char *words
      = se_log_clean (*error_buffer == '\0' ? curl_easy_strerror (result) : error_buffer, 300);

  if (transfer->too_large)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   _ ("%s answers with more than %d KiB, which is no OAuth 2.0 reply: if it lasts, "
                      "is this the right address?"),
                   shown, REPLY_MAX / 1024);
      return;
    }
  switch (result)
    {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      set_trust_error (error, easy, shown, words);
      return;
    case CURLE_SSL_CACERT_BADFILE:
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("the certificates in %s cannot be used: %s"),
                   options->ca_file == NULL ? _ ("the system's store") : options->ca_file, words);
      return;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s is not a usable https address: %s"),
                   shown, words);
      return;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      if (timed_out != NULL)
        *timed_out = TRUE;
      G_GNUC_FALLTHROUGH;
    default:
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("no answer from %s: %s"), shown, words);
    }
}

static gboolean
read_info (SeEasy *easy, SeHttpReply *reply)
{
  long status = 0;
  curl_off_t retry_after = 0;

  if (curl_easy_getinfo (easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK
      || curl_easy_getinfo (easy, CURLINFO_RETRY_AFTER, &retry_after) != CURLE_OK)
    return FALSE;
  reply->status = (int)status;
  reply->retry_after = retry_after > 0 ? (gint64)retry_after : -1;
  return TRUE;
}

SeHttpReply *
se_http_perform (const char *url, const char *form, const SeHttpOptions *options,
                 gboolean *timed_out, GError **error)
{
  g_autoptr (SeHttpReply) reply = g_new0 (SeHttpReply, 1);
  g_autoptr (SeHeaders) headers = curl_slist_append (NULL, "Accept: application/json");
  g_autoptr (SeEasy) easy = curl_easy_init ();
  g_autoptr (SeMulti) multi = curl_multi_init ();
  Transfer transfer = { .reply = reply };
  char error_buffer[CURL_ERROR_SIZE] = "";
  CURLcode result = CURLE_OK;
  gboolean done = FALSE;

  if (timed_out != NULL)
    *timed_out = FALSE;
  reply->body = g_malloc0 (REPLY_MAX + 1);
  if (easy == NULL || multi == NULL || headers == NULL)
    {
      g_set_error_literal (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("libcurl cannot start"));
      return NULL;
    }
  if (!prepare (easy, url, form, options, headers, error_buffer, &transfer, error))
    return NULL;
  if (curl_multi_add_handle (multi, easy) != CURLM_OK)
    {
      g_set_error_literal (error, SE_ERROR, SE_ERROR_TEMPORARY,
                           _ ("libcurl cannot start a transfer"));
      return NULL;
    }
  done = run (multi, easy, options, &result, error);
  if (done && result == CURLE_OK && !read_info (easy, reply))
    result = CURLE_RECV_ERROR;
  if (done && result != CURLE_OK)
    set_curl_error (error, easy, result, error_buffer, url, &transfer, options, timed_out);
  if (curl_multi_remove_handle (multi, easy) != CURLM_OK)
    g_warning (_ ("libcurl cannot end a transfer"));
  return done && result == CURLE_OK ? g_steal_pointer (&reply) : NULL;
}
