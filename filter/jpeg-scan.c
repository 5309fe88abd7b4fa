/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/jpeg-scan.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BUFFER 65536
#define LOOKUP 12     /* bits that are looked up at once */
#define JOINED_MAX 15 /* coefficients of all but the last of joined codes */
#define CODE_MAX 16
#define MARKER 0xff
#define RST0 0xd0
#define EOI 0xd9
#define DC_SIZE_MAX 11   /* bits of a difference of DC values, of samples of 8 bits */
#define ZERO_RUN 0xf0    /* sixteen coefficients are zero, and no bits follow */
#define REST_IS_ZERO 128 /* as an advance: the block ends */

/* A code and what belongs to it. */
typedef struct
{
  guint8 advance; /* coefficients that it stands for */
  guint8 bits;    /* of code and value together; 0: there is no such code */
} Symbol;

typedef struct
{
  Symbol short_codes[1 << LOOKUP]; /* by the next bits */
  Symbol joined[1 << LOOKUP];      /* as many as these bits hold, as one */
  struct
  {
    guint first, end; /* codes */
    guint number;     /* of the first in symbols */
  } lengths[CODE_MAX + 1];
  Symbol symbols[256]; /* in the order of codes */
} Table;

/* The bits that come next; a value, so that it can stay in registers. */
typedef struct
{
  guint64 word; /* from the highest bit down; behind count bits are zeros or those to come */
  int count;    /* < 0: more were taken than there are */
} Bits;

typedef struct
{
  int fd;
  off_t position; /* behind the buffer */
  const guchar *next, *end;
  const guchar *plain_end; /* before it there is no byte of a marker */
  gboolean ended;          /* there is a marker, or nothing, at next */
  guchar buffer[BUFFER];
} Input;

typedef struct
{
  Table dc[NUM_HUFF_TBLS], ac[NUM_HUFF_TBLS];
  Input input;
  Bits bits;
} Scan;

static Symbol
interpret (guint length, guint value, gboolean ac)
{
  guint advance = 1;

  if (ac)
    advance = (value & 15) != 0 || value == ZERO_RUN ? (value >> 4) + 1 : REST_IS_ZERO;
  return (Symbol){ .advance = (guint8)advance, .bits = (guint8)(length + (value & 15)) };
}

/* Canonical codes, shortest first (T.81, C.2); no code is all ones. */
static gboolean
make_table (Table *table, const JHUFF_TBL *from, gboolean ac)
{
  guint code = 0, number = 0;

  if (from == NULL)
    return FALSE;
  memset (table, 0, sizeof *table);
  for (guint length = 1; length <= CODE_MAX; length++, code <<= 1)
    {
      table->lengths[length].first = code;
      table->lengths[length].number = number;
      for (guint i = 0; i < from->bits[length]; i++, code++, number++)
        {
          if (number >= G_N_ELEMENTS (table->symbols) || code + 1 >= 1U << length
              || (!ac && from->huffval[number] > DC_SIZE_MAX))
            return FALSE;
          table->symbols[number] = interpret (length, from->huffval[number], ac);
          if (length <= LOOKUP)
            for (guint k = 0; k < 1U << (LOOKUP - length); k++)
              table->short_codes[(code << (LOOKUP - length)) + k] = table->symbols[number];
        }
      table->lengths[length].end = code;
    }
  return TRUE;
}

/* Codes of coefficients come one behind the other, so that several can be taken at once. */
static void
join_codes (Table *table)
{
  for (guint i = 0; i < G_N_ELEMENTS (table->joined); i++)
    {
      Symbol joined = table->short_codes[i];

      while (joined.bits > 0 && joined.bits < LOOKUP && joined.advance <= JOINED_MAX)
        {
          Symbol next = table->short_codes[i << joined.bits & ((1 << LOOKUP) - 1)];

          if (next.bits == 0 || joined.bits + next.bits > LOOKUP)
            break;
          joined.bits += next.bits;
          joined.advance += next.advance;
        }
      table->joined[i] = joined;
    }
}

