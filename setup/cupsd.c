/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/cupsd.h"

#include "common/log.h"

#include <glib/gi18n-lib.h>

#define CONNECT_TIMEOUT_MS 30000

gboolean
se_cupsd_is_our_reason (const char *keyword)
{
  return g_str_equal (keyword, SE_REASON_AUTHORIZATION)
         || g_str_equal (keyword, SE_REASON_DEFERRED);
}

static const char *
no_password (const char *prompt, http_t *http, const char *method, const char *resource,
             void *unused)
{
  return NULL;
}

http_t *
se_cupsd_connect (const SeServerConfig *server, GError **error)
{
  http_t *http = NULL;

  if (server->cups_server != NULL)
    cupsSetServer (server->cups_server);
  cupsSetPasswordCB2 (no_password, NULL);
  http = httpConnect2 (cupsServer (), ippPort (), NULL, AF_UNSPEC, cupsEncryption (), 1,
                       CONNECT_TIMEOUT_MS, NULL);
  if (http == NULL)
    g_set_error (
        error, SE_ERROR, (int)SE_ERROR_TEMPORARY,
        _ ("cupsd at %s cannot be reached (%s): is it running? If it listens elsewhere, set "
           "cups-server in [server] of scan-email.conf"),
        cupsServer (), cupsLastErrorString ());
  return http;
}

ipp_t *
se_cupsd_request (ipp_op_t operation, const char *uri_name, const char *uri)
{
  ipp_t *request = ippNewRequest (operation);

  ippAddString (request, IPP_TAG_OPERATION, IPP_TAG_URI, uri_name, NULL, uri);
  ippAddString (request, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL,
                cupsUser ());
  return request;
}

void
se_cupsd_set_error (GError **error, const char *what)
{
  ipp_status_t status = cupsLastError ();
  g_autofree char *words = se_log_clean (cupsLastErrorString (), 400);
  SeError code = SE_ERROR_CONFIG;
  const char *hint = "";

  if (status == IPP_STATUS_ERROR_FORBIDDEN || status == IPP_STATUS_ERROR_NOT_AUTHORIZED
      || status == IPP_STATUS_ERROR_NOT_AUTHENTICATED)
    hint = _ ("; run oauth-setup as root");
  else if (status >= IPP_STATUS_ERROR_INTERNAL)
    code = SE_ERROR_TEMPORARY;
  g_set_error (error, SE_ERROR, (int)code, /* TRANSLATORS: what cannot be done, cupsd's words, and
                                            * nothing or "; run oauth-setup as root". */
               _ ("%s: cupsd says \"%s\"%s"), what, words, hint);
}

ipp_t *
se_cupsd_do (http_t *http, ipp_t *request, const char *resource, const char *what, GError **error)
{
  g_autoptr (ipp_t) response = cupsDoRequest (http, request, resource);

  if (cupsLastError () > IPP_STATUS_OK_CONFLICTING)
    {
      se_cupsd_set_error (error, what);
      return NULL;
    }
  return g_steal_pointer (&response);
}

char **
se_cupsd_keywords (ipp_attribute_t *attribute)
{
  GPtrArray *words = g_ptr_array_new ();
  int i, n = attribute != NULL ? ippGetCount (attribute) : 0;

  for (i = 0; i < n; i++)
    {
      const char *word = ippGetString (attribute, i, NULL);

      if (word != NULL && !g_str_equal (word, "none"))
        g_ptr_array_add (words, g_strdup (word));
    }
  g_ptr_array_add (words, NULL);
  return (char **)g_ptr_array_free (words, FALSE);
}
