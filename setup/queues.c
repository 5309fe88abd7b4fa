/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/queues.h"

#include "common/log.h"
#include "common/template.h"
#include "mail/address.h"
#include "mail/mailto.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define PPD_NAME "drv:///scan-email.drv/scan-email.ppd"

void
se_queue_free (SeQueue *queue)
{
  g_free (queue->name);
  g_free (queue->uri);
  g_strfreev (queue->reasons);
  g_free (queue->stopped);
  g_free (queue);
}

/* folder: "printers" or "classes". */
static char *
uri_of (const char *folder, const char *name)
{
  char uri[HTTP_MAX_URI];

  httpAssembleURIf (HTTP_URI_CODING_ALL, uri, sizeof uri, "ipp", NULL, "localhost", 0, "/%s/%s",
                    folder, name);
  return g_strdup (uri);
}

static gboolean
is_mailto (const char *uri)
{
  return uri != NULL && g_ascii_strncasecmp (uri, "mailto:", 7) == 0;
}

/* The printer that the attributes from *at on describe; moves *at behind them. NULL: not one of
 * ours. */
static SeQueue *
read_queue (ipp_t *response, ipp_attribute_t **at)
{
  const char *name = NULL, *uri = NULL, *message = "";
  ipp_attribute_t *reasons = NULL;
  gboolean stopped = FALSE;
  SeQueue *queue = NULL;

  for (; *at != NULL && ippGetGroupTag (*at) == IPP_TAG_PRINTER; *at = ippNextAttribute (response))
    {
      const char *attribute = ippGetName (*at);

      if (g_strcmp0 (attribute, "printer-name") == 0)
        name = ippGetString (*at, 0, NULL);
      else if (g_strcmp0 (attribute, "device-uri") == 0)
        uri = ippGetString (*at, 0, NULL);
      else if (g_strcmp0 (attribute, "printer-state-reasons") == 0)
        reasons = *at;
      else if (g_strcmp0 (attribute, "printer-state-message") == 0)
        message = ippGetString (*at, 0, NULL);
      else if (g_strcmp0 (attribute, "printer-state") == 0)
        stopped = ippGetInteger (*at, 0) == IPP_PSTATE_STOPPED;
    }
  if (name == NULL || !is_mailto (uri))
    return NULL;
  queue = g_new0 (SeQueue, 1);
  queue->name = g_strdup (name);
  queue->uri = g_strdup (uri);
  queue->reasons = se_cupsd_keywords (reasons);
  queue->stopped = stopped ? g_strdup (message) : NULL;
  return queue;
}

/* All printers or all classes, with these attributes. */
static ipp_t *
ask_for_all (http_t *http, ipp_op_t operation, const char *const *wanted, int n, GError **error)
{
  ipp_t *request = ippNewRequest (operation);
  g_autoptr (ipp_t) response = NULL;

  ippAddString (request, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL,
                cupsUser ());
  ippAddStrings (request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", n, NULL,
                 wanted);
  response = cupsDoRequest (http, request, "/");
  /* Without any, cupsd answers client-error-not-found. */
  if (cupsLastError () == IPP_STATUS_ERROR_NOT_FOUND)
    return ippNew ();
  if (cupsLastError () <= IPP_STATUS_OK_CONFLICTING)
    return g_steal_pointer (&response);
  se_cupsd_set_error (error, _ ("The queues cannot be listed"));
  return NULL;
}

GPtrArray *
se_queues_list (http_t *http, GError **error)
{
  static const char *const wanted[] = { "printer-name", "device-uri", "printer-state",
                                        "printer-state-message", "printer-state-reasons" };
  g_autoptr (ipp_t) response
      = ask_for_all (http, IPP_OP_CUPS_GET_PRINTERS, wanted, G_N_ELEMENTS (wanted), error);
  g_autoptr (GPtrArray) queues = g_ptr_array_new_with_free_func ((GDestroyNotify)se_queue_free);
  ipp_attribute_t *at;

  if (response == NULL)
    return NULL;
  for (at = ippFirstAttribute (response); at != NULL; at = ippNextAttribute (response))
    if (ippGetGroupTag (at) == IPP_TAG_PRINTER)
      {
        SeQueue *queue = read_queue (response, &at);

        if (queue != NULL)
          g_ptr_array_add (queues, queue);
        if (at == NULL)
          break;
      }
  return g_steal_pointer (&queues);
}

/* TRUE if there are any, and each is among queues. */
static gboolean
are_ours (ipp_attribute_t *members, const GPtrArray *queues)
{
  for (int i = 0; i < ippGetCount (members); i++)
    if (se_queues_find (queues, ippGetString (members, i, NULL)) == NULL)
      return FALSE;
  return members != NULL;
}

