/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/test-tree.h"
#include "mail/message.h"

G_BEGIN_DECLS

#define FIXTURE_DOCUMENTS (3 << 20) /* bytes in the file that attachments are taken from */

/* Documents, and what a message is made of; a test may change fields. */
typedef struct
{
  TestTree tree;
  guint8 *bytes; /* of a file that attachments are taken from */
  int fd;        /* of that file */
  SeAddress *from;
  GPtrArray *to;
  SeMessageFields fields;
} Fixture;

void fixture_set_up (Fixture *fixture, gconstpointer unused);
void fixture_tear_down (Fixture *fixture, gconstpointer unused);

/* A message of the fields with these attachments. */
SeMessage *fixture_compose (const Fixture *fixture, const SeAttachment *attachments,
                            gsize n_attachments);

/* The whole stream, read in pieces of size octets. */
GString *fixture_read (const Fixture *fixture, SeMessage *message, gsize size);

#define ADD(name, function) \
  g_test_add (name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)

G_END_DECLS
