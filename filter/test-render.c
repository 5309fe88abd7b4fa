/* SPDX-License-Identifier: Apache-2.0 */
/* Pages as images: reading what Ghostscript draws, and the memory that writing it takes. */
#include "common/io.h"
#include "filter/child.h"
#include "filter/encode.h"
#include "filter/temp.h"
#include "filter/test-file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum
{
  WIDTH = 4960, /* A4 at 600 pixels an inch */
  HEIGHT = 7016,
#ifdef WITH_SANITIZERS
  MEMORY_MAX = 1024, /* MiB: it keeps what was freed */
#else
  MEMORY_MAX = 64,
#endif
};

#define FILE_WITH(text) test_file_new ((text), sizeof (text) - 1)

static void
assert_line (SePixmap *pixmap, const char *bytes, gsize length)
{
  guchar line[64];

  g_assert_cmpuint (se_pixmap_line_size (pixmap), ==, length);
  se_pixmap_read_line (pixmap, line);
  g_assert_cmpmem (line, length, bytes, length);
  g_assert_false (pixmap->cut);
}

static void
test_pixels (void)
{
  se_autofd int bilevel = FILE_WITH ("P6\n3 2\n255\n\0\0\0\377\377\377\0\0\0"
                                     "\377\377\377\0\0\0\377\377\377");
  se_autofd int grey = FILE_WITH ("P6\n# drawn\n# here\n2 1\n255\n\0\0\0\2\2\2");
  se_autofd int tinted = FILE_WITH ("P6 2 1 255 \0\0\0\200\177\200");
  se_autofd int color = FILE_WITH ("P6\n2\n1\n255\n\0\0\0\200\176\200");
  SePixmap pixmap;

  g_assert_true (se_pixmap_open (&pixmap, bilevel, 0, TRUE, NULL));
  g_assert_cmpint (pixmap.pixels, ==, SE_PIXELS_BILEVEL);
  g_assert_cmpuint (pixmap.width, ==, 3);
  g_assert_cmpuint (pixmap.height, ==, 2);
  assert_line (&pixmap, "\x40", 1);
  assert_line (&pixmap, "\xa0", 1);
  se_pixmap_clear (&pixmap);
  g_assert_true (se_pixmap_open (&pixmap, grey, 0, TRUE, NULL));
  g_assert_cmpint (pixmap.pixels, ==, SE_PIXELS_GREY);
  assert_line (&pixmap, "\0\2", 2);
  se_pixmap_clear (&pixmap);
  g_assert_true (se_pixmap_open (&pixmap, tinted, 0, TRUE, NULL));
  g_assert_cmpint (pixmap.pixels, ==, SE_PIXELS_GREY);
  se_pixmap_clear (&pixmap);
  g_assert_true (se_pixmap_open (&pixmap, color, 0, TRUE, NULL));
  g_assert_cmpint (pixmap.pixels, ==, SE_PIXELS_COLOR);
  assert_line (&pixmap, "\0\0\0\200\176\200", 6);
  se_pixmap_clear (&pixmap);
}

static void
test_one_behind_the_other (void)
{
  se_autofd int two = FILE_WITH ("P6 1 1 255 abcP6 1 1 255 \0\0\0");
  SePixmap pixmap;
  long end;

  g_assert_true (se_pixmap_open (&pixmap, two, 0, FALSE, NULL));
  g_assert_cmpint (pixmap.pixels, ==, SE_PIXELS_COLOR);
  end = pixmap.end;
  g_assert_cmpint (end, ==, 14);
  se_pixmap_clear (&pixmap);
  g_assert_true (se_pixmap_open (&pixmap, two, end, TRUE, NULL));
  g_assert_cmpint (pixmap.pixels, ==, SE_PIXELS_BILEVEL);
  assert_line (&pixmap, "\0", 1);
  end = pixmap.end;
  se_pixmap_clear (&pixmap);
  g_assert_false (se_pixmap_open (&pixmap, two, end, FALSE, NULL));
  se_pixmap_clear (&pixmap);
}

