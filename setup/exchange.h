/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

G_BEGIN_DECLS

/* What the admin of an Exchange Online organisation enters once in PowerShell, so that the
 * account's application may send as its mailbox (grant client-credentials): lines for the account's
 * tenant, client-id and smtp-user, quoted, explained by PowerShell comments. Two ways, of which one
 * is to be taken: the role without any API permission (RBAC for Applications), and the permission
 * SMTP.SendAsApp with rights on the mailbox. NULL-terminated, owned by the caller; NULL where the
 * account is not one of Exchange Online or has another grant. */
char **se_exchange_lines (const SeAccount *account);

G_END_DECLS
