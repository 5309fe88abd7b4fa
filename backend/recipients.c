/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/recipients.h"

#include "backend/policy.h"

#include <glib/gi18n-lib.h>

static GPtrArray *
new_list (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)se_address_free);
}

SeAddress *
se_recipients_parse (const char *text, const char *where, const SeTemplateValues *values,
                     GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *expanded = se_template_expand_address (text, values, &local);
  SeAddress *address = expanded != NULL ? se_address_parse (expanded, &local) : NULL;

  if (address != NULL)
    return address;
  if (se_error_is (local, SE_ERROR_DOCUMENT) && !se_template_is_template (text))
    local->code = SE_ERROR_CONFIG;
  g_propagate_prefixed_error (error, g_steal_pointer (&local), "%s: ", where);
  return NULL;
}

/* Adds the URI's addresses to list. */
static gboolean
add_own (GPtrArray *list, char *const *texts, const SeTemplateValues *values, GError **error)
{
  for (; *texts != NULL; texts++)
    {
      SeAddress *address
          = se_recipients_parse (*texts, _ ("The queue's device URI"), values, error);

      if (address == NULL)
        return FALSE;
      g_ptr_array_add (list, address);
    }
  return TRUE;
}

/* Adds the job's literal addresses, text a list; NULL: none. */
static gboolean
add_given (GPtrArray *list, const char *text, const char *option, GError **error)
{
  g_autoptr (GPtrArray) given = NULL;

  if (text == NULL)
    return TRUE;
  given = se_address_parse_list (text, error);
  if (given == NULL)
    {
      g_prefix_error (error, "%s: ", option);
      return FALSE;
    }
  g_ptr_array_extend_and_steal (list, g_steal_pointer (&given));
  return TRUE;
}

static gboolean
holds (const GPtrArray *list, guint length, const SeAddress *address)
{
  for (guint i = 0; i < length; i++)
    if (se_address_equal (list->pdata[i], address))
      return TRUE;
  return FALSE;
}

/* Takes out of list what stands in it before, in first or in second. */
static void
merge (GPtrArray *list, const GPtrArray *first, const GPtrArray *second)
{
  guint i = 0;

  while (i < list->len)
    {
      const SeAddress *address = list->pdata[i];

      if (holds (list, i, address) || (first != NULL && holds (first, first->len, address))
          || (second != NULL && holds (second, second->len, address)))
        g_ptr_array_remove_index (list, i);
      else
        i++;
    }
}

SeRecipients *
se_recipients_new (const SeMailto *uri, const SeFields *fields, const SeQueueConfig *queue,
                   const SeTemplateValues *values, GError **error)
{
  g_autoptr (SeRecipients) recipients = g_new0 (SeRecipients, 1);
  g_autoptr (GPtrArray) own = new_list ();
  g_autoptr (SeAddress) self = NULL;
  g_autoptr (GPtrArray) all = NULL;
  const char *to = fields->values[SE_FIELD_TO];

  recipients->to = new_list ();
  recipients->cc = new_list ();
  recipients->bcc = new_list ();
  if (!(to != NULL ? add_given (recipients->to, to, "email-to", error)
                   : add_own (recipients->to, uri->to, values, error))
      || !add_own (recipients->cc, uri->cc, values, error)
      || !add_given (recipients->cc, fields->values[SE_FIELD_CC], "email-cc", error)
      || !add_own (recipients->bcc, uri->bcc, values, error)
      || !add_given (recipients->bcc, fields->values[SE_FIELD_BCC], "email-bcc", error))
    return NULL;
  if (queue->allowed_recipients == NULL
      && (!add_own (own, uri->to, values, error) || !add_own (own, uri->cc, values, error)
          || !add_own (own, uri->bcc, values, error)))
    return NULL;
  if (queue->only_to_self != NULL)
    {
      self = se_recipients_parse (
          queue->only_to_self, _ ("only-to-self of the queue in scan-email.conf"), values, error);
      if (self == NULL)
        return NULL;
    }
  merge (recipients->to, NULL, NULL);
  merge (recipients->cc, recipients->to, NULL);
  merge (recipients->bcc, recipients->to, recipients->cc);
  all = se_recipients_all (recipients);
  if (!se_policy_check_recipients (all, own, self, queue, error))
    return NULL;
  return g_steal_pointer (&recipients);
}

GPtrArray *
se_recipients_all (const SeRecipients *recipients)
{
  GPtrArray *all = g_ptr_array_new ();

  g_ptr_array_extend (all, recipients->to, NULL, NULL);
  g_ptr_array_extend (all, recipients->cc, NULL, NULL);
  g_ptr_array_extend (all, recipients->bcc, NULL, NULL);
  return all;
}

gboolean
se_recipients_reply_to (const SeMailto *uri, const SeFields *fields, const SeQueueConfig *queue,
                        const SeTemplateValues *values, SeAddress **address, GError **error)
{
  const char *given = fields->values[SE_FIELD_REPLY_TO];

  *address = NULL;
  if (given != NULL)
    {
      *address = se_address_parse (given, error);
      if (*address == NULL)
        g_prefix_error (error, "email-reply-to: ");
    }
  else if (uri->reply_to != NULL)
    *address = se_recipients_parse (uri->reply_to, _ ("reply-to in the queue's device URI"), values,
                                    error);
  else if (queue->reply_to != NULL)
    *address = se_recipients_parse (queue->reply_to, _ ("reply-to of the queue in scan-email.conf"),
                                    values, error);
  else
    return TRUE;
  return *address != NULL;
}

void
se_recipients_free (SeRecipients *recipients)
{
  g_clear_pointer (&recipients->to, g_ptr_array_unref);
  g_clear_pointer (&recipients->cc, g_ptr_array_unref);
  g_clear_pointer (&recipients->bcc, g_ptr_array_unref);
  g_free (recipients);
}
