/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* printer-state-reasons of ours; each outlives the job until it is taken back. Needs nothing but C.
 */
#define SE_REASON_AUTHORIZATION "oauth-authorization-required-error"
#define SE_REASON_DEFERRED "cups-mailto-deferred-report"
