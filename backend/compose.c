/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/compose.h"

#include "backend/body.h"
#include "backend/names.h"
#include "common/digest.h"

#include <glib/gi18n-lib.h>

#define DEFAULT_SUBJECT "%{title}"

char *
se_compose_subject (const SeComposition *composition, GError **error)
{
  const SeTemplateValues *values = composition->values;
  const char *given = composition->fields->values[SE_FIELD_SUBJECT];
  const char *template = composition->uri->subject != NULL       ? composition->uri->subject
                         : composition->queue->subject != NULL   ? composition->queue->subject
                         : se_template_has_title (values->title) ? DEFAULT_SUBJECT
                                                                 : _ ("Scan from %{queue}");
  g_autofree char *subject
      = given != NULL ? g_strdup (given) : se_template_expand (template, values, error);

  return subject == NULL || composition->mails <= 1
             ? g_steal_pointer (&subject)
             : g_strdup_printf ("%s (%u/%u)", subject, composition->mail, composition->mails);
}

gboolean
se_compose_includes (const SeComposition *composition, const SeBundleEntry *entry)
{
  return composition->mails <= 1 || entry->mail == composition->mail;
}

char **
se_compose_filenames (const SeComposition *composition, GError **error)
{
  const SeNaming naming = {
    .given = composition->fields->values[SE_FIELD_FILENAME],
    .template = composition->queue->filename,
    .values = composition->values,
    .entries = composition->entries,
  };

  return se_names_new (&naming, error);
}

/* RFC 5322, 3.6.4: job, documents and chance; one job's restarted mail is another message. */
static char *
make_message_id (const SeComposition *composition, const SeAddress *from)
{
  g_autofree char *chance = g_uuid_string_random ();
  GString *all = g_string_new (chance);
  g_autofree char *text = NULL;
  g_autofree char *digest = NULL;

  g_string_append_printf (all, "\n%s\n%d\n%s\n", composition->values->queue,
                          composition->values->job, composition->uuid);
  for (guint i = 0; i < composition->entries->len; i++)
    g_string_append_printf (all, "%s\n",
                            ((const SeBundleEntry *)composition->entries->pdata[i])->source_digest);
  text = g_string_free (all, FALSE);
  digest = se_digest_text (text);
  return g_strdup_printf ("%.40s@%s", digest, from->domain);
}

static void
add_attachments (SeMail *mail, const SeComposition *composition)
{
  const GPtrArray *entries = composition->entries;

  mail->attachments = g_new0 (SeAttachment, entries->len);
  for (guint i = 0; i < entries->len; i++)
    {
      const SeBundleEntry *entry = entries->pdata[i];

      if (se_compose_includes (composition, entry))
        mail->attachments[mail->n_attachments++] = (SeAttachment){ .filename = mail->filenames[i],
                                                                   .type = entry->type,
                                                                   .offset = entry->offset,
                                                                   .length = entry->length };
    }
}

static SeMessage *
make_message (const SeComposition *composition, const SeMail *mail, const SeAddress *reply_to,
              GError **error)
{
  g_autofree char *subject = se_compose_subject (composition, error);
  g_autoptr (SeBody) body
      = subject != NULL ? se_body_new (composition, mail->filenames, error) : NULL;
  g_autofree char *message_id = make_message_id (composition, mail->from);
  SeMessageFields fields = {
    .from = mail->from,
    .from_name = composition->account->from_name,
    .to = mail->recipients->to,
    .cc = mail->recipients->cc,
    .reply_to = reply_to,
    .subject = subject,
    .date = composition->values->time,
    .message_id = message_id,
  };

  if (body == NULL)
    return NULL;
  fields.text = body->text;
  fields.html = body->html;
  return se_message_new (&fields, mail->attachments, mail->n_attachments, error);
}

SeMail *
se_compose (const SeComposition *composition, GError **error)
{
  g_autoptr (SeMail) mail = g_new0 (SeMail, 1);
  g_autoptr (SeAddress) reply_to = NULL;

  mail->from = se_address_parse (composition->account->from_address, error);
  if (mail->from == NULL)
    {
      if (error != NULL)
        (*error)->code = SE_ERROR_CONFIG;
      g_prefix_error (error, _ ("from-address of account %s: "), composition->account->address);
      return NULL;
    }
  mail->recipients = se_recipients_new (composition->uri, composition->fields, composition->queue,
                                        composition->values, error);
  if (mail->recipients == NULL
      || !se_recipients_reply_to (composition->uri, composition->fields, composition->queue,
                                  composition->values, &reply_to, error))
    return NULL;
  mail->filenames = se_compose_filenames (composition, error);
  if (mail->filenames == NULL)
    return NULL;
  add_attachments (mail, composition);
  mail->message = make_message (composition, mail, reply_to, error);
  return mail->message != NULL ? g_steal_pointer (&mail) : NULL;
}

void
se_mail_free (SeMail *mail)
{
  g_clear_pointer (&mail->from, se_address_free);
  g_clear_pointer (&mail->recipients, se_recipients_free);
  g_clear_pointer (&mail->message, se_message_free);
  g_free (mail->attachments);
  g_strfreev (mail->filenames);
  g_free (mail);
}
