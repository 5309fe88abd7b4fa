/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/form.h"

#include "common/io.h"

struct SeForm
{
  GPtrArray *names;
  GPtrArray *values;
  GPtrArray *secrets; /* of values; NULL-terminated */
};

SeForm *
se_form_new (void)
{
  SeForm *form = g_new0 (SeForm, 1);

  form->names = g_ptr_array_new_with_free_func (g_free);
  form->values = g_ptr_array_new_with_free_func ((GDestroyNotify)se_io_free_secret);
  form->secrets = g_ptr_array_new ();
  g_ptr_array_add (form->secrets, NULL);
  return form;
}

void
se_form_free (SeForm *form)
{
  if (form == NULL)
    return;
  g_ptr_array_unref (form->names);
  g_ptr_array_unref (form->values);
  g_ptr_array_unref (form->secrets);
  g_free (form);
}

void
se_form_add (SeForm *form, const char *name, const char *value)
{
  if (value == NULL)
    return;
  g_ptr_array_add (form->names, g_strdup (name));
  g_ptr_array_add (form->values, g_strdup (value));
}

void
se_form_add_secret (SeForm *form, const char *name, const char *value)
{
  if (value == NULL)
    return;
  se_form_add (form, name, value);
  g_ptr_array_insert (form->secrets, (int)form->secrets->len - 1,
                      form->values->pdata[form->values->len - 1]);
}

const char *const *
se_form_secrets (const SeForm *form)
{
  return (const char *const *)form->secrets->pdata;
}

/* Writes the encoded text to out, or only counts where out is NULL. Returns its length. */
static gsize
encode (const char *text, char *out)
{
  static const char hex[] = "0123456789ABCDEF";
  gsize length = 0;

  for (const guchar *c = (const guchar *)text; *c != '\0'; c++)
    {
      if (g_ascii_isalnum (*c) || *c == '-' || *c == '.' || *c == '_' || *c == '*' || *c == ' ')
        {
          if (out != NULL)
            out[length] = *c == ' ' ? '+' : (char)*c;
          length++;
          continue;
        }
      if (out != NULL)
        {
          out[length] = '%';
          out[length + 1] = hex[*c >> 4];
          out[length + 2] = hex[*c & 15];
        }
      length += 3;
    }
  return length;
}

static gsize
encode_all (const SeForm *form, char *out)
{
  gsize length = 0;

  for (guint i = 0; i < form->names->len; i++)
    {
      if (i > 0)
        {
          if (out != NULL)
            out[length] = '&';
          length++;
        }
      length += encode (form->names->pdata[i], out == NULL ? NULL : out + length);
      if (out != NULL)
        out[length] = '=';
      length++;
      length += encode (form->values->pdata[i], out == NULL ? NULL : out + length);
    }
  return length;
}

char *
se_form_encode (const SeForm *form)
{
  /* Measured first: a buffer that grows would leave copies of secrets behind. */
  gsize length = encode_all (form, NULL);
  char *text = g_malloc (length + 1);

  encode_all (form, text);
  text[length] = '\0';
  return text;
}
