/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* cupsd takes the lines "%cupsJobTicket: name=value …" at the head of a PDF or PostScript document
 * for options of the job, in place of the client's. A document that comes from somewhere must not
 * say who gets it: one whose ticket names an option of the mail (email-…, Email…), quoted or not,
 * is refused with SE_ERROR_DOCUMENT. Any other ticket is of no account. fd is read by pread.
 * SE_ERROR_TEMPORARY: it cannot be read. */
gboolean se_ticket_check (int fd, GError **error);

G_END_DECLS
