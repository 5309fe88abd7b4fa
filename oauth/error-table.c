/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/error-table.h"

#include <glib/gi18n-lib.h>

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
        N_ ("The server no longer accepts the sign-in of %{account}: it has expired, was revoked, "
            "or belongs to another application."),
        N_ ("To sign in again, run: oauth-setup login %{account}")),
  CODE ("interaction_required", AUTHORIZATION,
        N_ ("The server wants a person to sign in as %{login-user} before it gives more tokens."),
        N_ ("To sign in again, run: oauth-setup login %{account}")),
  CODE ("login_required", AUTHORIZATION,
        N_ ("The session of %{login-user} at the server has ended."),
        N_ ("To sign in again, run: oauth-setup login %{account}")),
  CODE ("account_selection_required", AUTHORIZATION,
        N_ ("The server does not know which of the person's accounts is meant."),
        N_ ("To sign in as %{login-user}, run: oauth-setup login %{account}")),
  CODE ("consent_required", AUTHORIZATION,
        N_ ("Nobody has consented to the application %{client-id} sending mail as %{login-user}."),
        N_ ("Let the person, or an administrator for the whole organisation, consent; then run: "
            "oauth-setup login %{account}")),
  CODE ("access_denied", AUTHORIZATION,
        N_ ("The sign-in as %{login-user} was declined, by the person or by a rule of the "
            "organisation."),
        N_ ("Accept it this time, or have the application %{client-id} allowed; then run: "
            "oauth-setup login %{account}")),
  CODE ("authorization_declined", AUTHORIZATION,
        N_ ("The person at the browser declined the sign-in as %{login-user}."),
        N_ ("Accept it this time; run: oauth-setup login %{account}")),
  CODE ("expired_token", AUTHORIZATION, N_ ("The code ran out before anybody had entered it."),
        N_ ("For a new code, run: oauth-setup login %{account}")),
  CODE ("bad_verification_code", AUTHORIZATION,
        N_ ("The server does not know the device code any more."),
        N_ ("For a new code, run: oauth-setup login %{account}")),
  CODE ("invalid_client", CONFIG,
        N_ ("The server does not accept scan-email as the application %{client-id}."),
        N_ ("Compare client-id and client-secret-file (or certificate-file and key-file) of "
            "[account %{account}] with the application's registration.")),
  CODE ("unauthorized_client", CONFIG,
        N_ ("The application %{client-id} may not ask for tokens in this way."),
        N_ ("Allow this kind of sign-in in the application's registration, or correct client-id "
            "and grant of [account %{account}].")),
  CODE ("invalid_request", CONFIG, N_ ("The server takes the request for a wrong one."),
        N_ ("Compare provider, tenant, scope and grant of [account %{account}] with what the "
            "server's words ask for.")),
  CODE ("invalid_scope", CONFIG,
        N_ ("The server does not give the application %{client-id} the permission that is asked "
            "for."),
        N_ ("Add the permission to the application's registration, or correct scope of [account "
            "%{account}].")),
  CODE ("invalid_target", CONFIG,
        N_ ("The server does not know the service that the token is asked for."),
        N_ ("Correct scope of [account %{account}].")),
  CODE ("invalid_resource", CONFIG,
        N_ ("The directory does not know the service that the token is asked for."),
        N_ ("Correct tenant and scope of [account %{account}].")),
  CODE (
      "invalid_tenant", CONFIG, N_ ("There is no tenant \"%{tenant}\" in this cloud."),
      N_ ("Correct tenant of [account %{account}], or choose the provider of its national cloud.")),
  CODE ("unsupported_grant_type", CONFIG, N_ ("The server does not offer this kind of sign-in."),
        N_ ("Choose another grant for [account %{account}].")),
  CODE ("unsupported_response_type", CONFIG,
        N_ ("The server does not offer sign-in with an authorization code."),
        N_ ("Choose another grant for [account %{account}].")),
  CODE ("unsupported_token_type", CONFIG, N_ ("The server cannot revoke tokens of this kind."),
        N_ ("Withdraw the application's access on the server's own pages.")),
  /* Google's, at the token endpoint and on its sign-in page. */
  CODE ("deleted_client", CONFIG, N_ ("The OAuth client %{client-id} was deleted."),
        N_ ("Restore it within 30 days or create a new one in the Google Cloud console, set "
            "client-id and client-secret-file; then run: oauth-setup login %{account}")),
  CODE ("disabled_client", CONFIG, N_ ("The OAuth client %{client-id} is disabled."),
        N_ ("Enable it in the Google Cloud console, or see there why Google has disabled it.")),
  CODE ("admin_policy_enforced", AUTHORIZATION,
        N_ ("An administrator of the organisation of %{login-user} has not allowed the application "
            "%{client-id} to use Gmail."),
        N_ ("Trust it in the Google Admin console under Security > API controls > App access "
            "control; then run: oauth-setup login %{account}")),
  CODE ("policy_enforced", AUTHORIZATION,
        N_ ("%{login-user} is enrolled in Google's Advanced Protection, which lets no other "
            "application use Gmail."),
        N_ ("Use an account that is not enrolled; then run: oauth-setup login %{account}")),
  CODE ("org_internal", AUTHORIZATION,
        N_ ("The application %{client-id} is for members of its own organisation, and "
            "%{login-user} is none."),
        N_ ("Sign in as a member, or set the application's audience to External in the Google "
            "Cloud console; then run: oauth-setup login %{account}")),
  /* These pass. */
  CODE ("authorization_pending", TEMPORARY, N_ ("Nobody has entered the code yet."),
        N_ ("Open the address that was shown and enter the code.")),
  CODE ("slow_down", TEMPORARY, N_ ("The server is asked too often."),
        N_ ("Wait some minutes; jobs try again by themselves.")),
  CODE ("temporarily_unavailable", TEMPORARY,
        N_ ("The server is out of order or overloaded for the moment."),
        N_ ("Wait some minutes; jobs try again by themselves.")),
  CODE ("server_error", TEMPORARY, N_ ("The server has met an error of its own."),
        N_ ("Wait some minutes; jobs try again by themselves.")),
  CODE ("internal_failure", TEMPORARY, N_ ("The server has met an error of its own."),
        N_ ("Wait some minutes; jobs try again by themselves.")),
  CODE ("rate_limit_exceeded", TEMPORARY,
        N_ ("The application %{client-id} has asked for more codes or tokens than the server gives "
            "in this time."),
        N_ ("Wait an hour; if it happens again, raise the application's quota in the provider's "
            "console.")),
  CODE (NULL, AUTHORIZATION,
        N_ ("The server refuses %{account} with an error that scan-email does not know."),
        N_ ("Look its words up in the server's documentation, or give them to the server's "
            "administrator; when it is mended, run: oauth-setup login %{account}")),
};
const gsize se_error_codes_length = G_N_ELEMENTS (se_error_codes);

