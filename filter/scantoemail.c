/* SPDX-License-Identifier: Apache-2.0 */
/* The filter of a scan-email queue, the only program of its chains: all documents of a job in, one
 * bundle for the backend out. It exits 0 and prints no ERROR line, unless the backend was killed:
 * what is wrong with a document stands in the bundle, and the backend alone speaks of it; otherwise
 * cupsd would take the filter's word over the backend's verdict. */
#include "common/bundle-writer.h"
#include "common/confine.h"
#include "common/fault.h"
#include "common/io.h"
#include "common/language.h"
#include "common/log.h"
#include "common/reasons.h"
#include "filter/child.h"
#include "filter/convert.h"
#include "filter/place.h"
#include "filter/split.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define BANNER "application/vnd.cups-pdf-banner"
#define BANNER_OF_OLD "application/vnd.cups-banner"

#define TERMS_TIMEOUT 10000 /* ms: the backend is just reading its configuration */

/* A run that writes the job's bundle. */
typedef struct
{
  SeBundleWriter *writer;
  int terms_fd; /* -1: nobody tells the terms */
  gboolean asked;
  SeTerms terms;
  SeSplitter splitter;
} Run;

/* Waits for the terms, once. */
static const SeTerms *
get_terms (Run *run)
{
  if (!run->asked && run->terms_fd >= 0
      && !se_terms_receive (run->terms_fd, TERMS_TIMEOUT, &run->terms))
    g_debug ("the backend has not told how large a mail may be");
  run->asked = TRUE;
  return &run->terms;
}

/* Failures are told by the backend: in the queue's language, else in that of who printed. */
static void
choose_language (Run *run)
{
  const char *language = get_terms (run)->language;

  if (language != NULL)
    (void)se_language_use (SE_LOCALE_DIR, language);
}

/* Reads standard input to its end: gziptoany, behind which a run has no argv[6], must not see a
 * closed pipe. The document itself is read from the spool. */
static void
drain (void)
{
  char buffer[65536];
  gssize length;

  do
    length = read (STDIN_FILENO, buffer, sizeof buffer);
  while (length > 0 || (length < 0 && errno == EINTR));
}

/* Its run was told so, and it is no client's document under a job-sheets option that names no
 * banner. */
static gboolean
is_banner (const SeSpooled *spooled)
{
  return spooled->job_sheet
         && (g_strcmp0 (spooled->type, BANNER) == 0
             || g_strcmp0 (spooled->type, BANNER_OF_OLD) == 0);
}

/* Returns the job's documents without banner pages; nothing in it is owned. */
static GPtrArray *
drop_banners (const SePlace *place)
{
  GPtrArray *documents = g_ptr_array_new ();

  for (guint i = 0; i < place->documents->len; i++)
    if (!is_banner (place->documents->pdata[i]))
      g_ptr_array_add (documents, place->documents->pdata[i]);
  return documents;
}

/* Writes the entry of a document that failed. name, number: of the document; number 0 for the only
 * one. */
static gboolean
write_failure (SeBundleWriter *writer, const char *name, guint number, const GError *failure,
               GError **error)
{
  SeError fault = se_error_is (failure, SE_ERROR_DOCUMENT)    ? SE_ERROR_DOCUMENT
                  : se_error_is (failure, SE_ERROR_TOO_LARGE) ? SE_ERROR_TOO_LARGE
                                                              : SE_ERROR_TEMPORARY;
  g_autofree char *clean = name != NULL ? se_log_clean (name, 100) : NULL;
  g_autofree char *what = clean != NULL ? g_strdup_printf (_ ("The document \"%s\""), clean)
                          : number > 0  ? g_strdup_printf (_ ("Document %u of the job"), number)
                                        : g_strdup (_ ("The document"));
  /* TRANSLATORS: "The document …", and why: a message that begins with a small letter, often "it".
   */
  g_autofree char *sentence
      = g_strdup_printf (fault == SE_ERROR_TEMPORARY ? _ ("%s could not be prepared: %s")
                                                     : _ ("%s cannot be sent: %s"),
                         what, failure->message);

  g_debug ("%s", sentence);
  return se_bundle_writer_fail (writer, name, fault, sentence, error);
}

/* TRUE if the only piece is that file. */
static gboolean
is_whole (const GPtrArray *pieces, int fd)
{
  const SePiece *piece = pieces->pdata[0];
  struct stat sent, whole;

  return pieces->len == 1 && fstat (piece->fd, &sent) == 0 && fstat (fd, &whole) == 0
         && sent.st_dev == whole.st_dev && sent.st_ino == whole.st_ino;
}

/* Makes the pieces of a document that was converted, or of one that needed no conversion: then the
 * pieces may be other bytes still. The backend knows a job's documents by the digest. */
