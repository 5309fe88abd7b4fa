/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/error-table.h"

#define LOGIN "run: oauth-setup login %{account}"

#define CODE(code, class, cause, remedy)      \
  {                                           \
    code, { SE_ERROR_##class, cause, remedy } \
  }
#define ANY(...) __VA_ARGS__
#define NUMBER(number, cause, remedy)            \
  {                                              \
    NULL, { number }, NULL, FALSE, cause, remedy \
  }
#define PASSING(number, cause, remedy)          \
  {                                             \
    NULL, { number }, NULL, TRUE, cause, remedy \
  }
#define WORDS(code, words, cause, remedy)    \
  {                                          \
    code, { 0 }, words, FALSE, cause, remedy \
  }

const SeErrorCode se_error_codes[] = {
  CODE ("invalid_grant", AUTHORIZATION,
        "The server no longer accepts the sign-in of %{account}: it has expired, was revoked, or "
        "belongs to another application.",
        "To sign in again, " LOGIN),
  CODE ("interaction_required", AUTHORIZATION,
        "The server wants a person to sign in as %{login-user} before it gives more tokens.",
        "To sign in again, " LOGIN),
  CODE ("login_required", AUTHORIZATION, "The session of %{login-user} at the server has ended.",
        "To sign in again, " LOGIN),
  CODE ("account_selection_required", AUTHORIZATION,
        "The server does not know which of the person's accounts is meant.",
        "To sign in as %{login-user}, " LOGIN),
  CODE ("consent_required", AUTHORIZATION,
        "Nobody has consented to the application %{client-id} sending mail as %{login-user}.",
        "Let the person, or an administrator for the whole organisation, consent; then " LOGIN),
  CODE (
      "access_denied", AUTHORIZATION,
      "The sign-in as %{login-user} was declined, by the person or by a rule of the organisation.",
      "Accept it this time, or have the application %{client-id} allowed; then " LOGIN),
  CODE ("authorization_declined", AUTHORIZATION,
        "The person at the browser declined the sign-in as %{login-user}.",
        "Accept it this time; " LOGIN),
  CODE ("expired_token", AUTHORIZATION, "The code ran out before anybody had entered it.",
        "For a new code, " LOGIN),
  CODE ("bad_verification_code", AUTHORIZATION,
        "The server does not know the device code any more.", "For a new code, " LOGIN),
  CODE ("invalid_client", CONFIG,
        "The server does not accept scan-email as the application %{client-id}.",
        "Compare client-id and client-secret-file (or certificate-file and key-file) of [account "
        "%{account}] with the application's registration."),
  CODE ("unauthorized_client", CONFIG,
        "The application %{client-id} may not ask for tokens in this way.",
        "Allow this kind of sign-in in the application's registration, or correct client-id and "
        "grant of [account %{account}]."),
  CODE ("invalid_request", CONFIG, "The server takes the request for a wrong one.",
        "Compare provider, tenant, scope and grant of [account %{account}] with what the server's "
        "words ask for."),
  CODE ("invalid_scope", CONFIG,
        "The server does not give the application %{client-id} the permission that is asked for.",
        "Add the permission to the application's registration, or correct scope of [account "
        "%{account}]."),
  CODE ("invalid_target", CONFIG,
        "The server does not know the service that the token is asked for.",
        "Correct scope of [account %{account}]."),
  CODE ("invalid_resource", CONFIG,
        "The directory does not know the service that the token is asked for.",
        "Correct tenant and scope of [account %{account}]."),
  CODE ("invalid_tenant", CONFIG, "There is no tenant \"%{tenant}\" in this cloud.",
        "Correct tenant of [account %{account}], or choose the provider of its national cloud."),
  CODE ("unsupported_grant_type", CONFIG, "The server does not offer this kind of sign-in.",
        "Choose another grant for [account %{account}]."),
  CODE ("unsupported_response_type", CONFIG,
        "The server does not offer sign-in with an authorization code.",
        "Choose another grant for [account %{account}]."),
  CODE ("unsupported_token_type", CONFIG, "The server cannot revoke tokens of this kind.",
        "Withdraw the application's access on the server's own pages."),
  /* Google's, at the token endpoint and on its sign-in page. */
  CODE ("deleted_client", CONFIG, "The OAuth client %{client-id} was deleted.",
        "Restore it within 30 days or create a new one in the Google Cloud console, set client-id "
        "and client-secret-file; then " LOGIN),
  CODE ("disabled_client", CONFIG, "The OAuth client %{client-id} is disabled.",
        "Enable it in the Google Cloud console, or see there why Google has disabled it."),
  CODE ("admin_policy_enforced", AUTHORIZATION,
        "An administrator of the organisation of %{login-user} has not allowed the application "
        "%{client-id} to use Gmail.",
        "Trust it in the Google Admin console under Security > API controls > App access control; "
        "then " LOGIN),
  CODE ("policy_enforced", AUTHORIZATION,
        "%{login-user} is enrolled in Google's Advanced Protection, which lets no other "
        "application use Gmail.",
        "Use an account that is not enrolled; then " LOGIN),
  CODE ("org_internal", AUTHORIZATION,
        "The application %{client-id} is for members of its own organisation, and %{login-user} is "
        "none.",
        "Sign in as a member, or set the application's audience to External in the Google Cloud "
        "console; then " LOGIN),
  /* These pass. */
  CODE ("authorization_pending", TEMPORARY, "Nobody has entered the code yet.",
        "Open the address that was shown and enter the code."),
  CODE ("slow_down", TEMPORARY, "The server is asked too often.",
        "Wait some minutes; jobs try again by themselves."),
  CODE ("temporarily_unavailable", TEMPORARY,
        "The server is out of order or overloaded for the moment.",
        "Wait some minutes; jobs try again by themselves."),
  CODE ("server_error", TEMPORARY, "The server has met an error of its own.",
        "Wait some minutes; jobs try again by themselves."),
  CODE ("internal_failure", TEMPORARY, "The server has met an error of its own.",
        "Wait some minutes; jobs try again by themselves."),
  CODE ("rate_limit_exceeded", TEMPORARY,
        "The application %{client-id} has asked for more codes or tokens than the server gives in "
        "this time.",
        "Wait an hour; if it happens again, raise the application's quota in the provider's "
        "console."),
  CODE (NULL, AUTHORIZATION,
        "The server refuses %{account} with an error that scan-email does not know.",
        "Look its words up in the server's documentation, or give them to the server's "
        "administrator; when it is mended, " LOGIN),
};
const gsize se_error_codes_length = G_N_ELEMENTS (se_error_codes);

const SeErrorDetail se_error_details[] = {
  /* The device flow. */
  NUMBER (70016, "Nobody has entered the code yet.",
          "Open the address that was shown and enter the code."),
  NUMBER (70018, "The code that the person typed is wrong.",
          "Type the code as it is shown; for a new one, " LOGIN),
  NUMBER (70019, "The code ran out before anybody had entered it.", "For a new code, " LOGIN),

  /* The application. */
  NUMBER (7000218,
          "The application %{client-id} is not registered as one that works without a secret.",
          "Set \"Allow public client flows\" to Yes in its registration (Authentication > "
          "Settings), or set client-secret-file or certificate-file."),
  NUMBER (700025, "The application %{client-id} is a public one, which must not send a secret.",
          "Remove client-secret-file, certificate-file and key-file from [account %{account}]."),
  NUMBER (ANY (700016, 70001), "There is no application %{client-id} in the tenant %{tenant}.",
          "Compare client-id and tenant of [account %{account}] with the Overview page of the "
          "application's registration."),
  NUMBER (
      7000215, "The client secret is wrong.",
      "Put the secret's Value (not its Secret ID) into the file that client-secret-file names."),
  NUMBER (7000222, "The client secret has expired.",
          "Create a new one (Certificates & secrets) and put it into the file that "
          "client-secret-file names, or use a certificate."),
  NUMBER (700027, "The certificate is not one of the application %{client-id}, or has expired.",
          "Upload certificate-file under Certificates & secrets, or set the certificate-file and "
          "key-file that are registered there."),

  /* Permissions. */
  NUMBER (65001,
          "Nobody has consented to the application %{client-id} sending mail as %{login-user}.",
          "Let an administrator grant consent for SMTP.Send (API permissions > Grant admin "
          "consent); then " LOGIN),
  NUMBER (
      90094,
      "An administrator must consent before %{login-user} may use the application %{client-id}.",
      "Let an administrator grant consent for SMTP.Send (API permissions > Grant admin consent); "
      "then " LOGIN),
  NUMBER (65004,
          "The person declined that the application %{client-id} sends mail as %{login-user}.",
          "Accept it this time; " LOGIN),
  NUMBER (650057, "The permission is not among those of the application %{client-id}.",
          "Add SMTP.Send to it (API permissions), grant admin consent; then " LOGIN),
  NUMBER (70011, "The scope is not one that Microsoft knows.",
          "Correct scope of [account %{account}], or remove it for the provider's own."),
  NUMBER (700022, "The scope names permissions of two services at once.",
          "Name those of one service alone in scope of [account %{account}], or remove it for the "
          "provider's own."),
  NUMBER (500011, "The tenant %{tenant} does not know the service that the token is asked for.",
          "Correct tenant and scope of [account %{account}]; the tenant needs Exchange Online."),
  NUMBER (50105, "%{login-user} is not assigned to the application %{client-id}.",
          "Assign the user under Enterprise applications > Users and groups; then " LOGIN),

  /* Rules of the organisation. */
  NUMBER (ANY (50072, 50079),
          "%{login-user} has to set up multi-factor authentication before signing in.",
          "Set it up at https://aka.ms/mfasetup; then " LOGIN),
  NUMBER (50074, "The multi-factor authentication of %{login-user} was not passed.",
          "To sign in again with it, " LOGIN),
  NUMBER (50076, "The organisation asks for multi-factor authentication.",
          "To sign in again with it, " LOGIN),
  NUMBER (50078, "The multi-factor authentication of %{login-user} has expired.",
          "To sign in again with it, " LOGIN),
  NUMBER (53000,
          "A Conditional Access policy lets only compliant devices sign in, and a print server is "
          "none.",
          "Exclude the account %{login-user} from the policy, or use --grant client-credentials."),
  NUMBER (53001,
          "A Conditional Access policy lets only domain-joined devices sign in, and a print server "
          "is none.",
          "Exclude the account %{login-user} from the policy, or use --grant client-credentials."),
  NUMBER (53002,
          "A Conditional Access policy lets only approved applications sign in, and %{client-id} "
          "is none.",
          "Exclude the account %{login-user} from the policy, or use --grant client-credentials."),
  NUMBER (53003,
          "A Conditional Access policy blocks the application %{client-id}, perhaps \"Block device "
          "code flow\", which also blocks each renewal of what was signed in by a device code.",
          "Run oauth-setup login %{account} with, in this order, (a) --grant client-credentials "
          "and a certificate, for this one mailbox; (b) --grant code; (c) --grant device, after "
          "%{login-user} is excluded from the policy at this server's address."),
  NUMBER (530032, "A security policy of the tenant blocks this sign-in.",
          "Ask the tenant's administrator to allow it, or use --grant client-credentials."),
  NUMBER (530035,
          "The tenant's security defaults block this sign-in, as they do each by a device code.",
          "Use --grant code, or --grant client-credentials."),
  NUMBER (70043,
          "The sign-in has become older than the sign-in frequency of a Conditional Access policy "
          "allows.",
          "Exempt %{login-user} from that policy, or use --grant client-credentials, or it happens "
          "again; then " LOGIN),

  /* The end of a sign-in. */
  NUMBER (700082, "The sign-in was not used for 90 days, so Microsoft has ended it.",
          "Let \"oauth-setup refresh --all\" run daily (its timer does) and " LOGIN),
  NUMBER (700084, "The sign-in was made for a single-page application, which ends after 24 hours.",
          "Register the redirect URI under \"Mobile and desktop applications\"; then " LOGIN),
  NUMBER (70008, "The sign-in or its code has expired, most often by lack of use.",
          "Let \"oauth-setup refresh --all\" run daily (its timer does) and " LOGIN),
  NUMBER (50173,
          "The sign-in was revoked: by a change of the password of %{login-user}, or by an "
          "administrator.",
          "To sign in again, " LOGIN),
  NUMBER (50132,
          "The sign-in has ended: the password of %{login-user} was changed or has expired, or the "
          "session was revoked.",
          "To sign in again, " LOGIN),
  NUMBER (50133, "The sign-in has ended: the password of %{login-user} was changed or has expired.",
          "To sign in again, " LOGIN),
  NUMBER (54005, "The authorization code was used already.", "To sign in again, " LOGIN),
  NUMBER (70000, "The stored sign-in is no longer good for the permission that is asked for.",
          "Check client-id and scope of [account %{account}] and " LOGIN),

  /* Account, tenant and cloud. */
  NUMBER (50034, "There is no account %{login-user} in the tenant %{tenant}.",
          "Correct login-user (the user principal name) or tenant; then " LOGIN),
  NUMBER (50057, "The account %{login-user} is disabled.",
          "Enable it in the directory (Users > Account status); then " LOGIN),
  NUMBER (50020, "The account that signed in is of another tenant than %{tenant}.",
          "Correct tenant, or sign in as %{login-user} in a private window; " LOGIN),
  NUMBER (50194,
          "The application %{client-id} is for one tenant only, and the tenant is \"%{tenant}\".",
          "Set tenant to that tenant's name or id in [account %{account}]; then " LOGIN),
  NUMBER (9001023, "This grant needs a tenant of its own, and the tenant is \"%{tenant}\".",
          "Set tenant to the organisation's name or id in [account %{account}]; then " LOGIN),
  NUMBER (9002332,
          "The application %{client-id} is for work and school accounts only, and the tenant is "
          "\"%{tenant}\".",
          "Set tenant to the organisation's name or id, or register the application for personal "
          "accounts, too; then " LOGIN),
  NUMBER (90002, "There is no tenant \"%{tenant}\" in this cloud.",
          "Correct tenant of [account %{account}], or choose the provider of its national cloud."),
  NUMBER (
      90038, "The tenant \"%{tenant}\" belongs to another national cloud.",
      "Choose the provider of that cloud for [account %{account}]; oauth-setup login lists them."),
  NUMBER (900023, "\"%{tenant}\" is neither a tenant's id nor one of its domains.",
          "Correct tenant of [account %{account}]."),

  /* Microsoft calls these transient, or asks to slow down. */
  PASSING (50196,
           "Microsoft saw too many equal requests in a short time and takes them for a loop.",
           "Wait five minutes; jobs try again by themselves."),
  PASSING (ANY (90033, 90006, 50033, 90024, 90041),
           "Microsoft's sign-in service is out of order for the moment.",
           "Wait some minutes; jobs try again by themselves."),
  PASSING (90012, "The request took Microsoft's sign-in service too long.",
           "Wait some minutes; jobs try again by themselves."),

  /* Google: people's sign-ins. */
  WORDS ("invalid_grant", "expired or revoked",
         "The sign-in has ended: most likely because the consent screen of the application is "
         "External and in Testing, where Google ends each sign-in after 7 days; else because it "
         "was not used for six months, the password of %{login-user} was changed, access was "
         "withdrawn by person or administrator, or over 100 sign-ins of the account exist.",
         "Publish the application (or make it Internal), so that it lasts, and " LOGIN),
  WORDS ("invalid_grant", "invalid_rapt",
         "The organisation's Google Cloud session control asks for a new sign-in every few hours.",
         "Exempt trusted applications in the Admin console (Security > Google Cloud session "
         "control) and trust %{client-id}; then " LOGIN),
  WORDS ("invalid_grant", "account has been deleted", "The account %{login-user} was deleted.",
         "Restore it in the Google Admin console within 20 days, or set another login-user; "
         "then " LOGIN),
  WORDS ("invalid_scope", "device flow",
         "Google's device flow refuses the permission to send mail (https://mail.google.com/).",
         "Sign in by --grant code, or in Google Workspace by --grant service-account."),
  WORDS ("invalid_client", "oauth client was not found",
         "Google knows no OAuth client %{client-id}.",
         "Copy the whole client id, which ends in .apps.googleusercontent.com, to client-id of "
         "[account %{account}]; if it was deleted, create a new one."),
  WORDS ("invalid_client", "TVs and Limited Input",
         "The OAuth client %{client-id} is not of the kind for devices, and Google's device flow "
         "does not let anybody send mail.",
         "Create one of the kind Desktop app and sign in by --grant code."),
  WORDS ("invalid_client", "client secret is invalid", "The client secret is wrong.",
         "Put the secret of the OAuth client %{client-id} into the file that client-secret-file "
         "names."),
  WORDS ("invalid_request", "client_secret is missing",
         "Google wants the client secret, of desktop applications, too.",
         "Put the secret of the OAuth client %{client-id} into a file and set client-secret-file."),

  /* Google: service accounts (RFC 7523). */
  WORDS ("unauthorized_client", "client is unauthorized to retrieve access tokens",
         "The service account has no domain-wide delegation for %{login-user} and this scope.",
         "Let an administrator add the service account's client id with the scope "
         "https://mail.google.com/ in the Admin console (Security > API controls > Domain-wide "
         "delegation); it takes up to a day."),
  WORDS (
      "invalid_grant", "robot is disabled",
      "The service account of service-account-file is disabled, or its project was deleted.",
      "Enable it in the Google Cloud console (IAM & Admin > Service accounts), or make a new one."),
  WORDS ("invalid_grant", "invalid email or user id",
         "%{login-user} is not a user of the Google Workspace that the service account may act in.",
         "Set login-user to the mailbox's primary address (not a group or an alias)."),
  WORDS ("invalid_grant", "account not found",
         "Google knows no service account of this name, or not the user %{login-user}.",
         "Check that the service account of service-account-file still exists, and login-user."),
  WORDS ("invalid_grant", "invalid jwt signature",
         "The key in service-account-file is no longer one of the service account.",
         "Create a new key in the Google Cloud console (Service accounts > Keys) and put its JSON "
         "file in the place of the old one."),
  WORDS ("invalid_grant", "short-lived token",
         "The time of this computer is too far from Google's.",
         "Set the clock (timedatectl set-ntp true) and try again."),
  WORDS ("invalid_scope", "invalid oauth scope", "The scope is not one that Google knows.",
         "Set scope to https://mail.google.com/ in [account %{account}], or remove it for the "
         "provider's own."),

  /* Keycloak. */
  WORDS ("invalid_grant", "session not active",
         "The session of %{login-user} at the server has ended, and with it the sign-in.",
         "Ask for offline_access in scope, so that it outlives the session, and " LOGIN),
  WORDS ("invalid_grant", "token is not active",
         "The sign-in was not used for as long as the server keeps it.",
         "Let \"oauth-setup refresh --all\" run daily (its timer does), ask for offline_access in "
         "scope, and " LOGIN),
  WORDS ("invalid_grant", "refresh token reuse exceeded",
         "A refresh token was used twice, so the server has ended the sign-in for safety.",
         "Let no other machine or copy use the tokens of %{account}, and " LOGIN),
};
const gsize se_error_details_length = G_N_ELEMENTS (se_error_details);