static void
find_plain_end (Input *input)
{
  const guchar *marker = memchr (input->next, MARKER, (gsize)(input->end - input->next));

  input->plain_end = marker != NULL ? marker : input->end;
}

/* Has the buffer hold at least eight bytes more, as long as the file does. */
static void
read_more (Input *input)
{
  gsize left = (gsize)(input->end - input->next);
  gssize length;

  if (left >= 8)
    return;
  memmove (input->buffer, input->next, left);
  do
    length = pread (input->fd, input->buffer + left, BUFFER - left, input->position);
  while (length < 0 && errno == EINTR);
  length = MAX (length, 0);
  input->position += length;
  input->next = input->buffer;
  input->end = input->buffer + left + length;
  find_plain_end (input);
}

/* Adds bytes until there are more than 56 bits, or no more. */
static Bits
fill_slowly (Input *input, Bits bits)
{
  while (bits.count <= 56 && !input->ended)
    {
      gboolean marker;

      read_more (input);
      marker = input->next == input->plain_end;
      if (marker) /* one with a zero behind it is none */
        input->ended = input->end - input->next < 2 || input->next[1] != 0;
      if (input->ended)
        break;
      bits.word |= (guint64)*input->next << (56 - bits.count);
      bits.count += 8;
      input->next += marker ? 2 : 1;
      if (marker)
        find_plain_end (input);
    }
  return bits;
}

/* The same at once, of at most 63 bits, away from markers. */
static inline Bits
fill (Input *input, Bits bits)
{
  guint64 word;

  if (G_UNLIKELY (input->plain_end - input->next < 8))
    return fill_slowly (input, bits);
  memcpy (&word, input->next, sizeof word);
  bits.word |= GUINT64_FROM_BE (word) >> bits.count;
  input->next += (63 - bits.count) / 8;
  bits.count |= 56;
  return bits;
}

static Symbol
find_long_code (const Table *table, guint64 bits)
{
  for (guint length = LOOKUP + 1; length <= CODE_MAX; length++)
    {
      guint code = (guint)(bits >> (64 - length));

      if (code >= table->lengths[length].first && code < table->lengths[length].end)
        return table->symbols[code - table->lengths[length].first + table->lengths[length].number];
    }
  return (Symbol){ 0 };
}

/* Takes a code, or several that are joined, and what belongs to them; nothing where there is none.
 */
static inline Symbol
take (Input *input, Bits *bits, const Table *table, const Symbol *symbols)
{
  Symbol symbol;

  *bits = fill (input, *bits);
  symbol = symbols[bits->word >> (64 - LOOKUP)];
  if (G_UNLIKELY (symbol.bits == 0))
    symbol = find_long_code (table, bits->word);
  bits->word <<= symbol.bits;
  bits->count -= symbol.bits;
  return symbol;
}

static gboolean
take_block (Scan *scan, const Table *dc, const Table *ac)
{
  Bits bits = scan->bits;
  Symbol symbol = take (&scan->input, &bits, dc, dc->short_codes);
  guint k = symbol.advance;

  while (k < DCTSIZE2 && symbol.bits > 0)
    {
      symbol = take (&scan->input, &bits, ac,
                     k < DCTSIZE2 - JOINED_MAX ? ac->joined : ac->short_codes);
      k += symbol.advance;
    }
  scan->bits = bits;
  return symbol.bits > 0 && (k == DCTSIZE2 || k >= REST_IS_ZERO) && bits.count >= 0;
}

/* Goes behind the marker that comes next, with nothing but filling bits before it. */
static gboolean
take_marker (Scan *scan, guchar marker)
{
  Input *input = &scan->input;

  if (scan->bits.count >= 8)
    return FALSE;
  scan->bits = (Bits){ 0 };
  input->ended = FALSE;
  read_more (input);
  if (input->end - input->next < 2 || input->next[0] != MARKER || input->next[1] != marker)
    return FALSE;
  input->next += 2;
  find_plain_end (input);
  return TRUE;
}

