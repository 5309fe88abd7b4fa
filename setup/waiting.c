/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/waiting.h"

#include "common/log.h"
#include "setup/queues.h"
#include "setup/service.h"

#include <stdio.h>
#include <string.h>

enum
{
  NAME_LENGTH = 200,     /* bytes of a user's name or a title */
  MESSAGE_LENGTH = 1100, /* cupsd's own has 1023 at most */
};

typedef struct
{
  const SeSetup *setup;
  GPtrArray *entries; /* SeJournalItem, as told by the worker */
  GPtrArray *orphans; /* GStrv */
} Listing;

void
se_waiting_free (SeWaiting *waiting)
{
  g_free (waiting->name);
  g_free (waiting->queue);
  g_clear_pointer (&waiting->job, se_print_job_free);
  g_clear_pointer (&waiting->entry, se_journal_item_free);
  g_free (waiting->orphan);
  g_free (waiting->account);
  g_free (waiting->user);
  g_free (waiting->title);
  g_free (waiting->message);
  g_free (waiting);
}

/* The worker: only the service user may look into the state directory. */

#define NUMBERS                                                             \
  "%d %" G_GINT64_FORMAT " %d %d %u %" G_GINT64_FORMAT " %" G_GINT64_FORMAT \
  " %u %" G_GINT64_FORMAT " %u %u %" G_GUINT64_FORMAT

static void
tell_entry (SeService *service, const SeJournalItem *item)
{
  g_autofree char *numbers
      = g_strdup_printf (NUMBERS, item->job, item->creation, item->busy, (int)item->step,
                         item->attempts, item->first, item->next_try, item->doubts,
                         item->in_doubt_since, item->mails, item->done, item->length);
  const char *const fields[]
      = { "entry",     item->path,    item->damage, item->queue, item->bundle,
          item->reply, item->account, item->uuid,   numbers };

  se_service_tellv (service, fields, G_N_ELEMENTS (fields));
  for (guint i = 0; item->recipients != NULL && i < item->recipients->len; i++)
    {
      const SeJournalRecipient *recipient = item->recipients->pdata[i];

      se_service_tell (service, "recipient", recipient->address, recipient->state,
                       recipient->words != NULL ? recipient->words : "", NULL);
    }
}

/* The fields of an orphan's file, see backend/orphan.h. */
enum
{
  ORPHAN_PATH = 1,
  ORPHAN_SETTLED, /* "yes" or "no" */
  ORPHAN_BUNDLE,
  ORPHAN_QUEUE,
  ORPHAN_JOB,
  ORPHAN_USER,
  ORPHAN_TITLE,
  ORPHAN_TIME,
  ORPHAN_MESSAGE,
  ORPHAN_FIELDS,
};

static void
tell_orphan (SeService *service, const char *path)
{
  static const char *const keys[ORPHAN_FIELDS]
      = { [ORPHAN_BUNDLE] = "bundle",  [ORPHAN_QUEUE] = "queue", [ORPHAN_JOB] = "job",
          [ORPHAN_USER] = "user",      [ORPHAN_TITLE] = "title", [ORPHAN_TIME] = "time",
          [ORPHAN_MESSAGE] = "message" };
  g_autoptr (GKeyFile) file = g_key_file_new ();
  const char *fields[ORPHAN_FIELDS] = { "orphan", [ORPHAN_PATH] = path };
  char *values[ORPHAN_FIELDS] = { NULL };

  /* A file that cannot be read is told all the same. */
  (void)g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL);
  for (int i = ORPHAN_BUNDLE; i < ORPHAN_FIELDS; i++)
    fields[i] = values[i] = g_key_file_get_string (file, "orphan", keys[i], NULL);
  fields[ORPHAN_SETTLED]
      = values[ORPHAN_BUNDLE] != NULL && se_journal_is_accepted (values[ORPHAN_BUNDLE]) ? "yes"
                                                                                        : "no";
  se_service_tellv (service, fields, ORPHAN_FIELDS);
  for (int i = ORPHAN_BUNDLE; i < ORPHAN_FIELDS; i++)
    g_free (values[i]);
}

static gboolean
look (SeService *service, gpointer data, GError **error)
{
  const Listing *listing = data;
  const char *state_directory = listing->setup->server->state_directory;
  g_autofree char *path = g_build_filename (state_directory, "orphans", NULL);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  g_autoptr (GPtrArray) items = se_journal_list (state_directory, error);
  const char *name;

  if (items == NULL)
    return FALSE;
  for (guint i = 0; i < items->len; i++)
    tell_entry (service, items->pdata[i]);
  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *whole = g_build_filename (path, name, NULL);

      if (*name != '.')
        tell_orphan (service, whole);
    }
  return TRUE;
}

