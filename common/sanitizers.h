/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* AddressSanitizer maps terabytes, and its search for leaks traces the process: who limits either
 * asks for this macro. GCC defines it, clang a feature. */
#if !defined __SANITIZE_ADDRESS__ && defined __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
