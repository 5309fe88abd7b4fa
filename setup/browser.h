/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The browser of the person who runs the program; for the parent only. */

/* Opens address (https) by xdg-open, as the person who called sudo, or as the caller where that is
 * not root; never as root. Nobody waits for it, and only what xdg-open needs of the environment
 * goes there. FALSE where there is no display or no xdg-open, the person sits elsewhere
 * (SSH_CONNECTION), or nobody but root is known: no error, since the address is shown as well. */
gboolean se_browser_open (const char *address);

/* TRUE if a browser could be opened at all, by the environment (NULL-terminated, NAME=VALUE) and
 * the effective user. uid: whom it would belong to. For se_browser_open and tests. */
gboolean se_browser_find_user (char **environment, guint euid, guint *uid);

/* The environment that xdg-open gets: what names the display and the session; the rest is made for
 * the user. Owned by the caller. */
char **se_browser_environment (char **environment, const char *user, const char *home, guint uid);

G_END_DECLS
