/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/* CUPS's back channel, from backend to filter, as both have it. The first line is common/terms.h's.
 * libc only. */
#define SE_FD_BACK_CHANNEL 3

/* Its side channel, for a filter's requests: backend and filter have a socket between them, and no
 * use for it. */
#define SE_FD_SIDE_CHANNEL 4

/* The last line: the mail is accepted, or the supervisor is about to tell cupsd what becomes of the
 * job. cupsd takes a backend that was killed for a success; a filter that has not heard this word
 * knows better. */
#define SE_TAKEN "scan-email-taken"

/* Whether SE_FD_BACK_CHANNEL is the channel: a pipe to read from (O_RDONLY) or to write to
 * (O_WRONLY). A program that was started by hand may find anything there. To be asked before
 * anything is opened, which might get the number. */
bool se_back_channel_is_open (int access);
