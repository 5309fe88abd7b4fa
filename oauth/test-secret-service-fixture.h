/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/store-private.h"
#include "oauth/test-fixture.h"
#include "oauth/test-keyring.h"

G_BEGIN_DECLS

/* The store in a real Secret Service: gnome-keyring on a bus of our own. */
typedef struct
{
  Fixture fixture;
  Keyring keyring;
} Case;

#define SECRET_PASSWORD "correct horse\n" /* of the keyring */

/* password: NULL: it is not unlocked. */
void secret_set_up (Case *test, gconstpointer password);
void secret_tear_down (Case *test, gconstpointer password);

#define ADD_KEYRING(name, password, function)                                         \
  g_test_add ("/store-secret-service/" name, Case, password, secret_set_up, function, \
              secret_tear_down)

/* In the place of g_test_init. In this process and in those that it starts no other bus is found.
 */
void secret_init (int *argc, char ***argv);

/* Runs the tests that add_tests adds; or says what is missing for them. Returns main's status. */
int secret_run (void (*add_tests) (void));

/* Path of the module. */
const char *secret_module (void);

SeStore *secret_open_store (const Fixture *fixture);

/* Saves fixture_record (0, 3600). */
void secret_save (const Fixture *fixture);

/* NULL: there is none. */
SeTokenRecord *secret_load (const Fixture *fixture);

/* Asserts that every access fails so, and leaves nothing in a file. */
void secret_assert_refused (const Fixture *fixture, SeError code, const char *part);

G_END_DECLS