static GPtrArray *
split (Run *run, SeConverted *converted, const SeJob *job, char **digest, GError **error)
{
  se_autofd int fd = fcntl (converted->fd, F_DUPFD_CLOEXEC, 0);
  const SeSource printed = { .fd = fd };
  g_autoptr (GPtrArray) pieces = NULL;

  if (fd < 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read: %s"),
                   g_strerror (errno));
      return NULL;
    }
  run->splitter.terms = get_terms (run);
  *digest = g_steal_pointer (&converted->source_digest);
  pieces = se_split_document (&run->splitter, converted, job, error);
  if (pieces == NULL)
    return NULL;
  if (*digest == NULL && !is_whole (pieces, fd))
    {
      *digest = se_source_digest (&printed, error);
      if (*digest == NULL)
        return NULL;
    }
  return g_steal_pointer (&pieces);
}

/* Returns what is attached of a document (SePiece). digest: of the document as it was printed,
 * NULL: it is unchanged; owned by the caller. */
static GPtrArray *
make_pieces (Run *run, const SeSpooled *spooled, const SeJob *job, char **digest, GError **error)
{
  SeSource source;
  SeConverted converted = { .fd = -1 };
  GPtrArray *pieces = NULL;

  SE_FAULT_POINT ("filter-convert");
  if (se_source_open (&source, spooled->path, spooled->type, error)
      && se_convert (&converted, &source, job, error))
    pieces = split (run, &converted, job, digest, error);
  se_source_clear (&source);
  se_converted_clear (&converted);
  SE_FAULT_POINT ("filter-converted");
  return pieces;
}

/* number: of the document among those that are sent, from 1. */
static gboolean
write_document (Run *run, const SeSpooled *spooled, const char *name, guint number,
                const SeJob *job, GError **failure, GError **error)
{
  g_autofree char *digest = NULL;
  g_autoptr (GPtrArray) pieces = make_pieces (run, spooled, job, &digest, failure);

  for (guint i = 0; pieces != NULL && i < pieces->len; i++)
    {
      const SePiece *piece = pieces->pdata[i];
      const SeBundleDocument document = { .number = number,
                                          .name = name,
                                          .type = piece->mime,
                                          .pages = piece->pages,
                                          .fd = piece->fd,
                                          .length = piece->length,
                                          .source_digest = digest };

      if (piece->begins_mail && (number > 1 || i > 0)
          && !se_bundle_writer_begin_mail (run->writer, error))
        return FALSE;
      if (!se_bundle_writer_add (run->writer, &document, error))
        return FALSE;
      SE_FAULT_POINT ("filter-written");
    }
  return TRUE;
}

/* One sentence for the job, whose documents were read in many runs. */
static void
warn_of_remarks (const GPtrArray *remarks)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < remarks->len; i++)
    g_string_append_printf (list, "%s%s", i > 0 ? "; " : "", (const char *)remarks->pdata[i]);
  if (remarks->len > 0)
    g_warning (_ ("something may be missing in what is sent: the document has errors that "
                  "Ghostscript passed over or repaired (%s)"),
               list->str);
}

/* Writes an entry for each document; the first that fails is the last, as the job fails with it. */
static gboolean
write_documents (Run *run, const GPtrArray *documents, const SeJob *job, GError **error)
{
  g_autoptr (GPtrArray) names = se_options_document_names (job->options);

  g_return_val_if_fail (documents != NULL, FALSE);
  for (guint i = 0; i < documents->len; i++)
    {
      const char *name = names->len == documents->len ? names->pdata[i] : NULL;
      g_autoptr (GError) failure = NULL;

      if (!write_document (run, documents->pdata[i], name, i + 1, job, &failure, error))
        return FALSE;
      if (se_error_is (failure, SE_ERROR_CANCELLED))
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
      if (failure != NULL)
        return write_failure (run->writer, name, documents->len > 1 ? i + 1 : 0, failure, error);
    }
  warn_of_remarks (job->remarks);
  return TRUE;
}

/* What the job and the queue's PPD say of the attachments. */
static SeFields *
read_fields (const GPtrArray *options, GError **error)
{
  const char *path = g_getenv ("PPD");
  se_autofd int fd = path != NULL ? open (path, O_RDONLY | O_CLOEXEC) : -1;

  if (path != NULL && fd < 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("the queue's PPD cannot be read: %s"),
                   g_strerror (errno));
      return NULL;
    }
  return se_fields_new (options, fd, error);
}

/* When the job was printed: the spool file stays as it is however often the job runs. */
static gint64
find_time (const GPtrArray *documents)
{
  const SeSpooled *first = documents->pdata[0];
  struct stat status;

  return stat (first->path, &status) == 0 ? (gint64)status.st_mtime : 0;
}

