/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"
#include "common/reasons.h"

#include <cups/cups.h>

G_BEGIN_DECLS

/* How oauth-setup asks cupsd: by IPP (RFC 8011). What it asks: setup/queues.h, setup/jobs.h. */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (http_t, httpClose)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ipp_t, ippDelete)

/* TRUE for a printer-state-reason of the backend (common/reasons.h), which its jobs keep: a person
 * must act, or only time must pass. */
gboolean se_cupsd_is_our_reason (const char *keyword);

/* Connects to [server] cups-server, or to libcups's default; never asks for a password.
 * SE_ERROR_TEMPORARY if cupsd cannot be reached. */
http_t *se_cupsd_connect (const SeServerConfig *server, GError **error);

/* A request with the attributes that each has; uri_name: "printer-uri" or "job-uri". */
ipp_t *se_cupsd_request (ipp_op_t operation, const char *uri_name, const char *uri);

/* Consumes request. what: what cannot be done, for the error. Returns the response; NULL:
 * SE_ERROR_CONFIG where cupsd refuses, SE_ERROR_TEMPORARY where it cannot be reached. */
ipp_t *se_cupsd_do (http_t *http, ipp_t *request, const char *resource, const char *what,
                    GError **error);

/* The error of the last request, as se_cupsd_do sets it. */
void se_cupsd_set_error (GError **error, const char *what);

/* The values of an attribute (NULL: none) without "none"; owned by the caller. */
char **se_cupsd_keywords (ipp_attribute_t *attribute);

G_END_DECLS
