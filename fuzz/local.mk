# SPDX-License-Identifier: Apache-2.0
# fuzz/: fuzz targets, one file each; configure --enable-fuzzers links them to libFuzzer.

FUZZ_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CJSON_CFLAGS) $(CUPS_CFLAGS) $(QPDF_CFLAGS) $(ZLIB_CFLAGS) \
  $(JPEG_CFLAGS)
EXTRA_DIST += fuzz/make-seeds fuzz/seeds

if WITH_FUZZERS
noinst_LIBRARIES += fuzz/libfuzz.a
fuzz_libfuzz_a_SOURCES = fuzz/fuzz.c fuzz/fuzz.h fuzz/image.c fuzz/image.h
fuzz_libfuzz_a_CFLAGS = $(FUZZ_CFLAGS)
FUZZ_LIBS = @FUZZ_ENGINE@ fuzz/libfuzz.a

noinst_PROGRAMS = \
  fuzz/fuzz-address fuzz/fuzz-bmp fuzz/fuzz-bundle fuzz/fuzz-configuration fuzz/fuzz-discovery \
  fuzz/fuzz-exif fuzz/fuzz-gif fuzz/fuzz-header fuzz/fuzz-id-token fuzz/fuzz-journal \
  fuzz/fuzz-jpeg fuzz/fuzz-loopback fuzz/fuzz-mailto fuzz/fuzz-notice fuzz/fuzz-options fuzz/fuzz-png \
  fuzz/fuzz-pnm fuzz/fuzz-reply fuzz/fuzz-response fuzz/fuzz-template fuzz/fuzz-terms \
  fuzz/fuzz-ticket fuzz/fuzz-tiff
fuzz_fuzz_address_SOURCES = fuzz/address.c
fuzz_fuzz_address_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_address_LDADD = $(FUZZ_LIBS) $(MAIL_LIBS)
fuzz_fuzz_bmp_SOURCES = fuzz/bmp.c
fuzz_fuzz_bmp_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_bmp_LDADD = $(FUZZ_LIBS) $(FILTER_LIBS)
fuzz_fuzz_bundle_SOURCES = fuzz/bundle.c
fuzz_fuzz_bundle_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_bundle_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)
fuzz_fuzz_configuration_SOURCES = fuzz/configuration.c
fuzz_fuzz_configuration_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_configuration_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)
fuzz_fuzz_discovery_SOURCES = fuzz/discovery.c
fuzz_fuzz_discovery_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_discovery_LDADD = $(FUZZ_LIBS) $(OAUTH_LIBS)
fuzz_fuzz_exif_SOURCES = fuzz/exif.c
fuzz_fuzz_exif_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_exif_LDADD = $(FUZZ_LIBS) $(FILTER_LIBS)
fuzz_fuzz_gif_SOURCES = fuzz/gif.c
fuzz_fuzz_gif_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_gif_LDADD = $(FUZZ_LIBS) $(FILTER_LIBS)
fuzz_fuzz_header_SOURCES = fuzz/header.c
fuzz_fuzz_header_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_header_LDADD = $(FUZZ_LIBS) $(MAIL_LIBS)
fuzz_fuzz_id_token_SOURCES = fuzz/id-token.c
fuzz_fuzz_id_token_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_id_token_LDADD = $(FUZZ_LIBS) $(OAUTH_LIBS)
fuzz_fuzz_journal_SOURCES = fuzz/journal.c
fuzz_fuzz_journal_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_journal_LDADD = $(FUZZ_LIBS) $(MAIL_LIBS)
fuzz_fuzz_jpeg_SOURCES = fuzz/jpeg.c
fuzz_fuzz_jpeg_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_jpeg_LDADD = $(FUZZ_LIBS) $(FILTER_LIBS)
fuzz_fuzz_loopback_SOURCES = fuzz/loopback.c
fuzz_fuzz_loopback_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_loopback_LDADD = $(FUZZ_LIBS) $(OAUTH_LIBS)
fuzz_fuzz_mailto_SOURCES = fuzz/mailto.c
fuzz_fuzz_mailto_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_mailto_LDADD = $(FUZZ_LIBS) $(MAIL_LIBS)
fuzz_fuzz_notice_SOURCES = fuzz/notice.c
fuzz_fuzz_notice_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_notice_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)
fuzz_fuzz_options_SOURCES = fuzz/options.c
fuzz_fuzz_options_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_options_LDADD = $(FUZZ_LIBS) $(FILTER_LIBS) $(CUPS_LIBS)
fuzz_fuzz_png_SOURCES = fuzz/png.c
fuzz_fuzz_png_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_png_LDADD = $(FUZZ_LIBS) $(FILTER_LIBS)
fuzz_fuzz_pnm_SOURCES = fuzz/pnm.c
fuzz_fuzz_pnm_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_pnm_LDADD = $(FUZZ_LIBS) $(FILTER_LIBS)
fuzz_fuzz_reply_SOURCES = fuzz/reply.c
fuzz_fuzz_reply_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_reply_LDADD = $(FUZZ_LIBS) $(MAIL_LIBS)
fuzz_fuzz_response_SOURCES = fuzz/response.c
fuzz_fuzz_response_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_response_LDADD = $(FUZZ_LIBS) $(OAUTH_LIBS)
fuzz_fuzz_template_SOURCES = fuzz/template.c
fuzz_fuzz_template_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_template_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)
fuzz_fuzz_terms_SOURCES = fuzz/terms.c
fuzz_fuzz_terms_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_terms_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)
fuzz_fuzz_ticket_SOURCES = fuzz/ticket.c
fuzz_fuzz_ticket_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_ticket_LDADD = $(FUZZ_LIBS) $(FILTER_LIBS) $(CUPS_LIBS)
fuzz_fuzz_tiff_SOURCES = fuzz/tiff.c
fuzz_fuzz_tiff_CFLAGS = $(FUZZ_CFLAGS)
fuzz_fuzz_tiff_LDADD = $(FUZZ_LIBS) $(FILTER_LIBS)
else
# Compiled everywhere, so that they keep up with what they test.
check_LIBRARIES += fuzz/libfuzz.a
fuzz_libfuzz_a_SOURCES = fuzz/fuzz.c fuzz/fuzz.h fuzz/image.c fuzz/image.h \
  fuzz/address.c fuzz/bmp.c fuzz/bundle.c fuzz/configuration.c fuzz/discovery.c fuzz/exif.c \
  fuzz/gif.c fuzz/header.c fuzz/id-token.c fuzz/journal.c fuzz/jpeg.c fuzz/loopback.c \
  fuzz/mailto.c fuzz/options.c fuzz/png.c fuzz/pnm.c fuzz/reply.c fuzz/response.c \
  fuzz/template.c fuzz/terms.c fuzz/ticket.c fuzz/tiff.c
fuzz_libfuzz_a_CFLAGS = $(FUZZ_CFLAGS)
endif
