/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/journal-list.h"
#include "setup/jobs.h"
#include "setup/setup.h"

G_BEGIN_DECLS

/* The jobs whose mail has not gone out, as cupsd and the journal tell of them together. */
typedef enum
{
  SE_WAITING_TURN,      /* cupsd starts it, when its queue is free or after a pause of cupsd's */
  SE_WAITING_STOPPED,   /* cupsd starts it when a person starts its queue again */
  SE_WAITING_SENDING,   /* the backend has it */
  SE_WAITING_TIME,      /* we hold it until its next try is due */
  SE_WAITING_PERSON,    /* we hold it until a person has done what the message says */
  SE_WAITING_HELD,      /* a person holds it */
  SE_WAITING_CANCELED,  /* canceled while it was held: what is kept of it can go */
  SE_WAITING_MOVED,     /* a person moved it to another queue: what this one kept of it can go */
  SE_WAITING_LOST,      /* cupsd takes it for done: whoever had to tell it otherwise was killed */
  SE_WAITING_FORGOTTEN, /* cupsd no longer knows it */
} SeWaitingState;

/* All texts are clean for a terminal. */
typedef struct
{
  SeWaitingState state;
  char *name; /* "QUEUE-ID" */
  char *queue;
  int id;
  SePrintJob *job;      /* NULL: cupsd does not know it */
  SeJournalItem *entry; /* NULL: it was never tried, or its worker could not write one */
  char *orphan;         /* path of what its worker left, see backend/orphan.h; NULL: nothing */
  char *account;        /* that it is sent from; NULL: not known */
  gint64 give_up; /* a try that fails from then on is the last, seconds since 1970; 0: never, or
                     it is not tried by itself */
  char *user;     /* as is title: NULL where nobody knows */
  char *title;
  char *message; /* why it waits, and what to do; NULL: nobody said */
} SeWaiting;

void se_waiting_free (SeWaiting *waiting);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeWaiting, se_waiting_free)

/* TRUE for a LOST job that can be sent without cupsd: its mails are fixed in the journal and its
 * documents are there. */
gboolean se_waiting_is_sendable (const SeWaiting *waiting);

/* TRUE for a LOST job that can be printed once more without being mailed twice: nothing was fixed
 * yet, so that nobody has got anything. Whether cupsd still has its documents is another question.
 */
gboolean se_waiting_is_repeatable (const SeWaiting *waiting);

/* TRUE for a LOST job whose mail may have gone out. Nobody but its worker knew, and that was killed
 * after the final dot, or could not write the server's reply down. */
gboolean se_waiting_is_unknown (const SeWaiting *waiting);

/* All of them: SeWaiting, freed with the array, by queue and number. settled: is given the paths
 * (freed with the array) of what was left of jobs whose mail has gone out since; NULL: not wanted.
 * Errors as se_cupsd_do and se_service_run. */
GPtrArray *se_waiting_list (const SeSetup *setup, http_t *http, GPtrArray *settled, GError **error);

G_END_DECLS
