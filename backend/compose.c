/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/compose.h"

#include "backend/names.h"
#include "backend/policy.h"
#include "common/digest.h"
#include "common/log.h"
#include "common/size.h"

#include <string.h>

#define DEFAULT_SUBJECT "%{title}"
#define DEFAULT_SUBJECT_UNTITLED "Scan from %{queue}"
#define TITLE_MAX 200 /* bytes of a title within the body */

/* The job's literal text or the first template, expanded. */
static char *
choose_text (const char *given, const char *first, const char *second, const char *fallback,
             const SeTemplateValues *values, GError **error)
{
  const char *text = first != NULL ? first : second != NULL ? second : fallback;

  return given != NULL ? g_strdup (given) : se_template_expand (text, values, error);
}

char *
se_compose_subject (const SeComposition *composition, GError **error)
{
  const SeTemplateValues *values = composition->values;

  return choose_text (composition->fields->values[SE_FIELD_SUBJECT], composition->uri->subject,
                      composition->queue->subject,
                      se_template_has_title (values->title) ? DEFAULT_SUBJECT
                                                            : DEFAULT_SUBJECT_UNTITLED,
                      values, error);
}

static char *
default_body (const SeComposition *composition)
{
  const SeTemplateValues *values = composition->values;
  GString *body = g_string_new (NULL);
  g_autofree char *title = se_log_clean (values->title != NULL ? values->title : "", TITLE_MAX);
  g_autofree char *user = se_log_clean (values->user, TITLE_MAX);
  g_autofree char *host = values->host != NULL ? se_log_clean (values->host, TITLE_MAX) : NULL;
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (values->time);
  g_autofree char *date = g_date_time_format (time, "%Y-%m-%d %H:%M %z");
  g_autofree char *size = NULL;
  guint64 length = 0;

  for (guint i = 0; i < composition->entries->len; i++)
    length += ((const SeBundleEntry *)composition->entries->pdata[i])->length;
  size = se_size_format (length);
  g_string_append_printf (body, "The print queue %s sends you %s.\n\n", values->queue,
                          composition->entries->len == 1 ? "a document" : "documents");
  if (se_template_has_title (values->title))
    g_string_append_printf (body, "Title:    %s\n", title);
  g_string_append_printf (body, "Sent by:  %s\n", user);
  if (host != NULL)
    g_string_append_printf (body, "From:     %s\n", host);
  g_string_append_printf (body, "Date:     %s\n", date);
  if (composition->entries->len > 1)
    g_string_append_printf (body, "Files:    %u\n", composition->entries->len);
  if (values->pages >= 0)
    g_string_append_printf (body, "Pages:    %d\n", values->pages);
  g_string_append_printf (body, "Size:     %s\n", size);
  return g_string_free (body, FALSE);
}

char *
se_compose_body (const SeComposition *composition, GError **error)
{
  const char *given = composition->fields->values[SE_FIELD_BODY];

  if (given == NULL && composition->uri->body == NULL && composition->queue->body == NULL)
    return default_body (composition);
  return choose_text (given, composition->uri->body, composition->queue->body, "",
                      composition->values, error);
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

static SeAttachment *
make_attachments (const GPtrArray *entries, char *const *filenames)
{
  SeAttachment *attachments = g_new0 (SeAttachment, entries->len);

  for (guint i = 0; i < entries->len; i++)
    {
      const SeBundleEntry *entry = entries->pdata[i];

      attachments[i] = (SeAttachment){ .filename = filenames[i],
                                       .type = entry->type,
                                       .offset = entry->offset,
                                       .length = entry->length };
    }
  return attachments;
}

static SeMessage *
make_message (const SeComposition *composition, const SeMail *mail, const SeAddress *reply_to,
              GError **error)
{
  g_autofree char *subject = se_compose_subject (composition, error);
  g_autofree char *body = subject != NULL ? se_compose_body (composition, error) : NULL;
  g_autofree char *chance = g_uuid_string_random ();
  g_autofree char *boundary = g_strconcat ("=_", chance, NULL);
  g_autofree char *message_id = make_message_id (composition, mail->from);
  SeMessageFields fields = {
    .from = mail->from,
    .from_name = composition->account->from_name,
    .to = mail->recipients->to,
    .cc = mail->recipients->cc,
    .reply_to = reply_to,
    .subject = subject,
    .body = body,
    .date = composition->values->time,
    .message_id = message_id,
    .boundary = boundary,
  };

  return body == NULL ? NULL
                      : se_message_new (&fields, mail->attachments, mail->n_attachments, error);
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
      g_prefix_error (error, "from-address of account %s: ", composition->account->address);
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
  mail->n_attachments = composition->entries->len;
  mail->attachments = make_attachments (composition->entries, mail->filenames);
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
