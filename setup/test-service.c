/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/service.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Somebody who exists everywhere and is not root. */
#define USER "nobody"

typedef struct
{
  const char *answer;
  GString *seen;
} Fixture;

static const char *
note (const char *const *fields, gpointer data)
{
  Fixture *fixture = data;

  for (const char *const *field = fields; *field != NULL; field++)
    g_string_append_printf (fixture->seen, "%s|", *field);
  return g_str_equal (fields[0], "question") ? fixture->answer : NULL;
}

static gboolean
run (SeServiceWork work, Fixture *fixture, GError **error)
{
  SeServerConfig server = { .user = (char *)USER, .state_directory = (char *)"/nonexistent" };

  fixture->seen = g_string_new (NULL);
  return se_service_run (&server, work, note, fixture, error);
}

static void
assert_fails (SeServiceWork work, SeError code, const char *words)
{
  Fixture fixture = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_false (run (work, &fixture, &error));
  g_assert_error (error, SE_ERROR, (int)code);
  g_assert_nonnull (strstr (error->message, words));
  g_string_free (fixture.seen, TRUE);
}

/* Packets. */

static void
test_encode (void)
{
  const char *const fields[] = { "code", "a\nb\033[31m", NULL, "Grüße" };
  g_autofree char *text = se_service_encode (fields, G_N_ELEMENTS (fields));
  g_auto (GStrv) back = se_service_decode (text, strlen (text));

  g_assert_cmpuint (g_strv_length (back), ==, 4);
  g_assert_cmpstr (back[0], ==, "code");
  g_assert_null (strpbrk (back[1], "\n\033"));
  g_assert_cmpstr (back[2], ==, "");
  g_assert_cmpstr (back[3], ==, "Grüße");
}

static void
test_decode_hostile (void)
{
  static const char *const hostile[] = {
    "",
    "\nno name",
    "code\nx\033]0;title\007",
    "code\r\nx",
    "code\n\xff\xfe",
    "code\nC1: \xc2\x9b[x",
    "code\n\xe2\x80\xa8",
    "a\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
  };
  g_autofree char *huge = g_strnfill (1 << 20, 'x');

  for (gsize i = 0; i < G_N_ELEMENTS (hostile); i++)
    g_assert_null (se_service_decode (hostile[i], strlen (hostile[i])));
  g_assert_null (se_service_decode (huge, strlen (huge)));
  g_assert_null (se_service_decode ("code\n\0x", 7));
}

/* Ways to end. */

static gboolean
tell_two (SeService *service, gpointer data, GError **error)
{
  se_service_tell (service, "one", "1", NULL);
  se_service_tell (service, "two", "2", "zwei", NULL);
  return TRUE;
}