gboolean
se_queues_list_classes (http_t *http, const GPtrArray *queues, GPtrArray *names, GError **error)
{
  static const char *const wanted[] = { "printer-name", "member-names" };
  g_autoptr (ipp_t) response
      = ask_for_all (http, IPP_OP_CUPS_GET_CLASSES, wanted, G_N_ELEMENTS (wanted), error);
  const char *name = NULL;
  ipp_attribute_t *members = NULL;
  ipp_attribute_t *at;

  if (response == NULL)
    return FALSE;
  for (at = ippFirstAttribute (response); at != NULL; at = ippNextAttribute (response))
    {
      if (ippGetGroupTag (at) != IPP_TAG_PRINTER)
        name = NULL, members = NULL;
      else if (g_strcmp0 (ippGetName (at), "printer-name") == 0)
        name = ippGetString (at, 0, NULL);
      else if (g_strcmp0 (ippGetName (at), "member-names") == 0)
        members = at;
      if (name == NULL || members == NULL)
        continue;
      if (are_ours (members, queues))
        g_ptr_array_add (names, g_strdup (name));
      name = NULL;
      members = NULL;
    }
  return TRUE;
}

const SeQueue *
se_queues_find (const GPtrArray *queues, const char *name)
{
  guint i;

  for (i = 0; i < queues->len; i++)
    if (g_str_equal (((const SeQueue *)queues->pdata[i])->name, name))
      return queues->pdata[i];
  return NULL;
}

char *
se_queue_account (const SeQueue *queue, const SeConfig *config)
{
  const char *fields = strchr (queue->uri, '?');
  g_auto (GStrv) accounts = NULL;

  if (fields != NULL)
    {
      /* Only the fields: what cupsd shows of the addresses need not be whole. */
      g_autofree char *uri = g_strconcat ("mailto:", fields, NULL);
      g_autoptr (SeMailto) mailto = se_mailto_parse (uri, NULL);

      if (mailto != NULL && mailto->from != NULL)
        return g_strdup (mailto->from);
    }
  {
    g_autoptr (SeQueueConfig) policy = se_config_get_queue (config, queue->name, NULL);

    if (policy != NULL && policy->account != NULL)
      return g_strdup (policy->account);
  }
  accounts = se_config_list_accounts (config);
  return g_strv_length (accounts) == 1 ? g_strdup (accounts[0]) : NULL;
}

gboolean
se_queue_is_of (const SeQueue *queue, const SeConfig *config, const char *account)
{
  g_autofree char *from = NULL;

  if (account == NULL)
    return TRUE;
  from = se_queue_account (queue, config);
  return from != NULL && g_ascii_strcasecmp (from, account) == 0;
}

gboolean
se_queues_is_class_of (http_t *http, const char *name, const GPtrArray *queues,
                       const SeConfig *config, const char *account)
{
  g_autofree char *class_uri = uri_of ("classes", name);
  ipp_t *request = se_cupsd_request (IPP_OP_GET_PRINTER_ATTRIBUTES, "printer-uri", class_uri);
  g_autoptr (ipp_t) response = NULL;
  ipp_attribute_t *members;

  ippAddString (request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", NULL,
                "member-names");
  response = cupsDoRequest (http, request, "/");
  members = ippFindAttribute (response, "member-names", IPP_TAG_NAME);
  for (int i = 0; i < ippGetCount (members); i++)
    {
      const SeQueue *queue = se_queues_find (queues, ippGetString (members, i, NULL));

      if (queue != NULL && se_queue_is_of (queue, config, account))
        return TRUE;
    }
  return FALSE;
}

/* CUPS: any printable characters but space, '/' and '#'; no more than 127 octets. */
static gboolean
is_queue_name (const char *name)
{
  const char *at;

  if (*name == '\0' || *name == '-' || strlen (name) > 127)
    return FALSE;
  for (at = name; *at != '\0'; at++)
    if ((guchar)*at <= ' ' || *at == 0x7f || strchr ("/#?\"'<>&|;%\\", *at) != NULL)
      return FALSE;
  return TRUE;
}

gboolean
se_queues_check_name (http_t *http, const char *name, GError **error)
{
  g_autofree char *printer_uri = NULL;
  g_autofree char *clean = se_log_clean (name, 130);
  g_autoptr (ipp_t) response = NULL;
  ipp_attribute_t *uri;
  ipp_t *request;

  if (!is_queue_name (name))
    {
      g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE,
                   _ ("\"%s\" cannot name a queue: use up to 127 letters, digits, '-' and '_'"),
                   clean);
      return FALSE;
    }
  printer_uri = uri_of ("printers", name);
  request = se_cupsd_request (IPP_OP_GET_PRINTER_ATTRIBUTES, "printer-uri", printer_uri);
  ippAddString (request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", NULL,
                "device-uri");
  response = cupsDoRequest (http, request, "/");
  if (cupsLastError () == IPP_STATUS_ERROR_NOT_FOUND)
    return TRUE;
  if (cupsLastError () > IPP_STATUS_OK_CONFLICTING)
    {
      se_cupsd_set_error (error, _ ("The queue cannot be looked up"));
      return FALSE;
    }
  uri = ippFindAttribute (response, "device-uri", IPP_TAG_URI);
  if (uri == NULL || is_mailto (ippGetString (uri, 0, NULL)))
    return TRUE;
  g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE,
               _ ("There is a queue \"%s\" already, for another device: choose another --queue"),
               clean);
  return FALSE;
}

