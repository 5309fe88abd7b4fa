# SPDX-License-Identifier: Apache-2.0
# filter/: documents of a job in, one bundle out.

noinst_LIBRARIES += filter/libfilter.a
filter_libfilter_a_SOURCES = \
  filter/annotations.c filter/annotations.h \
  filter/bmp.c filter/bmp.h \
  filter/canvas.c filter/canvas.h \
  filter/child.c filter/child.h filter/child-private.h filter/child-begin.c \
  filter/compact.c filter/compact.h \
  filter/complete.c filter/complete.h \
  filter/convert.c filter/convert.h \
  filter/drawing.c filter/drawing.h \
  filter/encode.h filter/encode-jpeg.c filter/encode-png.c filter/encode-tiff.c \
  filter/exif.c filter/exif.h \
  filter/format.c filter/format.h \
  filter/gif.c filter/gif.h \
  filter/icc.c filter/icc.h \
  filter/image.c filter/image.h \
  filter/image-pdf.c filter/image-pdf.h \
  filter/jpeg.c filter/jpeg.h filter/jpeg-decode.c \
  filter/jpeg-error.c filter/jpeg-error.h \
  filter/jpeg-scan.c filter/jpeg-scan.h \
  filter/options.c filter/options.h \
  filter/packer.c filter/packer.h \
  filter/pages.c filter/pages.h filter/pages-private.h filter/pages-keep.c \
  filter/pages-fields.c filter/pages-labels.c \
  filter/paper.c filter/paper.h \
  filter/pdf.c filter/pdf.h \
  filter/pdf-images.c filter/pdf-images.h \
  filter/pdf-writer.c filter/pdf-writer.h \
  filter/pdfa.c filter/pdfa.h \
  filter/piece.c filter/piece.h \
  filter/pixmap.c filter/pixmap.h \
  filter/place.c filter/place.h \
  filter/png.c filter/png.h filter/png-decode.c \
  filter/pnm.c filter/pnm.h \
  filter/program.c filter/program.h \
  filter/qpdf.c filter/qpdf.h \
  filter/raster.c filter/raster.h \
  filter/reader.c filter/reader.h \
  filter/render.c filter/render.h \
  filter/source.c filter/source.h \
  filter/split.c filter/split.h \
  filter/temp.c filter/temp.h \
  filter/text.c filter/text.h \
  filter/ticket.c filter/ticket.h \
  filter/tiff.c filter/tiff.h \
  filter/tiff-fax.c filter/tiff-fax.h \
  filter/tiff-file.c filter/tiff-file.h \
  filter/tiff-jpeg.c filter/tiff-jpeg.h \
  filter/tiff-layout.c filter/tiff-layout.h \
  filter/tiff-pass.c filter/tiff-pass.h \
  filter/tiff-rows.c filter/tiff-rows.h \
  filter/type.c filter/type.h
filter_libfilter_a_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(QPDF_CFLAGS) $(ZLIB_CFLAGS) $(JPEG_CFLAGS) \
  $(PNG_CFLAGS) $(TIFF_CFLAGS)
FILTER_LIBS = filter/libfilter.a $(COMMON_LIBS) $(QPDF_LIBS) $(ZLIB_LIBS) \
  $(JPEG_LIBS) $(PNG_LIBS) $(TIFF_LIBS) -lm

cupsfilterdir = $(cups_serverbin)/filter
cupsfilter_PROGRAMS = filter/scantoemail
filter_scantoemail_SOURCES = filter/scantoemail.c filter/modules.c
filter_scantoemail_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(QPDF_CFLAGS)
filter_scantoemail_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic
filter_scantoemail_LDADD = filter/libfilter.a $(COMMON_LIBS) $(ZLIB_LIBS) $(JPEG_LIBS) $(PNG_LIBS) -lm

# The modules that filter/modules.c loads. All else that they need is the program's.
filtermoduledir = $(pkglibdir)
filtermodule_PROGRAMS = filter/pdf.so filter/tiff.so
filter_pdf_so_SOURCES = filter/annotations.c filter/pages.c filter/pages-fields.c filter/pages-keep.c \
  filter/pages-labels.c filter/pdf.c filter/pdf-images.c filter/pdfa.c filter/qpdf.c