/* Writes the job's bundle. failure: what kept the job from being read, NULL: nothing. */
static gboolean
write_bundle (SePlace *place, SeJob *job, int terms_fd, GError *failure, GError **error)
{
  g_autoptr (SeBundleWriter) writer = se_bundle_writer_new (STDOUT_FILENO);
  Run run = { .writer = writer, .terms_fd = terms_fd };
  g_autoptr (SeFields) fields = NULL;
  g_autoptr (GPtrArray) documents = NULL;
  g_autoptr (GError) local = NULL;
  gboolean done;

  g_return_val_if_fail (place != NULL || failure != NULL, FALSE);
  choose_language (&run);
  if (failure == NULL && se_place_collect (place, &local) && se_options_check (job->options, &local)
      && (fields = read_fields (job->options, &local)) != NULL)
    {
      documents = drop_banners (place);
      if (documents->len == 0)
        g_set_error (&local, SE_ERROR, SE_ERROR_DOCUMENT, _ ("there is none in the job"));
      else
        job->time = find_time (documents);
    }
  if (failure == NULL)
    failure = local;
  job->fields = fields;
  done = failure != NULL ? write_failure (writer, NULL, 0, failure, error)
                         : write_documents (&run, documents, job, error);
  se_terms_clear (&run.terms);
  SE_FAULT_POINT ("filter-trailer");
  return done && se_bundle_writer_commit (writer, error);
}

/* What comes from outside is read as somebody who can do little. The filter's own children have no
 * network because it has none. */
static gboolean
confine (GError **error)
{
  static const char *const kept[]
      = { "CHARSET", "CONTENT_TYPE", "CUPS_*",   "LANG",   "LANGUAGE", "LC_*", "PATH",
          "PPD",     "PRINTER",      "SOFTWARE", "TMPDIR", "TZ",       NULL };

  se_confine_environment (kept);
  return se_confine_process (error)
         && se_confine_calls (SE_CONFINE_NO_SERVER | SE_CONFINE_NO_NETWORK, error);
}

/* Returns TRUE for the run that writes the bundle, whole or not. */
static gboolean
run (char **argv, const char *file, int terms_fd)
{
  g_autoptr (GPtrArray) options = se_option_list_parse (argv[5]);
  g_autoptr (GPtrArray) remarks = g_ptr_array_new_with_free_func (g_free);
  SeJob job = {
    .id = argv[1], .user = argv[2], .title = argv[3], .options = options, .remarks = remarks
  };
  g_autoptr (GError) failure = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SePlace) place = NULL;
  gboolean last;
  gboolean done;

  if (confine (&failure))
    place = se_place_find (argv[1], file, STDOUT_FILENO, &failure);

  last = place == NULL || se_place_is_last (place);
  if (!last)
    {
      g_debug ("document %d of %u: left to the last one's run", place->number,
               place->documents->len);
      done = se_place_mark (place, &error);
    }
  else
    done = write_bundle (place, &job, terms_fd, failure, &error);
  if (!done)
    g_debug ("the bundle is incomplete: %s", error->message);
  return last;
}

/* A program between cupsd and this one would keep the pipe to the backend open, which then waits
 * for its end. To be asked before the confinement. */
static gboolean
started_by_cupsd (void)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/comm", (int)getppid ());
  g_autofree char *name = NULL;

  return g_file_get_contents (path, &name, NULL, NULL) && strcmp (name, "cupsd\n") == 0;
}

/* Stands by until the backend has seen the job to its end. FALSE: it is gone before. */
static gboolean
stand_by (int back_channel)
{
  close (STDOUT_FILENO); /* the backend reads to the end */
  SE_FAULT_POINT ("filter-stands-by");
  return se_terms_await_taken (back_channel);
}

/* Whether the backend lives as long as the bundle is written, where nothing more can be known. */
static gboolean
is_read (void)
{
  struct pollfd out = { .fd = STDOUT_FILENO };

  return poll (&out, 1, 0) == 0 || (out.revents & POLLERR) == 0;
}

/* The backend was killed, which cupsd takes for a success: so this program must fail. Returns the
 * exit status. */
static int
fail (void)
{
  se_log_write ("STATE", "+" SE_REASON_DEFERRED);
  se_log_write ("ERROR",
                _ ("The program that sends the mail was killed; the job is tried again later"));
  return 1;
}

/* Each piece of a document is a file of its own. */
static void
allow_many_files (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit (RLIMIT_NOFILE, &limit) < 0)
    g_debug ("RLIMIT_NOFILE: %s", g_strerror (errno));
}

int
main (int argc, char **argv)
{
  int terms_fd = se_back_channel_is_open (O_RDONLY) ? SE_FD_BACK_CHANNEL : -1;
  gboolean direct = terms_fd >= 0 && started_by_cupsd ();
  gboolean last;

  if (argc < 6 || argc > 7)
    {
      fputs ("Usage: scantoemail JOB-ID USER TITLE COPIES OPTIONS [FILE]\n", stderr);
      return 1;
    }
  SE_FAULT_POINT ("filter-start");
  se_child_take_signals ();
  g_log_set_writer_func (se_log_writer, NULL, NULL);
  allow_many_files ();
  (void)se_language_use (SE_LOCALE_DIR, g_getenv ("LANG"));
  if (argc == 6)
    drain ();
  last = run (argv, argv[6], terms_fd);
  if (last && direct ? !stand_by (terms_fd) : !is_read ())
    return fail ();
  SE_FAULT_POINT ("filter-exit");
  return 0;
}
