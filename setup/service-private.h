/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "setup/service.h"

#include <sys/types.h>

G_BEGIN_DECLS

/* No event is near these; what is beyond them does not come from our worker's code. */
#define SE_SERVICE_MAX_EVENT 65536
#define SE_SERVICE_MAX_FIELDS 24

#define SE_SERVICE_MAX_LINE 16384

/* What the parent itself obeys; the worker's code tells no event of these names. */
#define SE_SERVICE_DONE "done"
#define SE_SERVICE_FAILED "failed"
#define SE_SERVICE_INPUT "input" /* "on" or "off" */

/* The worker's ends of the two socket pairs, of SOCK_SEQPACKET. */
struct SeService
{
  int channel;
  int input;
};

/* In the child, to its end: gives up all that is the parent's, becomes the service user for good
 * where it is root, does the work and tells how it ended. errors: becomes its standard error. */
void se_service_work (SeService service, int errors, const SeServerConfig *server,
                      const SeServiceNeeds *needs, uid_t uid, gid_t gid, SeServiceWork work,
                      gpointer data) G_GNUC_NORETURN;

G_END_DECLS
