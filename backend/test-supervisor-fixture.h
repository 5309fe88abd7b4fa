/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

/* The supervisor with a worker and a notifier that do as they are told: the test program is both.
 *
 * The worker gets a script, each letter of which is one act; see the source. It can write notices,
 * whose first letter tells the notifier what to do after it has said what it was started with. */
typedef struct
{
  char *directory;
  char *config;
  char *worker;
  char *notifier;
  char *ppd;
} Fixture;

/* In the place of g_test_init; does not return where this process is a worker or a notifier. */
void fixture_init (int *argc, char ***argv);

void fixture_set_up (Fixture *fixture, gconstpointer unused);
void fixture_tear_down (Fixture *fixture, gconstpointer unused);
void fixture_write_config (Fixture *fixture, const char *text, int mode);

/* Starts the supervisor with a script; the caller ends it with fixture_finish (). */
GPid fixture_start (Fixture *fixture, const char *script, int *in, int *error);

/* Reads everything it says; returns the exit code, -1 for a signal. */
int fixture_finish (GPid pid, int error, char **said);

/* Both, with a bundle for input. */
int fixture_run (Fixture *fixture, const char *script, char **said);

/* In the fixture's directory: what a notifier writes to that gets a notice of 'w'. */
#define FIXTURE_TOLD "told"

#define ADD(name, function) \
  g_test_add (name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)