gboolean
se_queues_check_address (const char *address, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *expanded = se_template_expand_address (address, &se_template_sample, &local);
  g_autoptr (SeAddress) parsed = expanded != NULL ? se_address_parse (expanded, &local) : NULL;

  if (parsed == NULL)
    g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE, "--to: %s", local->message);
  return parsed != NULL;
}

gboolean
se_queues_create (http_t *http, const char *name, const char *address, const char *account,
                  GError **error)
{
  g_autofree char *printer_uri = uri_of ("printers", name);
  g_autofree char *device_uri = se_mailto_build (address, account);
  g_autofree char *info = g_strdup_printf (_ ("Mail to %s"), address);
  g_autofree char *what = g_strdup_printf (_ ("Queue \"%s\" cannot be created"), name);
  ipp_t *request = se_cupsd_request (IPP_OP_CUPS_ADD_MODIFY_PRINTER, "printer-uri", printer_uri);
  g_autoptr (ipp_t) response = NULL;

  ippAddString (request, IPP_TAG_OPERATION, IPP_TAG_NAME, "ppd-name", NULL, PPD_NAME);
  ippAddString (request, IPP_TAG_PRINTER, IPP_TAG_URI, "device-uri", NULL, device_uri);
  ippAddString (request, IPP_TAG_PRINTER, IPP_TAG_TEXT, "printer-info", NULL, info);
  ippAddBoolean (request, IPP_TAG_PRINTER, "printer-is-shared", 0);
  ippAddBoolean (request, IPP_TAG_PRINTER, "printer-is-accepting-jobs", 1);
  ippAddInteger (request, IPP_TAG_PRINTER, IPP_TAG_ENUM, "printer-state", IPP_PSTATE_IDLE);
  response = se_cupsd_do (http, request, "/admin/", what, error);
  return response != NULL;
}

/* message: printer-state-message. */
static gboolean
set_state (http_t *http, const SeQueue *queue, const GPtrArray *reasons, const char *message,
           GError **error)
{
  g_autofree char *printer_uri = uri_of ("printers", queue->name);
  g_autofree char *what = g_strdup_printf (_ ("The state of queue %s cannot be set"), queue->name);
  ipp_t *request = se_cupsd_request (IPP_OP_CUPS_ADD_MODIFY_PRINTER, "printer-uri", printer_uri);
  g_autoptr (ipp_t) response = NULL;

  if (reasons->len == 0)
    ippAddString (request, IPP_TAG_PRINTER, IPP_TAG_KEYWORD, "printer-state-reasons", NULL, "none");
  else
    ippAddStrings (request, IPP_TAG_PRINTER, IPP_TAG_KEYWORD, "printer-state-reasons",
                   (int)reasons->len, NULL, (const char *const *)reasons->pdata);
  ippAddString (request, IPP_TAG_PRINTER, IPP_TAG_TEXT, "printer-state-message", NULL, message);
  response = se_cupsd_do (http, request, "/admin/", what, error);
  return response != NULL;
}

/* The queue's reasons that are not ours, borrowed from it. */
static GPtrArray *
other_reasons (const SeQueue *queue)
{
  GPtrArray *rest = g_ptr_array_new ();
  char **reason;

  for (reason = queue->reasons; *reason != NULL; reason++)
    if (!se_cupsd_is_our_reason (*reason))
      g_ptr_array_add (rest, *reason);
  return rest;
}

gboolean
se_queues_clear_reasons (http_t *http, const SeQueue *queue, GError **error)
{
  g_autoptr (GPtrArray) rest = other_reasons (queue);

  return rest->len == g_strv_length (queue->reasons) || set_state (http, queue, rest, "", error);
}

gboolean
se_queues_set_authorization_reason (http_t *http, const SeQueue *queue, const char *message,
                                    GError **error)
{
  g_autoptr (GPtrArray) reasons = other_reasons (queue);

  if (g_strv_contains ((const char *const *)queue->reasons, SE_REASON_AUTHORIZATION))
    return TRUE;
  g_ptr_array_add (reasons, (gpointer)SE_REASON_AUTHORIZATION);
  return set_state (http, queue, reasons, message, error);
}