filter_pdf_so_CFLAGS = $(AM_CFLAGS) -fPIC $(GLIB_CFLAGS) $(QPDF_CFLAGS)
filter_pdf_so_LDFLAGS = -shared $(SE_LDFLAGS)
filter_pdf_so_LDADD = $(QPDF_LIBS) $(GLIB_LIBS) -lm
filter_tiff_so_SOURCES = filter/encode-tiff.c filter/tiff.c filter/tiff-fax.c filter/tiff-file.c \
  filter/tiff-jpeg.c filter/tiff-layout.c filter/tiff-pass.c filter/tiff-rows.c
filter_tiff_so_CFLAGS = $(AM_CFLAGS) -fPIC $(GLIB_CFLAGS) $(TIFF_CFLAGS) $(JPEG_CFLAGS) $(ZLIB_CFLAGS)
filter_tiff_so_LDFLAGS = -shared $(SE_LDFLAGS)
filter_tiff_so_LDADD = $(TIFF_LIBS) $(GLIB_LIBS) -lm
dist_check_SCRIPTS += filter/test-modules
TESTS += filter/test-modules

check_PROGRAMS += filter/test-type filter/test-options filter/test-place
filter_test_type_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
filter_test_type_LDADD = $(FILTER_LIBS)
filter_test_options_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
filter_test_options_LDADD = $(FILTER_LIBS)
filter_test_place_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
filter_test_place_LDADD = $(FILTER_LIBS)
TEST_FILE = filter/test-file.c filter/test-file.h
TEST_PDF_FILE = $(TEST_FILE) filter/test-pdf-file.c filter/test-pdf-file.h
check_PROGRAMS += filter/test-child filter/test-complete filter/test-pdf filter/test-source
filter_test_child_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
filter_test_child_LDADD = $(FILTER_LIBS)
filter_test_complete_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
filter_test_complete_LDADD = $(FILTER_LIBS)
filter_test_pdf_SOURCES = filter/test-pdf.c $(TEST_PDF_FILE)
filter_test_pdf_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
filter_test_pdf_LDADD = $(FILTER_LIBS)
check_PROGRAMS += filter/test-split
filter_test_split_SOURCES = filter/test-split.c $(TEST_PDF_FILE)
filter_test_split_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
filter_test_split_LDADD = $(FILTER_LIBS)
filter_test_source_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(ZLIB_CFLAGS)
filter_test_source_LDADD = $(FILTER_LIBS)
check_PROGRAMS += filter/test-ticket
filter_test_ticket_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
filter_test_ticket_LDADD = $(FILTER_LIBS)
check_PROGRAMS += filter/test-image
filter_test_image_SOURCES = filter/test-image.c $(TEST_FILE)
filter_test_image_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(JPEG_CFLAGS) $(ZLIB_CFLAGS)
filter_test_image_LDADD = $(FILTER_LIBS)
check_PROGRAMS += filter/test-jpeg-scan
filter_test_jpeg_scan_SOURCES = filter/test-jpeg-scan.c $(TEST_FILE)
filter_test_jpeg_scan_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(JPEG_CFLAGS)
filter_test_jpeg_scan_LDADD = $(FILTER_LIBS)
check_PROGRAMS += filter/test-pixels
filter_test_pixels_SOURCES = filter/test-pixels.c $(TEST_FILE)
filter_test_pixels_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
filter_test_pixels_LDADD = $(FILTER_LIBS)
check_PROGRAMS += filter/test-image-pdf
filter_test_image_pdf_SOURCES = filter/test-image-pdf.c $(TEST_FILE)
filter_test_image_pdf_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(QPDF_CFLAGS)
filter_test_image_pdf_LDADD = $(FILTER_LIBS)
check_PROGRAMS += filter/test-tiff
filter_test_tiff_SOURCES = filter/test-tiff.c $(TEST_FILE)
filter_test_tiff_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(TIFF_CFLAGS)
filter_test_tiff_LDADD = $(FILTER_LIBS)
check_PROGRAMS += filter/test-render
filter_test_render_SOURCES = filter/test-render.c $(TEST_FILE)
filter_test_render_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
filter_test_render_LDADD = $(FILTER_LIBS)
