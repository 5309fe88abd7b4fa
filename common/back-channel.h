/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* CUPS's back channel, from backend to filter, as both have it. The first line is common/terms.h's.
 * Needs nothing but C. */
#define SE_FD_BACK_CHANNEL 3

/* The last line: the mail is accepted, or the supervisor is about to tell cupsd what becomes of the
 * job. cupsd takes a backend that was killed for a success; a filter that has not heard this word
 * knows better. */
#define SE_TAKEN "scan-email-taken"
