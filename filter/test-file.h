/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns a temporary file of the data. */
int test_file_new (const void *data, gsize length);

/* All that is in a file. */
GByteArray *test_file_read (int fd);

G_END_DECLS