const SeErrorDetail se_error_details[] = {
  /* The device flow. */
  NUMBER (70016, N_ ("Nobody has entered the code yet."),
          N_ ("Open the address that was shown and enter the code.")),
  NUMBER (70018, N_ ("The code that the person typed is wrong."),
          N_ ("Type the code as it is shown; for a new one, run: oauth-setup login %{account}")),
  NUMBER (70019, N_ ("The code ran out before anybody had entered it."),
          N_ ("For a new code, run: oauth-setup login %{account}")),

  /* The application. */
  NUMBER (7000218,
          N_ ("The application %{client-id} is not registered as one that works without a secret."),
          N_ ("Set \"Allow public client flows\" to Yes in its registration (Authentication > "
              "Settings), or set client-secret-file or certificate-file.")),
  NUMBER (
      700025, N_ ("The application %{client-id} is a public one, which must not send a secret."),
      N_ ("Remove client-secret-file, certificate-file and key-file from [account %{account}].")),
  NUMBER (ANY (700016, 70001), N_ ("There is no application %{client-id} in the tenant %{tenant}."),
          N_ ("Compare client-id and tenant of [account %{account}] with the Overview page of the "
              "application's registration.")),
  NUMBER (7000215, N_ ("The client secret is wrong."),
          N_ ("Put the secret's Value (not its Secret ID) into the file that client-secret-file "
              "names.")),
  NUMBER (7000222, N_ ("The client secret has expired."),
          N_ ("Create a new one (Certificates & secrets) and put it into the file that "
              "client-secret-file names, or use a certificate.")),
  NUMBER (700027,
          N_ ("The certificate is not one of the application %{client-id}, or has expired."),
          N_ ("Upload certificate-file under Certificates & secrets, or set the certificate-file "
              "and key-file that are registered there.")),

  /* Permissions. */
  NUMBER (
      65001,
      N_ ("Nobody has consented to the application %{client-id} sending mail as %{login-user}."),
      N_ ("Let an administrator grant consent for SMTP.Send (API permissions > Grant admin "
          "consent); then run: oauth-setup login %{account}")),
  NUMBER (90094,
          N_ ("An administrator must consent before %{login-user} may use the application "
              "%{client-id}."),
          N_ ("Let an administrator grant consent for SMTP.Send (API permissions > Grant admin "
              "consent); then run: oauth-setup login %{account}")),
  NUMBER (65004,
          N_ ("The person declined that the application %{client-id} sends mail as %{login-user}."),
          N_ ("Accept it this time; run: oauth-setup login %{account}")),
  NUMBER (650057, N_ ("The permission is not among those of the application %{client-id}."),
          N_ ("Add SMTP.Send to it (API permissions), grant admin consent; then run: oauth-setup "
              "login %{account}")),
  NUMBER (70011, N_ ("The scope is not one that Microsoft knows."),
          N_ ("Correct scope of [account %{account}], or remove it for the provider's own.")),
  NUMBER (700022, N_ ("The scope names permissions of two services at once."),
          N_ ("Name those of one service alone in scope of [account %{account}], or remove it for "
              "the provider's own.")),
  NUMBER (
      500011, N_ ("The tenant %{tenant} does not know the service that the token is asked for."),
      N_ ("Correct tenant and scope of [account %{account}]; the tenant needs Exchange Online.")),
  NUMBER (50105, N_ ("%{login-user} is not assigned to the application %{client-id}."),
          N_ ("Assign the user under Enterprise applications > Users and groups; then run: "
              "oauth-setup login %{account}")),

  /* Rules of the organisation. */
  NUMBER (ANY (50072, 50079),
          N_ ("%{login-user} has to set up multi-factor authentication before signing in."),
          N_ ("Set it up at https://aka.ms/mfasetup; then run: oauth-setup login %{account}")),
  NUMBER (50074, N_ ("The multi-factor authentication of %{login-user} was not passed."),
          N_ ("To sign in again with it, run: oauth-setup login %{account}")),
  NUMBER (50076, N_ ("The organisation asks for multi-factor authentication."),
          N_ ("To sign in again with it, run: oauth-setup login %{account}")),
  NUMBER (50078, N_ ("The multi-factor authentication of %{login-user} has expired."),
          N_ ("To sign in again with it, run: oauth-setup login %{account}")),
  NUMBER (
      53000,
      N_ ("A Conditional Access policy lets only compliant devices sign in, and a print server is "
          "none."),
      N_ ("Exclude the account %{login-user} from the policy, or use --grant client-credentials.")),
  NUMBER (
      53001,
      N_ ("A Conditional Access policy lets only domain-joined devices sign in, and a print server "
          "is none."),
      N_ ("Exclude the account %{login-user} from the policy, or use --grant client-credentials.")),
  NUMBER (
      53002,
      N_ ("A Conditional Access policy lets only approved applications sign in, and %{client-id} "
          "is none."),
      N_ ("Exclude the account %{login-user} from the policy, or use --grant client-credentials.")),
  NUMBER (
      53003,
      N_ ("A Conditional Access policy blocks the application %{client-id}, perhaps \"Block device "
          "code flow\", which also blocks each renewal of what was signed in by a device code."),
      N_ ("Run oauth-setup login %{account} with, in this order, (a) --grant client-credentials "
          "and a certificate, for this one mailbox; (b) --grant code; (c) --grant device, after "
          "%{login-user} is excluded from the policy at this server's address.")),
  NUMBER (530032, N_ ("A security policy of the tenant blocks this sign-in."),
          N_ ("Ask the tenant's administrator to allow it, or use --grant client-credentials.")),
  NUMBER (
      530035,
      N_ ("The tenant's security defaults block this sign-in, as they do each by a device code."),
      N_ ("Use --grant code, or --grant client-credentials.")),
  NUMBER (70043,
          N_ ("The sign-in has become older than the sign-in frequency of a Conditional Access "
              "policy allows."),
          N_ ("Exempt %{login-user} from that policy, or use --grant client-credentials, or it "
              "happens again; then run: oauth-setup login %{account}")),

  /* The end of a sign-in. */
  NUMBER (700082, N_ ("The sign-in was not used for 90 days, so Microsoft has ended it."),
          N_ ("Let \"oauth-setup refresh --all\" run daily (its timer does) and run: oauth-setup "
              "login %{account}")),
  NUMBER (700084,
          N_ ("The sign-in was made for a single-page application, which ends after 24 hours."),
          N_ ("Register the redirect URI under \"Mobile and desktop applications\"; then run: "
              "oauth-setup login %{account}")),
  NUMBER (70008, N_ ("The sign-in or its code has expired, most often by lack of use."),
          N_ ("Let \"oauth-setup refresh --all\" run daily (its timer does) and run: oauth-setup "
              "login %{account}")),
  NUMBER (50173,
          N_ ("The sign-in was revoked: by a change of the password of %{login-user}, or by an "
              "administrator."),
          N_ ("To sign in again, run: oauth-setup login %{account}")),
  NUMBER (50132,
          N_ ("The sign-in has ended: the password of %{login-user} was changed or has expired, or "
              "the session was revoked."),
          N_ ("To sign in again, run: oauth-setup login %{account}")),
  NUMBER (50133,
          N_ ("The sign-in has ended: the password of %{login-user} was changed or has expired."),
          N_ ("To sign in again, run: oauth-setup login %{account}")),
  NUMBER (54005, N_ ("The authorization code was used already."),
          N_ ("To sign in again, run: oauth-setup login %{account}")),
  NUMBER (70000, N_ ("The stored sign-in is no longer good for the permission that is asked for."),
          N_ ("Check client-id and scope of [account %{account}] and run: oauth-setup login "
              "%{account}")),

  /* Account, tenant and cloud. */
  NUMBER (50034, N_ ("There is no account %{login-user} in the tenant %{tenant}."),
          N_ ("Correct login-user (the user principal name) or tenant; then run: oauth-setup login "
              "%{account}")),
  NUMBER (50057, N_ ("The account %{login-user} is disabled."),
          N_ ("Enable it in the directory (Users > Account status); then run: oauth-setup login "
              "%{account}")),
  NUMBER (50020, N_ ("The account that signed in is of another tenant than %{tenant}."),
          N_ ("Correct tenant, or sign in as %{login-user} in a private window; run: oauth-setup "
              "login %{account}")),
  NUMBER (
      50194,
      N_ ("The application %{client-id} is for one tenant only, and the tenant is \"%{tenant}\"."),
      N_ ("Set tenant to that tenant's name or id in [account %{account}]; then run: oauth-setup "
          "login %{account}")),
  NUMBER (9001023, N_ ("This grant needs a tenant of its own, and the tenant is \"%{tenant}\"."),
          N_ ("Set tenant to the organisation's name or id in [account %{account}]; then run: "
              "oauth-setup login %{account}")),
  NUMBER (9002332,
          N_ ("The application %{client-id} is for work and school accounts only, and the tenant "
              "is \"%{tenant}\"."),
          N_ ("Set tenant to the organisation's name or id, or register the application for "
              "personal accounts, too; then run: oauth-setup login %{account}")),
  NUMBER (
      90002, N_ ("There is no tenant \"%{tenant}\" in this cloud."),
      N_ ("Correct tenant of [account %{account}], or choose the provider of its national cloud.")),
  NUMBER (90038, N_ ("The tenant \"%{tenant}\" belongs to another national cloud."),
          N_ ("Choose the provider of that cloud for [account %{account}]; oauth-setup login lists "
              "them.")),
  NUMBER (900023, N_ ("\"%{tenant}\" is neither a tenant's id nor one of its domains."),
          N_ ("Correct tenant of [account %{account}].")),

  /* Microsoft calls these transient, or asks to slow down. */
  PASSING (50196,
           N_ ("Microsoft saw too many equal requests in a short time and takes them for a loop."),
           N_ ("Wait five minutes; jobs try again by themselves.")),
  PASSING (ANY (90033, 90006, 50033, 90024, 90041),
           N_ ("Microsoft's sign-in service is out of order for the moment."),
           N_ ("Wait some minutes; jobs try again by themselves.")),
  PASSING (90012, N_ ("The request took Microsoft's sign-in service too long."),
           N_ ("Wait some minutes; jobs try again by themselves.")),

  /* Google: people's sign-ins. */
  WORDS (
      "invalid_grant", "expired or revoked",
      N_ ("The sign-in has ended: most likely because the consent screen of the application is "
          "External and in Testing, where Google ends each sign-in after 7 days; else because it "
          "was not used for six months, the password of %{login-user} was changed, access was "
          "withdrawn by person or administrator, or over 100 sign-ins of the account exist."),
      N_ ("Publish the application (or make it Internal), so that it lasts, and run: oauth-setup "
          "login %{account}")),
  WORDS ("invalid_grant", "invalid_rapt",
         N_ ("The organisation's Google Cloud session control asks for a new sign-in every few "
             "hours."),
         N_ ("Exempt trusted applications in the Admin console (Security > Google Cloud session "
             "control) and trust %{client-id}; then run: oauth-setup login %{account}")),
  WORDS ("invalid_grant", "account has been deleted", N_ ("The account %{login-user} was deleted."),
         N_ ("Restore it in the Google Admin console within 20 days, or set another login-user; "
             "then run: oauth-setup login %{account}")),
  WORDS (
      "invalid_scope", "device flow",
      N_ ("Google's device flow refuses the permission to send mail (https://mail.google.com/)."),
      N_ ("Sign in by --grant code, or in Google Workspace by --grant service-account.")),
  WORDS ("invalid_client", "oauth client was not found",
         N_ ("Google knows no OAuth client %{client-id}."),
         N_ ("Copy the whole client id, which ends in .apps.googleusercontent.com, to client-id of "
             "[account %{account}]; if it was deleted, create a new one.")),
  WORDS ("invalid_client", "TVs and Limited Input",
         N_ ("The OAuth client %{client-id} is not of the kind for devices, and Google's device "
             "flow does not let anybody send mail."),
         N_ ("Create one of the kind Desktop app and sign in by --grant code.")),
  WORDS ("invalid_client", "client secret is invalid", N_ ("The client secret is wrong."),
         N_ ("Put the secret of the OAuth client %{client-id} into the file that "
             "client-secret-file names.")),
  WORDS ("invalid_request", "client_secret is missing",
         N_ ("Google wants the client secret, of desktop applications, too."),
         N_ ("Put the secret of the OAuth client %{client-id} into a file and set "
             "client-secret-file.")),

  /* Google: service accounts (RFC 7523). */
  WORDS ("unauthorized_client", "client is unauthorized to retrieve access tokens",
         N_ ("The service account has no domain-wide delegation for %{login-user} and this scope."),
         N_ ("Let an administrator add the service account's client id with the scope "
             "https://mail.google.com/ in the Admin console (Security > API controls > Domain-wide "
             "delegation); it takes up to a day.")),
  WORDS (
      "invalid_grant", "robot is disabled",
      N_ ("The service account of service-account-file is disabled, or its project was deleted."),
      N_ ("Enable it in the Google Cloud console (IAM & Admin > Service accounts), or make a new "
          "one.")),
  WORDS ("invalid_grant", "invalid email or user id",
         N_ ("%{login-user} is not a user of the Google Workspace that the service account may act "
             "in."),
         N_ ("Set login-user to the mailbox's primary address (not a group or an alias).")),
  WORDS (
      "invalid_grant", "account not found",
      N_ ("Google knows no service account of this name, or not the user %{login-user}."),
      N_ ("Check that the service account of service-account-file still exists, and login-user.")),
  WORDS ("invalid_grant", "invalid jwt signature",
         N_ ("The key in service-account-file is no longer one of the service account."),
         N_ ("Create a new key in the Google Cloud console (Service accounts > Keys) and put its "
             "JSON file in the place of the old one.")),
  WORDS ("invalid_grant", "short-lived token",
         N_ ("The time of this computer is too far from Google's."),
         N_ ("Set the clock (timedatectl set-ntp true) and try again.")),
  WORDS ("invalid_scope", "invalid oauth scope", N_ ("The scope is not one that Google knows."),
         N_ ("Set scope to https://mail.google.com/ in [account %{account}], or remove it for the "
             "provider's own.")),

  /* Keycloak. */
  WORDS ("invalid_grant", "session not active",
         N_ ("The session of %{login-user} at the server has ended, and with it the sign-in."),
         N_ ("Ask for offline_access in scope, so that it outlives the session, and run: "
             "oauth-setup login %{account}")),
  WORDS ("invalid_grant", "token is not active",
         N_ ("The sign-in was not used for as long as the server keeps it."),
         N_ ("Let \"oauth-setup refresh --all\" run daily (its timer does), ask for offline_access "
             "in scope, and run: oauth-setup login %{account}")),
  WORDS ("invalid_grant", "refresh token reuse exceeded",
         N_ ("A refresh token was used twice, so the server has ended the sign-in for safety."),
         N_ ("Let no other machine or copy use the tokens of %{account}, and run: oauth-setup "
             "login %{account}")),
};
const gsize se_error_details_length = G_N_ELEMENTS (se_error_details);