/* The parent. */

static char *
text_or_null (const char *text)
{
  return *text != '\0' ? g_strdup (text) : NULL;
}

static void
take_entry (Listing *listing, const char *const *fields)
{
  SeJournalItem *item = g_new0 (SeJournalItem, 1);
  int step = 0;

  item->path = g_strdup (fields[1]);
  item->damage = text_or_null (fields[2]);
  item->queue = g_strdup (fields[3]);
  item->bundle = text_or_null (fields[4]);
  item->reply = text_or_null (fields[5]);
  item->recipients = g_ptr_array_new_with_free_func ((GDestroyNotify)se_journal_recipient_free);
  item->account = text_or_null (fields[6]);
  item->uuid = text_or_null (fields[7]);
  (void)sscanf (fields[8], NUMBERS, &item->job, &item->creation, &item->busy, &step,
                &item->attempts, &item->first, &item->next_try, &item->doubts,
                &item->in_doubt_since, &item->mails, &item->done, &item->length);
  item->step = (SeJournalStep)step;
  g_ptr_array_add (listing->entries, item);
}

static const char *
take (const char *const *fields, gpointer data)
{
  Listing *listing = data;
  guint n = g_strv_length ((char **)fields);

  if (g_str_equal (fields[0], "entry") && n == 9)
    take_entry (listing, fields);
  else if (g_str_equal (fields[0], "recipient") && n == 4 && listing->entries->len > 0)
    {
      const SeJournalItem *item = listing->entries->pdata[listing->entries->len - 1];

      g_ptr_array_add (item->recipients,
                       se_journal_recipient_new (fields[1], fields[2],
                                                 *fields[3] != '\0' ? fields[3] : NULL));
    }
  else if (g_str_equal (fields[0], "orphan") && n == ORPHAN_FIELDS)
    g_ptr_array_add (listing->orphans, g_strdupv ((char **)fields));
  return NULL;
}

static SeWaiting *
waiting_new (const char *queue, int id)
{
  SeWaiting *waiting = g_new0 (SeWaiting, 1);

  waiting->id = id;
  waiting->queue = se_log_clean (queue, NAME_LENGTH);
  waiting->name = g_strdup_printf ("%s-%d", waiting->queue, id);
  return waiting;
}

static void
set_text (char **text, const char *value, gsize length)
{
  if (value == NULL || *value == '\0' || *text != NULL)
    return;
  *text = se_log_clean (value, length);
}

/* Consumes job. */
static void
set_job (SeWaiting *waiting, SePrintJob *job)
{
  waiting->job = job;
  set_text (&waiting->user, job->user, NAME_LENGTH);
  set_text (&waiting->title, job->title, NAME_LENGTH);
  set_text (&waiting->message, job->message, MESSAGE_LENGTH);
}

/* TRUE if the entry is of this job: cupsd may count from 1 again, and an entry that cannot be read
 * does not tell when its job was made. */
static gboolean
is_of_job (const SeJournalItem *item, const SePrintJob *job)
{
  return item->job == job->id && (item->damage != NULL || item->creation == job->creation);
}

/* TRUE if the job is printed to another queue by now, which mails it as its own. */
static gboolean
is_moved (const SeJournalItem *item, const SePrintJob *job)
{
  g_autofree char *queue = g_utf8_make_valid (job->queue, -1);

  return item->damage == NULL && strcmp (item->queue, queue) != 0;
}

static gboolean
is_finished (const SePrintJob *job)
{
  return job->state >= IPP_JSTATE_CANCELED;
}