static void
test_events (void)
{
  Fixture fixture = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (run (tell_two, &fixture, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (fixture.seen->str, ==, "one|1|two|2|zwei|");
  g_string_free (fixture.seen, TRUE);
}

static gboolean
fail (SeService *service, gpointer data, GError **error)
{
  g_set_error_literal (error, SE_ERROR, (int)SE_ERROR_AUTHORIZATION, "first\nsecond");
  return FALSE;
}

static gboolean
die (SeService *service, gpointer data, GError **error)
{
  raise (SIGKILL);
  return TRUE;
}

static gboolean
leave (SeService *service, gpointer data, GError **error)
{
  _exit (7);
}

static gboolean
lie (SeService *service, gpointer data, GError **error)
{
  static const char packet[] = "one\n\033c";

  g_assert_cmpint (send (se_service_cancel_fd (service), packet, sizeof packet, 0), >, 0);
  pause ();
  return TRUE;
}

static gboolean
invent_error (SeService *service, gpointer data, GError **error)
{
  se_service_tell (service, "failed", "4711", "x", NULL);
  return TRUE;
}

/* Asks on and on, and takes no answer. */
static gboolean
never_listen (SeService *service, gpointer data, GError **error)
{
  for (;;)
    se_service_tell (service, "question", NULL);
  return TRUE;
}

static void
test_never_listens (void)
{
  Fixture fixture = { "yes", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_false (run (never_listen, &fixture, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_nonnull (strstr (error->message, "signal 9"));
  g_string_free (fixture.seen, TRUE);
}

/* Nobody waits for what a worker does after its last word. */
static gboolean
linger (SeService *service, gpointer data, GError **error)
{
  se_service_tell (service, "failed", "4711", "last word", NULL);
  pause ();
  return TRUE;
}

static void
test_endings (void)
{
  assert_fails (fail, SE_ERROR_AUTHORIZATION, "first\nsecond");
  assert_fails (die, SE_ERROR_TEMPORARY, "signal 9");
  assert_fails (leave, SE_ERROR_TEMPORARY, "exit status 7");
  assert_fails (lie, SE_ERROR_TEMPORARY, "not an event");
  assert_fails (invent_error, SE_ERROR_TEMPORARY, "x");
  assert_fails (linger, SE_ERROR_TEMPORARY, "last word");
}

static gboolean
ask (SeService *service, gpointer data, GError **error)
{
  gboolean yes = FALSE;

  se_service_tell (service, "question", NULL);
  if (!se_service_await (service, &yes, error))
    return FALSE;
  se_service_tell (service, yes ? "so" : "not so", NULL);
  return TRUE;
}

static void
test_answers (void)
{
  Fixture yes = { "yes", NULL }, no = { "no", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (run (ask, &yes, &error));
  g_assert_cmpstr (yes.seen->str, ==, "question|so|");
  g_assert_true (run (ask, &no, &error));
  g_assert_cmpstr (no.seen->str, ==, "question|not so|");
  g_string_free (yes.seen, TRUE);
  g_string_free (no.seen, TRUE);
}

/* Stopping: the parent gets the signal once the worker is on its way. */

static const char *
interrupt (const char *const *fields, gpointer data)
{
  siginfo_t info;

  /* A worker that is gone with "stop" unread has reset the socket: its last words still count. */
  if (g_str_equal (fields[0], "bye"))
    g_assert_cmpint (waitid (P_ALL, 0, &info, WEXITED | WNOWAIT), ==, 0);
  else
    (void)kill (getpid (), SIGINT);
  return NULL;
}

static gboolean
wait_for_stop (SeService *service, gpointer data, GError **error)
{
  struct pollfd stop = { se_service_cancel_fd (service), POLLIN, 0 };

  se_service_tell (service, "waiting", NULL);
  g_assert_cmpint (poll (&stop, 1, 20000), ==, 1);
  se_service_tell (service, "bye", NULL);
  g_set_error_literal (error, SE_ERROR, (int)SE_ERROR_CANCELLED, "stopped in time");
  return FALSE;
}

static gboolean
ignore_stop (SeService *service, gpointer data, GError **error)
{
  struct pollfd stop = { se_service_cancel_fd (service), POLLIN, 0 };

  se_service_tell (service, "waiting", NULL);
  g_assert_cmpint (poll (&stop, 1, 20000), ==, 1);
  se_service_tell (service, "once more", NULL);
  pause ();
  return TRUE;
}

static void
test_stop (void)
{
  SeServerConfig server = { .user = (char *)USER, .state_directory = (char *)"/nonexistent" };
  g_autoptr (GError) first = NULL;
  g_autoptr (GError) second = NULL;

  g_assert_false (se_service_run (&server, wait_for_stop, interrupt, NULL, &first));
  g_assert_error (first, SE_ERROR, SE_ERROR_CANCELLED);
  g_assert_cmpstr (first->message, ==, "stopped in time");
  g_assert_false (se_service_run (&server, ignore_stop, interrupt, NULL, &second));
  g_assert_error (second, SE_ERROR, SE_ERROR_CANCELLED);
}

/* A signal that comes while an answer is on its way: the parent has done what it says. */

static const char *
interrupt_or_agree (const char *const *fields, gpointer data)
{
  if (g_str_equal (fields[0], "question"))
    return "yes";
  return g_str_equal (fields[0], "waiting") ? interrupt (fields, NULL) : note (fields, data);
}

static gboolean
ask_when_stopped (SeService *service, gpointer data, GError **error)
{
  struct pollfd stop = { se_service_cancel_fd (service), POLLIN, 0 };

  se_service_tell (service, "waiting", NULL);
  g_assert_cmpint (poll (&stop, 1, 20000), ==, 1);
  if (!ask (service, data, error))
    return FALSE;
  g_assert_cmpint (poll (&stop, 1, 0), ==, 1);
  return TRUE;
}

static void
test_stop_and_answer (void)
{
  SeServerConfig server = { .user = (char *)USER, .state_directory = (char *)"/nonexistent" };
  Fixture fixture = { NULL, g_string_new (NULL) };
  g_autoptr (GError) error = NULL;

  g_assert_true (se_service_run (&server, ask_when_stopped, interrupt_or_agree, &fixture, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (fixture.seen->str, ==, "so|");
  g_string_free (fixture.seen, TRUE);
}

/* Lines for the worker. */

static gboolean
read_lines (SeService *service, gpointer data, GError **error)
{
  char *line;

  while (se_service_ask_line (service) >= 0 && (line = se_service_read_line (service)) != NULL)
    {
      se_service_tell (service, "line", line, NULL);
      se_io_free_secret (line);
    }
  se_service_tell (service, "end", NULL);
  return TRUE;
}

/* One line, then the parent's own again. */
static gboolean
read_one (SeService *service, gpointer data, GError **error)
{
  se_autosecret char *line = NULL;

  (void)se_service_ask_line (service);
  line = se_service_read_line (service);
  se_service_drop_line (service);
  se_service_tell (service, "line", line, NULL);
  return TRUE;
}

static gboolean
read_none (SeService *service, gpointer data, GError **error)
{
  se_service_tell (service, "none", NULL);
  return TRUE;
}

/* A "terminal" on which text was typed and whose end is closed. */
static int
typed (const char *text)
{
  int ends[2];

  /* Packets, since a terminal gives a line at a time, too. */
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
  g_auto (GStrv) lines = g_strsplit (text, "|", -1);
  for (char **line = lines; *line != NULL; line++)
    g_assert_cmpint (send (ends[1], *line, strlen (*line), 0), >, 0);
  close (ends[1]);
  return ends[0];
}

static void
test_input (void)
{
  static const struct
  {
    SeServiceWork work;
    gboolean terminal;
    const char *seen;
    const char *left; /* for the parent */
  } cases[] = {
    { read_lines, TRUE, "line|one|line|two|line||end|", "" },
    { read_one, TRUE, "line|one|", "two\n" },
    { read_none, TRUE, "none|", "one\n" },
    { read_lines, FALSE, "end|", "one\n" },
  };
  SeServerConfig server = { .user = (char *)USER, .state_directory = (char *)"/nonexistent" };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Fixture fixture = { NULL, g_string_new (NULL) };
      SeServiceNeeds needs = { 0 };
      g_autoptr (GError) error = NULL;
      se_autofd int terminal = typed ("one\n|two\n|\n");
      char left[16] = "";

      needs.input = cases[i].terminal ? terminal : -1;
      g_assert_true (se_service_run_with (&server, &needs, cases[i].work, note, &fixture, &error));
      g_assert_no_error (error);
      g_assert_cmpstr (fixture.seen->str, ==, cases[i].seen);
      g_assert_cmpint (recv (terminal, left, sizeof left - 1, 0), >=, 0);
      g_assert_cmpstr (left, ==, cases[i].left);
      g_string_free (fixture.seen, TRUE);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* Not what this machine may have installed. */
  g_setenv ("CUPS_SERVERROOT", "/nonexistent", TRUE);
  g_test_add_func ("/service/encode", test_encode);
  g_test_add_func ("/service/decode/hostile", test_decode_hostile);
  g_test_add_func ("/service/events", test_events);
  g_test_add_func ("/service/endings", test_endings);
  g_test_add_func ("/service/answers", test_answers);
  g_test_add_func ("/service/never-listens", test_never_listens);
  g_test_add_func ("/service/stop", test_stop);
  g_test_add_func ("/service/stop-and-answer", test_stop_and_answer);
  g_test_add_func ("/service/input", test_input);
  return g_test_run ();
}