static void
test_broken (void)
{
  static const char *const files[] = {
    "",
    "P5 1 1 255 x",
    "P6",
    "P6 1 1 255",
    "P6 0 1 255 ",
    "P6 1 1 65535 abcdef",
    "P6 1 1 255 ab",   /* cut */
    "P6 1 1 255 abcd", /* more than one image */
    "P6 99999999999 1 255 abc",
    "P6 # no end",
    "P6 -1 1 255 abc",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      se_autofd int fd = test_file_new (files[i], strlen (files[i]));
      g_autoptr (GError) error = NULL;
      SePixmap pixmap;

      g_test_message ("%s", files[i]);
      g_assert_false (se_pixmap_open (&pixmap, fd, 0, TRUE, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      se_pixmap_clear (&pixmap);
    }
}

/* A page of width by height pixels that no two lines of are alike, nor any pixels near. */
static int
make_page (guint width, guint height)
{
  g_autofree char *header = g_strdup_printf ("P6\n%u %u\n255\n", width, height);
  g_autofree guchar *line = g_malloc ((gsize)width * 3);
  int fd = test_file_new (header, strlen (header));
  guint32 noise = 1;

  for (gsize i = 0; i < (gsize)width * 3; i++)
    {
      noise = noise * 1664525 + 1013904223;
      line[i] = (guchar)(noise >> 24);
    }
  for (guint y = 0; y < height; y++)
    {
      line[y % width] ^= 0xff;
      g_assert_true (se_io_write_all (fd, line, (gsize)width * 3, NULL));
    }
  return fd;
}

typedef struct
{
  gboolean (*encode) (SePixmap *pixmap, const SeEncoding *encoding, int out_fd, GError **error);
  gboolean compact;
  long growth; /* of the memory, KiB: what a checker of memory takes at the start is not ours */
} Task;

static gboolean
encode (int in_fd, int out_fd, gpointer result, GError **error)
{
  Task *task = result;
  SeEncoding encoding = { .resolution = 600, .pages = 1, .compact = task->compact };
  SePixmap pixmap;
  struct rusage before, after;
  gboolean done;

  getrusage (RUSAGE_SELF, &before);
  done = se_pixmap_open (&pixmap, in_fd, 0, TRUE, error)
         && task->encode (&pixmap, &encoding, out_fd, error);

  se_pixmap_clear (&pixmap);
  getrusage (RUSAGE_SELF, &after);
  task->growth = after.ru_maxrss - before.ru_maxrss;
  return done;
}

static void
test_memory (void)
{
  Task tasks[] = { { .encode = se_encode_tiff },
                   { .encode = se_encode_tiff, .compact = TRUE },
                   { .encode = se_encode_jpeg },
                   { .encode = se_encode_png } };
  se_autofd int page = make_page (WIDTH, HEIGHT);

  for (gsize i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (GError) error = NULL;
      se_autofd int out = se_temp_file (NULL);

      se_child_call ("test", encode, page, out, &tasks[i], sizeof tasks[i], &se_child_limits,
                     &error);
      g_assert_no_error (error);
      g_test_message ("%" G_GSIZE_FORMAT ": %ld KiB", i, tasks[i].growth);
      g_assert_cmpint (tasks[i].growth, <, MEMORY_MAX * 1024);
    }
}

static void
test_full_disk (void)
{
  Task tasks[]
      = { { .encode = se_encode_tiff }, { .encode = se_encode_jpeg }, { .encode = se_encode_png } };
  se_autofd int page = make_page (200, 300);
  se_autofd int full = open ("/dev/full", O_RDWR | O_CLOEXEC);

  for (gsize i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%" G_GSIZE_FORMAT, i);
      g_assert_false (se_child_call ("test", encode, page, full, &tasks[i], sizeof tasks[i],
                                     &se_child_limits, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
    }
}

static void
test_too_wide (void)
{
  Task task = { .encode = se_encode_jpeg };
  g_autoptr (GError) error = NULL;
  se_autofd int page = make_page (65501, 1);
  se_autofd int out = se_temp_file (NULL);

  g_assert_false (
      se_child_call ("test", encode, page, out, &task, sizeof task, &se_child_limits, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  se_child_take_signals ();
  g_test_add_func ("/render/pixels", test_pixels);
  g_test_add_func ("/render/one-behind-the-other", test_one_behind_the_other);
  g_test_add_func ("/render/broken", test_broken);
  g_test_add_func ("/render/memory", test_memory);
  g_test_add_func ("/render/full-disk", test_full_disk);
  g_test_add_func ("/render/too-wide", test_too_wide);
  return g_test_run ();
}
