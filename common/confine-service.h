/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"
#include "common/confine.h"

G_BEGIN_DECLS

/* The files of a process of the service user that talks to servers, for se_confine_files_enter. */

/* Adds what is read to look up hosts and users, to check certificates, and to find a D-Bus bus. */
void se_confine_files_add_lookups (SeConfineFiles *files);

/* Adds the directory that holds path, for reading: who replaces a file makes a new one there. Where
 * path is a link, that of the file itself as well. NULL: adds nothing. */
void se_confine_files_add_place (SeConfineFiles *files, const char *path);

/* Adds the configuration with what [server] names, and the state directory, the only place that can
 * be written. */
void se_confine_files_add_server (SeConfineFiles *files, const SeServerConfig *server);

/* Adds the files that an account and its provider name. */
void se_confine_files_add_account (SeConfineFiles *files, const SeAccount *account);

/* TRUE if se_confine_files_enter keeps one of these files from the process. */
gboolean se_confine_files_hide_account (const SeAccount *account);

G_END_DECLS