/* queue: NULL for a class. */
static SeWaitingState
state_of (const SeWaiting *waiting, const SeQueue *queue)
{
  const SePrintJob *job = waiting->job;

  if (waiting->entry != NULL && waiting->entry->busy)
    return SE_WAITING_SENDING;
  if (job == NULL)
    return waiting->orphan != NULL ? SE_WAITING_LOST : SE_WAITING_FORGOTTEN;
  if (waiting->entry != NULL && is_moved (waiting->entry, job))
    return SE_WAITING_MOVED;
  if (job->state == IPP_JSTATE_CANCELED)
    return SE_WAITING_CANCELED;
  if (is_finished (job))
    return SE_WAITING_LOST;
  if (job->state == IPP_JSTATE_PROCESSING)
    return SE_WAITING_SENDING;
  if (se_print_job_is_ours (job))
    return se_print_job_is_deferred (job)
                   && (waiting->entry == NULL || waiting->entry->next_try < G_MAXINT64)
               ? SE_WAITING_TIME
               : SE_WAITING_PERSON;
  if (job->state != IPP_JSTATE_HELD)
    return queue != NULL && queue->stopped != NULL ? SE_WAITING_STOPPED : SE_WAITING_TURN;
  return job->hold_until == NULL || g_str_equal (job->hold_until, "no-hold") ? SE_WAITING_TURN
                                                                             : SE_WAITING_HELD;
}

gboolean
se_waiting_is_unknown (const SeWaiting *waiting)
{
  return waiting->state == SE_WAITING_LOST && waiting->orphan == NULL && waiting->entry != NULL
         && waiting->entry->step == SE_JOURNAL_DOT;
}

/* A job that cupsd aborted has had a message. One that it does not know may have been canceled. */
static gboolean
is_taken_for_done (const SeWaiting *waiting)
{
  return waiting->state == SE_WAITING_LOST && waiting->job != NULL
         && waiting->job->state == IPP_JSTATE_COMPLETED && waiting->entry != NULL
         && waiting->entry->damage == NULL;
}

gboolean
se_waiting_is_sendable (const SeWaiting *waiting)
{
  return is_taken_for_done (waiting) && waiting->entry->bundle != NULL
         && waiting->entry->step != SE_JOURNAL_OPEN && !se_waiting_is_unknown (waiting);
}

gboolean
se_waiting_is_repeatable (const SeWaiting *waiting)
{
  return is_taken_for_done (waiting) && waiting->entry->step == SE_JOURNAL_OPEN;
}

/* Adds the jobs that cupsd has not finished, of our queues or with an entry, and takes their
 * entries out of the list. */
static void
add_unfinished (GPtrArray *all, GPtrArray *jobs, const GPtrArray *queues, GPtrArray *entries)
{
  while (jobs->len > 0)
    {
      g_autoptr (SePrintJob) job = g_ptr_array_steal_index (jobs, jobs->len - 1);
      g_autoptr (SeWaiting) waiting = waiting_new (job->queue, job->id);

      for (guint i = 0; i < entries->len && waiting->entry == NULL; i++)
        if (is_of_job (entries->pdata[i], job) && !is_moved (entries->pdata[i], job))
          waiting->entry = g_ptr_array_steal_index (entries, i);
      if (waiting->entry == NULL && !se_print_job_is_ours (job)
          && se_queues_find (queues, job->queue) == NULL)
        continue;
      set_job (waiting, g_steal_pointer (&job));
      g_ptr_array_add (all, g_steal_pointer (&waiting));
    }
}

/* Adds what is left of the entries: of jobs that cupsd takes for over, or that it took up
 * meanwhile. */
static void
add_entries (GPtrArray *all, http_t *http, GPtrArray *entries)
{
  while (entries->len > 0)
    {
      SeJournalItem *item = g_ptr_array_steal_index (entries, entries->len - 1);
      SeWaiting *waiting = waiting_new (item->queue, item->job);
      SePrintJob *job = se_jobs_find (http, item->job);

      waiting->entry = item;
      if (job != NULL && is_of_job (item, job))
        set_job (waiting, job);
      else
        g_clear_pointer (&job, se_print_job_free);
      g_ptr_array_add (all, waiting);
    }
}

/* TRUE if documents are spooled at that path for the entry, or were to be. */
static gboolean
is_bundle_of (const char *bundle, const SeJournalItem *entry)
{
  g_autofree char *name = g_path_get_basename (entry->path);
  g_autofree char *end = g_strdup_printf ("/%s.bundle", name);

  return g_str_has_suffix (bundle, end);
}

/* The job that an orphan is of: by its documents, or, where its worker had not come as far, by its
 * number, which cupsd may have given to another one since. */
static SeWaiting *
find_of_orphan (const GPtrArray *all, const char *const *fields)
{
  int id = (int)g_ascii_strtoll (fields[ORPHAN_JOB], NULL, 10);
  gint64 time = g_ascii_strtoll (fields[ORPHAN_TIME], NULL, 10);
  gboolean spooled = *fields[ORPHAN_BUNDLE] != '\0';

  for (guint i = 0; i < all->len; i++)
    {
      SeWaiting *waiting = all->pdata[i];

      if (waiting->entry != NULL
          && (spooled ? is_bundle_of (fields[ORPHAN_BUNDLE], waiting->entry)
                      : waiting->id == id && waiting->entry->creation <= time))
        return waiting;
    }
  return NULL;
}

