/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/mailbox.h"

#include <glib/gi18n-lib.h>

SeTokenContext
se_mailbox_context (const SeService *service, const SeServerConfig *server,
                    const SeAccount *account)
{
  SeTokenContext context = { .server = server, .account = account, .awaited = TRUE };

  context.cancel_fd = se_service_cancel_fd (service);
  return context;
}

static char *
get_token (const char *rejected, gpointer data, GError **error)
{
  return se_token_get (data, rejected, error);
}

SeDelivery
se_mailbox_delivery (const SeTokenContext *context)
{
  return (SeDelivery){ .server = context->server,
                       .account = context->account,
                       .get_token = get_token,
                       .token_data = (gpointer)context,
                       .retry_for = 0,
                       .cancel_fd = context->cancel_fd };
}

gboolean
se_mailbox_login (const SeTokenContext *context, GError **error)
{
  SeDelivery delivery = se_mailbox_delivery (context);

  delivery.attended = TRUE;
  return se_delivery_check (&delivery, error);
}

/* A token at hand cannot be refreshed: its refusal is the end. */
static char *
give_token (const char *rejected, gpointer data, GError **error)
{
  const char *access_token = data;

  if (rejected == NULL)
    return g_strdup (access_token);
  g_set_error_literal (error, SE_ERROR, (int)SE_ERROR_TOKEN_REJECTED,
                       _ ("The SMTP server refuses the token"));
  return NULL;
}

gboolean
se_mailbox_try_token (const SeTokenContext *context, const char *access_token, GError **error)
{
  SeDelivery delivery = se_mailbox_delivery (context);

  delivery.attended = TRUE;
  delivery.get_token = give_token;
  delivery.token_data = (gpointer)access_token;
  return se_delivery_check (&delivery, error);
}

static SeMessage *
compose (const SeAccount *account, const SeAddress *from, GPtrArray *recipients, GError **error)
{
  g_autofree char *subject
      = g_strdup_printf (_ ("Test mail from the print server %s"), g_get_host_name ());
  g_autofree char *body = g_strdup_printf (
      _ ("This is a test mail from oauth-setup on the print server %s.\n\n"
         "What is printed to the queues of the account %s is mailed from this mailbox.\n"
         "Mails that cannot be delivered come back to it: look here from time to time.\n"),
      g_get_host_name (), account->address);
  const SeMessageFields fields = { .from = from,
                                   .from_name = account->from_name,
                                   .to = recipients,
                                   .subject = subject,
                                   .text = body,
                                   .date = g_get_real_time () / G_USEC_PER_SEC };

  return se_message_new (&fields, NULL, 0, error);
}

gboolean
se_mailbox_send_test (const SeTokenContext *context, const char *to, char **reply, GError **error)
{
  SeDelivery delivery = se_mailbox_delivery (context);
  g_autoptr (SeAddress) from = se_address_parse (context->account->from_address, error);
  g_autoptr (GPtrArray) recipients = NULL;
  g_autoptr (SeMessage) message = NULL;
  g_autoptr (SeSmtpReply) said = NULL;
  SeEnvelope envelope = { .from = from };

  if (from == NULL)
    return FALSE;
  recipients = se_address_parse_list (to, error);
  if (recipients == NULL)
    return FALSE;
  envelope.recipients = recipients;
  delivery.attended = TRUE;
  message = compose (context->account, from, recipients, error);
  if (message == NULL || !se_delivery_send_once (&delivery, &envelope, message, &said, error))
    return FALSE;
  *reply = said != NULL ? g_strdup_printf ("%d %s", said->code, said->text)
                        : g_strdup (_ ("accepted"));
  return TRUE;
}
