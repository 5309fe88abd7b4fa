/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A private bus (dbus-daemon with conf/secrets-bus.conf) and a gnome-keyring-daemon on it, all of
 * it in one directory. They are processes of ours and die with the test. */
typedef struct
{
  char *directory; /* the test's own */
  char *address;   /* of the bus */
  GPid bus;        /* 0: not running */
  GPid keyring;
} Keyring;

/* The program that is missing; NULL: everything is there. */
const char *keyring_missing (void);

/* Starts both, the keyring unlocked with password; NULL: not unlocked. */
void keyring_start (Keyring *keyring, const char *directory, const char *password);

/* Starts a keyring on another user's bus, which lets in anybody. Only root can. */
void keyring_start_at_foreign_bus (Keyring *keyring, const char *directory, const char *password);

/* Ends the keyring's daemon at once, what is stored stays; starts it again. */
void keyring_kill (Keyring *keyring);
void keyring_run (Keyring *keyring, const char *password);

/* Removes all that the (stopped) keyring's daemon has stored. */
void keyring_forget (Keyring *keyring);

void keyring_stop_bus (Keyring *keyring);

/* Stops what runs. */
void keyring_clear (Keyring *keyring);

G_END_DECLS