/* What the worker said of its own end counts more than cupsd's message, which is of a success. */
static void
add_orphan (GPtrArray *all, const char *const *fields)
{
  SeWaiting *waiting = find_of_orphan (all, fields);

  if (waiting == NULL)
    {
      waiting
          = waiting_new (fields[ORPHAN_QUEUE], (int)g_ascii_strtoll (fields[ORPHAN_JOB], NULL, 10));
      g_ptr_array_add (all, waiting);
    }
  waiting->orphan = g_strdup (fields[ORPHAN_PATH]);
  set_text (&waiting->user, fields[ORPHAN_USER], NAME_LENGTH);
  set_text (&waiting->title, fields[ORPHAN_TITLE], NAME_LENGTH);
  if (waiting->job == NULL || is_finished (waiting->job))
    g_clear_pointer (&waiting->message, g_free);
  set_text (&waiting->message, fields[ORPHAN_MESSAGE], MESSAGE_LENGTH);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  const SeWaiting *one = *(SeWaiting *const *)a, *other = *(SeWaiting *const *)b;
  int order = g_strcmp0 (one->queue, other->queue);

  return order != 0 ? order : (one->id > other->id) - (one->id < other->id);
}

static gboolean
is_tried_by_itself (SeWaitingState state)
{
  return state == SE_WAITING_TURN || state == SE_WAITING_SENDING || state == SE_WAITING_TIME
         || state == SE_WAITING_LOST;
}

/* What the configuration says of its queue, and when it is over. */
static void
set_policy (SeWaiting *waiting, const SeConfig *config, const SeQueue *queue)
{
  const SeJournalItem *entry = waiting->entry;
  g_autoptr (SeQueueConfig) policy = se_config_get_queue (config, waiting->queue, NULL);

  /* What is not fixed is sent from whatever the queue sends from by then; a class has no account.
   */
  if (queue != NULL && (entry == NULL || entry->account == NULL || entry->step == SE_JOURNAL_OPEN))
    waiting->account = se_queue_account (queue, config);
  else if (entry != NULL)
    waiting->account = g_strdup (entry->account);
  if (policy != NULL && policy->give_up_after > 0 && entry != NULL && entry->first > 0
      && is_tried_by_itself (waiting->state))
    waiting->give_up = entry->first + policy->give_up_after;
}

GPtrArray *
se_waiting_list (const SeSetup *setup, http_t *http, GPtrArray *settled, GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify)se_waiting_free);
  g_autoptr (GPtrArray) queues = se_queues_list (http, error);
  /* Before the journal is read: a job that ends meanwhile is not taken for lost. */
  g_autoptr (GPtrArray) jobs = queues != NULL ? se_jobs_unfinished (http, error) : NULL;
  g_autoptr (GPtrArray) entries
      = g_ptr_array_new_with_free_func ((GDestroyNotify)se_journal_item_free);
  g_autoptr (GPtrArray) orphans = g_ptr_array_new_with_free_func ((GDestroyNotify)g_strfreev);
  Listing listing = { setup, entries, orphans };

  if (jobs == NULL || !se_service_run (setup->server, look, take, &listing, error))
    return NULL;
  add_unfinished (all, jobs, queues, entries);
  add_entries (all, http, entries);
  for (guint i = 0; i < orphans->len; i++)
    {
      const char *const *fields = orphans->pdata[i];

      if (!g_str_equal (fields[ORPHAN_SETTLED], "yes"))
        add_orphan (all, fields);
      else if (settled != NULL)
        g_ptr_array_add (settled, g_strdup (fields[ORPHAN_PATH]));
    }
  for (guint i = 0; i < all->len; i++)
    {
      SeWaiting *waiting = all->pdata[i];

      const SeQueue *queue = se_queues_find (queues, waiting->queue);

      waiting->state = state_of (waiting, queue);
      if (waiting->state == SE_WAITING_STOPPED)
        {
          g_clear_pointer (&waiting->message, g_free);
          set_text (&waiting->message, queue->stopped, MESSAGE_LENGTH);
        }
      set_policy (waiting, setup->config, queue);
    }
  g_ptr_array_sort (all, compare);
  return g_steal_pointer (&all);
}
