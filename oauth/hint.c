/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/hint.h"

#include <string.h>

static const struct
{
  gint64 number;
  const char *hint;
} hints[] = {
  { 50034, "the account does not exist in this tenant: check login-user and tenant" },
  { 50057, "the account is disabled: enable it in the directory" },
  { 50076, "multi-factor authentication is required: sign in again with it" },
  { 50079, "the account has to set up multi-factor authentication: sign in again and do so" },
  { 50105, "assign the user to the application in the directory" },
  { 50132, "the password was changed or the session was revoked: sign in again" },
  { 50133, "the password was changed or the session was revoked: sign in again" },
  { 50173, "the password was changed or the session was revoked: sign in again" },
  { 50194, "the application is for one tenant only: set tenant = to that tenant's name or id" },
  { 50196, "too many equal requests in a short time: wait some minutes" },
  { 53000, "Conditional Access asks for a compliant device: exclude this application" },
  { 53001, "Conditional Access asks for a joined device: exclude this application" },
  { 53003, "a Conditional Access policy blocks this sign-in, perhaps \"Block device code flow\": "
           "exclude the account from it" },
  { 65001, "nobody has consented to the permission: grant admin consent for SMTP.Send" },
  { 65004, "the person declined the consent" },
  { 70008, "the refresh token was not used for too long: sign in again" },
  { 70011, "the scope is wrong: check scope = and the application's permissions" },
  { 70043, "the sign-in frequency of Conditional Access has run out: exempt the account" },
  { 90002, "no such tenant: check tenant =" },
  { 90094, "an administrator must grant consent for SMTP.Send" },
  { 650057, "the application lacks the permission: add SMTP.Send to it" },
  { 700016, "no such application in this tenant: check client-id and tenant" },
  { 700082, "the refresh token was not used for too long: sign in again" },
  { 7000215, "the client secret is wrong: check client-secret-file" },
  { 7000218, "set \"Allow public client flows\" to Yes in the application's registration" },
  { 7000222, "the client secret has expired: make a new one" },
};

static gint64
find_number (const cJSON *reply)
{
  const cJSON *codes = cJSON_GetObjectItemCaseSensitive (reply, "error_codes");
  const cJSON *first = cJSON_GetArrayItem (codes, 0);
  const char *description = se_json_string (reply, "error_description");
  const char *mark = description == NULL ? NULL : strstr (description, "AADSTS");

  if (cJSON_IsNumber (first))
    return first->valueint;
  return mark == NULL ? 0 : g_ascii_strtoll (mark + strlen ("AADSTS"), NULL, 10);
}

const char *
se_hint_find (const cJSON *reply)
{
  gint64 number = find_number (reply);

  for (gsize i = 0; i < G_N_ELEMENTS (hints); i++)
    if (hints[i].number == number)
      return hints[i].hint;
  return NULL;
}