static gboolean
take_unit (Scan *scan, const struct jpeg_decompress_struct *decoder)
{
  for (int i = 0; i < decoder->num_components; i++)
    {
      const jpeg_component_info *component = decoder->cur_comp_info[i];
      int blocks
          = decoder->num_components > 1 ? component->h_samp_factor * component->v_samp_factor : 1;

      for (int k = 0; k < blocks; k++)
        if (!take_block (scan, &scan->dc[component->dc_tbl_no], &scan->ac[component->ac_tbl_no]))
          return FALSE;
    }
  return TRUE;
}

/* Tells whether it is a kind of image that is known here, and sound as far as its headers go. */
static gboolean
is_known (const struct jpeg_decompress_struct *decoder)
{
  int blocks = 0;

  if (decoder->progressive_mode || decoder->arith_code
      || decoder->comps_in_scan != decoder->num_components || decoder->Ss != 0
      || decoder->Se != DCTSIZE2 - 1 || decoder->Ah != 0 || decoder->Al != 0)
    return FALSE;
  for (int i = 0; i < decoder->num_components; i++)
    {
      const jpeg_component_info *component = decoder->cur_comp_info[i];

      if (decoder->max_h_samp_factor % component->h_samp_factor != 0
          || decoder->max_v_samp_factor % component->v_samp_factor != 0
          || component->quant_tbl_no < 0 || component->quant_tbl_no >= NUM_QUANT_TBLS
          || decoder->quant_tbl_ptrs[component->quant_tbl_no] == NULL || component->dc_tbl_no < 0
          || component->dc_tbl_no >= NUM_HUFF_TBLS || component->ac_tbl_no < 0
          || component->ac_tbl_no >= NUM_HUFF_TBLS)
        return FALSE;
      blocks += component->h_samp_factor * component->v_samp_factor;
    }
  return decoder->num_components == 1 || blocks <= D_MAX_BLOCKS_IN_MCU;
}

static gboolean
make_tables (Scan *scan, const struct jpeg_decompress_struct *decoder)
{
  for (int i = 0; i < decoder->num_components; i++)
    {
      int dc = decoder->cur_comp_info[i]->dc_tbl_no, ac = decoder->cur_comp_info[i]->ac_tbl_no;

      if (!make_table (&scan->dc[dc], decoder->dc_huff_tbl_ptrs[dc], FALSE)
          || !make_table (&scan->ac[ac], decoder->ac_huff_tbl_ptrs[ac], TRUE))
        return FALSE;
      join_codes (&scan->ac[ac]);
    }
  return TRUE;
}

/* Pixels of a unit in one direction. */
static guint64
unit_size (const struct jpeg_decompress_struct *decoder, int samp_factor)
{
  return DCTSIZE * (guint64)(decoder->num_components > 1 ? samp_factor : 1);
}

static gboolean
walk (Scan *scan, const struct jpeg_decompress_struct *decoder)
{
  guint64 wide = unit_size (decoder, decoder->max_h_samp_factor);
  guint64 high = unit_size (decoder, decoder->max_v_samp_factor);
  guint64 units
      = (decoder->image_width + wide - 1) / wide * ((decoder->image_height + high - 1) / high);
  guint restarts = 0;

  for (guint64 i = 0; i < units; i++)
    {
      if (i > 0 && decoder->restart_interval > 0 && i % decoder->restart_interval == 0
          && !take_marker (scan, (guchar)(RST0 + restarts++ % 8)))
        return FALSE;
      if (!take_unit (scan, decoder))
        return FALSE;
    }
  return take_marker (scan, EOI);
}

gboolean
se_jpeg_scan_is_whole (const struct jpeg_decompress_struct *decoder, int fd, off_t offset)
{
  g_autofree Scan *scan = NULL;

  if (!is_known (decoder))
    return FALSE;
  scan = g_new0 (Scan, 1);
  scan->input.fd = fd;
  scan->input.position = offset;
  scan->input.next = scan->input.end = scan->input.plain_end = scan->input.buffer;
  return make_tables (scan, decoder) && walk (scan, decoder);
}
