/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/test-pdf-file.h"

static void
begin_object (GString *pdf, GArray *offsets)
{
  g_array_append_val (offsets, pdf->len);
  g_string_append_printf (pdf, "%u 0 obj\n", offsets->len);
}

static void
end_object (GString *pdf)
{
  g_string_append (pdf, "\nendobj\n");
}

static void
add_content (GString *pdf, int page, guint filler)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint)page);
  g_autoptr (GString) content = g_string_new (NULL);

  g_string_printf (content, "page %d", page);
  for (guint i = 0; i < filler; i++)
    g_string_append_c (content, (char)g_rand_int_range (random, 0, 256));
  g_string_append_printf (pdf, "<</Length %" G_GSIZE_FORMAT ">>stream\n", content->len);
  g_string_append_len (pdf, content->str, (gssize)content->len);
  g_string_append (pdf, "\nendstream");
}

GString *
test_pdf_new (int pages, int off, const guint *fillers)
{
  GString *pdf = g_string_new ("%PDF-1.4\n");
  g_autoptr (GArray) offsets = g_array_new (FALSE, FALSE, sizeof (gsize));
  gsize start;

  begin_object (pdf, offsets);
  g_string_append (pdf, "<</Type/Catalog/Pages 2 0 R/OCProperties<</D<</Order[]>>>>>>");
  end_object (pdf);
  begin_object (pdf, offsets);
  g_string_append_printf (pdf, "<</Type/Pages/Count %d/Rotate 90/Kids[", pages);
  for (int i = 0; i < pages; i++)
    g_string_append_printf (pdf, "%d 0 R ", 3 + 2 * i);
  g_string_append (pdf, "]>>");
  end_object (pdf);
  for (int i = 0; i < pages; i++)
    {
      begin_object (pdf, offsets);
      g_string_append_printf (
          pdf, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d 200]/Resources<<>>/Contents %d 0 R>>",
          101 + i, 4 + 2 * i);
      end_object (pdf);
      begin_object (pdf, offsets);
      add_content (pdf, i + 1, fillers != NULL ? fillers[i] : 0);
      end_object (pdf);
    }
  start = pdf->len;
  g_string_append_printf (pdf, "xref\n0 %u\n0000000000 65535 f \n", offsets->len + 1);
  for (guint i = 0; i < offsets->len; i++)
    g_string_append_printf (pdf, "%010" G_GSIZE_FORMAT " 00000 n \n",
                            g_array_index (offsets, gsize, i));
  g_string_append_printf (pdf,
                          "trailer<</Size %u/Root 1 0 R>>\nstartxref\n%" G_GSIZE_FORMAT
                          "\n%%%%EOF\n",
                          offsets->len + 1, start + (gsize)off);
  return pdf;
}
