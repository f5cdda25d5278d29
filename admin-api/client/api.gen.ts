// Written by `npm run openapi` from docs/openapi.json; not edited by hand.

export interface paths {
  '/livez': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Whether the process answers */
    get: operations['getLiveness'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/readyz': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Whether the server takes logins and calls, or why not */
    get: operations['getReadiness'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/openapi.json': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** This API as an OpenAPI 3.1 document */
    get: operations['getOpenApi'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/docs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** This API as a page to read */
    get: operations['getDocs'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/metrics': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Metrics in the text format of Prometheus; the read is not recorded */
    get: operations['getMetrics'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/agencies': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Agencies, in the order of their codes unless sorted otherwise */
    get: operations['listAgencies'];
    put?: never;
    /** Make an agency with its directories; code and kind stay */
    post: operations['createAgency'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/agencies/{code}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One agency */
    get: operations['getAgency'];
    put?: never;
    post?: never;
    /** Remove an agency that has neither users nor files; its code stays taken */
    delete: operations['removeAgency'];
    options?: never;
    head?: never;
    /** Change an agency (RFC 7396) */
    patch: operations['changeAgency'];
    trace?: never;
  };
  '/v1/users': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Users, in the order of their names unless sorted otherwise; removed ones only when asked for */
    get: operations['listUsers'];
    put?: never;
    /** Make a user; keys and a password are given separately */
    post: operations['createUser'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/users/{username}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One user */
    get: operations['getUser'];
    put?: never;
    post?: never;
    /** Remove a user with its keys and password, and end its logins; the name stays taken */
    delete: operations['removeUser'];
    options?: never;
    head?: never;
    /** Change a user (RFC 7396); its logins are ended if they would now be refused, given other rights, or expire sooner */
    patch: operations['changeUser'];
    trace?: never;
  };
  '/v1/users/{username}/keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Keys of a user, the oldest first */
    get: operations['listUserKeys'];
    put?: never;
    /** Add a public key to a user */
    post: operations['addUserKey'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/users/{username}/keys/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One key */
    get: operations['getUserKey'];
    put?: never;
    post?: never;
    /** Remove a key, and end the user's logins */
    delete: operations['removeUserKey'];
    options?: never;
    head?: never;
    /** Change the label, the expiry or the device rules of a key (RFC 7396); what takes something away ends logins */
    patch: operations['changeUserKey'];
    trace?: never;
  };
  '/v1/keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Keys of all users: which are unused, weak, about to expire or expired, the most urgent first */
    get: operations['listKeys'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/users/{username}/keys/{id}/rotations': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Put a new key in the place of one, which goes on working for some days */
    post: operations['rotateUserKey'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/users/{username}/password': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /** Set a user's password, and end the user's logins */
    put: operations['setPassword'];
    post?: never;
    /** Remove a user's password, and end the user's logins */
    delete: operations['removePassword'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/second-factors': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Who has one-time codes and who has none, in the order of user names */
    get: operations['listSecondFactors'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/users/{username}/totp': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The one-time codes of a user */
    get: operations['getSecondFactor'];
    /** Make a secret for the authenticator of a user; a first code confirms it */
    put: operations['enrolTotp'];
    post?: never;
    /** Take away a user's one-time codes and recovery codes, and end the logins they let in */
    delete: operations['removeTotp'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/users/{username}/totp/confirmation': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Take the secret into use with a first code of it, and make recovery codes */
    post: operations['confirmTotp'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/users/{username}/totp/recovery-codes': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Make recovery codes anew; those before are good no more */
    post: operations['makeRecoveryCodes'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/locks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Users who are locked now, in the order of their names */
    get: operations['listLocks'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/users/{username}/lock': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Unlock a user, and forget the failed logins */
    delete: operations['unlockUser'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/legacy-interop': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Agencies with older SSH algorithms, and who still needs them */
    get: operations['reportLegacyInterop'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/agencies/{code}/legacy-interop': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** From where and until when an agency may use older SSH algorithms */
    get: operations['getLegacyInterop'];
    /** Let an agency use older SSH algorithms for a while, in place of the grant before */
    put: operations['grantLegacyInterop'];
    post?: never;
    /** Take the older SSH algorithms away, and end the logins that use them */
    delete: operations['endLegacyInterop'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/agencies/{code}/user-cas': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Authorities of an agency, the oldest first */
    get: operations['listUserCas'];
    put?: never;
    /** Let an authority certify users of an agency */
    post: operations['addUserCa'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/agencies/{code}/user-cas/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One authority */
    get: operations['getUserCa'];
    put?: never;
    post?: never;
    /** Remove an authority, and end the logins by its certificates */
    delete: operations['removeUserCa'];
    options?: never;
    head?: never;
    /** Change an authority (RFC 7396); logins by its certificates that would not be let in any more end */
    patch: operations['changeUserCa'];
    trace?: never;
  };
  '/v1/agencies/{code}/certificate-revocations': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What is revoked, the oldest first */
    get: operations['listCertificateRevocations'];
    put?: never;
    /** Revoke a certificate or a certified key, and end the logins by it */
    post: operations['revokeCertificate'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/agencies/{code}/certificate-revocations/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One revocation */
    get: operations['getCertificateRevocation'];
    put?: never;
    post?: never;
    /** Take a revocation back */
    delete: operations['removeCertificateRevocation'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/bans': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Sources that are kept out now, in the order of their text */
    get: operations['listBans'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/bans/{source}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Let a source in again; an IPv6 address stands for its /64 */
    delete: operations['liftBan'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/sessions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Logins that are up, the oldest first, with what they move */
    get: operations['listSessions'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/sessions/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One login, with what it moves */
    get: operations['getSession'];
    put?: never;
    post?: never;
    /** End a login; what it was sending stays as a partial upload */
    delete: operations['endSession'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/files': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The entries of a directory in the order of their names, or the file that the path names */
    get: operations['listFiles'];
    put?: never;
    /** Make a directory */
    post: operations['createDirectory'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/files/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One file or directory */
    get: operations['getFile'];
    put?: never;
    post?: never;
    /** Destroy a file with its earlier versions, or take away an empty directory */
    delete: operations['removeFile'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/files/{id}/versions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What a file holds and held, the newest first */
    get: operations['listFileVersions'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/files/{id}/versions/{versionId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Destroy a previous version; only its record stays */
    delete: operations['removeFileVersion'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/files/{id}/versions/{versionId}/restoration': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Make a previous version the content again; what is that now becomes a previous one */
    post: operations['restoreFileVersion'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/files/{id}/content': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The content of a file; each download is a transfer of its own */
    get: operations['getFileContent'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    /** What a GET would tell of the content of a file; each download is a transfer of its own */
    head: operations['headFileContent-head'];
    patch?: never;
    trace?: never;
  };
  '/v1/files/{id}/versions/{versionId}/content': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The content of a version of a file, while it is kept; each download is a transfer of its own */
    get: operations['getFileVersionContent'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    /** What a GET would tell of the content of a version of a file, while it is kept; each download is a transfer of its own */
    head: operations['headFileVersionContent-head'];
    patch?: never;
    trace?: never;
  };
  '/v1/files/content': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The content of the file at a path; each download is a transfer of its own */
    get: operations['getFileContentAt'];
    /** Upload a file; the answer comes once it is published, whole and durable */
    put: operations['putFileContent'];
    post?: never;
    delete?: never;
    options?: never;
    /** What a GET would tell of the content of the file at a path; each download is a transfer of its own */
    head: operations['headFileContentAt-head'];
    patch?: never;
    trace?: never;
  };
  '/v1/transfers': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Uploads and downloads by their start, which from and to are about. A search for what is rare may answer a page with few items, or none, and a nextCursor to go on with */
    get: operations['listTransfers'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/transfers/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One transfer, with its version, its login and its rows of the ledger */
    get: operations['getTransfer'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/holds': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Legal holds, the newest first */
    get: operations['listHolds'];
    put?: never;
    /** Place a hold. What it is on stays; another hold says otherwise */
    post: operations['placeHold'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/holds/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One hold */
    get: operations['getHold'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /** Change the reason, the authority or the end of a hold that stands (RFC 7396) */
    patch: operations['changeHold'];
    trace?: never;
  };
  '/v1/holds/{id}/lifting': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Lift a hold, with the reason: what it kept may go from then on */
    post: operations['liftHold'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/retention-jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Retention jobs, in the order of their names */
    get: operations['listRetentionJobs'];
    put?: never;
    /** Make a job; its agency stays. Without needsApproval: true its runs purge by themselves */
    post: operations['createRetentionJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/retention-jobs/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One job, with its next five runs */
    get: operations['getRetentionJob'];
    put?: never;
    post?: never;
    /** Remove a job that has no run under way; its runs and certificates stay */
    delete: operations['removeRetentionJob'];
    options?: never;
    head?: never;
    /** Change a job (RFC 7396). A plan that was made by another rule can no longer be approved */
    patch: operations['changeRetentionJob'];
    trace?: never;
  };
  '/v1/retention-runs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Runs of all jobs, the newest first */
    get: operations['listAllRetentionRuns'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/retention-jobs/{id}/runs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Runs of one job, the newest first */
    get: operations['listRetentionRuns'];
    put?: never;
    /** Start a run, or a dry one, which only says what would go */
    post: operations['startRetentionRun'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/retention-jobs/{id}/runs/{runId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One run: what it planned, how far it is, and what it came to */
    get: operations['getRetentionRun'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/retention-jobs/{id}/runs/{runId}/approval': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Have exactly this plan carried out. Where its job needs approval: with another key than asked for the run, and than changed the job last */
    post: operations['approveRetentionRun'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/retention-jobs/{id}/runs/{runId}/cancellation': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Stop a run or give a plan up; what is purged stays purged */
    post: operations['cancelRetentionRun'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/retention-jobs/{id}/runs/{runId}/items': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What a run is about, in the order of its plan: in pages, or the whole of it as text/csv */
    get: operations['listRetentionItems'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/retention-report': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What expires in the next days by agency, what is overdue, and the oldest file of each agency; JSON, or a page to print */
    get: operations['getRetentionReport'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/retention-clock': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The time that retention goes by, and whether it waits for a confirmation */
    get: operations['getRetentionClock'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/retention-clock/confirmation': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Say that the time is right, so that retention goes on */
    post: operations['confirmRetentionClock'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/certificates': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Destruction certificates, the newest first. A page may have fewer than asked for though there is a next one */
    get: operations['searchCertificates'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/certificates/export': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** All certificates that a search finds: each with its signature on a line of JSON, as CSV, or as a page to print */
    get: operations['exportCertificates'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/certificates/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One certificate with its signature, or a page to print */
    get: operations['getCertificate'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/certificates/{id}/text': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What is signed, to the byte */
    get: operations['getCertificateText'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/certificates/{id}/signature': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The signature, as `ssh-keygen -Y verify -s` takes it */
    get: operations['getCertificateSignature'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/allowed-signers': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The public keys that ever signed here, as `ssh-keygen -Y verify -f` takes them */
    get: operations['getAllowedSigners'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/receipts': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Receipts of senders, the newest first; from and to are when they were issued. A page may have fewer than asked for though there is a next one */
    get: operations['searchReceipts'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/receipts/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One receipt with its signature */
    get: operations['getReceipt'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/receipts/{id}/text': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What is signed, to the byte */
    get: operations['getReceiptText'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/receipts/{id}/signature': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The signature, as `ssh-keygen -Y verify -s` takes it */
    get: operations['getReceiptSignature'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Sessions and transfers as they come and go, and how far transfers are, as server-sent events */
    get: operations['readEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audit': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Rows of the audit ledger, the newest first */
    get: operations['searchAudit'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audit/export': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Rows of the ledger, the oldest first, with the checkpoints that sign them; as many as it takes to end with one */
    get: operations['exportAudit'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audit/proofs/{seq}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What proves that one row is in the ledger, in a file that stands alone */
    get: operations['proveAuditRow'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audit/verification': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Walk the ledger and tell whether a row or a checkpoint is missing or altered */
    get: operations['verifyAudit'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audit/checkpoints': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The signed checkpoints of the ledger */
    get: operations['listCheckpoints'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audit/archives': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Ranges of the ledger that were sealed into files, the newest first */
    get: operations['listAuditArchives'];
    put?: never;
    /** Seal the rows of before a time, at least seven years ago, into a file, and delete them: a signed stub stays */
    post: operations['archiveAudit'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/reports/access': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Logins, and files sent and collected, by agency and user. Of one agency: what its users did, and what others did in its tree */
    get: operations['getAccessReport'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/reports/refused-logins': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Refused logins by the claimed user, the reason and the address. Of one agency: those that claimed one of its users */
    get: operations['getRefusedLoginsReport'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/reports/readers': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Who read which file: by path, by content (SHA-256), or by file through its renames */
    get: operations['getReadersReport'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/reports/bulk-transfers': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What was received, moved on and disposed of, in the columns of IRS Publication 1075 section 2.A.2. Of one agency: what came into its tree */
    get: operations['getBulkTransfersReport'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/reports/disclosures': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What users of one agency read of what another one sent: to whom, what, why and when. Of one agency: what it disclosed, and what was disclosed to it */
    get: operations['getDisclosuresReport'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/reports/clients': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Clients and algorithms that logins were made with, by agency */
    get: operations['getClientsReport'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/reviews': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The weekly reviews, the newest first */
    get: operations['listReviews'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/reviews/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One weekly review: JSON, its figures as CSV, or a page to print */
    get: operations['getReview'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/reviews/{id}/acknowledgement': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Say that the review of a week was looked at; once, and when the week is over */
    post: operations['acknowledgeReview'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audit/redactions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Take the name of a file that is gone out of the ledger, for good
     * @description The rows stay, and so do their hashes: in place of the name there is a commitment, and what opened it is destroyed.
     */
    post: operations['redactName'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/forwarders': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Destinations that the configuration has the ledger forwarded to */
    get: operations['listForwarders'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/forwarders/{name}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One destination: how far it is, and what it fails at */
    get: operations['getForwarder'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /** Pause a destination, let it go on, or have rows sent to it again */
    patch: operations['changeForwarder'];
    trace?: never;
  };
  '/v1/admin-keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Keys to this API, the oldest first */
    get: operations['listAdminKeys'];
    put?: never;
    /** Make a key that is allowed no more than the calling one; its secret is shown this once */
    post: operations['createAdminKey'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/admin-keys/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One key */
    get: operations['getAdminKey'];
    put?: never;
    post?: never;
    /** Remove a key; its next call is refused */
    delete: operations['removeAdminKey'];
    options?: never;
    head?: never;
    /** Change a key (RFC 7396), to no more than the calling one is allowed */
    patch: operations['changeAdminKey'];
    trace?: never;
  };
  '/v1/admin-keys/{id}/rotations': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Give a key a new secret, shown this once; the one before works for a day more, or as long as is asked for */
    post: operations['rotateAdminKey'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/pending-changes': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Changes that take two administrators, the newest first */
    get: operations['listPendingChanges'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/pending-changes/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One change */
    get: operations['getPendingChange'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/pending-changes/{id}/approval': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Carry a change out that another administrator asked for; what it is refused for is answered as it is */
    post: operations['approvePendingChange'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/pending-changes/{id}/rejection': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Let a change be; also for who asked for it */
    post: operations['rejectPendingChange'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/users/imports': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Make the users and keys of a file that are not there yet; nobody who is there is changed, so the same file again does nothing. Rows with keys need keys:write, too */
    post: operations['importUsers'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /** @description Why a request was refused (RFC 9457) */
    Problem: {
      type: string;
      title: string;
      status: number;
      detail: string;
      /** @enum {unknown} */
      code:
        | 'not-found'
        | 'parent-not-found'
        | 'already-exists'
        | 'is-a-directory'
        | 'not-a-directory'
        | 'directory-not-empty'
        | 'permission-denied'
        | 'name-invalid'
        | 'path-too-long'
        | 'quota-exceeded'
        | 'digest-mismatch'
        | 'storage-full'
        | 'storage-failed'
        | 'content-corrupt'
        | 'upload-incomplete'
        | 'file-busy'
        | 'held'
        | 'upload-superseded'
        | 'message-malformed'
        | 'operation-unsupported'
        | 'handle-invalid'
        | 'handle-limit'
        | 'range-invalid'
        | 'session-ended'
        | 'server-stopping'
        | 'memory-short'
        | 'user-unknown'
        | 'user-disabled'
        | 'user-expired'
        | 'address-not-allowed'
        | 'method-not-allowed'
        | 'key-unknown'
        | 'key-expired'
        | 'key-weak'
        | 'signature-invalid'
        | 'touch-missing'
        | 'verification-missing'
        | 'certificate-malformed'
        | 'certificate-type-wrong'
        | 'certificate-option-unknown'
        | 'certificate-authority-unknown'
        | 'certificate-authority-expired'
        | 'certificate-forged'
        | 'certificate-revoked'
        | 'certificate-early'
        | 'certificate-expired'
        | 'certificate-principal-missing'
        | 'certificate-address-not-allowed'
        | 'password-wrong'
        | 'password-temporary'
        | 'password-expired'
        | 'password-unacceptable'
        | 'code-wrong'
        | 'code-used'
        | 'totp-missing'
        | 'totp-blocked'
        | 'second-factor-missing'
        | 'proof-malformed'
        | 'attempts-exceeded'
        | 'sessions-exceeded'
        | 'hashing-busy'
        | 'algorithm-not-allowed'
        | 'account-locked'
        | 'address-banned'
        | 'connections-exceeded'
        | 'connections-exceeded-from-source'
        | 'connections-dropped'
        | 'connection-rate-exceeded'
        | 'login-timeout'
        | 'login-missing'
        | 'field-invalid'
        | 'key-private'
        | 'conflict'
        | 'name-used'
        | 'precondition-failed'
        | 'idempotency-key-reused'
        | 'request-under-way'
        | 'answer-lost'
        | 'rate-exceeded'
        | 'agency-not-allowed'
        | 'approval-not-allowed'
        | 'credentials-missing'
        | 'credentials-wrong'
        | 'scope-missing'
        | 'route-unknown'
        | 'body-too-large'
        | 'media-type-unsupported'
        | 'configuration-invalid'
        | 'data-directory-in-use'
        | 'data-directory-unusable'
        | 'database-unusable'
        | 'key-material-unusable'
        | 'address-unavailable'
        | 'ledger-unavailable'
        | 'forwarding-failed'
        | 'unavailable'
        | 'internal';
      errors: {
        pointer: string;
        detail: string;
      }[];
      requestId: string;
    };
    /** @description An agency */
    Agency: {
      /** @description 2 to 32 lower-case letters, digits and hyphens, a letter first */
      code: string;
      /**
       * @description text of 1 to 200 characters on one line
       * @example Alameda County
       */
      name: string;
      /**
       * @description lcsa, state or partner
       * @enum {unknown}
       */
      kind: 'lcsa' | 'state' | 'partner';
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      updatedAt: string;
    };
    PathRule: {
      /** @description an absolute path of whole names, where * alone stands for any one name */
      path: string;
      /** @description a list of list, read, write, overwrite, delete, rename, mkdir */
      allow: ('list' | 'read' | 'write' | 'overwrite' | 'delete' | 'rename' | 'mkdir')[];
    };
    /** @description A user */
    User: {
      /** @description 2 to 32 lower-case letters, digits, dots, underscores and hyphens, a letter first; never used again */
      username: string;
      /** @description the code of an agency */
      agency: string;
      /** @description text of 1 to 200 characters on one line */
      displayName: string;
      /** @enum {unknown} */
      status: 'active' | 'disabled' | 'removed';
      /** @description ways to log in, each a list of proofs that are all needed, such as [["publickey","password"]]; totp, a one-time code, comes last */
      loginMethods: ('publickey' | 'password' | 'totp')[][];
      /** @description null: the default of the agency's kind */
      permissions: components['schemas']['PathRule'][] | null;
      /** @description a list of IPv4 or IPv6 addresses or CIDR blocks; an empty one is everywhere */
      allowedCidrs: string[];
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      expiresAt: string | null;
      quotaBytes: number | null;
      /** @description a whole number, 1 or more */
      maxSessions: number;
      /**
       * @description person or service: a job that logs in without a person
       * @enum {unknown}
       */
      accountKind: 'person' | 'service';
      /** @description what holds, default or not */
      effectivePermissions: components['schemas']['PathRule'][];
      hasPassword: boolean;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      passwordSetAt: string | null;
      /** @description it has to be changed at its first use */
      passwordTemporary: boolean;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      lastLoginAt: string | null;
      /** @description since the last login; too many lock the user */
      failedLogins: number;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      lockedUntil: string | null;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      updatedAt: string;
    };
    /** @description A public key of a user */
    UserKey: {
      id: string;
      type: string;
      bits: number;
      /** @description SHA256:..., as ssh-keygen -l prints it */
      fingerprint: string;
      /** @description an OpenSSH line without its comment */
      publicKey: string;
      label: string;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      expiresAt: string | null;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      createdAt: string;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      lastUsedAt: string | null;
      /**
       * @description address and port
       * @example 192.0.2.7:50022
       */
      lastUsedFrom: string | null;
      /**
       * @description what the client called itself
       * @example OpenSSH_9.2p1
       */
      lastUsedClient: string | null;
      /**
       * @description what the key signed with
       * @example ssh-ed25519
       */
      lastUsedAlgorithm: string | null;
      /** @description the id of the key that a rotation put in its place */
      replacedBy: string | null;
      /** @description of a key in a security device (sk-): each login takes a touch of it; true unless it is set otherwise */
      touchRequired: boolean;
      /** @description of a key in a security device (sk-): the device must have verified the user, by a PIN or a finger */
      verifyRequired: boolean;
    };
    /** @description A public key and whose it is */
    OwnedKey: {
      username: string;
      agency: string;
      /** @enum {unknown} */
      userStatus: 'active' | 'disabled' | 'removed';
      id: string;
      type: string;
      bits: number;
      /** @description SHA256:..., as ssh-keygen -l prints it */
      fingerprint: string;
      /** @description an OpenSSH line without its comment */
      publicKey: string;
      label: string;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      expiresAt: string | null;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      createdAt: string;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      lastUsedAt: string | null;
      /**
       * @description address and port
       * @example 192.0.2.7:50022
       */
      lastUsedFrom: string | null;
      /**
       * @description what the client called itself
       * @example OpenSSH_9.2p1
       */
      lastUsedClient: string | null;
      /**
       * @description what the key signed with
       * @example ssh-ed25519
       */
      lastUsedAlgorithm: string | null;
      /** @description the id of the key that a rotation put in its place */
      replacedBy: string | null;
      /** @description of a key in a security device (sk-): each login takes a touch of it; true unless it is set otherwise */
      touchRequired: boolean;
      /** @description of a key in a security device (sk-): the device must have verified the user, by a PIN or a finger */
      verifyRequired: boolean;
    };
    /** @description The key that takes over, and the one that it takes over from */
    KeyRotation: {
      added: components['schemas']['UserKey'];
      replaced: components['schemas']['UserKey'];
    };
    /** @description What became of each row of a file of users */
    UserImport: {
      dryRun: boolean;
      atomic: boolean;
      /** @description false after a dry run, and where a row of an atomic import was refused: then nothing was changed, and outcomes are what would have been */
      applied: boolean;
      rows: number;
      created: number;
      unchanged: number;
      refused: number;
      /** @description one for each row of the file, in its order */
      items: {
        /** @description as a spreadsheet counts: the first row is the header; in NDJSON the line */
        row: number;
        username: string;
        /**
         * @description created: the user, or keys of a user who is there
         * @enum {unknown}
         */
        outcome: 'created' | 'unchanged' | 'refused';
        keysAdded: number;
        /** @description why the row was refused */
        problem: {
          /** @enum {unknown} */
          code:
            | 'not-found'
            | 'parent-not-found'
            | 'already-exists'
            | 'is-a-directory'
            | 'not-a-directory'
            | 'directory-not-empty'
            | 'permission-denied'
            | 'name-invalid'
            | 'path-too-long'
            | 'quota-exceeded'
            | 'digest-mismatch'
            | 'storage-full'
            | 'storage-failed'
            | 'content-corrupt'
            | 'upload-incomplete'
            | 'file-busy'
            | 'held'
            | 'upload-superseded'
            | 'message-malformed'
            | 'operation-unsupported'
            | 'handle-invalid'
            | 'handle-limit'
            | 'range-invalid'
            | 'session-ended'
            | 'server-stopping'
            | 'memory-short'
            | 'user-unknown'
            | 'user-disabled'
            | 'user-expired'
            | 'address-not-allowed'
            | 'method-not-allowed'
            | 'key-unknown'
            | 'key-expired'
            | 'key-weak'
            | 'signature-invalid'
            | 'touch-missing'
            | 'verification-missing'
            | 'certificate-malformed'
            | 'certificate-type-wrong'
            | 'certificate-option-unknown'
            | 'certificate-authority-unknown'
            | 'certificate-authority-expired'
            | 'certificate-forged'
            | 'certificate-revoked'
            | 'certificate-early'
            | 'certificate-expired'
            | 'certificate-principal-missing'
            | 'certificate-address-not-allowed'
            | 'password-wrong'
            | 'password-temporary'
            | 'password-expired'
            | 'password-unacceptable'
            | 'code-wrong'
            | 'code-used'
            | 'totp-missing'
            | 'totp-blocked'
            | 'second-factor-missing'
            | 'proof-malformed'
            | 'attempts-exceeded'
            | 'sessions-exceeded'
            | 'hashing-busy'
            | 'algorithm-not-allowed'
            | 'account-locked'
            | 'address-banned'
            | 'connections-exceeded'
            | 'connections-exceeded-from-source'
            | 'connections-dropped'
            | 'connection-rate-exceeded'
            | 'login-timeout'
            | 'login-missing'
            | 'field-invalid'
            | 'key-private'
            | 'conflict'
            | 'name-used'
            | 'precondition-failed'
            | 'idempotency-key-reused'
            | 'request-under-way'
            | 'answer-lost'
            | 'rate-exceeded'
            | 'agency-not-allowed'
            | 'approval-not-allowed'
            | 'credentials-missing'
            | 'credentials-wrong'
            | 'scope-missing'
            | 'route-unknown'
            | 'body-too-large'
            | 'media-type-unsupported'
            | 'configuration-invalid'
            | 'data-directory-in-use'
            | 'data-directory-unusable'
            | 'database-unusable'
            | 'key-material-unusable'
            | 'address-unavailable'
            | 'ledger-unavailable'
            | 'forwarding-failed'
            | 'unavailable'
            | 'internal';
          detail: string;
          errors: {
            /** @description into the row */
            pointer: string;
            detail: string;
          }[];
        } | null;
      }[];
    };
    /** @description A user who is locked after too many failed logins */
    Lock: {
      username: string;
      agency: string;
      /** @description those that locked the user */
      failedLogins: number;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      lockedAt: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      lockedUntil: string;
    };
    /** @description The one-time codes of a user */
    SecondFactor: {
      username: string;
      agency: string;
      /**
       * @description pending: a secret was made, and no code of it was given yet
       * @enum {unknown}
       */
      state: 'none' | 'pending' | 'confirmed';
      /** @description one of the ways to log in takes a one-time code */
      askedFor: boolean;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      confirmedAt: string | null;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      lastUsedAt: string | null;
      /** @description by how many steps of 30 s the authenticator was ahead when it was used last */
      driftSteps: number;
      recoveryCodesLeft: number;
      /** @description 100 codes were wrong in a row: until a recovery code was used none is taken */
      blocked: boolean;
    };
    /** @description A secret for an authenticator */
    TotpEnrolment: {
      username: string;
      /** @description base32, to be typed; shown this once */
      secret: string;
      /**
       * @description otpauth URI, as a QR code holds it
       * @example otpauth://totp/Waybill:amy?issuer=Waybill&secret=JBSWY3DPEHPK3PXP
       */
      uri: string;
      /**
       * @description a PNG of the QR code, base64
       * @example iVBORw0KGgoAAAANSUhEUgAA
       */
      qrCodePng: string;
    };
    /** @description From where and until when an agency may use older SSH algorithms */
    LegacyGrant: {
      agency: string;
      /**
       * @description the addresses or CIDR blocks that the agency connects from; one at least, none wider than /16 (IPv6 /32)
       * @example [
       *       "192.0.2.0/28"
       *     ]
       */
      allowedCidrs: string[];
      /**
       * @description text of 1 to 200 characters on one line
       * @example mainframe job, replaced in March
       */
      reason: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      expiresAt: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      grantedAt: string;
    };
    /** @description Who of an agency still needs older SSH algorithms */
    LegacyUse: {
      agency: string;
      /** @description null where there is none */
      grant: components['schemas']['LegacyGrant'] | null;
      /** @description those who ever logged in over older algorithms */
      users: {
        username: string;
        /** @description over older algorithms, ever */
        logins: number;
        /**
         * Format: date-time
         * @description a time such as 2030-01-31T00:00:00Z
         */
        lastAt: string;
        /**
         * @description address:port
         * @example 203.0.113.9:50412
         */
        lastFrom: string;
        /** @description the identification string of its program */
        client: string;
        algorithms: {
          [key: string]: string;
        };
      }[];
    };
    /** @description A key with which an agency certifies keys of its users */
    UserCa: {
      id: string;
      agency: string;
      type: string;
      bits: number;
      /** @description SHA256:..., as ssh-keygen -l prints it */
      fingerprint: string;
      /** @description an OpenSSH line without its comment */
      publicKey: string;
      label: string;
      /**
       * @description the user names that it may certify, each a principal of its certificates; an empty list is every user of the agency
       * @example [
       *       "amy",
       *       "nightly-batch"
       *     ]
       */
      principals: string[];
      /** @description a login by its certificates takes a key in a security device (sk-) that verified the user */
      verifyRequired: boolean;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      expiresAt: string | null;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      createdAt: string;
    };
    /** @description What no certificate of an agency lets in any more */
    CertificateRevocation: {
      id: string;
      agency: string;
      /**
       * @description what a certificate is known by: its serial, its key id, or the certified key
       * @enum {unknown}
       */
      kind: 'serial' | 'key-id' | 'key';
      /**
       * @description a serial in decimal, a key id as it is, or the fingerprint of the certified key, SHA256:...
       * @example 1042
       */
      value: string;
      /**
       * @description text of 1 to 200 characters on one line
       * @example laptop lost on 3 March
       */
      reason: string;
      /** @description fingerprint of the one authority that it is about, SHA256:...; a serial takes it; null is any */
      authority: string | null;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      createdAt: string;
    };
    /** @description A source whose connections are closed for a while */
    Ban: {
      /**
       * @description an IPv4 address, or an IPv6 /64
       * @example 198.51.100.23
       */
      source: string;
      /**
       * @description what it was for, the last one
       * @example password-wrong
       */
      reason: string;
      /** @description failures that are counted so far */
      failures: number;
      /** @description connections that were closed without a word */
      refusedConnections: number;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      since: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      until: string;
    };
    /** @description A login that is up */
    Session: {
      id: string;
      username: string;
      agency: string;
      /** @description address:port */
      source: string;
      /** @description its identification string */
      client: string;
      /** @description as negotiated: kex, hostKey, cipher, mac */
      algorithms: {
        [key: string]: string;
      };
      /** @description what the login showed, in order */
      proofs: string[];
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      startedAt: string;
      /** @description of files, to the client, as last heard */
      bytesRead: number;
      /** @description of files, from the client, as last heard */
      bytesWritten: number;
      /** @description over the last ten seconds */
      readBytesPerSecond: number;
      /** @description over the last ten seconds */
      writtenBytesPerSecond: number;
      openFiles: {
        transferId: string;
        agency: string;
        /** @description inside the agency's tree, as it was when it was opened */
        path: string;
        /** @enum {unknown} */
        direction: 'upload' | 'download';
        /** @description so far, as last heard */
        bytes: number;
        /** @description null of an upload */
        size: number | null;
      }[];
    };
    /** @description A published file or a directory */
    File: {
      id: string;
      agency: string;
      /** @description inside the agency's tree */
      path: string;
      name: string;
      /** @enum {unknown} */
      kind: 'file' | 'directory';
      /** @description bytes */
      size: number;
      /** @description of the content, hex; null for a directory */
      sha256: string | null;
      /** @description another one each time the content is replaced */
      version: string | null;
      transferId: string | null;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      receivedAt: string | null;
      /** @description a user name, or admin: and the name of an admin key */
      receivedFrom: string | null;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      modifiedAt: string;
    };
    /** @description What a file holds, or held */
    FileVersion: {
      id: string;
      /**
       * @description a previous one can be read and restored; of a destroyed one this is all there is
       * @enum {unknown}
       */
      state: 'current' | 'previous' | 'destroyed';
      /** @description bytes */
      size: number;
      /** @description of the content, hex */
      sha256: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      receivedAt: string;
      /** @description a user name, or admin: and the name of an admin key */
      receivedFrom: string | null;
      transferId: string | null;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      replacedAt: string | null;
    };
    /** @description One upload or download */
    Transfer: {
      id: string;
      /**
       * @description upload or download
       * @enum {unknown}
       */
      direction: 'upload' | 'download';
      /** @description a user name, or admin: and the name of an admin key */
      username: string;
      agency: string;
      path: string;
      fileId: string | null;
      sessionId: string;
      source: string;
      client: string;
      /**
       * @description receiving, published, partial, unchanged, sending, completed, incomplete or discarded
       * @enum {unknown}
       */
      state:
        | 'receiving'
        | 'published'
        | 'partial'
        | 'unchanged'
        | 'sending'
        | 'completed'
        | 'incomplete'
        | 'discarded';
      /** @description that went over the wire; while it runs, as last heard */
      bytes: number;
      size: number | null;
      sha256: string | null;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      startedAt: string;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      endedAt: string | null;
    };
    /** @description One upload or download, and what it has to do with */
    TransferStory: {
      id: string;
      /**
       * @description upload or download
       * @enum {unknown}
       */
      direction: 'upload' | 'download';
      /** @description a user name, or admin: and the name of an admin key */
      username: string;
      agency: string;
      path: string;
      fileId: string | null;
      sessionId: string;
      source: string;
      client: string;
      /**
       * @description receiving, published, partial, unchanged, sending, completed, incomplete or discarded
       * @enum {unknown}
       */
      state:
        | 'receiving'
        | 'published'
        | 'partial'
        | 'unchanged'
        | 'sending'
        | 'completed'
        | 'incomplete'
        | 'discarded';
      /** @description that went over the wire; while it runs, as last heard */
      bytes: number;
      size: number | null;
      sha256: string | null;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      startedAt: string;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      endedAt: string | null;
      /** @description of the file, that it brought or read, while there is a record of it */
      version: {
        id: string;
        /**
         * @description whether the file still holds it
         * @enum {unknown}
         */
        state: 'current' | 'previous' | 'destroyed';
      } | null;
      /** @description that it was made in; null for a call of the admin API, and for a key that is bound to another agency */
      login: {
        /**
         * Format: date-time
         * @description a time such as 2030-01-31T00:00:00Z
         */
        at: string;
        proofs: string[];
        algorithms: {
          [key: string]: string;
        };
      } | null;
      /** @description seq of the rows of the ledger that tell of it */
      ledger: {
        opened: number | null;
        closed: number | null;
      };
    };
    /** @description A legal hold: what it is on is not purged, not removed and not renamed, and stays where it is replaced */
    Hold: {
      id: string;
      /**
       * @description the code of an agency, or null for all of them
       * @example alameda
       */
      agency: string | null;
      /**
       * @description a pattern of paths in an agency's tree, such as /outgoing/** or /outgoing/*.csv, or null; not with a file. What it begins with has to be a directory that is there, and a path without * and ? a file
       * @example /outgoing/2029/**
       */
      path: string | null;
      /**
       * @description the id of a file, wherever it is, or null
       * @example null
       */
      file: string | null;
      /**
       * @description what was received from then on: a time such as 2030-01-31T00:00:00Z, or null
       * @example null
       */
      receivedFrom: string | null;
      /**
       * @description what was received before then: a time such as 2030-01-31T00:00:00Z, or null
       * @example null
       */
      receivedUntil: string | null;
      /**
       * @description text of 1 to 200 characters on one line; whoever is refused for the hold is told it
       * @example Smith v. County of Alameda
       */
      reason: string;
      /**
       * @description who wants it: text of 1 to 200 characters on one line; told as the reason is
       * @example Superior Court, case 24-1183
       */
      authority: string;
      /**
       * @description when it ends by itself: a time such as 2030-01-31T00:00:00Z, or null
       * @example null
       */
      until: string | null;
      /**
       * @description standing, lifted, or expired (it ended by itself)
       * @example standing
       * @enum {unknown}
       */
      state: 'standing' | 'lifted' | 'expired';
      /**
       * @description who it was, as the ledger has it
       * @example {
       *       "kind": "admin",
       *       "keyId": "0197f3a1c2d8",
       *       "name": "records office"
       *     }
       */
      placedBy: {
        kind: string;
      } & {
        [key: string]: unknown;
      };
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      updatedAt: string;
      /** @example null */
      liftedAt: string | null;
      /** @example null */
      liftedBy:
        | ({
            kind: string;
          } & {
            [key: string]: unknown;
          })
        | null;
      /**
       * @description why it was lifted
       * @example null
       */
      liftReason: string | null;
    };
    /** @description A run of a retention job */
    RetentionRun: {
      id: string;
      jobId: string;
      /** @example reports after 90 days */
      jobName: string;
      /**
       * @description missed: it was due while the server was down
       * @enum {unknown}
       */
      cause: 'schedule' | 'missed' | 'administrator';
      dryRun: boolean;
      /**
       * @description planning, planned (it waits, or was only to be looked at), approved, running, done, failed or cancelled
       * @example planned
       * @enum {unknown}
       */
      state: 'planning' | 'planned' | 'approved' | 'running' | 'done' | 'failed' | 'cancelled';
      /**
       * @description why the plan waits for an approval: the job wants one, or it would take more of the files than WAYBILL_RETENTION_SHARE_PERCENT
       * @example approval
       */
      waitsFor: ('approval' | 'share') | null;
      /**
       * @description of the job, as the run found it
       * @example {
       *       "agency": "alameda",
       *       "path": "/outgoing/**",
       *       "olderThanDays": 90,
       *       "clock": "received",
       *       "targets": [
       *         "file",
       *         "previous-version"
       *       ],
       *       "keepVersions": 0
       *     }
       */
      rule: {
        /**
         * @description the code of an agency, or null for all of them
         * @example alameda
         */
        agency: string | null;
        /**
         * @description a pattern such as /outgoing/** or /outgoing/*.csv: segments with * and ?, or ** alone for any number of them. What it begins with has to be a directory that is there, and a path without * and ? a file
         * @example /outgoing/**
         */
        path: string;
        olderThanDays: number;
        /**
         * @description received: the age counts from the receipt; collected: from when somebody of another agency had first read the whole of it
         * @enum {unknown}
         */
        clock: 'received' | 'collected';
        /**
         * @description a list of one or more of file, previous-version, partial-upload
         * @example [
         *       "file",
         *       "previous-version"
         *     ]
         */
        targets: ('file' | 'previous-version' | 'partial-upload')[];
        /**
         * @description of each file the newest so many stay whatever their age; 0 to 100
         * @example 0
         */
        keepVersions: number;
      };
      /**
       * Format: date-time
       * @description what its clock has from before this is old enough
       * @example 2029-11-02T10:30:00.000Z
       */
      cutoff: string;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      dueAt: string | null;
      /**
       * @description who it was, as the ledger has it
       * @example {
       *       "kind": "admin",
       *       "keyId": "0197f3a1c2d8",
       *       "name": "records office"
       *     }
       */
      requestedBy: {
        kind: string;
      } & {
        [key: string]: unknown;
      };
      /**
       * @example {
       *       "kind": "admin",
       *       "keyId": "0197f3a1c2d9",
       *       "name": "privacy office"
       *     }
       */
      approvedBy:
        | ({
            kind: string;
          } & {
            [key: string]: unknown;
          })
        | null;
      /** @example null */
      cancelledBy:
        | ({
            kind: string;
          } & {
            [key: string]: unknown;
          })
        | null;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      createdAt: string;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      plannedAt: string | null;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      approvedAt: string | null;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      startedAt: string | null;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      endedAt: string | null;
      /**
       * @description SHA-256 over the items of the plan, hex
       * @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
       */
      planSha256: string | null;
      /**
       * @description files in the job's agencies when it was planned
       * @example 1204
       */
      scopeFiles: number;
      /**
       * @example {
       *       "files": 311,
       *       "bytes": 48213004
       *     }
       */
      planned: {
        files: number;
        bytes: number;
      };
      /**
       * @example {
       *       "files": 0,
       *       "bytes": 0
       *     }
       */
      purged: {
        files: number;
        bytes: number;
      };
      /** @description items that a hold kept */
      held: number;
      /** @description items that were kept, busy or gone at their moment */
      skipped: number;
      /** @description items that could not be purged; their reasons tell why */
      failed: number;
      /** @description 0 to 1 */
      progress: number;
      /**
       * @description why the run failed
       * @example null
       */
      error: string | null;
    };
    /** @description What goes, when it is old enough, and how often it is looked for */
    RetentionJob: {
      id: string;
      /**
       * @description text of 1 to 200 characters on one line, of no other job
       * @example reports after 90 days
       */
      name: string;
      /**
       * @description the code of an agency, or null for all of them
       * @example alameda
       */
      agency: string | null;
      /**
       * @description a pattern such as /outgoing/** or /outgoing/*.csv: segments with * and ?, or ** alone for any number of them. What it begins with has to be a directory that is there, and a path without * and ? a file
       * @example /outgoing/**
       */
      path: string;
      /**
       * @description whole days of 24 hours, at least WAYBILL_RETENTION_DAYS_MIN
       * @example 90
       */
      olderThanDays: number;
      /**
       * @description received: the age counts from the receipt; collected: from when somebody of another agency had first read the whole of it
       * @enum {unknown}
       */
      clock: 'received' | 'collected';
      /**
       * @description a list of one or more of file, previous-version, partial-upload
       * @example [
       *       "file",
       *       "previous-version"
       *     ]
       */
      targets: ('file' | 'previous-version' | 'partial-upload')[];
      /**
       * @description of each file the newest so many stay whatever their age; 0 to 100
       * @example 0
       */
      keepVersions: number;
      /**
       * @description cron of five fields: minute, hour, day of the month, month, day of the week
       * @example 30 2 * * *
       */
      schedule: string;
      /**
       * @description a time zone such as America/Los_Angeles
       * @example America/Los_Angeles
       */
      timezone: string;
      /**
       * @description true or false; false: only asked for
       * @example true
       */
      enabled: boolean;
      /**
       * @description true or false; true: each plan waits for another administrator
       * @example true
       */
      needsApproval: boolean;
      /**
       * @description the id of the admin key that set its rule last
       * @example 0197f3a1c2d8
       */
      changedBy: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      updatedAt: string;
      /**
       * @description the next five, in the time zone of the job; none where it is not enabled
       * @example [
       *       "2030-02-01T02:30:00-08:00",
       *       "2030-02-02T02:30:00-08:00"
       *     ]
       */
      nextRuns: string[];
      lastRun: components['schemas']['RetentionRun'] | null;
    };
    /** @description What a run is about: a version of a file, or a partial upload */
    RetentionItem: {
      /** @description its place in the plan, the oldest first */
      ordinal: number;
      /** @enum {unknown} */
      target: 'file' | 'previous-version' | 'partial-upload';
      /**
       * @description of a version, or of an upload
       * @example 0197f3a1c2d7
       */
      targetId: string;
      agency: string;
      path: string;
      /** @description bytes */
      size: number;
      sha256: string | null;
      /**
       * Format: date-time
       * @description when its age began
       */
      clockAt: string;
      /**
       * @description planned, purged, held (a hold is on it), kept (among the newest that stay), busy (being received), gone (somebody else removed or replaced it) or failed
       * @example planned
       * @enum {unknown}
       */
      state: 'planned' | 'purged' | 'held' | 'kept' | 'busy' | 'gone' | 'failed';
      reason: string | null;
    };
    /** @description What retention is about to do, and has not done */
    RetentionReport: {
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      at: string;
      /** @example 30 */
      days: number;
      /** @description what grows old enough for a job that is enabled, by agency and day */
      expiring: {
        agency: string;
        byDay: {
          /**
           * @description a day, UTC
           * @example 2030-02-03
           */
          day: string;
          /** @example 12 */
          files: number;
          bytes: number;
        }[];
      }[];
      /** @description what is old enough and still there: held, or waiting for a run or an approval */
      overdue: {
        agency: string;
        /** @example 12 */
        files: number;
        bytes: number;
      }[];
      /** @description the oldest file of each agency */
      oldest: {
        agency: string;
        path: string;
        /**
         * Format: date-time
         * @description a time such as 2030-01-31T00:00:00Z
         */
        receivedAt: string;
      }[];
    };
    /** @description The time that retention goes by */
    RetentionClock: {
      /**
       * Format: date-time
       * @example 2030-01-31T09:15:00.000Z
       */
      now: string;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      seenAt: string | null;
      /**
       * @description went-back: the clock is behind a time that it showed before; jumped: it is more than a day ahead of what has passed. Nothing is planned or purged until the time is confirmed
       * @example jumped
       */
      problem: ('went-back' | 'jumped') | null;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      problemBefore: string | null;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      problemAfter: string | null;
    };
    /** @description That something was destroyed, when, how, by what rule and on whose word */
    Certificate: {
      id: string;
      /** @example waybill-destruction.1 */
      type: string;
      agency: string;
      path: string;
      /** @enum {unknown} */
      target: 'file' | 'previous-version' | 'partial-upload';
      /** @description of the version, or of the partial upload */
      versionId: string;
      /** @description bytes */
      size: number;
      sha256: string | null;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      receivedAt: string;
      /** @example amy */
      receivedBy: string | null;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      collectedAt: string | null;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      purgedAt: string;
      /**
       * @description of the job, as the run found it
       * @example {
       *       "agency": "alameda",
       *       "path": "/outgoing/**",
       *       "olderThanDays": 90,
       *       "clock": "received",
       *       "targets": [
       *         "file",
       *         "previous-version"
       *       ],
       *       "keepVersions": 0
       *     }
       */
      rule: {
        [key: string]: unknown;
      };
      jobId: string;
      /** @example reports after 90 days */
      jobName: string;
      /** @example 0197f3a1c2da */
      runId: string;
      /**
       * @description over the items of the plan, hex
       * @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
       */
      planSha256: string | null;
      /**
       * @description who it was, as the ledger has it
       * @example {
       *       "kind": "admin",
       *       "keyId": "0197f3a1c2d8",
       *       "name": "records office"
       *     }
       */
      requestedBy: {
        kind: string;
      } & {
        [key: string]: unknown;
      };
      approvedBy:
        | ({
            kind: string;
          } & {
            [key: string]: unknown;
          })
        | null;
      /**
       * @description how it was destroyed, in words
       * @example Cryptographic erase (NIST SP 800-88 Rev. 1, section 2.5)
       */
      method: string;
      /**
       * @example {
       *       "name": "waybill",
       *       "version": "0.0.0"
       *     }
       */
      server: {
        name: string;
        version: string;
      } & {
        [key: string]: unknown;
      };
    } & {
      [key: string]: unknown;
    };
    /** @description That a file was received whole, or that somebody else has read the whole of it */
    Receipt: {
      /** @example 1 */
      v: number;
      /** @example waybill-receipt.1 */
      type: string;
      /** @example 0197f3a1c2e0 */
      receiptId: string;
      /** @enum {unknown} */
      kind: 'received' | 'collected';
      /**
       * @description the sender's; null for an API key that is bound to none
       * @example alameda
       */
      agency: string | null;
      /**
       * @description who sent it: a user name, or admin:<name of the API key>
       * @example amy
       */
      user: string;
      /** @example SHA256:M1Uf5mVb4nEyPSzXJc9a6oTgD2hLq0wRk7BvxYtIuAs */
      keyFingerprint: string | null;
      /**
       * @description the agency in whose tree it lies
       * @example alameda
       */
      tree: string;
      path: string;
      /** @description bytes */
      size: number;
      /**
       * @description 64 lower-case hex digits
       * @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
       */
      sha256: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      receivedAt: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      collectedAt?: string;
      /** @description who read the whole of it */
      collectedBy?: {
        /** @example dana */
        user: string;
        agency: string | null;
      } & {
        [key: string]: unknown;
      };
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      issuedAt: string;
      /** @description the row of the ledger that says the same */
      ledgerRow: {
        seq: number;
        /**
         * @description 64 lower-case hex digits
         * @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
         */
        hash: string;
      } & {
        [key: string]: unknown;
      };
      /** @description the latest one before that row */
      checkpoint:
        | ({
            size: number;
            /**
             * @description 64 lower-case hex digits
             * @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
             */
            hash: string;
          } & {
            [key: string]: unknown;
          })
        | null;
      /** @description what became of the signature that the sender put beside it */
      signedUpload?: {
        /** @enum {unknown} */
        result: 'verified' | 'refused';
        /** @example SHA256:M1Uf5mVb4nEyPSzXJc9a6oTgD2hLq0wRk7BvxYtIuAs */
        keyFingerprint: string | null;
        /** @example sha512 */
        hash: string | null;
        /**
         * @description 64 lower-case hex digits
         * @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
         */
        signatureSha256: string;
        /** @example it is not of this content */
        problem: string | null;
      } & {
        [key: string]: unknown;
      };
      /**
       * @example {
       *       "name": "waybill",
       *       "version": "0.0.0"
       *     }
       */
      server: {
        name: string;
        version: string;
      } & {
        [key: string]: unknown;
      };
    } & {
      [key: string]: unknown;
    };
    /** @description A row of the ledger */
    AuditRow: {
      seq: number;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      at: string;
      /** @description what happened, and the version of its shape, such as file.closed.1 */
      event: string;
      /** @enum {unknown} */
      outcome: 'success' | 'refused' | 'failed';
      reason: string | null;
      /**
       * @example {
       *       "kind": "user",
       *       "userId": "0197f3a1c2d3",
       *       "username": "amy",
       *       "agency": "alameda"
       *     }
       */
      actor: {
        kind: string;
      } & {
        [key: string]: unknown;
      };
      /** @description of a login, or the id of a request */
      session: string | null;
      source: string | null;
      /** @description SHA-256 over the row before and this one, hex */
      hash: string;
    } & {
      [key: string]: unknown;
    };
    /** @description A signed statement of what the first rows of the ledger are */
    Checkpoint: {
      /** @description it is of rows 1 to this one */
      size: number;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      at: string;
      /**
       * @description 64 lower-case hex digits
       * @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
       */
      root: string;
      /** @description SHA-256 of the note, hex */
      hash: string;
      /**
       * @description the signed note (C2SP tlog-checkpoint), to the byte
       * @example waybill/5f0c2b7e9d3a4c1e8b6f7a2d1c0e9f8b
       *     1000
       *     …
       */
      note: string;
    };
    /** @description Rows of the ledger that were sealed into a file */
    LedgerArchive: {
      /** @description of the rows in the file */
      firstSeq: number;
      lastSeq: number;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      from: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      to: string;
      /** @description up to here, rows are in the archives alone */
      goneTo: number;
      /**
       * @description of the tree of rows 1 to lastSeq, hex
       * @example 5c1f1d0a6a0f4c5f8a3b8a94d7b6a0a6f1f1a3a6b2f84a15c7f0e2b3d4c5a697
       */
      root: string;
      /** @example ledger-000000000001-000000001000.sealed */
      file: string;
      bytes: number;
      /**
       * @description of the sealed file
       * @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
       */
      sha256: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      archivedAt: string;
      /** @description in the archive directory of the server */
      isFileThere: boolean;
      /**
       * @description the stub as it was signed, to the byte: canonical JSON (RFC 8785)
       * @example {"archivedAt":"2034-01-31T00:00:00.000Z","bytes":1048576}
       */
      text: string;
      /**
       * @description an SSH signature (PROTOCOL.sshsig) over it, namespace waybill-archive
       * @example -----BEGIN SSH SIGNATURE-----
       *     U1NIU0lH…
       *     -----END SSH SIGNATURE-----
       */
      signature: string;
    };
    /** @description The review of a week */
    Review: {
      id: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      from: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      until: string;
      /** @example America/Los_Angeles */
      timezone: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      madeAt: string;
      /**
       * @description overdue: nobody acknowledged it in time
       * @enum {unknown}
       */
      state: 'waiting' | 'overdue' | 'acknowledged';
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      overdueAt: string;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      acknowledgedAt: string | null;
      acknowledgedBy:
        | ({
            kind: string;
          } & {
            [key: string]: unknown;
          })
        | null;
      note: string | null;
      /**
       * @description of the figures as canonical JSON (RFC 8785), hex, as the ledger has it
       * @example 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
       */
      figuresSha256: string;
      /**
       * @description what happened in the week
       * @example {
       *       "version": 1,
       *       "rows": 1234,
       *       "logins": {
       *         "accepted": 12,
       *         "refused": 3
       *       }
       *     }
       */
      figures: {
        [key: string]: unknown;
      };
    };
    /** @description A destination that the ledger is forwarded to */
    Forwarder: {
      /**
       * @description syslog or webhook
       * @example syslog
       */
      name: string;
      /** @example tls://siem.example.ca.gov:6514 */
      destination: string;
      /**
       * @description waiting for new rows, sending some, trying again after a failure, or paused
       * @enum {unknown}
       */
      state: 'waiting' | 'sending' | 'failing' | 'paused';
      /** @description the newest row of the ledger that it is known to have */
      lastSeq: number;
      /** @description rows that it is not known to have */
      lagRows: number;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      waitingSince: string | null;
      lastError: string | null;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      failingSince: string | null;
      /** @description since the server started */
      rowsDelivered: number;
      /** @description since the server started */
      failures: number;
    };
    /** @description A key to this API */
    AdminKey: {
      id: string;
      /**
       * @description text of 1 to 200 characters on one line
       * @example nightly provisioning
       */
      name: string;
      /** @description a list of different scopes, one at least, that the calling key has itself */
      scopes: (
        | '*'
        | 'agencies:read'
        | 'agencies:write'
        | 'users:read'
        | 'users:write'
        | 'keys:read'
        | 'keys:write'
        | 'passwords:write'
        | 'locks:read'
        | 'locks:write'
        | 'bans:read'
        | 'bans:write'
        | 'sessions:read'
        | 'sessions:write'
        | 'files:read'
        | 'files:write'
        | 'holds:read'
        | 'holds:write'
        | 'retention:read'
        | 'retention:write'
        | 'retention:run'
        | 'certificates:read'
        | 'receipts:read'
        | 'transfers:read'
        | 'events:read'
        | 'audit:read'
        | 'audit:review'
        | 'audit:redact'
        | 'audit:archive'
        | 'forwarders:read'
        | 'forwarders:write'
        | 'metrics:read'
        | 'admin-keys:read'
        | 'admin-keys:write'
        | 'pending-changes:read'
        | 'pending-changes:write'
      )[];
      /** @description the code of the agency that it is bound to, or null for all of them */
      agency: string | null;
      /** @description a list of IPv4 or IPv6 addresses or CIDR blocks; an empty one is everywhere */
      allowedCidrs: string[];
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      expiresAt: string | null;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      updatedAt: string;
      /** @description the id of the key that made it; null for the owner of the host */
      createdBy: string | null;
      /** @description to the minute */
      lastUsedAt: string | null;
      /** @description an address */
      lastUsedFrom: string | null;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      rotatedAt: string | null;
      /** @description until when the secret before the last rotation works, too */
      formerSecretUntil: string | null;
    };
    /** @description A new key to this API */
    CreatedAdminKey: {
      id: string;
      /**
       * @description text of 1 to 200 characters on one line
       * @example nightly provisioning
       */
      name: string;
      /** @description a list of different scopes, one at least, that the calling key has itself */
      scopes: (
        | '*'
        | 'agencies:read'
        | 'agencies:write'
        | 'users:read'
        | 'users:write'
        | 'keys:read'
        | 'keys:write'
        | 'passwords:write'
        | 'locks:read'
        | 'locks:write'
        | 'bans:read'
        | 'bans:write'
        | 'sessions:read'
        | 'sessions:write'
        | 'files:read'
        | 'files:write'
        | 'holds:read'
        | 'holds:write'
        | 'retention:read'
        | 'retention:write'
        | 'retention:run'
        | 'certificates:read'
        | 'receipts:read'
        | 'transfers:read'
        | 'events:read'
        | 'audit:read'
        | 'audit:review'
        | 'audit:redact'
        | 'audit:archive'
        | 'forwarders:read'
        | 'forwarders:write'
        | 'metrics:read'
        | 'admin-keys:read'
        | 'admin-keys:write'
        | 'pending-changes:read'
        | 'pending-changes:write'
      )[];
      /** @description the code of the agency that it is bound to, or null for all of them */
      agency: string | null;
      /** @description a list of IPv4 or IPv6 addresses or CIDR blocks; an empty one is everywhere */
      allowedCidrs: string[];
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      expiresAt: string | null;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      updatedAt: string;
      /** @description the id of the key that made it; null for the owner of the host */
      createdBy: string | null;
      /** @description to the minute */
      lastUsedAt: string | null;
      /** @description an address */
      lastUsedFrom: string | null;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      rotatedAt: string | null;
      /** @description until when the secret before the last rotation works, too */
      formerSecretUntil: string | null;
      /** @description wb_<id>_<secret>, to be sent as a bearer token; shown this once */
      secret: string;
    };
    /** @description A change that waits for a second administrator, or did */
    PendingChange: {
      id: string;
      /** @description such as agencies.delete */
      action: string;
      method: string;
      url: string;
      ifMatch: string | null;
      /** @description of the request, as JSON or as text; null once it is decided, and never in a list */
      body?: unknown;
      requestedBy: {
        id: string;
        name: string;
      };
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      requestedAt: string;
      /**
       * Format: date-time
       * @description a time such as 2030-01-31T00:00:00Z
       */
      expiresAt: string;
      /**
       * @description pending, done, rejected, failed or expired
       * @enum {unknown}
       */
      state: 'pending' | 'done' | 'rejected' | 'failed' | 'expired';
      /** @description the id of a key */
      decidedBy: string | null;
      /** @description a time such as 2030-01-31T00:00:00Z, or null */
      decidedAt: string | null;
      /** @description the HTTP status that carrying it out came to */
      status: number | null;
    };
  };
  responses: {
    /** @description the content is not what its digest says; a field is not valid; malformed request; the name is not allowed; the path is too long */
    'BadRequest.digest-mismatch.field-invalid.message-malformed.name-invalid.path-too-long': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description a field is not valid */
    'BadRequest.field-invalid': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description a field is not valid; that is a private key; send only the public half; the key or its signature algorithm is too weak; malformed request */
    'BadRequest.field-invalid.key-private.key-weak.message-malformed': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description a field is not valid; malformed request */
    'BadRequest.field-invalid.message-malformed': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description a field is not valid; malformed request; the name is not allowed; the path is too long */
    'BadRequest.field-invalid.message-malformed.name-invalid.path-too-long': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description malformed request */
    'BadRequest.message-malformed': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description a file or directory of that name exists; the request was carried out before, but its answer is gone; that is not a directory; a request with this Idempotency-Key is under way */
    'Conflict.already-exists.answer-lost.not-a-directory.request-under-way': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the request was carried out before, but its answer is gone; the change conflicts with what exists; the file is under a legal hold; a request with this Idempotency-Key is under way */
    'Conflict.answer-lost.conflict.held.request-under-way': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the request was carried out before, but its answer is gone; the change conflicts with what exists; that is a directory; a request with this Idempotency-Key is under way */
    'Conflict.answer-lost.conflict.is-a-directory.request-under-way': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the request was carried out before, but its answer is gone; the change conflicts with what exists; a request with this Idempotency-Key is under way */
    'Conflict.answer-lost.conflict.request-under-way': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the request was carried out before, but its answer is gone; the name is in use or was used before; a request with this Idempotency-Key is under way */
    'Conflict.answer-lost.name-used.request-under-way': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the request was carried out before, but its answer is gone; a request with this Idempotency-Key is under way */
    'Conflict.answer-lost.request-under-way': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the change conflicts with what exists */
    'Conflict.conflict': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the change conflicts with what exists; that is a directory */
    'Conflict.conflict.is-a-directory': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the directory is not empty */
    'Conflict.directory-not-empty': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description that is a directory */
    'Conflict.is-a-directory': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description that is a directory; that is not a directory; the session has ended */
    'Conflict.is-a-directory.not-a-directory.session-ended': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the name is in use or was used before */
    'Conflict.name-used': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the request body is too large */
    'ContentTooLarge.body-too-large': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the source address is not allowed; the API key is bound to an agency, and this is not for it; this key may not approve the change; the API key does not carry the needed scope */
    'Forbidden.address-not-allowed.agency-not-allowed.approval-not-allowed.scope-missing': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the source address is not allowed; the API key is bound to an agency, and this is not for it; permission denied; the API key does not carry the needed scope */
    'Forbidden.address-not-allowed.agency-not-allowed.permission-denied.scope-missing': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the source address is not allowed; the API key is bound to an agency, and this is not for it; the API key does not carry the needed scope */
    'Forbidden.address-not-allowed.agency-not-allowed.scope-missing': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the quota is used up; the server has no room left */
    'InsufficientStorage.quota-exceeded.storage-full': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the server has no room left */
    'InsufficientStorage.storage-full': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the stored content failed its integrity check and is not served; internal error; the server could not read or write its storage */
    'InternalServerError.content-corrupt.internal.storage-failed': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description internal error */
    'InternalServerError.internal': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description internal error; the server could not read or write its storage */
    'InternalServerError.internal.storage-failed': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description no such file or directory */
    'NotFound.not-found': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description no such file or directory; the parent directory does not exist */
    'NotFound.not-found.parent-not-found': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description no such file or directory; no such resource */
    'NotFound.not-found.route-unknown': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the resource is not as the request expects it */
    'PreconditionFailed.precondition-failed': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the offset or length is out of range */
    'RangeNotSatisfiable.range-invalid': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the headers are too large; the connection is closed */
    RequestHeaderFieldsTooLarge: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        /**
         * @example {
         *       "type": "urn:waybill:problem:message-malformed",
         *       "title": "malformed request",
         *       "status": 431,
         *       "detail": "malformed request",
         *       "code": "message-malformed",
         *       "errors": [],
         *       "requestId": ""
         *     }
         */
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the request did not come in time; the connection is closed */
    RequestTimeout: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        /**
         * @example {
         *       "type": "urn:waybill:problem:message-malformed",
         *       "title": "malformed request",
         *       "status": 408,
         *       "detail": "malformed request",
         *       "code": "message-malformed",
         *       "errors": [],
         *       "requestId": ""
         *     }
         */
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description too many connections; the audit ledger cannot be written, so nothing may happen; the server is not available */
    'ServiceUnavailable.connections-exceeded.ledger-unavailable.unavailable': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        'Retry-After': components['headers']['RetryAfter'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description too many logins at once; the audit ledger cannot be written, so nothing may happen; the server is not available */
    'ServiceUnavailable.hashing-busy.ledger-unavailable.unavailable': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        'Retry-After': components['headers']['RetryAfter'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the audit ledger cannot be written, so nothing may happen; the server is short of memory: try again in a minute; the server is not available */
    'ServiceUnavailable.ledger-unavailable.memory-short.unavailable': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        'Retry-After': components['headers']['RetryAfter'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the audit ledger cannot be written, so nothing may happen; the server is not available */
    'ServiceUnavailable.ledger-unavailable.unavailable': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        'Retry-After': components['headers']['RetryAfter'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description too many requests */
    'TooManyRequests.rate-exceeded': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        'Retry-After': components['headers']['RetryAfter'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description an API key is needed; the API key is not valid; the key has expired */
    'Unauthorized.credentials-missing.credentials-wrong.key-expired': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the Idempotency-Key was used for another request */
    'UnprocessableContent.idempotency-key-reused': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description the request body is of a kind that is not accepted */
    'UnsupportedMediaType.media-type-unsupported': {
      headers: {
        'X-Request-Id': components['headers']['RequestId'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
  };
  parameters: never;
  requestBodies: never;
  headers: {
    /** @description names this request in the log and in the ledger */
    RequestId: string;
    /** @description seconds to wait before trying again */
    RetryAfter: number;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  getLiveness: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "status": "ok"
           *     }
           */
          'application/json': {
            /** @enum {string} */
            status: 'ok';
          };
        };
      };
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal'];
    };
  };
  getReadiness: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Ready */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "ready": true,
           *       "reasons": [],
           *       "degraded": []
           *     }
           */
          'application/json': {
            ready: boolean;
            /** @description why it is not ready */
            reasons: string[];
            /** @description what is not as it should be, though it serves: without a key its name alone (`disk`, `workers`, `forwarding` or `retention`), with a key that may call from here what is wrong with it, in words */
            degraded: string[];
          };
        };
      };
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal'];
      /** @description Not ready */
      503: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "ready": true,
           *       "reasons": [],
           *       "degraded": []
           *     }
           */
          'application/json': {
            ready: boolean;
            /** @description why it is not ready */
            reasons: string[];
            /** @description what is not as it should be, though it serves: without a key its name alone (`disk`, `workers`, `forwarding` or `retention`), with a key that may call from here what is wrong with it, in words */
            degraded: string[];
          };
        };
      };
    };
  };
  getOpenApi: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The document */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /** @example {} */
          'application/json': {
            [key: string]: unknown;
          };
        };
      };
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal'];
    };
  };
  getDocs: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
        };
      };
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal'];
    };
  };
  getMetrics: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The metrics */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
        };
      };
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listAgencies: {
    parameters: {
      query?: {
        /**
         * @description lcsa, state or partner
         * @example lcsa
         */
        kind?: 'lcsa' | 'state' | 'partner';
        /**
         * @description code, -code, name, -name, createdAt, -createdAt; - is from the end
         * @example code
         */
        sort?: 'code' | '-code' | 'name' | '-name' | 'createdAt' | '-createdAt';
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "code": "alameda",
           *           "name": "Alameda County",
           *           "kind": "lcsa",
           *           "createdAt": "2030-01-02T08:00:00.000Z",
           *           "updatedAt": "2030-01-30T16:20:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['Agency'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  createAgency: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "code": "alameda",
         *       "name": "Alameda County",
         *       "kind": "lcsa"
         *     }
         */
        'application/json': {
          /** @description 2 to 32 lower-case letters, digits and hyphens, a letter first */
          code: string;
          /**
           * @description text of 1 to 200 characters on one line
           * @example Alameda County
           */
          name: string;
          /**
           * @description lcsa, state or partner
           * @enum {unknown}
           */
          kind: 'lcsa' | 'state' | 'partner';
        };
      };
    };
    responses: {
      /** @description Made */
      201: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "code": "alameda",
           *       "name": "Alameda County",
           *       "kind": "lcsa",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z"
           *     }
           */
          'application/json': components['schemas']['Agency'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.name-used.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getAgency: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example alameda */
        code: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description An agency */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "code": "alameda",
           *       "name": "Alameda County",
           *       "kind": "lcsa",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z"
           *     }
           */
          'application/json': components['schemas']['Agency'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  removeAgency: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example alameda */
        code: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  changeAgency: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example alameda */
        code: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "name": "Alameda County"
         *     }
         */
        'application/json': {
          /**
           * @description text of 1 to 200 characters on one line
           * @example Alameda County
           */
          name?: string;
        };
        /**
         * @example {
         *       "name": "Alameda County"
         *     }
         */
        'application/merge-patch+json': {
          /**
           * @description text of 1 to 200 characters on one line
           * @example Alameda County
           */
          name?: string;
        };
      };
    };
    responses: {
      /** @description An agency */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "code": "alameda",
           *       "name": "Alameda County",
           *       "kind": "lcsa",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z"
           *     }
           */
          'application/json': components['schemas']['Agency'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listUsers: {
    parameters: {
      query?: {
        /**
         * @description the code of an agency
         * @example alameda
         */
        agency?: string;
        /** @example active */
        status?: 'active' | 'disabled' | 'removed';
        /**
         * @description what user names begin with
         * @example a
         */
        prefix?: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z: users with no login since then, who were made before
         * @example 2030-01-31T09:15:00.000Z
         */
        lastLoginBefore?: string;
        /**
         * @description true: only users who are locked after failed logins
         * @example false
         */
        lockedOnly?: boolean;
        /**
         * @description username, -username, createdAt, -createdAt, lastLoginAt, -lastLoginAt; - is from the end, and who never logged in stands where the creation is
         * @example username
         */
        sort?:
          'username' | '-username' | 'createdAt' | '-createdAt' | 'lastLoginAt' | '-lastLoginAt';
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "username": "amy",
           *           "agency": "alameda",
           *           "displayName": "Amy Lee",
           *           "status": "active",
           *           "loginMethods": [
           *             [
           *               "publickey"
           *             ]
           *           ],
           *           "permissions": [
           *             {
           *               "path": "/outgoing",
           *               "allow": [
           *                 "list",
           *                 "read",
           *                 "write"
           *               ]
           *             }
           *           ],
           *           "allowedCidrs": [
           *             "203.0.113.0/24"
           *           ],
           *           "expiresAt": "2031-01-31T00:00:00.000Z",
           *           "quotaBytes": 10737418240,
           *           "maxSessions": 8,
           *           "accountKind": "person",
           *           "effectivePermissions": [
           *             {
           *               "path": "/outgoing",
           *               "allow": [
           *                 "list",
           *                 "read",
           *                 "write"
           *               ]
           *             }
           *           ],
           *           "hasPassword": false,
           *           "passwordSetAt": "2030-01-02T08:05:00.000Z",
           *           "passwordTemporary": false,
           *           "lastLoginAt": "2030-01-31T09:14:58.000Z",
           *           "failedLogins": 0,
           *           "lockedUntil": "2030-01-31T09:15:00.000Z",
           *           "createdAt": "2030-01-02T08:00:00.000Z",
           *           "updatedAt": "2030-01-30T16:20:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['User'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  createUser: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "username": "amy",
         *       "agency": "alameda",
         *       "displayName": "Amy Lee",
         *       "status": "active",
         *       "loginMethods": [
         *         [
         *           "publickey"
         *         ]
         *       ],
         *       "permissions": [
         *         {
         *           "path": "/outgoing",
         *           "allow": [
         *             "list",
         *             "read",
         *             "write"
         *           ]
         *         }
         *       ],
         *       "allowedCidrs": [
         *         "203.0.113.0/24"
         *       ],
         *       "expiresAt": "2031-01-31T00:00:00.000Z",
         *       "quotaBytes": 10737418240,
         *       "maxSessions": 8,
         *       "accountKind": "person"
         *     }
         */
        'application/json': {
          /** @description 2 to 32 lower-case letters, digits, dots, underscores and hyphens, a letter first; never used again */
          username: string;
          /** @description the code of an agency */
          agency: string;
          /** @description text of 1 to 200 characters on one line */
          displayName: string;
          /**
           * @description active or disabled
           * @enum {unknown}
           */
          status?: 'active' | 'disabled';
          /** @description ways to log in, each a list of proofs that are all needed, such as [["publickey","password"]]; totp, a one-time code, comes last */
          loginMethods?: ('publickey' | 'password' | 'totp')[][];
          /** @description a list of {path, allow}, or null for the default of the agency's kind */
          permissions?:
            | {
                /** @description an absolute path of whole names, where * alone stands for any one name */
                path: string;
                /** @description a list of list, read, write, overwrite, delete, rename, mkdir */
                allow: ('list' | 'read' | 'write' | 'overwrite' | 'delete' | 'rename' | 'mkdir')[];
              }[]
            | null;
          /** @description a list of IPv4 or IPv6 addresses or CIDR blocks; an empty one is everywhere */
          allowedCidrs?: string[];
          /** @description a time such as 2030-01-31T00:00:00Z, or null */
          expiresAt?: string | null;
          /** @description a whole number of bytes, or null for no limit */
          quotaBytes?: number | null;
          /** @description a whole number, 1 or more */
          maxSessions?: number;
          /**
           * @description person or service: a job that logs in without a person
           * @enum {unknown}
           */
          accountKind?: 'person' | 'service';
        };
      };
    };
    responses: {
      /** @description Made */
      201: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "username": "amy",
           *       "agency": "alameda",
           *       "displayName": "Amy Lee",
           *       "status": "active",
           *       "loginMethods": [
           *         [
           *           "publickey"
           *         ]
           *       ],
           *       "permissions": [
           *         {
           *           "path": "/outgoing",
           *           "allow": [
           *             "list",
           *             "read",
           *             "write"
           *           ]
           *         }
           *       ],
           *       "allowedCidrs": [
           *         "203.0.113.0/24"
           *       ],
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "quotaBytes": 10737418240,
           *       "maxSessions": 8,
           *       "accountKind": "person",
           *       "effectivePermissions": [
           *         {
           *           "path": "/outgoing",
           *           "allow": [
           *             "list",
           *             "read",
           *             "write"
           *           ]
           *         }
           *       ],
           *       "hasPassword": false,
           *       "passwordSetAt": "2030-01-02T08:05:00.000Z",
           *       "passwordTemporary": false,
           *       "lastLoginAt": "2030-01-31T09:14:58.000Z",
           *       "failedLogins": 0,
           *       "lockedUntil": "2030-01-31T09:15:00.000Z",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z"
           *     }
           */
          'application/json': components['schemas']['User'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.name-used.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getUser: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A user */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "username": "amy",
           *       "agency": "alameda",
           *       "displayName": "Amy Lee",
           *       "status": "active",
           *       "loginMethods": [
           *         [
           *           "publickey"
           *         ]
           *       ],
           *       "permissions": [
           *         {
           *           "path": "/outgoing",
           *           "allow": [
           *             "list",
           *             "read",
           *             "write"
           *           ]
           *         }
           *       ],
           *       "allowedCidrs": [
           *         "203.0.113.0/24"
           *       ],
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "quotaBytes": 10737418240,
           *       "maxSessions": 8,
           *       "accountKind": "person",
           *       "effectivePermissions": [
           *         {
           *           "path": "/outgoing",
           *           "allow": [
           *             "list",
           *             "read",
           *             "write"
           *           ]
           *         }
           *       ],
           *       "hasPassword": false,
           *       "passwordSetAt": "2030-01-02T08:05:00.000Z",
           *       "passwordTemporary": false,
           *       "lastLoginAt": "2030-01-31T09:14:58.000Z",
           *       "failedLogins": 0,
           *       "lockedUntil": "2030-01-31T09:15:00.000Z",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z"
           *     }
           */
          'application/json': components['schemas']['User'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  removeUser: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  changeUser: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "displayName": "Amy Lee",
         *       "status": "active"
         *     }
         */
        'application/json': {
          /** @description text of 1 to 200 characters on one line */
          displayName?: string;
          /**
           * @description active or disabled
           * @enum {unknown}
           */
          status?: 'active' | 'disabled';
          /** @description ways to log in, each a list of proofs that are all needed, such as [["publickey","password"]]; totp, a one-time code, comes last */
          loginMethods?: ('publickey' | 'password' | 'totp')[][];
          /** @description a list of {path, allow}, or null for the default of the agency's kind */
          permissions?:
            | {
                /** @description an absolute path of whole names, where * alone stands for any one name */
                path: string;
                /** @description a list of list, read, write, overwrite, delete, rename, mkdir */
                allow: ('list' | 'read' | 'write' | 'overwrite' | 'delete' | 'rename' | 'mkdir')[];
              }[]
            | null;
          /** @description a list of IPv4 or IPv6 addresses or CIDR blocks; an empty one is everywhere */
          allowedCidrs?: string[];
          /** @description a time such as 2030-01-31T00:00:00Z, or null */
          expiresAt?: string | null;
          /** @description a whole number of bytes, or null for no limit */
          quotaBytes?: number | null;
          /** @description a whole number, 1 or more */
          maxSessions?: number;
          /**
           * @description person or service: a job that logs in without a person
           * @enum {unknown}
           */
          accountKind?: 'person' | 'service';
        };
        /**
         * @example {
         *       "displayName": "Amy Lee",
         *       "status": "active"
         *     }
         */
        'application/merge-patch+json': {
          /** @description text of 1 to 200 characters on one line */
          displayName?: string;
          /**
           * @description active or disabled
           * @enum {unknown}
           */
          status?: 'active' | 'disabled';
          /** @description ways to log in, each a list of proofs that are all needed, such as [["publickey","password"]]; totp, a one-time code, comes last */
          loginMethods?: ('publickey' | 'password' | 'totp')[][];
          /** @description a list of {path, allow}, or null for the default of the agency's kind */
          permissions?:
            | {
                /** @description an absolute path of whole names, where * alone stands for any one name */
                path: string;
                /** @description a list of list, read, write, overwrite, delete, rename, mkdir */
                allow: ('list' | 'read' | 'write' | 'overwrite' | 'delete' | 'rename' | 'mkdir')[];
              }[]
            | null;
          /** @description a list of IPv4 or IPv6 addresses or CIDR blocks; an empty one is everywhere */
          allowedCidrs?: string[];
          /** @description a time such as 2030-01-31T00:00:00Z, or null */
          expiresAt?: string | null;
          /** @description a whole number of bytes, or null for no limit */
          quotaBytes?: number | null;
          /** @description a whole number, 1 or more */
          maxSessions?: number;
          /**
           * @description person or service: a job that logs in without a person
           * @enum {unknown}
           */
          accountKind?: 'person' | 'service';
        };
      };
    };
    responses: {
      /** @description A user */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "username": "amy",
           *       "agency": "alameda",
           *       "displayName": "Amy Lee",
           *       "status": "active",
           *       "loginMethods": [
           *         [
           *           "publickey"
           *         ]
           *       ],
           *       "permissions": [
           *         {
           *           "path": "/outgoing",
           *           "allow": [
           *             "list",
           *             "read",
           *             "write"
           *           ]
           *         }
           *       ],
           *       "allowedCidrs": [
           *         "203.0.113.0/24"
           *       ],
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "quotaBytes": 10737418240,
           *       "maxSessions": 8,
           *       "accountKind": "person",
           *       "effectivePermissions": [
           *         {
           *           "path": "/outgoing",
           *           "allow": [
           *             "list",
           *             "read",
           *             "write"
           *           ]
           *         }
           *       ],
           *       "hasPassword": false,
           *       "passwordSetAt": "2030-01-02T08:05:00.000Z",
           *       "passwordTemporary": false,
           *       "lastLoginAt": "2030-01-31T09:14:58.000Z",
           *       "failedLogins": 0,
           *       "lockedUntil": "2030-01-31T09:15:00.000Z",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z"
           *     }
           */
          'application/json': components['schemas']['User'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listUserKeys: {
    parameters: {
      query?: {
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path: {
        /** @example amy */
        username: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "type": "ssh-ed25519",
           *           "bits": 256,
           *           "fingerprint": "SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU",
           *           "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
           *           "label": "laptop",
           *           "expiresAt": "2031-01-31T00:00:00.000Z",
           *           "createdAt": "2030-01-02T08:00:00.000Z",
           *           "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *           "lastUsedFrom": "192.0.2.7:50022",
           *           "lastUsedClient": "OpenSSH_9.2p1",
           *           "lastUsedAlgorithm": "ssh-ed25519",
           *           "replacedBy": null,
           *           "touchRequired": false,
           *           "verifyRequired": false
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['UserKey'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  addUserKey: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
         *       "label": "laptop",
         *       "expiresAt": "2031-01-31T00:00:00.000Z",
         *       "touchRequired": false,
         *       "verifyRequired": false
         *     }
         */
        'application/json': {
          /** @description a public key as an OpenSSH line, in RFC 4716 form (BEGIN SSH2 PUBLIC KEY) or in PEM form; never a private key */
          publicKey: string;
          /** @description text of at most 200 characters; the key's own comment if absent */
          label?: string;
          /** @description a time such as 2030-01-31T00:00:00Z, or null */
          expiresAt?: string | null;
          /** @description of a key in a security device (sk-): each login takes a touch of it; true unless it is set otherwise */
          touchRequired?: boolean;
          /** @description of a key in a security device (sk-): the device must have verified the user, by a PIN or a finger */
          verifyRequired?: boolean;
        };
      };
    };
    responses: {
      /** @description Made */
      201: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "type": "ssh-ed25519",
           *       "bits": 256,
           *       "fingerprint": "SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU",
           *       "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
           *       "label": "laptop",
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *       "lastUsedFrom": "192.0.2.7:50022",
           *       "lastUsedClient": "OpenSSH_9.2p1",
           *       "lastUsedAlgorithm": "ssh-ed25519",
           *       "replacedBy": null,
           *       "touchRequired": false,
           *       "verifyRequired": false
           *     }
           */
          'application/json': components['schemas']['UserKey'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.key-private.key-weak.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getUserKey: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A public key of a user */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "type": "ssh-ed25519",
           *       "bits": 256,
           *       "fingerprint": "SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU",
           *       "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
           *       "label": "laptop",
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *       "lastUsedFrom": "192.0.2.7:50022",
           *       "lastUsedClient": "OpenSSH_9.2p1",
           *       "lastUsedAlgorithm": "ssh-ed25519",
           *       "replacedBy": null,
           *       "touchRequired": false,
           *       "verifyRequired": false
           *     }
           */
          'application/json': components['schemas']['UserKey'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  removeUserKey: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  changeUserKey: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "label": "laptop",
         *       "expiresAt": "2031-01-31T00:00:00.000Z"
         *     }
         */
        'application/json': {
          /** @description text of at most 200 characters */
          label?: string;
          /** @description a time such as 2030-01-31T00:00:00Z, or null */
          expiresAt?: string | null;
          /** @description of a key in a security device (sk-): each login takes a touch of it; true unless it is set otherwise */
          touchRequired?: boolean;
          /** @description of a key in a security device (sk-): the device must have verified the user, by a PIN or a finger */
          verifyRequired?: boolean;
        };
        /**
         * @example {
         *       "label": "laptop",
         *       "expiresAt": "2031-01-31T00:00:00.000Z"
         *     }
         */
        'application/merge-patch+json': {
          /** @description text of at most 200 characters */
          label?: string;
          /** @description a time such as 2030-01-31T00:00:00Z, or null */
          expiresAt?: string | null;
          /** @description of a key in a security device (sk-): each login takes a touch of it; true unless it is set otherwise */
          touchRequired?: boolean;
          /** @description of a key in a security device (sk-): the device must have verified the user, by a PIN or a finger */
          verifyRequired?: boolean;
        };
      };
    };
    responses: {
      /** @description A public key of a user */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "type": "ssh-ed25519",
           *       "bits": 256,
           *       "fingerprint": "SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU",
           *       "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
           *       "label": "laptop",
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *       "lastUsedFrom": "192.0.2.7:50022",
           *       "lastUsedClient": "OpenSSH_9.2p1",
           *       "lastUsedAlgorithm": "ssh-ed25519",
           *       "replacedBy": null,
           *       "touchRequired": false,
           *       "verifyRequired": false
           *     }
           */
          'application/json': components['schemas']['UserKey'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listKeys: {
    parameters: {
      query?: {
        /**
         * @description unused (not for `days`, 90 if absent), weak (would not be taken today), expiring (within `days`, 30 if absent) or expired
         * @example unused
         */
        state?: 'unused' | 'weak' | 'expiring' | 'expired';
        /**
         * @description a whole number from 1 to 3650
         * @example 1
         */
        days?: number;
        /**
         * @description the code of an agency
         * @example alameda
         */
        agency?: string;
        /**
         * @description SHA256:..., to see who has this key
         * @example SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU
         */
        fingerprint?: string;
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "username": "amy",
           *           "agency": "alameda",
           *           "userStatus": "active",
           *           "id": "0197f3a1c2d4",
           *           "type": "ssh-ed25519",
           *           "bits": 256,
           *           "fingerprint": "SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU",
           *           "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
           *           "label": "laptop",
           *           "expiresAt": "2031-01-31T00:00:00.000Z",
           *           "createdAt": "2030-01-02T08:00:00.000Z",
           *           "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *           "lastUsedFrom": "192.0.2.7:50022",
           *           "lastUsedClient": "OpenSSH_9.2p1",
           *           "lastUsedAlgorithm": "ssh-ed25519",
           *           "replacedBy": null,
           *           "touchRequired": false,
           *           "verifyRequired": false
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['OwnedKey'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  rotateUserKey: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
         *       "label": "laptop",
         *       "expiresAt": "2031-01-31T00:00:00.000Z",
         *       "touchRequired": false,
         *       "verifyRequired": false,
         *       "overlapDays": 7
         *     }
         */
        'application/json': {
          /** @description a public key as an OpenSSH line, in RFC 4716 form (BEGIN SSH2 PUBLIC KEY) or in PEM form; never a private key */
          publicKey: string;
          /** @description text of at most 200 characters; if absent the key's own comment, or else the label of the old key */
          label?: string;
          /** @description a time such as 2030-01-31T00:00:00Z, or null */
          expiresAt?: string | null;
          /** @description of a key in a security device (sk-): each login takes a touch of it; true unless it is set otherwise */
          touchRequired?: boolean;
          /** @description of a key in a security device (sk-): the device must have verified the user, by a PIN or a finger */
          verifyRequired?: boolean;
          /**
           * @description a whole number of days from 0 to 365 for which the old key goes on working; 0 ends it, and the user's logins, at once
           * @default 7
           */
          overlapDays?: number;
        };
      };
    };
    responses: {
      /** @description Made */
      201: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "added": {
           *         "id": "0197f3a1c2d4",
           *         "type": "ssh-ed25519",
           *         "bits": 256,
           *         "fingerprint": "SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU",
           *         "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
           *         "label": "laptop",
           *         "expiresAt": "2031-01-31T00:00:00.000Z",
           *         "createdAt": "2030-01-02T08:00:00.000Z",
           *         "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *         "lastUsedFrom": "192.0.2.7:50022",
           *         "lastUsedClient": "OpenSSH_9.2p1",
           *         "lastUsedAlgorithm": "ssh-ed25519",
           *         "replacedBy": null,
           *         "touchRequired": false,
           *         "verifyRequired": false
           *       },
           *       "replaced": {
           *         "id": "0197f3a1c2d4",
           *         "type": "ssh-ed25519",
           *         "bits": 256,
           *         "fingerprint": "SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU",
           *         "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
           *         "label": "laptop",
           *         "expiresAt": "2031-01-31T00:00:00.000Z",
           *         "createdAt": "2030-01-02T08:00:00.000Z",
           *         "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *         "lastUsedFrom": "192.0.2.7:50022",
           *         "lastUsedClient": "OpenSSH_9.2p1",
           *         "lastUsedAlgorithm": "ssh-ed25519",
           *         "replacedBy": null,
           *         "touchRequired": false,
           *         "verifyRequired": false
           *       }
           *     }
           */
          'application/json': components['schemas']['KeyRotation'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.key-private.key-weak.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  setPassword: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "password": "violet anchor tundra saddle",
         *       "temporary": false
         *     }
         */
        'application/json': {
          /** @description at least 15 characters (14 and four kinds of them under pub1075); several unrelated words are good */
          password: string;
          /** @description to be changed at its first use; true under pub1075 for a person, else false, where it is not given */
          temporary?: boolean;
        };
      };
    };
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.hashing-busy.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  removePassword: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listSecondFactors: {
    parameters: {
      query?: {
        /** @example alameda */
        agency?: string;
        /** @example pending */
        state?: 'none' | 'pending' | 'confirmed';
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "username": "amy",
           *           "agency": "alameda",
           *           "state": "pending",
           *           "askedFor": false,
           *           "confirmedAt": "2030-01-31T09:15:00.000Z",
           *           "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *           "driftSteps": 0,
           *           "recoveryCodesLeft": 0,
           *           "blocked": false
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['SecondFactor'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getSecondFactor: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The one-time codes of a user */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "username": "amy",
           *       "agency": "alameda",
           *       "state": "pending",
           *       "askedFor": false,
           *       "confirmedAt": "2030-01-31T09:15:00.000Z",
           *       "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *       "driftSteps": 0,
           *       "recoveryCodesLeft": 0,
           *       "blocked": false
           *     }
           */
          'application/json': components['schemas']['SecondFactor'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  enrolTotp: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A secret for an authenticator */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "username": "amy",
           *       "secret": "wb_0197f3a1_kJ8sYw2tQ4nB7vX1cZ5mL9pR3dF6hG0a",
           *       "uri": "otpauth://totp/Waybill:amy?issuer=Waybill&secret=JBSWY3DPEHPK3PXP",
           *       "qrCodePng": "iVBORw0KGgoAAAANSUhEUgAA"
           *     }
           */
          'application/json': components['schemas']['TotpEnrolment'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  removeTotp: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  confirmTotp: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "code": "alameda"
         *     }
         */
        'application/json': {
          /** @description what the authenticator shows */
          code: string;
        };
      };
    };
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "recoveryCodes": []
           *     }
           */
          'application/json': {
            /** @description each good once in place of a one-time code; shown this once */
            recoveryCodes: string[];
          };
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  makeRecoveryCodes: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Default Response */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "recoveryCodes": []
           *     }
           */
          'application/json': {
            /** @description each good once in place of a one-time code; shown this once */
            recoveryCodes: string[];
          };
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listLocks: {
    parameters: {
      query?: {
        /** @example alameda */
        agency?: string;
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "username": "amy",
           *           "agency": "alameda",
           *           "failedLogins": 0,
           *           "lockedAt": "2030-01-31T09:00:00.000Z",
           *           "lockedUntil": "2030-01-31T09:15:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['Lock'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  unlockUser: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example amy */
        username: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  reportLegacyInterop: {
    parameters: {
      query?: {
        /** @example alameda */
        agency?: string;
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "agency": "alameda",
           *           "grant": {
           *             "agency": "alameda",
           *             "allowedCidrs": [
           *               "192.0.2.0/28"
           *             ],
           *             "reason": "mainframe job, replaced in March",
           *             "expiresAt": "2031-01-31T00:00:00.000Z",
           *             "grantedAt": "2030-01-31T09:15:00.000Z"
           *           },
           *           "users": [
           *             {
           *               "username": "amy",
           *               "logins": 0,
           *               "lastAt": "2030-01-31T09:15:00.000Z",
           *               "lastFrom": "203.0.113.9:50412",
           *               "client": "OpenSSH_9.6",
           *               "algorithms": {
           *                 "kex": "curve25519-sha256",
           *                 "hostKey": "ssh-ed25519",
           *                 "cipher": "aes256-gcm"
           *               }
           *             }
           *           ]
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['LegacyUse'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getLegacyInterop: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example alameda */
        code: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description From where and until when an agency may use older SSH algorithms */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "agency": "alameda",
           *       "allowedCidrs": [
           *         "192.0.2.0/28"
           *       ],
           *       "reason": "mainframe job, replaced in March",
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "grantedAt": "2030-01-31T09:15:00.000Z"
           *     }
           */
          'application/json': components['schemas']['LegacyGrant'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  grantLegacyInterop: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example alameda */
        code: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "allowedCidrs": [
         *         "192.0.2.0/28"
         *       ],
         *       "reason": "mainframe job, replaced in March",
         *       "expiresAt": "2031-01-31T00:00:00.000Z"
         *     }
         */
        'application/json': {
          /**
           * @description the addresses or CIDR blocks that the agency connects from; one at least, none wider than /16 (IPv6 /32)
           * @example [
           *       "192.0.2.0/28"
           *     ]
           */
          allowedCidrs: string[];
          /**
           * @description text of 1 to 200 characters on one line
           * @example mainframe job, replaced in March
           */
          reason: string;
          /**
           * Format: date-time
           * @description a time to come, at most a year ahead, such as 2030-01-31T00:00:00Z
           */
          expiresAt: string;
        };
      };
    };
    responses: {
      /** @description From where and until when an agency may use older SSH algorithms */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "agency": "alameda",
           *       "allowedCidrs": [
           *         "192.0.2.0/28"
           *       ],
           *       "reason": "mainframe job, replaced in March",
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "grantedAt": "2030-01-31T09:15:00.000Z"
           *     }
           */
          'application/json': components['schemas']['LegacyGrant'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  endLegacyInterop: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example alameda */
        code: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listUserCas: {
    parameters: {
      query?: {
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path: {
        /** @example alameda */
        code: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "agency": "alameda",
           *           "type": "ssh-ed25519",
           *           "bits": 256,
           *           "fingerprint": "SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU",
           *           "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
           *           "label": "laptop",
           *           "principals": [
           *             "amy",
           *             "nightly-batch"
           *           ],
           *           "verifyRequired": false,
           *           "expiresAt": "2031-01-31T00:00:00.000Z",
           *           "createdAt": "2030-01-02T08:00:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['UserCa'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  addUserCa: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example alameda */
        code: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
         *       "label": "laptop",
         *       "principals": [
         *         "amy",
         *         "nightly-batch"
         *       ],
         *       "verifyRequired": false,
         *       "expiresAt": "2031-01-31T00:00:00.000Z"
         *     }
         */
        'application/json': {
          /** @description the public key of the authority; RSA of 3072 bits or more */
          publicKey: string;
          /** @description text of at most 200 characters */
          label?: string;
          /**
           * @description the user names that it may certify, each a principal of its certificates; an empty list is every user of the agency
           * @example [
           *       "amy",
           *       "nightly-batch"
           *     ]
           */
          principals?: string[];
          /** @description a login by its certificates takes a key in a security device (sk-) that verified the user */
          verifyRequired?: boolean;
          /** @description a time such as 2030-01-31T00:00:00Z, or null */
          expiresAt?: string | null;
        };
      };
    };
    responses: {
      /** @description Made */
      201: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "type": "ssh-ed25519",
           *       "bits": 256,
           *       "fingerprint": "SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU",
           *       "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
           *       "label": "laptop",
           *       "principals": [
           *         "amy",
           *         "nightly-batch"
           *       ],
           *       "verifyRequired": false,
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "createdAt": "2030-01-02T08:00:00.000Z"
           *     }
           */
          'application/json': components['schemas']['UserCa'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.key-private.key-weak.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getUserCa: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example alameda */
        code: string;
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A key with which an agency certifies keys of its users */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "type": "ssh-ed25519",
           *       "bits": 256,
           *       "fingerprint": "SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU",
           *       "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
           *       "label": "laptop",
           *       "principals": [
           *         "amy",
           *         "nightly-batch"
           *       ],
           *       "verifyRequired": false,
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "createdAt": "2030-01-02T08:00:00.000Z"
           *     }
           */
          'application/json': components['schemas']['UserCa'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  removeUserCa: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example alameda */
        code: string;
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  changeUserCa: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example alameda */
        code: string;
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "label": "laptop",
         *       "principals": [
         *         "amy",
         *         "nightly-batch"
         *       ]
         *     }
         */
        'application/json': {
          /** @description text of at most 200 characters */
          label?: string;
          /**
           * @description the user names that it may certify, each a principal of its certificates; an empty list is every user of the agency
           * @example [
           *       "amy",
           *       "nightly-batch"
           *     ]
           */
          principals?: string[];
          /** @description a login by its certificates takes a key in a security device (sk-) that verified the user */
          verifyRequired?: boolean;
          /** @description a time such as 2030-01-31T00:00:00Z, or null */
          expiresAt?: string | null;
        };
        /**
         * @example {
         *       "label": "laptop",
         *       "principals": [
         *         "amy",
         *         "nightly-batch"
         *       ]
         *     }
         */
        'application/merge-patch+json': {
          /** @description text of at most 200 characters */
          label?: string;
          /**
           * @description the user names that it may certify, each a principal of its certificates; an empty list is every user of the agency
           * @example [
           *       "amy",
           *       "nightly-batch"
           *     ]
           */
          principals?: string[];
          /** @description a login by its certificates takes a key in a security device (sk-) that verified the user */
          verifyRequired?: boolean;
          /** @description a time such as 2030-01-31T00:00:00Z, or null */
          expiresAt?: string | null;
        };
      };
    };
    responses: {
      /** @description A key with which an agency certifies keys of its users */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "type": "ssh-ed25519",
           *       "bits": 256,
           *       "fingerprint": "SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU",
           *       "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy",
           *       "label": "laptop",
           *       "principals": [
           *         "amy",
           *         "nightly-batch"
           *       ],
           *       "verifyRequired": false,
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "createdAt": "2030-01-02T08:00:00.000Z"
           *     }
           */
          'application/json': components['schemas']['UserCa'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listCertificateRevocations: {
    parameters: {
      query?: {
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path: {
        /** @example alameda */
        code: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "agency": "alameda",
           *           "kind": "serial",
           *           "value": "1042",
           *           "reason": "laptop lost on 3 March",
           *           "authority": null,
           *           "createdAt": "2030-01-02T08:00:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['CertificateRevocation'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  revokeCertificate: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example alameda */
        code: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "kind": "serial",
         *       "value": "1042",
         *       "reason": "laptop lost on 3 March",
         *       "authority": null
         *     }
         */
        'application/json': {
          /**
           * @description what a certificate is known by: its serial, its key id, or the certified key
           * @enum {unknown}
           */
          kind: 'serial' | 'key-id' | 'key';
          /**
           * @description a serial in decimal, a key id as it is, or the fingerprint of the certified key, SHA256:...
           * @example 1042
           */
          value: string;
          /**
           * @description text of 1 to 200 characters on one line
           * @example laptop lost on 3 March
           */
          reason: string;
          /** @description fingerprint of the one authority that it is about, SHA256:...; a serial takes it; null is any */
          authority?: string | null;
        };
      };
    };
    responses: {
      /** @description Made */
      201: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "kind": "serial",
           *       "value": "1042",
           *       "reason": "laptop lost on 3 March",
           *       "authority": null,
           *       "createdAt": "2030-01-02T08:00:00.000Z"
           *     }
           */
          'application/json': components['schemas']['CertificateRevocation'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getCertificateRevocation: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example alameda */
        code: string;
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What no certificate of an agency lets in any more */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "kind": "serial",
           *       "value": "1042",
           *       "reason": "laptop lost on 3 March",
           *       "authority": null,
           *       "createdAt": "2030-01-02T08:00:00.000Z"
           *     }
           */
          'application/json': components['schemas']['CertificateRevocation'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  removeCertificateRevocation: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example alameda */
        code: string;
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listBans: {
    parameters: {
      query?: {
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "source": "198.51.100.23",
           *           "reason": "password-wrong",
           *           "failures": 12,
           *           "refusedConnections": 41,
           *           "since": "2030-01-31T09:00:00.000Z",
           *           "until": "2030-01-31T10:00:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['Ban'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  liftBan: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description an address, or a block such as 2001:db8:0:1::/64 with its slash as %2F
         * @example 198.51.100.23
         */
        source: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listSessions: {
    parameters: {
      query?: {
        /** @example alameda */
        agency?: string;
        /** @example amy */
        username?: string;
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "username": "amy",
           *           "agency": "alameda",
           *           "source": "203.0.113.9:50122",
           *           "client": "OpenSSH_9.6",
           *           "algorithms": {
           *             "kex": "curve25519-sha256",
           *             "hostKey": "ssh-ed25519",
           *             "cipher": "aes256-gcm"
           *           },
           *           "proofs": [
           *             "publickey SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU"
           *           ],
           *           "startedAt": "2030-01-31T09:15:00.000Z",
           *           "bytesRead": 0,
           *           "bytesWritten": 0,
           *           "readBytesPerSecond": 0,
           *           "writtenBytesPerSecond": 0,
           *           "openFiles": [
           *             {
           *               "transferId": "0197f3a1c2d5",
           *               "agency": "alameda",
           *               "path": "/outgoing/report.csv",
           *               "direction": "upload",
           *               "bytes": 48213,
           *               "size": 48213
           *             }
           *           ]
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['Session'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getSession: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A login that is up */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "username": "amy",
           *       "agency": "alameda",
           *       "source": "203.0.113.9:50122",
           *       "client": "OpenSSH_9.6",
           *       "algorithms": {
           *         "kex": "curve25519-sha256",
           *         "hostKey": "ssh-ed25519",
           *         "cipher": "aes256-gcm"
           *       },
           *       "proofs": [
           *         "publickey SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU"
           *       ],
           *       "startedAt": "2030-01-31T09:15:00.000Z",
           *       "bytesRead": 0,
           *       "bytesWritten": 0,
           *       "readBytesPerSecond": 0,
           *       "writtenBytesPerSecond": 0,
           *       "openFiles": [
           *         {
           *           "transferId": "0197f3a1c2d5",
           *           "agency": "alameda",
           *           "path": "/outgoing/report.csv",
           *           "direction": "upload",
           *           "bytes": 48213,
           *           "size": 48213
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['Session'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  endSession: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listFiles: {
    parameters: {
      query: {
        /**
         * @description the code of an agency
         * @example alameda
         */
        agency: string;
        /**
         * @description a directory or a file, such as /outgoing
         * @example /outgoing/report.csv
         */
        path?: string;
        /**
         * @description what the names begin with, as it is
         * @example a
         */
        prefix?: string;
        /**
         * @description name, or -name from the end; no directory is kept in the order of anything else
         * @example name
         */
        sort?: 'name' | '-name';
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "agency": "alameda",
           *           "path": "/outgoing/report.csv",
           *           "name": "report.csv",
           *           "kind": "file",
           *           "size": 48213,
           *           "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           *           "version": "1",
           *           "transferId": "0197f3a1c2d5",
           *           "receivedAt": "2030-01-31T09:15:02.000Z",
           *           "receivedFrom": "amy",
           *           "createdAt": "2030-01-02T08:00:00.000Z",
           *           "modifiedAt": "2030-01-31T09:15:02.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['File'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  createDirectory: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "agency": "alameda",
         *       "path": "/outgoing/2030",
         *       "kind": "directory"
         *     }
         */
        'application/json': {
          /** @description the code of an agency */
          agency: string;
          /**
           * @description such as /outgoing/2030
           * @example /outgoing/2030
           */
          path: string;
          /**
           * @description directory; a file is made by PUT /v1/files/content
           * @enum {string}
           */
          kind: 'directory';
        };
      };
    };
    responses: {
      /** @description Made */
      201: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "path": "/outgoing/report.csv",
           *       "name": "report.csv",
           *       "kind": "file",
           *       "size": 48213,
           *       "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           *       "version": "1",
           *       "transferId": "0197f3a1c2d5",
           *       "receivedAt": "2030-01-31T09:15:02.000Z",
           *       "receivedFrom": "amy",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "modifiedAt": "2030-01-31T09:15:02.000Z"
           *     }
           */
          'application/json': components['schemas']['File'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed.name-invalid.path-too-long'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.permission-denied.scope-missing'];
      404: components['responses']['NotFound.not-found.parent-not-found'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.already-exists.answer-lost.not-a-directory.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getFile: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A published file or a directory */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "path": "/outgoing/report.csv",
           *       "name": "report.csv",
           *       "kind": "file",
           *       "size": 48213,
           *       "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           *       "version": "1",
           *       "transferId": "0197f3a1c2d5",
           *       "receivedAt": "2030-01-31T09:15:02.000Z",
           *       "receivedFrom": "amy",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "modifiedAt": "2030-01-31T09:15:02.000Z"
           *     }
           */
          'application/json': components['schemas']['File'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  removeFile: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.permission-denied.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.directory-not-empty'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listFileVersions: {
    parameters: {
      query?: {
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "state": "current",
           *           "size": 48213,
           *           "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           *           "receivedAt": "2030-01-31T09:15:02.000Z",
           *           "receivedFrom": "amy",
           *           "transferId": "0197f3a1c2d5",
           *           "replacedAt": "2030-01-31T09:15:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['FileVersion'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.is-a-directory'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  removeFileVersion: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
        /** @example 0197f3a1c2d7 */
        versionId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.permission-denied.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict.is-a-directory'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  restoreFileVersion: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
        /** @example 0197f3a1c2d7 */
        versionId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A published file or a directory */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "path": "/outgoing/report.csv",
           *       "name": "report.csv",
           *       "kind": "file",
           *       "size": 48213,
           *       "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           *       "version": "1",
           *       "transferId": "0197f3a1c2d5",
           *       "receivedAt": "2030-01-31T09:15:02.000Z",
           *       "receivedFrom": "amy",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "modifiedAt": "2030-01-31T09:15:02.000Z"
           *     }
           */
          'application/json': components['schemas']['File'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.permission-denied.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.is-a-directory.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getFileContent: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description the ETag of what is there already
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description one range, such as bytes=1048576-; several are answered with all
         * @example bytes=0-1023
         */
        range?: string;
        /**
         * @description the ETag that the range is of
         * @example "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
         */
        'if-range'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All bytes. The connection is cut where the stored content turns out to be corrupt. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          'Content-Length'?: string;
          /** @description bytes */
          'Accept-Ranges'?: string;
          /** @description the SHA-256 of the content, hex */
          ETag?: string;
          /** @description RFC 9530: of all of it, also with a range */
          'Repr-Digest'?: string;
          'Content-Disposition'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description The range */
      206: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          'Content-Length'?: string;
          /** @description bytes */
          'Accept-Ranges'?: string;
          /** @description the SHA-256 of the content, hex */
          ETag?: string;
          /** @description RFC 9530: of all of it, also with a range */
          'Repr-Digest'?: string;
          'Content-Disposition'?: string;
          'Content-Range'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description That is what is there */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict.is-a-directory'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      416: components['responses']['RangeNotSatisfiable.range-invalid'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.content-corrupt.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  'headFileContent-head': {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description the ETag of what is there already
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description one range, such as bytes=1048576-; several are answered with all
         * @example bytes=0-1023
         */
        range?: string;
        /**
         * @description the ETag that the range is of
         * @example "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
         */
        'if-range'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What a GET would send with them */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          'Content-Length'?: string;
          /** @description bytes */
          'Accept-Ranges'?: string;
          /** @description the SHA-256 of the content, hex */
          ETag?: string;
          /** @description RFC 9530: of all of it, also with a range */
          'Repr-Digest'?: string;
          'Content-Disposition'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description That is what is there */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict.is-a-directory'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      416: components['responses']['RangeNotSatisfiable.range-invalid'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.content-corrupt.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getFileVersionContent: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description the ETag of what is there already
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description one range, such as bytes=1048576-; several are answered with all
         * @example bytes=0-1023
         */
        range?: string;
        /**
         * @description the ETag that the range is of
         * @example "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
         */
        'if-range'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
        /** @example 0197f3a1c2d7 */
        versionId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All bytes. The connection is cut where the stored content turns out to be corrupt. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          'Content-Length'?: string;
          /** @description bytes */
          'Accept-Ranges'?: string;
          /** @description the SHA-256 of the content, hex */
          ETag?: string;
          /** @description RFC 9530: of all of it, also with a range */
          'Repr-Digest'?: string;
          'Content-Disposition'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description The range */
      206: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          'Content-Length'?: string;
          /** @description bytes */
          'Accept-Ranges'?: string;
          /** @description the SHA-256 of the content, hex */
          ETag?: string;
          /** @description RFC 9530: of all of it, also with a range */
          'Repr-Digest'?: string;
          'Content-Disposition'?: string;
          'Content-Range'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description That is what is there */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict.is-a-directory'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      416: components['responses']['RangeNotSatisfiable.range-invalid'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.content-corrupt.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  'headFileVersionContent-head': {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description the ETag of what is there already
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description one range, such as bytes=1048576-; several are answered with all
         * @example bytes=0-1023
         */
        range?: string;
        /**
         * @description the ETag that the range is of
         * @example "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
         */
        'if-range'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
        /** @example 0197f3a1c2d7 */
        versionId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What a GET would send with them */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          'Content-Length'?: string;
          /** @description bytes */
          'Accept-Ranges'?: string;
          /** @description the SHA-256 of the content, hex */
          ETag?: string;
          /** @description RFC 9530: of all of it, also with a range */
          'Repr-Digest'?: string;
          'Content-Disposition'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description That is what is there */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict.is-a-directory'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      416: components['responses']['RangeNotSatisfiable.range-invalid'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.content-corrupt.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getFileContentAt: {
    parameters: {
      query: {
        /**
         * @description the code of an agency
         * @example alameda
         */
        agency: string;
        /**
         * @description such as /incoming/cases.csv
         * @example /outgoing/report.csv
         */
        path: string;
      };
      header?: {
        /**
         * @description the ETag of what is there already
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description one range, such as bytes=1048576-; several are answered with all
         * @example bytes=0-1023
         */
        range?: string;
        /**
         * @description the ETag that the range is of
         * @example "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
         */
        'if-range'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All bytes. The connection is cut where the stored content turns out to be corrupt. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          'Content-Length'?: string;
          /** @description bytes */
          'Accept-Ranges'?: string;
          /** @description the SHA-256 of the content, hex */
          ETag?: string;
          /** @description RFC 9530: of all of it, also with a range */
          'Repr-Digest'?: string;
          'Content-Disposition'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description The range */
      206: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          'Content-Length'?: string;
          /** @description bytes */
          'Accept-Ranges'?: string;
          /** @description the SHA-256 of the content, hex */
          ETag?: string;
          /** @description RFC 9530: of all of it, also with a range */
          'Repr-Digest'?: string;
          'Content-Disposition'?: string;
          'Content-Range'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description That is what is there */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed.name-invalid.path-too-long'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict.is-a-directory'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      416: components['responses']['RangeNotSatisfiable.range-invalid'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.content-corrupt.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  putFileContent: {
    parameters: {
      query: {
        /**
         * @description the code of an agency
         * @example alameda
         */
        agency: string;
        /**
         * @description such as /incoming/cases.csv
         * @example /outgoing/report.csv
         */
        path: string;
      };
      header?: {
        /**
         * @description RFC 9530, sha-256; Content-Digest and Digest do as well
         * @example sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:
         */
        'repr-digest'?: string;
        /**
         * @description the ETag of the content that may be replaced; * is any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
        /**
         * @description *, to replace nothing
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/octet-stream': string;
      };
    };
    responses: {
      /** @description The file, which was replaced */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          /** @description of the content */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "path": "/outgoing/report.csv",
           *       "name": "report.csv",
           *       "kind": "file",
           *       "size": 48213,
           *       "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           *       "version": "1",
           *       "transferId": "0197f3a1c2d5",
           *       "receivedAt": "2030-01-31T09:15:02.000Z",
           *       "receivedFrom": "amy",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "modifiedAt": "2030-01-31T09:15:02.000Z"
           *     }
           */
          'application/json': components['schemas']['File'];
        };
      };
      /** @description The file, which is new */
      201: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          /** @description of the content */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "path": "/outgoing/report.csv",
           *       "name": "report.csv",
           *       "kind": "file",
           *       "size": 48213,
           *       "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           *       "version": "1",
           *       "transferId": "0197f3a1c2d5",
           *       "receivedAt": "2030-01-31T09:15:02.000Z",
           *       "receivedFrom": "amy",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "modifiedAt": "2030-01-31T09:15:02.000Z"
           *     }
           */
          'application/json': components['schemas']['File'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.digest-mismatch.field-invalid.message-malformed.name-invalid.path-too-long'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.permission-denied.scope-missing'];
      404: components['responses']['NotFound.not-found.parent-not-found'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.is-a-directory.not-a-directory.session-ended'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.memory-short.unavailable'];
      507: components['responses']['InsufficientStorage.quota-exceeded.storage-full'];
    };
  };
  'headFileContentAt-head': {
    parameters: {
      query: {
        /**
         * @description the code of an agency
         * @example alameda
         */
        agency: string;
        /**
         * @description such as /incoming/cases.csv
         * @example /outgoing/report.csv
         */
        path: string;
      };
      header?: {
        /**
         * @description the ETag of what is there already
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description one range, such as bytes=1048576-; several are answered with all
         * @example bytes=0-1023
         */
        range?: string;
        /**
         * @description the ETag that the range is of
         * @example "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
         */
        'if-range'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What a GET would send with them */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          'Content-Length'?: string;
          /** @description bytes */
          'Accept-Ranges'?: string;
          /** @description the SHA-256 of the content, hex */
          ETag?: string;
          /** @description RFC 9530: of all of it, also with a range */
          'Repr-Digest'?: string;
          'Content-Disposition'?: string;
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description That is what is there */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed.name-invalid.path-too-long'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict.is-a-directory'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      416: components['responses']['RangeNotSatisfiable.range-invalid'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.content-corrupt.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listTransfers: {
    parameters: {
      query?: {
        /** @example alameda */
        agency?: string;
        /** @example amy */
        username?: string;
        /**
         * @description receiving, published, partial, unchanged, sending, completed, incomplete or discarded
         * @example receiving
         */
        state?:
          | 'receiving'
          | 'published'
          | 'partial'
          | 'unchanged'
          | 'sending'
          | 'completed'
          | 'incomplete'
          | 'discarded';
        /**
         * @description upload or download
         * @example upload
         */
        direction?: 'upload' | 'download';
        /**
         * @description the whole path in the tree of its agency
         * @example /outgoing/report.csv
         */
        path?: string;
        /**
         * @description what the path begins with, such as /outgoing/2030
         * @example /outgoing
         */
        pathPrefix?: string;
        /**
         * @description 64 lower-case hex digits
         * @example 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
         */
        sha256?: string;
        /**
         * @description the id of a login, or of an API request
         * @example 8d1f6c0b2a7e4935
         */
        session?: string;
        /**
         * @description the whole identification string
         * @example OpenSSH_9.6
         */
        client?: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-01-31T00:00:00Z
         */
        from?: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-02-01T00:00:00Z
         */
        to?: string;
        /**
         * @description startedAt, or -startedAt from the newest
         * @example -startedAt
         */
        sort?: 'startedAt' | '-startedAt';
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "direction": "upload",
           *           "username": "amy",
           *           "agency": "alameda",
           *           "path": "/outgoing/report.csv",
           *           "fileId": "0197f3a1c2d4",
           *           "sessionId": "8d1f6c0b2a7e4935",
           *           "source": "203.0.113.9:50122",
           *           "client": "OpenSSH_9.6",
           *           "state": "receiving",
           *           "bytes": 48213,
           *           "size": 48213,
           *           "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           *           "startedAt": "2030-01-31T09:15:00.000Z",
           *           "endedAt": "2030-01-31T09:15:02.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['Transfer'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getTransfer: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description One upload or download, and what it has to do with */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "direction": "upload",
           *       "username": "amy",
           *       "agency": "alameda",
           *       "path": "/outgoing/report.csv",
           *       "fileId": "0197f3a1c2d4",
           *       "sessionId": "8d1f6c0b2a7e4935",
           *       "source": "203.0.113.9:50122",
           *       "client": "OpenSSH_9.6",
           *       "state": "receiving",
           *       "bytes": 48213,
           *       "size": 48213,
           *       "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           *       "startedAt": "2030-01-31T09:15:00.000Z",
           *       "endedAt": "2030-01-31T09:15:02.000Z",
           *       "version": {
           *         "id": "0197f3a1c2d4",
           *         "state": "current"
           *       },
           *       "login": {
           *         "at": "2030-01-31T09:15:00.000Z",
           *         "proofs": [
           *           "publickey SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU"
           *         ],
           *         "algorithms": {
           *           "kex": "curve25519-sha256",
           *           "hostKey": "ssh-ed25519",
           *           "cipher": "aes256-gcm"
           *         }
           *       },
           *       "ledger": {
           *         "opened": 0,
           *         "closed": 0
           *       }
           *     }
           */
          'application/json': components['schemas']['TransferStory'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listHolds: {
    parameters: {
      query?: {
        /**
         * @description only those of this agency alone
         * @example alameda
         */
        agency?: string;
        /**
         * @description only those on this file by its id; there may be others that are on it, too
         * @example 0197f3a1c2d4
         */
        file?: string;
        /**
         * @description standing, lifted, or expired (it ended by itself)
         * @example standing
         */
        state?: 'standing' | 'lifted' | 'expired';
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "agency": "alameda",
           *           "path": "/outgoing/2029/**",
           *           "file": null,
           *           "receivedFrom": null,
           *           "receivedUntil": null,
           *           "reason": "Smith v. County of Alameda",
           *           "authority": "Superior Court, case 24-1183",
           *           "until": null,
           *           "state": "standing",
           *           "placedBy": {
           *             "kind": "admin",
           *             "keyId": "0197f3a1c2d8",
           *             "name": "records office"
           *           },
           *           "createdAt": "2030-01-02T08:00:00.000Z",
           *           "updatedAt": "2030-01-30T16:20:00.000Z",
           *           "liftedAt": null,
           *           "liftedBy": null,
           *           "liftReason": null
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['Hold'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  placeHold: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "agency": "alameda",
         *       "path": "/outgoing/2029/**",
         *       "file": null,
         *       "receivedFrom": null,
         *       "receivedUntil": null,
         *       "reason": "Smith v. County of Alameda",
         *       "authority": "Superior Court, case 24-1183",
         *       "until": null
         *     }
         */
        'application/json': {
          /**
           * @description the code of an agency, or null for all of them
           * @example alameda
           */
          agency?: string | null;
          /**
           * @description a pattern of paths in an agency's tree, such as /outgoing/** or /outgoing/*.csv, or null; not with a file. What it begins with has to be a directory that is there, and a path without * and ? a file
           * @example /outgoing/2029/**
           */
          path?: string | null;
          /**
           * @description the id of a file, wherever it is, or null
           * @example null
           */
          file?: string | null;
          /**
           * @description what was received from then on: a time such as 2030-01-31T00:00:00Z, or null
           * @example null
           */
          receivedFrom?: string | null;
          /**
           * @description what was received before then: a time such as 2030-01-31T00:00:00Z, or null
           * @example null
           */
          receivedUntil?: string | null;
          /**
           * @description text of 1 to 200 characters on one line; whoever is refused for the hold is told it
           * @example Smith v. County of Alameda
           */
          reason: string;
          /**
           * @description who wants it: text of 1 to 200 characters on one line; told as the reason is
           * @example Superior Court, case 24-1183
           */
          authority: string;
          /**
           * @description when it ends by itself: a time such as 2030-01-31T00:00:00Z, or null
           * @example null
           */
          until?: string | null;
        };
      };
    };
    responses: {
      /** @description Made */
      201: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "path": "/outgoing/2029/**",
           *       "file": null,
           *       "receivedFrom": null,
           *       "receivedUntil": null,
           *       "reason": "Smith v. County of Alameda",
           *       "authority": "Superior Court, case 24-1183",
           *       "until": null,
           *       "state": "standing",
           *       "placedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d8",
           *         "name": "records office"
           *       },
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z",
           *       "liftedAt": null,
           *       "liftedBy": null,
           *       "liftReason": null
           *     }
           */
          'application/json': components['schemas']['Hold'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getHold: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A legal hold: what it is on is not purged, not removed and not renamed, and stays where it is replaced */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "path": "/outgoing/2029/**",
           *       "file": null,
           *       "receivedFrom": null,
           *       "receivedUntil": null,
           *       "reason": "Smith v. County of Alameda",
           *       "authority": "Superior Court, case 24-1183",
           *       "until": null,
           *       "state": "standing",
           *       "placedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d8",
           *         "name": "records office"
           *       },
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z",
           *       "liftedAt": null,
           *       "liftedBy": null,
           *       "liftReason": null
           *     }
           */
          'application/json': components['schemas']['Hold'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  changeHold: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "reason": "Smith v. County of Alameda",
         *       "authority": "Superior Court, case 24-1183"
         *     }
         */
        'application/json': {
          /**
           * @description text of 1 to 200 characters on one line; whoever is refused for the hold is told it
           * @example Smith v. County of Alameda
           */
          reason?: string;
          /**
           * @description who wants it: text of 1 to 200 characters on one line; told as the reason is
           * @example Superior Court, case 24-1183
           */
          authority?: string;
          /**
           * @description when it ends by itself: a time such as 2030-01-31T00:00:00Z, or null
           * @example null
           */
          until?: string | null;
        };
        /**
         * @example {
         *       "reason": "Smith v. County of Alameda",
         *       "authority": "Superior Court, case 24-1183"
         *     }
         */
        'application/merge-patch+json': {
          /**
           * @description text of 1 to 200 characters on one line; whoever is refused for the hold is told it
           * @example Smith v. County of Alameda
           */
          reason?: string;
          /**
           * @description who wants it: text of 1 to 200 characters on one line; told as the reason is
           * @example Superior Court, case 24-1183
           */
          authority?: string;
          /**
           * @description when it ends by itself: a time such as 2030-01-31T00:00:00Z, or null
           * @example null
           */
          until?: string | null;
        };
      };
    };
    responses: {
      /** @description A legal hold: what it is on is not purged, not removed and not renamed, and stays where it is replaced */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "path": "/outgoing/2029/**",
           *       "file": null,
           *       "receivedFrom": null,
           *       "receivedUntil": null,
           *       "reason": "Smith v. County of Alameda",
           *       "authority": "Superior Court, case 24-1183",
           *       "until": null,
           *       "state": "standing",
           *       "placedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d8",
           *         "name": "records office"
           *       },
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z",
           *       "liftedAt": null,
           *       "liftedBy": null,
           *       "liftReason": null
           *     }
           */
          'application/json': components['schemas']['Hold'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  liftHold: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "reason": "the case was settled on 2030-01-15"
         *     }
         */
        'application/json': {
          /**
           * @description text of 1 to 200 characters on one line
           * @example the case was settled on 2030-01-15
           */
          reason: string;
        };
      };
    };
    responses: {
      /** @description A legal hold: what it is on is not purged, not removed and not renamed, and stays where it is replaced */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "agency": "alameda",
           *       "path": "/outgoing/2029/**",
           *       "file": null,
           *       "receivedFrom": null,
           *       "receivedUntil": null,
           *       "reason": "Smith v. County of Alameda",
           *       "authority": "Superior Court, case 24-1183",
           *       "until": null,
           *       "state": "standing",
           *       "placedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d8",
           *         "name": "records office"
           *       },
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z",
           *       "liftedAt": null,
           *       "liftedBy": null,
           *       "liftReason": null
           *     }
           */
          'application/json': components['schemas']['Hold'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listRetentionJobs: {
    parameters: {
      query?: {
        /**
         * @description only jobs of this agency alone
         * @example alameda
         */
        agency?: string;
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "name": "reports after 90 days",
           *           "agency": "alameda",
           *           "path": "/outgoing/**",
           *           "olderThanDays": 90,
           *           "clock": "received",
           *           "targets": [
           *             "file",
           *             "previous-version"
           *           ],
           *           "keepVersions": 0,
           *           "schedule": "30 2 * * *",
           *           "timezone": "America/Los_Angeles",
           *           "enabled": true,
           *           "needsApproval": true,
           *           "changedBy": "0197f3a1c2d8",
           *           "createdAt": "2030-01-02T08:00:00.000Z",
           *           "updatedAt": "2030-01-30T16:20:00.000Z",
           *           "nextRuns": [
           *             "2030-02-01T02:30:00-08:00",
           *             "2030-02-02T02:30:00-08:00"
           *           ],
           *           "lastRun": {
           *             "id": "0197f3a1c2d4",
           *             "jobId": "0197f3a1c2d8",
           *             "jobName": "reports after 90 days",
           *             "cause": "schedule",
           *             "dryRun": false,
           *             "state": "planned",
           *             "waitsFor": "approval",
           *             "rule": {
           *               "agency": "alameda",
           *               "path": "/outgoing/**",
           *               "olderThanDays": 90,
           *               "clock": "received",
           *               "targets": [
           *                 "file",
           *                 "previous-version"
           *               ],
           *               "keepVersions": 0
           *             },
           *             "cutoff": "2029-11-02T10:30:00.000Z",
           *             "dueAt": "2030-01-31T09:15:00.000Z",
           *             "requestedBy": {
           *               "kind": "admin",
           *               "keyId": "0197f3a1c2d8",
           *               "name": "records office"
           *             },
           *             "approvedBy": {
           *               "kind": "admin",
           *               "keyId": "0197f3a1c2d9",
           *               "name": "privacy office"
           *             },
           *             "cancelledBy": null,
           *             "createdAt": "2030-01-02T08:00:00.000Z",
           *             "plannedAt": "2030-01-31T09:15:00.000Z",
           *             "approvedAt": "2030-01-31T09:15:00.000Z",
           *             "startedAt": "2030-01-31T09:15:00.000Z",
           *             "endedAt": "2030-01-31T09:15:02.000Z",
           *             "planSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *             "scopeFiles": 1204,
           *             "planned": {
           *               "files": 311,
           *               "bytes": 48213004
           *             },
           *             "purged": {
           *               "files": 0,
           *               "bytes": 0
           *             },
           *             "held": 0,
           *             "skipped": 0,
           *             "failed": 0,
           *             "progress": 0,
           *             "error": null
           *           }
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['RetentionJob'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  createRetentionJob: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "name": "reports after 90 days",
         *       "agency": "alameda",
         *       "path": "/outgoing/**",
         *       "olderThanDays": 90,
         *       "clock": "received",
         *       "targets": [
         *         "file",
         *         "previous-version"
         *       ],
         *       "keepVersions": 0,
         *       "schedule": "30 2 * * *",
         *       "timezone": "America/Los_Angeles",
         *       "enabled": true,
         *       "needsApproval": true
         *     }
         */
        'application/json': {
          /**
           * @description text of 1 to 200 characters on one line, of no other job
           * @example reports after 90 days
           */
          name: string;
          /**
           * @description the code of an agency, or null for all of them
           * @example alameda
           */
          agency?: string | null;
          /**
           * @description a pattern such as /outgoing/** or /outgoing/*.csv: segments with * and ?, or ** alone for any number of them. What it begins with has to be a directory that is there, and a path without * and ? a file
           * @example /outgoing/**
           */
          path: string;
          /**
           * @description whole days of 24 hours, at least WAYBILL_RETENTION_DAYS_MIN
           * @example 90
           */
          olderThanDays: number;
          /**
           * @description received: the age counts from the receipt; collected: from when somebody of another agency had first read the whole of it
           * @enum {unknown}
           */
          clock?: 'received' | 'collected';
          /**
           * @description a list of one or more of file, previous-version, partial-upload
           * @example [
           *       "file",
           *       "previous-version"
           *     ]
           */
          targets?: ('file' | 'previous-version' | 'partial-upload')[];
          /**
           * @description of each file the newest so many stay whatever their age; 0 to 100
           * @example 0
           */
          keepVersions?: number;
          /**
           * @description cron of five fields: minute, hour, day of the month, month, day of the week
           * @example 30 2 * * *
           */
          schedule: string;
          /**
           * @description a time zone such as America/Los_Angeles
           * @example America/Los_Angeles
           */
          timezone?: string;
          /**
           * @description true or false; false: only asked for
           * @example true
           */
          enabled?: boolean;
          /**
           * @description true or false; true: each plan waits for another administrator
           * @example true
           */
          needsApproval?: boolean;
        };
      };
    };
    responses: {
      /** @description Made */
      201: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "name": "reports after 90 days",
           *       "agency": "alameda",
           *       "path": "/outgoing/**",
           *       "olderThanDays": 90,
           *       "clock": "received",
           *       "targets": [
           *         "file",
           *         "previous-version"
           *       ],
           *       "keepVersions": 0,
           *       "schedule": "30 2 * * *",
           *       "timezone": "America/Los_Angeles",
           *       "enabled": true,
           *       "needsApproval": true,
           *       "changedBy": "0197f3a1c2d8",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z",
           *       "nextRuns": [
           *         "2030-02-01T02:30:00-08:00",
           *         "2030-02-02T02:30:00-08:00"
           *       ],
           *       "lastRun": {
           *         "id": "0197f3a1c2d4",
           *         "jobId": "0197f3a1c2d8",
           *         "jobName": "reports after 90 days",
           *         "cause": "schedule",
           *         "dryRun": false,
           *         "state": "planned",
           *         "waitsFor": "approval",
           *         "rule": {
           *           "agency": "alameda",
           *           "path": "/outgoing/**",
           *           "olderThanDays": 90,
           *           "clock": "received",
           *           "targets": [
           *             "file",
           *             "previous-version"
           *           ],
           *           "keepVersions": 0
           *         },
           *         "cutoff": "2029-11-02T10:30:00.000Z",
           *         "dueAt": "2030-01-31T09:15:00.000Z",
           *         "requestedBy": {
           *           "kind": "admin",
           *           "keyId": "0197f3a1c2d8",
           *           "name": "records office"
           *         },
           *         "approvedBy": {
           *           "kind": "admin",
           *           "keyId": "0197f3a1c2d9",
           *           "name": "privacy office"
           *         },
           *         "cancelledBy": null,
           *         "createdAt": "2030-01-02T08:00:00.000Z",
           *         "plannedAt": "2030-01-31T09:15:00.000Z",
           *         "approvedAt": "2030-01-31T09:15:00.000Z",
           *         "startedAt": "2030-01-31T09:15:00.000Z",
           *         "endedAt": "2030-01-31T09:15:02.000Z",
           *         "planSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *         "scopeFiles": 1204,
           *         "planned": {
           *           "files": 311,
           *           "bytes": 48213004
           *         },
           *         "purged": {
           *           "files": 0,
           *           "bytes": 0
           *         },
           *         "held": 0,
           *         "skipped": 0,
           *         "failed": 0,
           *         "progress": 0,
           *         "error": null
           *       }
           *     }
           */
          'application/json': components['schemas']['RetentionJob'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.name-used.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getRetentionJob: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What goes, when it is old enough, and how often it is looked for */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "name": "reports after 90 days",
           *       "agency": "alameda",
           *       "path": "/outgoing/**",
           *       "olderThanDays": 90,
           *       "clock": "received",
           *       "targets": [
           *         "file",
           *         "previous-version"
           *       ],
           *       "keepVersions": 0,
           *       "schedule": "30 2 * * *",
           *       "timezone": "America/Los_Angeles",
           *       "enabled": true,
           *       "needsApproval": true,
           *       "changedBy": "0197f3a1c2d8",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z",
           *       "nextRuns": [
           *         "2030-02-01T02:30:00-08:00",
           *         "2030-02-02T02:30:00-08:00"
           *       ],
           *       "lastRun": {
           *         "id": "0197f3a1c2d4",
           *         "jobId": "0197f3a1c2d8",
           *         "jobName": "reports after 90 days",
           *         "cause": "schedule",
           *         "dryRun": false,
           *         "state": "planned",
           *         "waitsFor": "approval",
           *         "rule": {
           *           "agency": "alameda",
           *           "path": "/outgoing/**",
           *           "olderThanDays": 90,
           *           "clock": "received",
           *           "targets": [
           *             "file",
           *             "previous-version"
           *           ],
           *           "keepVersions": 0
           *         },
           *         "cutoff": "2029-11-02T10:30:00.000Z",
           *         "dueAt": "2030-01-31T09:15:00.000Z",
           *         "requestedBy": {
           *           "kind": "admin",
           *           "keyId": "0197f3a1c2d8",
           *           "name": "records office"
           *         },
           *         "approvedBy": {
           *           "kind": "admin",
           *           "keyId": "0197f3a1c2d9",
           *           "name": "privacy office"
           *         },
           *         "cancelledBy": null,
           *         "createdAt": "2030-01-02T08:00:00.000Z",
           *         "plannedAt": "2030-01-31T09:15:00.000Z",
           *         "approvedAt": "2030-01-31T09:15:00.000Z",
           *         "startedAt": "2030-01-31T09:15:00.000Z",
           *         "endedAt": "2030-01-31T09:15:02.000Z",
           *         "planSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *         "scopeFiles": 1204,
           *         "planned": {
           *           "files": 311,
           *           "bytes": 48213004
           *         },
           *         "purged": {
           *           "files": 0,
           *           "bytes": 0
           *         },
           *         "held": 0,
           *         "skipped": 0,
           *         "failed": 0,
           *         "progress": 0,
           *         "error": null
           *       }
           *     }
           */
          'application/json': components['schemas']['RetentionJob'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  removeRetentionJob: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  changeRetentionJob: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "name": "reports after 90 days",
         *       "path": "/outgoing/**"
         *     }
         */
        'application/json': {
          /**
           * @description text of 1 to 200 characters on one line, of no other job
           * @example reports after 90 days
           */
          name?: string;
          /**
           * @description a pattern such as /outgoing/** or /outgoing/*.csv: segments with * and ?, or ** alone for any number of them. What it begins with has to be a directory that is there, and a path without * and ? a file
           * @example /outgoing/**
           */
          path?: string;
          /**
           * @description whole days of 24 hours, at least WAYBILL_RETENTION_DAYS_MIN
           * @example 90
           */
          olderThanDays?: number;
          /**
           * @description received: the age counts from the receipt; collected: from when somebody of another agency had first read the whole of it
           * @enum {unknown}
           */
          clock?: 'received' | 'collected';
          /**
           * @description a list of one or more of file, previous-version, partial-upload
           * @example [
           *       "file",
           *       "previous-version"
           *     ]
           */
          targets?: ('file' | 'previous-version' | 'partial-upload')[];
          /**
           * @description of each file the newest so many stay whatever their age; 0 to 100
           * @example 0
           */
          keepVersions?: number;
          /**
           * @description cron of five fields: minute, hour, day of the month, month, day of the week
           * @example 30 2 * * *
           */
          schedule?: string;
          /**
           * @description a time zone such as America/Los_Angeles
           * @example America/Los_Angeles
           */
          timezone?: string;
          /**
           * @description true or false; false: only asked for
           * @example true
           */
          enabled?: boolean;
          /**
           * @description true or false; true: each plan waits for another administrator
           * @example true
           */
          needsApproval?: boolean;
        };
        /**
         * @example {
         *       "name": "reports after 90 days",
         *       "path": "/outgoing/**"
         *     }
         */
        'application/merge-patch+json': {
          /**
           * @description text of 1 to 200 characters on one line, of no other job
           * @example reports after 90 days
           */
          name?: string;
          /**
           * @description a pattern such as /outgoing/** or /outgoing/*.csv: segments with * and ?, or ** alone for any number of them. What it begins with has to be a directory that is there, and a path without * and ? a file
           * @example /outgoing/**
           */
          path?: string;
          /**
           * @description whole days of 24 hours, at least WAYBILL_RETENTION_DAYS_MIN
           * @example 90
           */
          olderThanDays?: number;
          /**
           * @description received: the age counts from the receipt; collected: from when somebody of another agency had first read the whole of it
           * @enum {unknown}
           */
          clock?: 'received' | 'collected';
          /**
           * @description a list of one or more of file, previous-version, partial-upload
           * @example [
           *       "file",
           *       "previous-version"
           *     ]
           */
          targets?: ('file' | 'previous-version' | 'partial-upload')[];
          /**
           * @description of each file the newest so many stay whatever their age; 0 to 100
           * @example 0
           */
          keepVersions?: number;
          /**
           * @description cron of five fields: minute, hour, day of the month, month, day of the week
           * @example 30 2 * * *
           */
          schedule?: string;
          /**
           * @description a time zone such as America/Los_Angeles
           * @example America/Los_Angeles
           */
          timezone?: string;
          /**
           * @description true or false; false: only asked for
           * @example true
           */
          enabled?: boolean;
          /**
           * @description true or false; true: each plan waits for another administrator
           * @example true
           */
          needsApproval?: boolean;
        };
      };
    };
    responses: {
      /** @description What goes, when it is old enough, and how often it is looked for */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "name": "reports after 90 days",
           *       "agency": "alameda",
           *       "path": "/outgoing/**",
           *       "olderThanDays": 90,
           *       "clock": "received",
           *       "targets": [
           *         "file",
           *         "previous-version"
           *       ],
           *       "keepVersions": 0,
           *       "schedule": "30 2 * * *",
           *       "timezone": "America/Los_Angeles",
           *       "enabled": true,
           *       "needsApproval": true,
           *       "changedBy": "0197f3a1c2d8",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z",
           *       "nextRuns": [
           *         "2030-02-01T02:30:00-08:00",
           *         "2030-02-02T02:30:00-08:00"
           *       ],
           *       "lastRun": {
           *         "id": "0197f3a1c2d4",
           *         "jobId": "0197f3a1c2d8",
           *         "jobName": "reports after 90 days",
           *         "cause": "schedule",
           *         "dryRun": false,
           *         "state": "planned",
           *         "waitsFor": "approval",
           *         "rule": {
           *           "agency": "alameda",
           *           "path": "/outgoing/**",
           *           "olderThanDays": 90,
           *           "clock": "received",
           *           "targets": [
           *             "file",
           *             "previous-version"
           *           ],
           *           "keepVersions": 0
           *         },
           *         "cutoff": "2029-11-02T10:30:00.000Z",
           *         "dueAt": "2030-01-31T09:15:00.000Z",
           *         "requestedBy": {
           *           "kind": "admin",
           *           "keyId": "0197f3a1c2d8",
           *           "name": "records office"
           *         },
           *         "approvedBy": {
           *           "kind": "admin",
           *           "keyId": "0197f3a1c2d9",
           *           "name": "privacy office"
           *         },
           *         "cancelledBy": null,
           *         "createdAt": "2030-01-02T08:00:00.000Z",
           *         "plannedAt": "2030-01-31T09:15:00.000Z",
           *         "approvedAt": "2030-01-31T09:15:00.000Z",
           *         "startedAt": "2030-01-31T09:15:00.000Z",
           *         "endedAt": "2030-01-31T09:15:02.000Z",
           *         "planSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *         "scopeFiles": 1204,
           *         "planned": {
           *           "files": 311,
           *           "bytes": 48213004
           *         },
           *         "purged": {
           *           "files": 0,
           *           "bytes": 0
           *         },
           *         "held": 0,
           *         "skipped": 0,
           *         "failed": 0,
           *         "progress": 0,
           *         "error": null
           *       }
           *     }
           */
          'application/json': components['schemas']['RetentionJob'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.name-used'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listAllRetentionRuns: {
    parameters: {
      query?: {
        /**
         * @description only of jobs of this agency alone
         * @example alameda
         */
        agency?: string;
        /**
         * @description planning, planned (it waits, or was only to be looked at), approved, running, done, failed or cancelled
         * @example planned
         */
        state?: 'planning' | 'planned' | 'approved' | 'running' | 'done' | 'failed' | 'cancelled';
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "jobId": "0197f3a1c2d8",
           *           "jobName": "reports after 90 days",
           *           "cause": "schedule",
           *           "dryRun": false,
           *           "state": "planned",
           *           "waitsFor": "approval",
           *           "rule": {
           *             "agency": "alameda",
           *             "path": "/outgoing/**",
           *             "olderThanDays": 90,
           *             "clock": "received",
           *             "targets": [
           *               "file",
           *               "previous-version"
           *             ],
           *             "keepVersions": 0
           *           },
           *           "cutoff": "2029-11-02T10:30:00.000Z",
           *           "dueAt": "2030-01-31T09:15:00.000Z",
           *           "requestedBy": {
           *             "kind": "admin",
           *             "keyId": "0197f3a1c2d8",
           *             "name": "records office"
           *           },
           *           "approvedBy": {
           *             "kind": "admin",
           *             "keyId": "0197f3a1c2d9",
           *             "name": "privacy office"
           *           },
           *           "cancelledBy": null,
           *           "createdAt": "2030-01-02T08:00:00.000Z",
           *           "plannedAt": "2030-01-31T09:15:00.000Z",
           *           "approvedAt": "2030-01-31T09:15:00.000Z",
           *           "startedAt": "2030-01-31T09:15:00.000Z",
           *           "endedAt": "2030-01-31T09:15:02.000Z",
           *           "planSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *           "scopeFiles": 1204,
           *           "planned": {
           *             "files": 311,
           *             "bytes": 48213004
           *           },
           *           "purged": {
           *             "files": 0,
           *             "bytes": 0
           *           },
           *           "held": 0,
           *           "skipped": 0,
           *           "failed": 0,
           *           "progress": 0,
           *           "error": null
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['RetentionRun'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listRetentionRuns: {
    parameters: {
      query?: {
        /**
         * @description planning, planned (it waits, or was only to be looked at), approved, running, done, failed or cancelled
         * @example planned
         */
        state?: 'planning' | 'planned' | 'approved' | 'running' | 'done' | 'failed' | 'cancelled';
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "jobId": "0197f3a1c2d8",
           *           "jobName": "reports after 90 days",
           *           "cause": "schedule",
           *           "dryRun": false,
           *           "state": "planned",
           *           "waitsFor": "approval",
           *           "rule": {
           *             "agency": "alameda",
           *             "path": "/outgoing/**",
           *             "olderThanDays": 90,
           *             "clock": "received",
           *             "targets": [
           *               "file",
           *               "previous-version"
           *             ],
           *             "keepVersions": 0
           *           },
           *           "cutoff": "2029-11-02T10:30:00.000Z",
           *           "dueAt": "2030-01-31T09:15:00.000Z",
           *           "requestedBy": {
           *             "kind": "admin",
           *             "keyId": "0197f3a1c2d8",
           *             "name": "records office"
           *           },
           *           "approvedBy": {
           *             "kind": "admin",
           *             "keyId": "0197f3a1c2d9",
           *             "name": "privacy office"
           *           },
           *           "cancelledBy": null,
           *           "createdAt": "2030-01-02T08:00:00.000Z",
           *           "plannedAt": "2030-01-31T09:15:00.000Z",
           *           "approvedAt": "2030-01-31T09:15:00.000Z",
           *           "startedAt": "2030-01-31T09:15:00.000Z",
           *           "endedAt": "2030-01-31T09:15:02.000Z",
           *           "planSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *           "scopeFiles": 1204,
           *           "planned": {
           *             "files": 311,
           *             "bytes": 48213004
           *           },
           *           "purged": {
           *             "files": 0,
           *             "bytes": 0
           *           },
           *           "held": 0,
           *           "skipped": 0,
           *           "failed": 0,
           *           "progress": 0,
           *           "error": null
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['RetentionRun'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  startRetentionRun: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "dryRun": true
         *     }
         */
        'application/json': {
          /**
           * @description true: plan, and purge nothing; false: plan, and purge what the plan says
           * @example true
           */
          dryRun: boolean;
        };
      };
    };
    responses: {
      /** @description It goes on by itself from here (Location) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "jobId": "0197f3a1c2d8",
           *       "jobName": "reports after 90 days",
           *       "cause": "schedule",
           *       "dryRun": false,
           *       "state": "planned",
           *       "waitsFor": "approval",
           *       "rule": {
           *         "agency": "alameda",
           *         "path": "/outgoing/**",
           *         "olderThanDays": 90,
           *         "clock": "received",
           *         "targets": [
           *           "file",
           *           "previous-version"
           *         ],
           *         "keepVersions": 0
           *       },
           *       "cutoff": "2029-11-02T10:30:00.000Z",
           *       "dueAt": "2030-01-31T09:15:00.000Z",
           *       "requestedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d8",
           *         "name": "records office"
           *       },
           *       "approvedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d9",
           *         "name": "privacy office"
           *       },
           *       "cancelledBy": null,
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "plannedAt": "2030-01-31T09:15:00.000Z",
           *       "approvedAt": "2030-01-31T09:15:00.000Z",
           *       "startedAt": "2030-01-31T09:15:00.000Z",
           *       "endedAt": "2030-01-31T09:15:02.000Z",
           *       "planSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *       "scopeFiles": 1204,
           *       "planned": {
           *         "files": 311,
           *         "bytes": 48213004
           *       },
           *       "purged": {
           *         "files": 0,
           *         "bytes": 0
           *       },
           *       "held": 0,
           *       "skipped": 0,
           *       "failed": 0,
           *       "progress": 0,
           *       "error": null
           *     }
           */
          'application/json':
            | components['schemas']['RetentionRun']
            | {
                id: string;
                action: string;
                state: string;
                location: string;
              };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getRetentionRun: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
        /** @example 0197f3a1c2da */
        runId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A run of a retention job */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "jobId": "0197f3a1c2d8",
           *       "jobName": "reports after 90 days",
           *       "cause": "schedule",
           *       "dryRun": false,
           *       "state": "planned",
           *       "waitsFor": "approval",
           *       "rule": {
           *         "agency": "alameda",
           *         "path": "/outgoing/**",
           *         "olderThanDays": 90,
           *         "clock": "received",
           *         "targets": [
           *           "file",
           *           "previous-version"
           *         ],
           *         "keepVersions": 0
           *       },
           *       "cutoff": "2029-11-02T10:30:00.000Z",
           *       "dueAt": "2030-01-31T09:15:00.000Z",
           *       "requestedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d8",
           *         "name": "records office"
           *       },
           *       "approvedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d9",
           *         "name": "privacy office"
           *       },
           *       "cancelledBy": null,
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "plannedAt": "2030-01-31T09:15:00.000Z",
           *       "approvedAt": "2030-01-31T09:15:00.000Z",
           *       "startedAt": "2030-01-31T09:15:00.000Z",
           *       "endedAt": "2030-01-31T09:15:02.000Z",
           *       "planSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *       "scopeFiles": 1204,
           *       "planned": {
           *         "files": 311,
           *         "bytes": 48213004
           *       },
           *       "purged": {
           *         "files": 0,
           *         "bytes": 0
           *       },
           *       "held": 0,
           *       "skipped": 0,
           *       "failed": 0,
           *       "progress": 0,
           *       "error": null
           *     }
           */
          'application/json': components['schemas']['RetentionRun'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  approveRetentionRun: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
        /** @example 0197f3a1c2da */
        runId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A run of a retention job */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "jobId": "0197f3a1c2d8",
           *       "jobName": "reports after 90 days",
           *       "cause": "schedule",
           *       "dryRun": false,
           *       "state": "planned",
           *       "waitsFor": "approval",
           *       "rule": {
           *         "agency": "alameda",
           *         "path": "/outgoing/**",
           *         "olderThanDays": 90,
           *         "clock": "received",
           *         "targets": [
           *           "file",
           *           "previous-version"
           *         ],
           *         "keepVersions": 0
           *       },
           *       "cutoff": "2029-11-02T10:30:00.000Z",
           *       "dueAt": "2030-01-31T09:15:00.000Z",
           *       "requestedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d8",
           *         "name": "records office"
           *       },
           *       "approvedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d9",
           *         "name": "privacy office"
           *       },
           *       "cancelledBy": null,
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "plannedAt": "2030-01-31T09:15:00.000Z",
           *       "approvedAt": "2030-01-31T09:15:00.000Z",
           *       "startedAt": "2030-01-31T09:15:00.000Z",
           *       "endedAt": "2030-01-31T09:15:02.000Z",
           *       "planSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *       "scopeFiles": 1204,
           *       "planned": {
           *         "files": 311,
           *         "bytes": 48213004
           *       },
           *       "purged": {
           *         "files": 0,
           *         "bytes": 0
           *       },
           *       "held": 0,
           *       "skipped": 0,
           *       "failed": 0,
           *       "progress": 0,
           *       "error": null
           *     }
           */
          'application/json': components['schemas']['RetentionRun'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.approval-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  cancelRetentionRun: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
        /** @example 0197f3a1c2da */
        runId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A run of a retention job */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "jobId": "0197f3a1c2d8",
           *       "jobName": "reports after 90 days",
           *       "cause": "schedule",
           *       "dryRun": false,
           *       "state": "planned",
           *       "waitsFor": "approval",
           *       "rule": {
           *         "agency": "alameda",
           *         "path": "/outgoing/**",
           *         "olderThanDays": 90,
           *         "clock": "received",
           *         "targets": [
           *           "file",
           *           "previous-version"
           *         ],
           *         "keepVersions": 0
           *       },
           *       "cutoff": "2029-11-02T10:30:00.000Z",
           *       "dueAt": "2030-01-31T09:15:00.000Z",
           *       "requestedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d8",
           *         "name": "records office"
           *       },
           *       "approvedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d9",
           *         "name": "privacy office"
           *       },
           *       "cancelledBy": null,
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "plannedAt": "2030-01-31T09:15:00.000Z",
           *       "approvedAt": "2030-01-31T09:15:00.000Z",
           *       "startedAt": "2030-01-31T09:15:00.000Z",
           *       "endedAt": "2030-01-31T09:15:02.000Z",
           *       "planSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *       "scopeFiles": 1204,
           *       "planned": {
           *         "files": 311,
           *         "bytes": 48213004
           *       },
           *       "purged": {
           *         "files": 0,
           *         "bytes": 0
           *       },
           *       "held": 0,
           *       "skipped": 0,
           *       "failed": 0,
           *       "progress": 0,
           *       "error": null
           *     }
           */
          'application/json': components['schemas']['RetentionRun'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listRetentionItems: {
    parameters: {
      query?: {
        /**
         * @description planned, purged, held (a hold is on it), kept (among the newest that stay), busy (being received), gone (somebody else removed or replaced it) or failed
         * @example planned
         */
        state?: 'planned' | 'purged' | 'held' | 'kept' | 'busy' | 'gone' | 'failed';
        /**
         * @description json, csv; without it Accept decides, and json where that names none of them
         * @example json
         */
        format?: 'json' | 'csv';
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
        /** @example 0197f3a1c2da */
        runId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page, or all of them as CSV */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "ordinal": 0,
           *           "target": "file",
           *           "targetId": "0197f3a1c2d7",
           *           "agency": "alameda",
           *           "path": "/outgoing/report.csv",
           *           "size": 48213,
           *           "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           *           "clockAt": "2029-10-31T09:15:02.000Z",
           *           "state": "planned",
           *           "reason": null
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['RetentionItem'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
          'text/csv': string;
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getRetentionReport: {
    parameters: {
      query?: {
        /** @example alameda */
        agency?: string;
        /**
         * @description a whole number of days from 1 to 366
         * @example 30
         */
        days?: number;
        /**
         * @description json, html; without it Accept decides, and json where that names none of them
         * @example json
         */
        format?: 'json' | 'html';
      };
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The report */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "at": "2030-01-31T09:15:00.000Z",
           *       "days": 30,
           *       "expiring": [
           *         {
           *           "agency": "alameda",
           *           "byDay": [
           *             {
           *               "day": "2030-02-03",
           *               "files": 12,
           *               "bytes": 48213
           *             }
           *           ]
           *         }
           *       ],
           *       "overdue": [
           *         {
           *           "agency": "alameda",
           *           "files": 12,
           *           "bytes": 48213
           *         }
           *       ],
           *       "oldest": [
           *         {
           *           "agency": "alameda",
           *           "path": "/outgoing/report.csv",
           *           "receivedAt": "2030-01-31T09:15:02.000Z"
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['RetentionReport'];
          'text/html': string;
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getRetentionClock: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The time that retention goes by */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "now": "2030-01-31T09:15:00.000Z",
           *       "seenAt": "2030-01-31T09:15:00.000Z",
           *       "problem": "jumped",
           *       "problemBefore": "2030-01-31T09:15:00.000Z",
           *       "problemAfter": "2030-01-31T09:15:00.000Z"
           *     }
           */
          'application/json': components['schemas']['RetentionClock'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  confirmRetentionClock: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "reason": "the server was off over the holidays; compared with time.nist.gov"
         *     }
         */
        'application/json': {
          /**
           * @description text of 1 to 200 characters on one line
           * @example the server was off over the holidays; compared with time.nist.gov
           */
          reason: string;
        };
      };
    };
    responses: {
      /** @description The time that retention goes by */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "now": "2030-01-31T09:15:00.000Z",
           *       "seenAt": "2030-01-31T09:15:00.000Z",
           *       "problem": "jumped",
           *       "problemBefore": "2030-01-31T09:15:00.000Z",
           *       "problemAfter": "2030-01-31T09:15:00.000Z"
           *     }
           */
          'application/json': components['schemas']['RetentionClock'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  searchCertificates: {
    parameters: {
      query?: {
        /** @example alameda */
        agency?: string;
        /**
         * @description exactly this path
         * @example /outgoing/report.csv
         */
        path?: string;
        /**
         * @description 64 lower-case hex digits
         * @example 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
         */
        sha256?: string;
        /** @example 0197f3a1c2da */
        runId?: string;
        /** @example 0197f3a1c2d8 */
        jobId?: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-01-31T00:00:00Z
         */
        from?: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-02-01T00:00:00Z
         */
        to?: string;
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "type": "waybill-destruction.1",
           *           "agency": "alameda",
           *           "path": "/outgoing/report.csv",
           *           "target": "file",
           *           "versionId": "0197f3a1c2d7",
           *           "size": 48213,
           *           "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           *           "receivedAt": "2030-01-31T09:15:02.000Z",
           *           "receivedBy": "amy",
           *           "collectedAt": "2030-01-31T09:15:00.000Z",
           *           "purgedAt": "2030-01-31T09:15:00.000Z",
           *           "rule": {
           *             "agency": "alameda",
           *             "path": "/outgoing/**",
           *             "olderThanDays": 90,
           *             "clock": "received",
           *             "targets": [
           *               "file",
           *               "previous-version"
           *             ],
           *             "keepVersions": 0
           *           },
           *           "jobId": "0197f3a1c2d8",
           *           "jobName": "reports after 90 days",
           *           "runId": "0197f3a1c2da",
           *           "planSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *           "requestedBy": {
           *             "kind": "admin",
           *             "keyId": "0197f3a1c2d8",
           *             "name": "records office"
           *           },
           *           "approvedBy": {
           *             "kind": "admin",
           *             "keyId": "0197f3a1c2d8",
           *             "name": "records office"
           *           },
           *           "method": "Cryptographic erase (NIST SP 800-88 Rev. 1, section 2.5)",
           *           "server": {
           *             "name": "waybill",
           *             "version": "0.0.0"
           *           }
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['Certificate'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  exportCertificates: {
    parameters: {
      query?: {
        /** @example alameda */
        agency?: string;
        /**
         * @description exactly this path
         * @example /outgoing/report.csv
         */
        path?: string;
        /**
         * @description 64 lower-case hex digits
         * @example 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
         */
        sha256?: string;
        /** @example 0197f3a1c2da */
        runId?: string;
        /** @example 0197f3a1c2d8 */
        jobId?: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-01-31T00:00:00Z
         */
        from?: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-02-01T00:00:00Z
         */
        to?: string;
        /**
         * @description ndjson, csv, html; without it Accept decides, and ndjson where that names none of them
         * @example ndjson
         */
        format?: 'ndjson' | 'csv' | 'html';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All of them; a connection that is cut has not had all */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/x-ndjson': string;
          'text/csv': string;
          'text/html': string;
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getCertificate: {
    parameters: {
      query?: {
        /**
         * @description json, html; without it Accept decides, and json where that names none of them
         * @example json
         */
        format?: 'json' | 'html';
      };
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The certificate */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "certificate": {
           *         "id": "0197f3a1c2d4",
           *         "type": "waybill-destruction.1",
           *         "agency": "alameda",
           *         "path": "/outgoing/report.csv",
           *         "target": "file",
           *         "versionId": "0197f3a1c2d7",
           *         "size": 48213,
           *         "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           *         "receivedAt": "2030-01-31T09:15:02.000Z",
           *         "receivedBy": "amy",
           *         "collectedAt": "2030-01-31T09:15:00.000Z",
           *         "purgedAt": "2030-01-31T09:15:00.000Z",
           *         "rule": {
           *           "agency": "alameda",
           *           "path": "/outgoing/**",
           *           "olderThanDays": 90,
           *           "clock": "received",
           *           "targets": [
           *             "file",
           *             "previous-version"
           *           ],
           *           "keepVersions": 0
           *         },
           *         "jobId": "0197f3a1c2d8",
           *         "jobName": "reports after 90 days",
           *         "runId": "0197f3a1c2da",
           *         "planSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *         "requestedBy": {
           *           "kind": "admin",
           *           "keyId": "0197f3a1c2d8",
           *           "name": "records office"
           *         },
           *         "approvedBy": {
           *           "kind": "admin",
           *           "keyId": "0197f3a1c2d8",
           *           "name": "records office"
           *         },
           *         "method": "Cryptographic erase (NIST SP 800-88 Rev. 1, section 2.5)",
           *         "server": {
           *           "name": "waybill",
           *           "version": "0.0.0"
           *         }
           *       },
           *       "text": "{\"agency\":\"alameda\",\"approvedBy\":null}",
           *       "signature": "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH…\n-----END SSH SIGNATURE-----\n"
           *     }
           */
          'application/json': {
            certificate: components['schemas']['Certificate'];
            /**
             * @description what is signed, to the byte: the certificate as canonical JSON (RFC 8785)
             * @example {"agency":"alameda","approvedBy":null}
             */
            text: string;
            /**
             * @description an SSH signature (PROTOCOL.sshsig), namespace waybill-destruction
             * @example -----BEGIN SSH SIGNATURE-----
             *     U1NIU0lH…
             *     -----END SSH SIGNATURE-----
             */
            signature: string;
          };
          'text/html': string;
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getCertificateText: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its bytes */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
        };
      };
      400: components['responses']['BadRequest.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getCertificateSignature: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its bytes */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
        };
      };
      400: components['responses']['BadRequest.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getAllowedSigners: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description An allowed_signers file */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
        };
      };
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  searchReceipts: {
    parameters: {
      query?: {
        /**
         * @description the sender's
         * @example alameda
         */
        agency?: string;
        /**
         * @description who sent it
         * @example amy
         */
        user?: string;
        /**
         * @description exactly this path
         * @example /outgoing/report.csv
         */
        path?: string;
        /**
         * @description 64 lower-case hex digits
         * @example 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
         */
        sha256?: string;
        /** @example received */
        kind?: 'received' | 'collected';
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-01-31T00:00:00Z
         */
        from?: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-02-01T00:00:00Z
         */
        to?: string;
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "v": 1,
           *           "type": "waybill-receipt.1",
           *           "receiptId": "0197f3a1c2e0",
           *           "kind": "received",
           *           "agency": "alameda",
           *           "user": "amy",
           *           "keyFingerprint": "SHA256:M1Uf5mVb4nEyPSzXJc9a6oTgD2hLq0wRk7BvxYtIuAs",
           *           "tree": "alameda",
           *           "path": "/outgoing/report.csv",
           *           "size": 48213,
           *           "sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *           "receivedAt": "2030-01-31T09:15:02.000Z",
           *           "collectedAt": "2030-01-31T09:15:00.000Z",
           *           "collectedBy": {
           *             "user": "dana",
           *             "agency": "alameda"
           *           },
           *           "issuedAt": "2030-01-31T09:15:00.000Z",
           *           "ledgerRow": {
           *             "seq": 18204,
           *             "hash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
           *           },
           *           "checkpoint": {
           *             "size": 48213,
           *             "hash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
           *           },
           *           "signedUpload": {
           *             "result": "verified",
           *             "keyFingerprint": "SHA256:M1Uf5mVb4nEyPSzXJc9a6oTgD2hLq0wRk7BvxYtIuAs",
           *             "hash": "sha512",
           *             "signatureSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *             "problem": "it is not of this content"
           *           },
           *           "server": {
           *             "name": "waybill",
           *             "version": "0.0.0"
           *           }
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['Receipt'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getReceipt: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description One receipt with its signature */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "receipt": {
           *         "v": 1,
           *         "type": "waybill-receipt.1",
           *         "receiptId": "0197f3a1c2e0",
           *         "kind": "received",
           *         "agency": "alameda",
           *         "user": "amy",
           *         "keyFingerprint": "SHA256:M1Uf5mVb4nEyPSzXJc9a6oTgD2hLq0wRk7BvxYtIuAs",
           *         "tree": "alameda",
           *         "path": "/outgoing/report.csv",
           *         "size": 48213,
           *         "sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *         "receivedAt": "2030-01-31T09:15:02.000Z",
           *         "collectedAt": "2030-01-31T09:15:00.000Z",
           *         "collectedBy": {
           *           "user": "dana",
           *           "agency": "alameda"
           *         },
           *         "issuedAt": "2030-01-31T09:15:00.000Z",
           *         "ledgerRow": {
           *           "seq": 18204,
           *           "hash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
           *         },
           *         "checkpoint": {
           *           "size": 48213,
           *           "hash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
           *         },
           *         "signedUpload": {
           *           "result": "verified",
           *           "keyFingerprint": "SHA256:M1Uf5mVb4nEyPSzXJc9a6oTgD2hLq0wRk7BvxYtIuAs",
           *           "hash": "sha512",
           *           "signatureSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *           "problem": "it is not of this content"
           *         },
           *         "server": {
           *           "name": "waybill",
           *           "version": "0.0.0"
           *         }
           *       },
           *       "text": "{\"agency\":\"alameda\",\"kind\":\"received\"}",
           *       "signature": "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH…\n-----END SSH SIGNATURE-----\n"
           *     }
           */
          'application/json': {
            receipt: components['schemas']['Receipt'];
            /**
             * @description what is signed, to the byte: the receipt as canonical JSON (RFC 8785)
             * @example {"agency":"alameda","kind":"received"}
             */
            text: string;
            /**
             * @description an SSH signature (PROTOCOL.sshsig), namespace waybill-receipt
             * @example -----BEGIN SSH SIGNATURE-----
             *     U1NIU0lH…
             *     -----END SSH SIGNATURE-----
             */
            signature: string;
          };
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getReceiptText: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its bytes */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
        };
      };
      400: components['responses']['BadRequest.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getReceiptSignature: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its bytes */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
        };
      };
      400: components['responses']['BadRequest.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  readEvents: {
    parameters: {
      query?: {
        /**
         * @description only what happens in it
         * @example alameda
         */
        agency?: string;
      };
      header?: {
        /**
         * @description the id of the last event that was seen; what came since comes first
         * @example 18204
         */
        'last-event-id'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Events session.opened, session.closed, transfer.opened, transfer.closed, transfer.progress. Their ids are seq of the ledger; progress has none. stream.opened comes first, stream.gap where some are not told any more, stream.closed last. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': string;
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.connections-exceeded.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  searchAudit: {
    parameters: {
      query?: {
        /** @example file.closed.1 */
        event?: string;
        /**
         * @description success, refused or failed
         * @example success
         */
        outcome?: 'success' | 'refused' | 'failed';
        /** @example password-wrong */
        reason?: string;
        /**
         * @description a user name, admin:<key name>, host, server, or claimed:<name>
         * @example amy
         */
        actor?: string;
        /** @example alameda */
        agency?: string;
        /** @example 8d1f6c0b2a7e4935 */
        session?: string;
        /** @example /outgoing/report.csv */
        path?: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-01-31T00:00:00Z
         */
        from?: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-02-01T00:00:00Z
         */
        to?: string;
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "seq": 18204,
           *           "at": "2030-01-31T09:15:00.000Z",
           *           "event": "file.closed.1",
           *           "outcome": "success",
           *           "reason": null,
           *           "actor": {
           *             "kind": "user",
           *             "userId": "0197f3a1c2d3",
           *             "username": "amy",
           *             "agency": "alameda"
           *           },
           *           "session": "8d1f6c0b2a7e4935",
           *           "source": "203.0.113.9:50122",
           *           "hash": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['AuditRow'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  exportAudit: {
    parameters: {
      query?: {
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-01-31T00:00:00Z
         */
        from?: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-02-01T00:00:00Z
         */
        to?: string;
        /**
         * @description the number of a row
         * @example 1
         */
        firstSeq?: number;
        /**
         * @description the number of a row
         * @example 1
         */
        lastSeq?: number;
        /**
         * @description the last row that an export that was cut off has: only what is behind it
         * @example 1
         */
        after?: number;
        /**
         * @description 64 lower-case hex digits
         * @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
         */
        afterHash?: string;
        /**
         * @description ndjson, csv; without it Accept decides, and ndjson where that names none of them
         * @example ndjson
         */
        format?: 'ndjson' | 'csv';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All of them; what has no end was cut off, and goes on with `after` */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          'application/x-ndjson': string;
          'text/csv': string;
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  proveAuditRow: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 18204 */
        seq: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What proves, without the server, that the row is in the ledger */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "inclusion",
           *       "version": 1,
           *       "origin": "waybill/5f0c2b7e9d3a4c1e8b6f7a2d1c0e9f8b",
           *       "seq": 18204,
           *       "previousHash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *       "hash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *       "body": "{\"actor\":{\"kind\":\"server\"},\"seq\":12}",
           *       "path": [
           *         "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
           *       ],
           *       "checkpoint": "waybill/5f0c2b7e9d3a4c1e8b6f7a2d1c0e9f8b\n1000\n…",
           *       "keyAnnouncement": {
           *         "seq": 18204,
           *         "previousHash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *         "hash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *         "body": "{\"actor\":{\"kind\":\"server\"},\"seq\":12}",
           *         "path": [
           *           "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
           *         ]
           *       },
           *       "names": [
           *         {
           *           "commitment": "G0UqxkAvCyJ0uYyUqS1bC6kZ0oN1rQe3m0cW5Qm2b7E",
           *           "path": "/outgoing/report.csv",
           *           "key": "G0UqxkAvCyJ0uYyUqS1bC6kZ0oN1rQe3m0cW5Qm2b7E"
           *         }
           *       ]
           *     }
           */
          'application/json': {
            /** @enum {unknown} */
            type: 'inclusion';
            /** @enum {unknown} */
            version: 1;
            /** @example waybill/5f0c2b7e9d3a4c1e8b6f7a2d1c0e9f8b */
            origin: string;
            seq: number;
            /**
             * @description 64 lower-case hex digits
             * @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
             */
            previousHash: string;
            /**
             * @description 64 lower-case hex digits
             * @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
             */
            hash: string;
            /**
             * @description the row as it was hashed, to the byte
             * @example {"actor":{"kind":"server"},"seq":12}
             */
            body: string;
            /** @description from its sibling upwards */
            path: string[];
            /**
             * @description the signed note of the first checkpoint that has the row
             * @example waybill/5f0c2b7e9d3a4c1e8b6f7a2d1c0e9f8b
             *     1000
             *     …
             */
            checkpoint: string;
            /** @description the row that announced the key of the checkpoint, in the same tree */
            keyAnnouncement: {
              seq: number;
              /**
               * @description 64 lower-case hex digits
               * @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
               */
              previousHash: string;
              /**
               * @description 64 lower-case hex digits
               * @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
               */
              hash: string;
              /**
               * @description the row as it was hashed, to the byte
               * @example {"actor":{"kind":"server"},"seq":12}
               */
              body: string;
              /** @description from its sibling upwards */
              path: string[];
            };
            /** @description what opens the names in the row */
            names: {
              /** @example G0UqxkAvCyJ0uYyUqS1bC6kZ0oN1rQe3m0cW5Qm2b7E */
              commitment: string;
              path: string;
              /** @example G0UqxkAvCyJ0uYyUqS1bC6kZ0oN1rQe3m0cW5Qm2b7E */
              key: string;
            }[];
          };
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.conflict'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  verifyAudit: {
    parameters: {
      query?: {
        /**
         * @description whole (the default) walks everything, new what is new since all was well; last tells what was found last, and walks nothing
         * @example whole
         */
        scope?: 'whole' | 'new' | 'last';
      };
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What was found */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "ok": false,
           *       "scope": "whole",
           *       "at": "2030-01-31T09:15:00.000Z",
           *       "rows": 18204,
           *       "checkpoints": 0,
           *       "firstBadRow": null,
           *       "firstBadCheckpoint": 0,
           *       "problem": null,
           *       "verifiedSize": 0,
           *       "lastHash": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
           *       "unvouchedKeys": [
           *         {
           *           "seq": 18204,
           *           "epoch": 0
           *         }
           *       ],
           *       "unvouchedEvidenceKeys": [
           *         {
           *           "seq": 18204,
           *           "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy"
           *         }
           *       ],
           *       "evidenceKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0"
           *     }
           */
          'application/json': {
            ok: boolean;
            /**
             * @description everything, or what was new since all was well
             * @enum {unknown}
             */
            scope: 'whole' | 'new';
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            at: string;
            /** @description good rows from the start */
            rows: number;
            /** @description signed checkpoints that were checked */
            checkpoints: number;
            firstBadRow: number | null;
            /** @description the size of the first checkpoint that is missing, altered or not signed well */
            firstBadCheckpoint: number | null;
            problem: string | null;
            /** @description rows that a good checkpoint is of */
            verifiedSize: number;
            /** @description note it elsewhere to find out later whether the ledger was cut short */
            lastHash: string;
            /** @description checkpoint keys that the key before did not speak for, as after a restore: the rows that announce them */
            unvouchedKeys: {
              seq: number;
              epoch: number;
            }[];
            /** @description evidence keys that the one before did not sign, as after a loss: the rows that name them */
            unvouchedEvidenceKeys: {
              seq: number;
              publicKey: string;
            }[];
            /**
             * @description the evidence key that the ledger names last
             * @example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0
             */
            evidenceKey: string | null;
          };
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listCheckpoints: {
    parameters: {
      query?: {
        /**
         * @description those of more rows, the smallest first; without it the largest first
         * @example 0
         */
        after?: number;
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "size": 48213,
           *           "at": "2030-01-31T09:15:00.000Z",
           *           "root": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *           "hash": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
           *           "note": "waybill/5f0c2b7e9d3a4c1e8b6f7a2d1c0e9f8b\n1000\n…"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['Checkpoint'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listAuditArchives: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "firstSeq": 0,
           *           "lastSeq": 0,
           *           "from": "2030-01-31T00:00:00Z",
           *           "to": "2030-02-01T00:00:00Z",
           *           "goneTo": 0,
           *           "root": "5c1f1d0a6a0f4c5f8a3b8a94d7b6a0a6f1f1a3a6b2f84a15c7f0e2b3d4c5a697",
           *           "file": "ledger-000000000001-000000001000.sealed",
           *           "bytes": 48213,
           *           "sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *           "archivedAt": "2030-01-31T09:15:00.000Z",
           *           "isFileThere": false,
           *           "text": "{\"archivedAt\":\"2034-01-31T00:00:00.000Z\",\"bytes\":1048576}",
           *           "signature": "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH…\n-----END SSH SIGNATURE-----\n"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['LedgerArchive'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  archiveAudit: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "before": "2030-01-31T09:15:00.000Z"
         *     }
         */
        'application/json': {
          /**
           * Format: date-time
           * @description a time such as 2030-01-31T00:00:00Z
           */
          before?: string;
        };
      };
    };
    responses: {
      /** @description Rows of the ledger that were sealed into a file */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "firstSeq": 0,
           *       "lastSeq": 0,
           *       "from": "2030-01-31T00:00:00Z",
           *       "to": "2030-02-01T00:00:00Z",
           *       "goneTo": 0,
           *       "root": "5c1f1d0a6a0f4c5f8a3b8a94d7b6a0a6f1f1a3a6b2f84a15c7f0e2b3d4c5a697",
           *       "file": "ledger-000000000001-000000001000.sealed",
           *       "bytes": 48213,
           *       "sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *       "archivedAt": "2030-01-31T09:15:00.000Z",
           *       "isFileThere": false,
           *       "text": "{\"archivedAt\":\"2034-01-31T00:00:00.000Z\",\"bytes\":1048576}",
           *       "signature": "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH…\n-----END SSH SIGNATURE-----\n"
           *     }
           */
          'application/json': components['schemas']['LedgerArchive'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getAccessReport: {
    parameters: {
      query: {
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-01-31T00:00:00Z
         */
        from: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-02-01T00:00:00Z
         */
        to: string;
        /** @example alameda */
        agency?: string;
        /**
         * @description json, csv, html; without it Accept decides, and json where that names none of them
         * @example json
         */
        format?: 'json' | 'csv' | 'html';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All of it; a connection that is cut has not had all */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "report": "access",
           *       "from": "2030-01-31T00:00:00Z",
           *       "to": "2030-02-01T00:00:00Z",
           *       "agency": "alameda",
           *       "madeAt": "2030-01-31T09:15:00.000Z",
           *       "items": [
           *         {
           *           "agency": "alameda",
           *           "user": "amy",
           *           "logins": 12,
           *           "filesSent": 12,
           *           "bytesSent": 0,
           *           "filesCollected": 12,
           *           "bytesCollected": 0,
           *           "brokenOff": 0,
           *           "firstAt": "2030-01-31T09:15:00.000Z",
           *           "lastAt": "2030-01-31T09:15:00.000Z"
           *         }
           *       ],
           *       "rowsLookedAt": 0,
           *       "totals": {
           *         "logins": 12
           *       },
           *       "sums": {
           *         "byDay": [
           *           {
           *             "name": "2030-01-31",
           *             "value": 3
           *           }
           *         ]
           *       }
           *     }
           */
          'application/json': {
            /** @example access */
            report: string;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            from: string;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            to: string;
            /** @example alameda */
            agency: string | null;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            madeAt: string;
            items: {
              /** @example alameda */
              agency: string | null;
              /**
               * @description a user name, or admin:<key name>
               * @example amy
               */
              user: string;
              /** @example 12 */
              logins: number;
              /** @example 12 */
              filesSent: number;
              bytesSent: number;
              /** @example 12 */
              filesCollected: number;
              bytesCollected: number;
              /** @description transfers that did not come to their end */
              brokenOff: number;
              /** @description a time such as 2030-01-31T00:00:00Z, or null */
              firstAt: string | null;
              /** @description a time such as 2030-01-31T00:00:00Z, or null */
              lastAt: string | null;
            }[];
            /** @description of the ledger */
            rowsLookedAt: number;
            /**
             * @description toldTogether: how many lines with few logins are in the one named (others)
             * @example {
             *       "logins": 12
             *     }
             */
            totals: {
              [key: string]: number;
            };
            /**
             * @example {
             *       "byDay": [
             *         {
             *           "name": "2030-01-31",
             *           "value": 3
             *         }
             *       ]
             *     }
             */
            sums: {
              [key: string]: {
                name: string;
                value: number;
              }[];
            };
          };
          'text/csv': string;
          'text/html': string;
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getRefusedLoginsReport: {
    parameters: {
      query: {
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-01-31T00:00:00Z
         */
        from: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-02-01T00:00:00Z
         */
        to: string;
        /** @example alameda */
        agency?: string;
        /**
         * @description json, csv, html; without it Accept decides, and json where that names none of them
         * @example json
         */
        format?: 'json' | 'csv' | 'html';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All of it; a connection that is cut has not had all */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "report": "access",
           *       "from": "2030-01-31T00:00:00Z",
           *       "to": "2030-02-01T00:00:00Z",
           *       "agency": "alameda",
           *       "madeAt": "2030-01-31T09:15:00.000Z",
           *       "items": [
           *         {
           *           "username": "amy",
           *           "agency": "alameda",
           *           "reason": "password-wrong",
           *           "source": "192.0.2.7",
           *           "logins": 12,
           *           "firstAt": "2030-01-31T09:15:00.000Z",
           *           "lastAt": "2030-01-31T09:15:00.000Z"
           *         }
           *       ],
           *       "rowsLookedAt": 0,
           *       "totals": {
           *         "logins": 12
           *       },
           *       "sums": {
           *         "byDay": [
           *           {
           *             "name": "2030-01-31",
           *             "value": 3
           *           }
           *         ]
           *       }
           *     }
           */
          'application/json': {
            /** @example access */
            report: string;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            from: string;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            to: string;
            /** @example alameda */
            agency: string | null;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            madeAt: string;
            items: {
              /** @description as claimed; evidence of nothing */
              username: string;
              /** @description of the user of that name; null where there is none */
              agency: string | null;
              /** @example password-wrong */
              reason: string | null;
              /**
               * @description an address, or an IPv6 /64
               * @example 192.0.2.7
               */
              source: string | null;
              /** @example 12 */
              logins: number;
              /** @description a time such as 2030-01-31T00:00:00Z, or null */
              firstAt: string | null;
              /** @description a time such as 2030-01-31T00:00:00Z, or null */
              lastAt: string | null;
            }[];
            /** @description of the ledger */
            rowsLookedAt: number;
            /**
             * @description toldTogether: how many lines with few logins are in the one named (others)
             * @example {
             *       "logins": 12
             *     }
             */
            totals: {
              [key: string]: number;
            };
            /**
             * @example {
             *       "byDay": [
             *         {
             *           "name": "2030-01-31",
             *           "value": 3
             *         }
             *       ]
             *     }
             */
            sums: {
              [key: string]: {
                name: string;
                value: number;
              }[];
            };
          };
          'text/csv': string;
          'text/html': string;
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getReadersReport: {
    parameters: {
      query: {
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-01-31T00:00:00Z
         */
        from: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-02-01T00:00:00Z
         */
        to: string;
        /** @example alameda */
        agency?: string;
        /**
         * @description json, csv, html; without it Accept decides, and json where that names none of them
         * @example json
         */
        format?: 'json' | 'csv' | 'html';
        /**
         * @description exactly this path
         * @example /outgoing/report.csv
         */
        path?: string;
        /**
         * @description 64 lower-case hex digits
         * @example 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
         */
        sha256?: string;
        /**
         * @description the id of a file
         * @example 0197f3a1c2d3
         */
        file?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All of it; a connection that is cut has not had all */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "report": "access",
           *       "from": "2030-01-31T00:00:00Z",
           *       "to": "2030-02-01T00:00:00Z",
           *       "agency": "alameda",
           *       "madeAt": "2030-01-31T09:15:00.000Z",
           *       "items": [
           *         {
           *           "at": "2030-01-31T09:15:00.000Z",
           *           "agency": "alameda",
           *           "path": "/outgoing/report.csv",
           *           "sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *           "fileId": "0197f3a1c2d4",
           *           "user": "amy",
           *           "userAgency": "alameda",
           *           "source": "192.0.2.7",
           *           "client": "OpenSSH_9.6",
           *           "bytes": 48213,
           *           "whole": false,
           *           "transfer": "0197f3a1c2d3",
           *           "ledgerRow": 0
           *         }
           *       ],
           *       "rowsLookedAt": 0,
           *       "totals": {
           *         "logins": 12
           *       },
           *       "sums": {
           *         "byDay": [
           *           {
           *             "name": "2030-01-31",
           *             "value": 3
           *           }
           *         ]
           *       }
           *     }
           */
          'application/json': {
            /** @example access */
            report: string;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            from: string;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            to: string;
            /** @example alameda */
            agency: string | null;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            madeAt: string;
            items: {
              /**
               * Format: date-time
               * @description a time such as 2030-01-31T00:00:00Z
               */
              at: string;
              /** @description in whose tree the file was */
              agency: string;
              path: string;
              /** @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752 */
              sha256: string | null;
              fileId: string | null;
              /** @example amy */
              user: string;
              /** @example alameda */
              userAgency: string | null;
              /** @example 192.0.2.7 */
              source: string | null;
              client: string | null;
              bytes: number;
              /** @description every byte was read, and the file was closed */
              whole: boolean;
              /** @example 0197f3a1c2d3 */
              transfer: string;
              ledgerRow: number;
            }[];
            /** @description of the ledger */
            rowsLookedAt: number;
            /**
             * @description toldTogether: how many lines with few logins are in the one named (others)
             * @example {
             *       "logins": 12
             *     }
             */
            totals: {
              [key: string]: number;
            };
            /**
             * @example {
             *       "byDay": [
             *         {
             *           "name": "2030-01-31",
             *           "value": 3
             *         }
             *       ]
             *     }
             */
            sums: {
              [key: string]: {
                name: string;
                value: number;
              }[];
            };
          };
          'text/csv': string;
          'text/html': string;
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getBulkTransfersReport: {
    parameters: {
      query: {
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-01-31T00:00:00Z
         */
        from: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-02-01T00:00:00Z
         */
        to: string;
        /** @example alameda */
        agency?: string;
        /**
         * @description json, csv, html; without it Accept decides, and json where that names none of them
         * @example json
         */
        format?: 'json' | 'csv' | 'html';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All of it; a connection that is cut has not had all */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "report": "access",
           *       "from": "2030-01-31T00:00:00Z",
           *       "to": "2030-02-01T00:00:00Z",
           *       "agency": "alameda",
           *       "madeAt": "2030-01-31T09:15:00.000Z",
           *       "items": [
           *         {
           *           "dateReceived": "2030-01-31T09:15:00.000Z",
           *           "controlNumber": "0197f3a1c2d3",
           *           "fileName": "alameda/outgoing/report.csv",
           *           "sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *           "bytes": 48213,
           *           "content": null,
           *           "sender": "amy",
           *           "senderAgency": "alameda",
           *           "recipient": "alameda",
           *           "recipientTitle": null,
           *           "recipientLocation": "/outgoing",
           *           "numberOfRecords": null,
           *           "movementDate": "2030-01-31T09:15:00.000Z",
           *           "movedTo": "dora",
           *           "movedToAgency": "alameda",
           *           "movedToTitle": null,
           *           "movedToLocation": null,
           *           "dispositionDate": "2030-01-31T09:15:00.000Z",
           *           "dispositionMethod": null,
           *           "certificate": null,
           *           "ledgerRow": 0
           *         }
           *       ],
           *       "rowsLookedAt": 0,
           *       "totals": {
           *         "logins": 12
           *       },
           *       "sums": {
           *         "byDay": [
           *           {
           *             "name": "2030-01-31",
           *             "value": 3
           *           }
           *         ]
           *       }
           *     }
           */
          'application/json': {
            /** @example access */
            report: string;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            from: string;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            to: string;
            /** @example alameda */
            agency: string | null;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            madeAt: string;
            items: {
              /**
               * Format: date-time
               * @description a time such as 2030-01-31T00:00:00Z
               */
              dateReceived: string;
              /**
               * @description the id of the transfer
               * @example 0197f3a1c2d3
               */
              controlNumber: string;
              /** @example alameda/outgoing/report.csv */
              fileName: string;
              /** @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752 */
              sha256: string | null;
              bytes: number | null;
              /** @description not known to the server */
              content: null;
              /** @example amy */
              sender: string;
              /** @example alameda */
              senderAgency: string | null;
              /**
               * @description the agency in whose tree it was put
               * @example alameda
               */
              recipient: string;
              /** @description not known to the server */
              recipientTitle: null;
              /**
               * @description the directory
               * @example /outgoing
               */
              recipientLocation: string;
              /** @description not known to the server */
              numberOfRecords: null;
              /** @description a time such as 2030-01-31T00:00:00Z, or null */
              movementDate: string | null;
              /** @example dora */
              movedTo: string | null;
              /** @example alameda */
              movedToAgency: string | null;
              /** @description not known to the server */
              movedToTitle: null;
              /** @description the address that it was collected from */
              movedToLocation: string | null;
              /** @description a time such as 2030-01-31T00:00:00Z, or null */
              dispositionDate: string | null;
              /** @description null while it is there */
              dispositionMethod: string | null;
              /** @description of its destruction by a retention job */
              certificate: string | null;
              ledgerRow: number;
            }[];
            /** @description of the ledger */
            rowsLookedAt: number;
            /**
             * @description toldTogether: how many lines with few logins are in the one named (others)
             * @example {
             *       "logins": 12
             *     }
             */
            totals: {
              [key: string]: number;
            };
            /**
             * @example {
             *       "byDay": [
             *         {
             *           "name": "2030-01-31",
             *           "value": 3
             *         }
             *       ]
             *     }
             */
            sums: {
              [key: string]: {
                name: string;
                value: number;
              }[];
            };
          };
          'text/csv': string;
          'text/html': string;
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getDisclosuresReport: {
    parameters: {
      query: {
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-01-31T00:00:00Z
         */
        from: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-02-01T00:00:00Z
         */
        to: string;
        /** @example alameda */
        agency?: string;
        /**
         * @description json, csv, html; without it Accept decides, and json where that names none of them
         * @example json
         */
        format?: 'json' | 'csv' | 'html';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All of it; a connection that is cut has not had all */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "report": "access",
           *       "from": "2030-01-31T00:00:00Z",
           *       "to": "2030-02-01T00:00:00Z",
           *       "agency": "alameda",
           *       "madeAt": "2030-01-31T09:15:00.000Z",
           *       "items": [
           *         {
           *           "at": "2030-01-31T09:15:00.000Z",
           *           "from": "2030-01-31T00:00:00Z",
           *           "sender": "amy",
           *           "to": "2030-02-01T00:00:00Z",
           *           "recipient": "dora",
           *           "recipientName": null,
           *           "recipientTitle": null,
           *           "recipientLocation": "192.0.2.7",
           *           "fileName": "alameda/outgoing/report.csv",
           *           "sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
           *           "bytes": 48213,
           *           "whole": false,
           *           "content": null,
           *           "numberOfRecords": null,
           *           "why": "sent to the State",
           *           "authority": null,
           *           "controlNumber": "0197f3a1c2d3",
           *           "ledgerRow": 0
           *         }
           *       ],
           *       "rowsLookedAt": 0,
           *       "totals": {
           *         "logins": 12
           *       },
           *       "sums": {
           *         "byDay": [
           *           {
           *             "name": "2030-01-31",
           *             "value": 3
           *           }
           *         ]
           *       }
           *     }
           */
          'application/json': {
            /** @example access */
            report: string;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            from: string;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            to: string;
            /** @example alameda */
            agency: string | null;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            madeAt: string;
            items: {
              /**
               * Format: date-time
               * @description a time such as 2030-01-31T00:00:00Z
               */
              at: string;
              /** @description the agency that sent it */
              from: string;
              /** @example amy */
              sender: string | null;
              to: string;
              /** @example dora */
              recipient: string;
              recipientName: string | null;
              /** @description not known to the server */
              recipientTitle: null;
              /** @example 192.0.2.7 */
              recipientLocation: string | null;
              /**
               * @description an agency and the path in its tree
               * @example alameda/outgoing/report.csv
               */
              fileName: string;
              /** @example 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752 */
              sha256: string | null;
              /** @description that went out */
              bytes: number;
              whole: boolean;
              /** @description not known to the server */
              content: null;
              /** @description not known to the server */
              numberOfRecords: null;
              /**
               * @description what the place of the file says of it
               * @example sent to the State
               */
              why: string;
              /** @description not known to the server */
              authority: null;
              /**
               * @description the id of the transfer
               * @example 0197f3a1c2d3
               */
              controlNumber: string;
              ledgerRow: number;
            }[];
            /** @description of the ledger */
            rowsLookedAt: number;
            /**
             * @description toldTogether: how many lines with few logins are in the one named (others)
             * @example {
             *       "logins": 12
             *     }
             */
            totals: {
              [key: string]: number;
            };
            /**
             * @example {
             *       "byDay": [
             *         {
             *           "name": "2030-01-31",
             *           "value": 3
             *         }
             *       ]
             *     }
             */
            sums: {
              [key: string]: {
                name: string;
                value: number;
              }[];
            };
          };
          'text/csv': string;
          'text/html': string;
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getClientsReport: {
    parameters: {
      query: {
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-01-31T00:00:00Z
         */
        from: string;
        /**
         * @description a time such as 2030-01-31T00:00:00Z
         * @example 2030-02-01T00:00:00Z
         */
        to: string;
        /** @example alameda */
        agency?: string;
        /**
         * @description json, csv, html; without it Accept decides, and json where that names none of them
         * @example json
         */
        format?: 'json' | 'csv' | 'html';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All of it; a connection that is cut has not had all */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "report": "access",
           *       "from": "2030-01-31T00:00:00Z",
           *       "to": "2030-02-01T00:00:00Z",
           *       "agency": "alameda",
           *       "madeAt": "2030-01-31T09:15:00.000Z",
           *       "items": [
           *         {
           *           "agency": "alameda",
           *           "kind": "client",
           *           "name": "OpenSSH_9.9",
           *           "logins": 12,
           *           "firstAt": "2030-01-31T09:15:00.000Z",
           *           "lastAt": "2030-01-31T09:15:00.000Z",
           *           "lastUser": null
           *         }
           *       ],
           *       "rowsLookedAt": 0,
           *       "totals": {
           *         "logins": 12
           *       },
           *       "sums": {
           *         "byDay": [
           *           {
           *             "name": "2030-01-31",
           *             "value": 3
           *           }
           *         ]
           *       }
           *     }
           */
          'application/json': {
            /** @example access */
            report: string;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            from: string;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            to: string;
            /** @example alameda */
            agency: string | null;
            /**
             * Format: date-time
             * @description a time such as 2030-01-31T00:00:00Z
             */
            madeAt: string;
            items: {
              agency: string;
              /**
               * @description client, or a kind of algorithm: kex, hostKey, cipher, mac
               * @example client
               */
              kind: string;
              /** @example OpenSSH_9.9 */
              name: string;
              /** @example 12 */
              logins: number;
              /** @description a time such as 2030-01-31T00:00:00Z, or null */
              firstAt: string | null;
              /** @description a time such as 2030-01-31T00:00:00Z, or null */
              lastAt: string | null;
              lastUser: string | null;
            }[];
            /** @description of the ledger */
            rowsLookedAt: number;
            /**
             * @description toldTogether: how many lines with few logins are in the one named (others)
             * @example {
             *       "logins": 12
             *     }
             */
            totals: {
              [key: string]: number;
            };
            /**
             * @example {
             *       "byDay": [
             *         {
             *           "name": "2030-01-31",
             *           "value": 3
             *         }
             *       ]
             *     }
             */
            sums: {
              [key: string]: {
                name: string;
                value: number;
              }[];
            };
          };
          'text/csv': string;
          'text/html': string;
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listReviews: {
    parameters: {
      query?: {
        /**
         * @description only those
         * @example waiting
         */
        state?: 'waiting' | 'overdue' | 'acknowledged';
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "from": "2030-01-31T00:00:00Z",
           *           "until": "2030-01-31T10:00:00.000Z",
           *           "timezone": "America/Los_Angeles",
           *           "madeAt": "2030-01-31T09:15:00.000Z",
           *           "state": "waiting",
           *           "overdueAt": "2030-01-31T09:15:00.000Z",
           *           "acknowledgedAt": "2030-01-31T09:15:00.000Z",
           *           "acknowledgedBy": {
           *             "kind": "admin",
           *             "keyId": "0197f3a1c2d8",
           *             "name": "records office"
           *           },
           *           "note": null,
           *           "figuresSha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
           *           "figures": {
           *             "version": 1,
           *             "rows": 1234,
           *             "logins": {
           *               "accepted": 12,
           *               "refused": 3
           *             }
           *           }
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['Review'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getReview: {
    parameters: {
      query?: {
        /**
         * @description json, csv, html; without it Accept decides, and json where that names none of them
         * @example json
         */
        format?: 'json' | 'csv' | 'html';
      };
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The review */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "from": "2030-01-31T00:00:00Z",
           *       "until": "2030-01-31T10:00:00.000Z",
           *       "timezone": "America/Los_Angeles",
           *       "madeAt": "2030-01-31T09:15:00.000Z",
           *       "state": "waiting",
           *       "overdueAt": "2030-01-31T09:15:00.000Z",
           *       "acknowledgedAt": "2030-01-31T09:15:00.000Z",
           *       "acknowledgedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d8",
           *         "name": "records office"
           *       },
           *       "note": null,
           *       "figuresSha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
           *       "figures": {
           *         "version": 1,
           *         "rows": 1234,
           *         "logins": {
           *           "accepted": 12,
           *           "refused": 3
           *         }
           *       }
           *     }
           */
          'application/json': components['schemas']['Review'];
          'text/csv': string;
          'text/html': string;
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  acknowledgeReview: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "note": "looked at the refused logins of Tuesday: a scanner, banned"
         *     }
         */
        'application/json': {
          /**
           * @description text of 1 to 200 characters on one line
           * @example looked at the refused logins of Tuesday: a scanner, banned
           */
          note: string;
        };
      };
    };
    responses: {
      /** @description The review of a week */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "from": "2030-01-31T00:00:00Z",
           *       "until": "2030-01-31T10:00:00.000Z",
           *       "timezone": "America/Los_Angeles",
           *       "madeAt": "2030-01-31T09:15:00.000Z",
           *       "state": "waiting",
           *       "overdueAt": "2030-01-31T09:15:00.000Z",
           *       "acknowledgedAt": "2030-01-31T09:15:00.000Z",
           *       "acknowledgedBy": {
           *         "kind": "admin",
           *         "keyId": "0197f3a1c2d8",
           *         "name": "records office"
           *       },
           *       "note": null,
           *       "figuresSha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
           *       "figures": {
           *         "version": 1,
           *         "rows": 1234,
           *         "logins": {
           *           "accepted": 12,
           *           "refused": 3
           *         }
           *       }
           *     }
           */
          'application/json': components['schemas']['Review'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  redactName: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "agency": "alameda",
         *       "path": "/outgoing/2029/ana-ortiz.pdf",
         *       "reason": "a name that should not have been sent",
         *       "authority": "privacy office 24-17"
         *     }
         */
        'application/json': {
          /** @description the code of the agency in whose tree the name was */
          agency: string;
          /**
           * @description the path as the ledger has it, such as /outgoing/name; null for every name of the agency up to now
           * @example /outgoing/2029/ana-ortiz.pdf
           */
          path: string | null;
          /**
           * @description text of 1 to 200 characters on one line, without the name: it stays in the ledger
           * @example a name that should not have been sent
           */
          reason: string;
          /**
           * @description text of 1 to 200 characters on one line, without the name: it stays in the ledger
           * @example privacy office 24-17
           */
          authority: string;
        };
      };
    };
    responses: {
      /** @description What was redacted */
      201: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "agency": "alameda",
           *       "commitments": [],
           *       "transfers": 0,
           *       "receipts": 0,
           *       "erased": false,
           *       "stays": [
           *         "ledger"
           *       ]
           *     }
           */
          'application/json': {
            agency: string;
            /** @description what rows of the ledger have in place of the name; none where all names of the agency went */
            commitments: string[];
            /** @description records of transfers that are told without it */
            transfers: number;
            /** @description receipts of it that are gone: the sender has its copy, and the server has none */
            receipts: number;
            /** @description whether nothing of it is left in the log of the database by now; otherwise as soon as nobody reads from it */
            erased: boolean;
            /** @description what has such names still, and keeps them: rows of the ledger from before names could be redacted, and what is signed */
            stays: ('ledger' | 'certificates' | 'receipts')[];
          };
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.held.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listForwarders: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "name": "syslog",
           *           "destination": "tls://siem.example.ca.gov:6514",
           *           "state": "waiting",
           *           "lastSeq": 0,
           *           "lagRows": 0,
           *           "waitingSince": "2030-01-31T09:15:00.000Z",
           *           "lastError": null,
           *           "failingSince": "2030-01-31T09:15:00.000Z",
           *           "rowsDelivered": 0,
           *           "failures": 12
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['Forwarder'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getForwarder: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /**
         * @description syslog or webhook
         * @example syslog
         */
        name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A destination that the ledger is forwarded to */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "name": "syslog",
           *       "destination": "tls://siem.example.ca.gov:6514",
           *       "state": "waiting",
           *       "lastSeq": 0,
           *       "lagRows": 0,
           *       "waitingSince": "2030-01-31T09:15:00.000Z",
           *       "lastError": null,
           *       "failingSince": "2030-01-31T09:15:00.000Z",
           *       "rowsDelivered": 0,
           *       "failures": 12
           *     }
           */
          'application/json': components['schemas']['Forwarder'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  changeForwarder: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description syslog or webhook
         * @example syslog
         */
        name: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "paused": false,
         *       "lastSeq": 0
         *     }
         */
        'application/json': {
          /** @description true has it wait, for however long */
          paused?: boolean;
          /** @description the row to send again from behind; 0 for all of the ledger */
          lastSeq?: number;
        };
        /**
         * @example {
         *       "paused": false,
         *       "lastSeq": 0
         *     }
         */
        'application/merge-patch+json': {
          /** @description true has it wait, for however long */
          paused?: boolean;
          /** @description the row to send again from behind; 0 for all of the ledger */
          lastSeq?: number;
        };
      };
    };
    responses: {
      /** @description A destination that the ledger is forwarded to */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "name": "syslog",
           *       "destination": "tls://siem.example.ca.gov:6514",
           *       "state": "waiting",
           *       "lastSeq": 0,
           *       "lagRows": 0,
           *       "waitingSince": "2030-01-31T09:15:00.000Z",
           *       "lastError": null,
           *       "failingSince": "2030-01-31T09:15:00.000Z",
           *       "rowsDelivered": 0,
           *       "failures": 12
           *     }
           */
          'application/json': components['schemas']['Forwarder'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listAdminKeys: {
    parameters: {
      query?: {
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "name": "nightly provisioning",
           *           "scopes": [
           *             "users:read",
           *             "users:write",
           *             "keys:write"
           *           ],
           *           "agency": "alameda",
           *           "allowedCidrs": [
           *             "203.0.113.0/24"
           *           ],
           *           "expiresAt": "2031-01-31T00:00:00.000Z",
           *           "createdAt": "2030-01-02T08:00:00.000Z",
           *           "updatedAt": "2030-01-30T16:20:00.000Z",
           *           "createdBy": null,
           *           "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *           "lastUsedFrom": "203.0.113.9",
           *           "rotatedAt": "2030-01-31T09:15:00.000Z",
           *           "formerSecretUntil": "2030-01-31T09:15:00.000Z"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['AdminKey'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  createAdminKey: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "name": "nightly provisioning",
         *       "scopes": [
         *         "users:read",
         *         "users:write",
         *         "keys:write"
         *       ],
         *       "expiresAt": "2031-01-31T00:00:00.000Z",
         *       "allowedCidrs": [
         *         "203.0.113.0/24"
         *       ],
         *       "agency": "alameda"
         *     }
         */
        'application/json': {
          /**
           * @description text of 1 to 200 characters on one line
           * @example nightly provisioning
           */
          name: string;
          /** @description a list of different scopes, one at least, that the calling key has itself */
          scopes: (
            | '*'
            | 'agencies:read'
            | 'agencies:write'
            | 'users:read'
            | 'users:write'
            | 'keys:read'
            | 'keys:write'
            | 'passwords:write'
            | 'locks:read'
            | 'locks:write'
            | 'bans:read'
            | 'bans:write'
            | 'sessions:read'
            | 'sessions:write'
            | 'files:read'
            | 'files:write'
            | 'holds:read'
            | 'holds:write'
            | 'retention:read'
            | 'retention:write'
            | 'retention:run'
            | 'certificates:read'
            | 'receipts:read'
            | 'transfers:read'
            | 'events:read'
            | 'audit:read'
            | 'audit:review'
            | 'audit:redact'
            | 'audit:archive'
            | 'forwarders:read'
            | 'forwarders:write'
            | 'metrics:read'
            | 'admin-keys:read'
            | 'admin-keys:write'
            | 'pending-changes:read'
            | 'pending-changes:write'
          )[];
          /** @description a time such as 2030-01-31T00:00:00Z, or null */
          expiresAt?: string | null;
          /** @description a list of IPv4 or IPv6 addresses or CIDR blocks; an empty one is everywhere */
          allowedCidrs?: string[];
          /** @description the code of the agency that it is bound to, or null for all of them */
          agency?: string | null;
        };
      };
    };
    responses: {
      /** @description Made */
      201: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "name": "nightly provisioning",
           *       "scopes": [
           *         "users:read",
           *         "users:write",
           *         "keys:write"
           *       ],
           *       "agency": "alameda",
           *       "allowedCidrs": [
           *         "203.0.113.0/24"
           *       ],
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z",
           *       "createdBy": null,
           *       "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *       "lastUsedFrom": "203.0.113.9",
           *       "rotatedAt": "2030-01-31T09:15:00.000Z",
           *       "formerSecretUntil": "2030-01-31T09:15:00.000Z",
           *       "secret": "wb_0197f3a1_kJ8sYw2tQ4nB7vX1cZ5mL9pR3dF6hG0a"
           *     }
           */
          'application/json': components['schemas']['CreatedAdminKey'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getAdminKey: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A key to this API */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "name": "nightly provisioning",
           *       "scopes": [
           *         "users:read",
           *         "users:write",
           *         "keys:write"
           *       ],
           *       "agency": "alameda",
           *       "allowedCidrs": [
           *         "203.0.113.0/24"
           *       ],
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z",
           *       "createdBy": null,
           *       "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *       "lastUsedFrom": "203.0.113.9",
           *       "rotatedAt": "2030-01-31T09:15:00.000Z",
           *       "formerSecretUntil": "2030-01-31T09:15:00.000Z"
           *     }
           */
          'application/json': components['schemas']['AdminKey'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  removeAdminKey: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      /** @description Done */
      204: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  changeAdminKey: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "name": "nightly provisioning",
         *       "scopes": [
         *         "users:read",
         *         "users:write",
         *         "keys:write"
         *       ]
         *     }
         */
        'application/json': {
          /**
           * @description text of 1 to 200 characters on one line
           * @example nightly provisioning
           */
          name?: string;
          /** @description a list of different scopes, one at least, that the calling key has itself */
          scopes?: (
            | '*'
            | 'agencies:read'
            | 'agencies:write'
            | 'users:read'
            | 'users:write'
            | 'keys:read'
            | 'keys:write'
            | 'passwords:write'
            | 'locks:read'
            | 'locks:write'
            | 'bans:read'
            | 'bans:write'
            | 'sessions:read'
            | 'sessions:write'
            | 'files:read'
            | 'files:write'
            | 'holds:read'
            | 'holds:write'
            | 'retention:read'
            | 'retention:write'
            | 'retention:run'
            | 'certificates:read'
            | 'receipts:read'
            | 'transfers:read'
            | 'events:read'
            | 'audit:read'
            | 'audit:review'
            | 'audit:redact'
            | 'audit:archive'
            | 'forwarders:read'
            | 'forwarders:write'
            | 'metrics:read'
            | 'admin-keys:read'
            | 'admin-keys:write'
            | 'pending-changes:read'
            | 'pending-changes:write'
          )[];
          /** @description a time such as 2030-01-31T00:00:00Z, or null */
          expiresAt?: string | null;
          /** @description a list of IPv4 or IPv6 addresses or CIDR blocks; an empty one is everywhere */
          allowedCidrs?: string[];
        };
        /**
         * @example {
         *       "name": "nightly provisioning",
         *       "scopes": [
         *         "users:read",
         *         "users:write",
         *         "keys:write"
         *       ]
         *     }
         */
        'application/merge-patch+json': {
          /**
           * @description text of 1 to 200 characters on one line
           * @example nightly provisioning
           */
          name?: string;
          /** @description a list of different scopes, one at least, that the calling key has itself */
          scopes?: (
            | '*'
            | 'agencies:read'
            | 'agencies:write'
            | 'users:read'
            | 'users:write'
            | 'keys:read'
            | 'keys:write'
            | 'passwords:write'
            | 'locks:read'
            | 'locks:write'
            | 'bans:read'
            | 'bans:write'
            | 'sessions:read'
            | 'sessions:write'
            | 'files:read'
            | 'files:write'
            | 'holds:read'
            | 'holds:write'
            | 'retention:read'
            | 'retention:write'
            | 'retention:run'
            | 'certificates:read'
            | 'receipts:read'
            | 'transfers:read'
            | 'events:read'
            | 'audit:read'
            | 'audit:review'
            | 'audit:redact'
            | 'audit:archive'
            | 'forwarders:read'
            | 'forwarders:write'
            | 'metrics:read'
            | 'admin-keys:read'
            | 'admin-keys:write'
            | 'pending-changes:read'
            | 'pending-changes:write'
          )[];
          /** @description a time such as 2030-01-31T00:00:00Z, or null */
          expiresAt?: string | null;
          /** @description a list of IPv4 or IPv6 addresses or CIDR blocks; an empty one is everywhere */
          allowedCidrs?: string[];
        };
      };
    };
    responses: {
      /** @description A key to this API */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "name": "nightly provisioning",
           *       "scopes": [
           *         "users:read",
           *         "users:write",
           *         "keys:write"
           *       ],
           *       "agency": "alameda",
           *       "allowedCidrs": [
           *         "203.0.113.0/24"
           *       ],
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z",
           *       "createdBy": null,
           *       "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *       "lastUsedFrom": "203.0.113.9",
           *       "rotatedAt": "2030-01-31T09:15:00.000Z",
           *       "formerSecretUntil": "2030-01-31T09:15:00.000Z"
           *     }
           */
          'application/json': components['schemas']['AdminKey'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  rotateAdminKey: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
        /**
         * @description only if the ETag is still this one (its part before a dot); * for any
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "overlapSeconds": 86400
         *     }
         */
        'application/json': {
          /**
           * @description a whole number from 0 to 2592000: how long the secret before works, too
           * @default 86400
           */
          overlapSeconds?: number;
        };
      };
    };
    responses: {
      /** @description Made */
      201: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "name": "nightly provisioning",
           *       "scopes": [
           *         "users:read",
           *         "users:write",
           *         "keys:write"
           *       ],
           *       "agency": "alameda",
           *       "allowedCidrs": [
           *         "203.0.113.0/24"
           *       ],
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "createdAt": "2030-01-02T08:00:00.000Z",
           *       "updatedAt": "2030-01-30T16:20:00.000Z",
           *       "createdBy": null,
           *       "lastUsedAt": "2030-01-31T09:14:00.000Z",
           *       "lastUsedFrom": "203.0.113.9",
           *       "rotatedAt": "2030-01-31T09:15:00.000Z",
           *       "formerSecretUntil": "2030-01-31T09:15:00.000Z",
           *       "secret": "wb_0197f3a1_kJ8sYw2tQ4nB7vX1cZ5mL9pR3dF6hG0a"
           *     }
           */
          'application/json': components['schemas']['CreatedAdminKey'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  listPendingChanges: {
    parameters: {
      query?: {
        /**
         * @description pending, done, rejected, failed or expired
         * @example pending
         */
        state?: 'pending' | 'done' | 'rejected' | 'failed' | 'expired';
        /**
         * @description a whole number from 1 to 500
         * @example 100
         */
        limit?: number;
        /**
         * @description the nextCursor of the page before, as it came
         * @example WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ
         */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "0197f3a1c2d4",
           *           "action": "agencies.delete",
           *           "method": "DELETE",
           *           "url": "/v1/agencies/alameda",
           *           "ifMatch": null,
           *           "body": null,
           *           "requestedBy": {
           *             "id": "0197f3a1c2d4",
           *             "name": "report.csv"
           *           },
           *           "requestedAt": "2030-01-31T09:15:00.000Z",
           *           "expiresAt": "2031-01-31T00:00:00.000Z",
           *           "state": "pending",
           *           "decidedBy": null,
           *           "decidedAt": "2030-01-31T09:15:00.000Z",
           *           "status": 0
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['PendingChange'][];
            /** @description null on the last page */
            nextCursor: string | null;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  getPendingChange: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description only if the ETag is another one
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A change that waits for a second administrator, or did */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "method": "DELETE",
           *       "url": "/v1/agencies/alameda",
           *       "ifMatch": null,
           *       "body": null,
           *       "requestedBy": {
           *         "id": "0197f3a1c2d4",
           *         "name": "report.csv"
           *       },
           *       "requestedAt": "2030-01-31T09:15:00.000Z",
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "state": "pending",
           *       "decidedBy": null,
           *       "decidedAt": "2030-01-31T09:15:00.000Z",
           *       "status": 0
           *     }
           */
          'application/json': components['schemas']['PendingChange'];
        };
      };
      /** @description It is as its If-None-Match says */
      304: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  approvePendingChange: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It was carried out */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "change": {
           *         "id": "0197f3a1c2d4",
           *         "action": "agencies.delete",
           *         "method": "DELETE",
           *         "url": "/v1/agencies/alameda",
           *         "ifMatch": null,
           *         "body": null,
           *         "requestedBy": {
           *           "id": "0197f3a1c2d4",
           *           "name": "report.csv"
           *         },
           *         "requestedAt": "2030-01-31T09:15:00.000Z",
           *         "expiresAt": "2031-01-31T00:00:00.000Z",
           *         "state": "pending",
           *         "decidedBy": null,
           *         "decidedAt": "2030-01-31T09:15:00.000Z",
           *         "status": 0
           *       },
           *       "answer": {
           *         "status": 0,
           *         "location": "/v1/pending-changes/0197f3a1c2d6",
           *         "body": null
           *       }
           *     }
           */
          'application/json': {
            change: components['schemas']['PendingChange'];
            /** @description what carrying it out answered; shown this once */
            answer: {
              status: number | null;
              location: string | null;
              /** @description as the request itself would have been answered */
              body: unknown;
            };
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.approval-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  rejectPendingChange: {
    parameters: {
      query?: never;
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path: {
        /** @example 0197f3a1c2d4 */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A change that waits for a second administrator, or did */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "method": "DELETE",
           *       "url": "/v1/agencies/alameda",
           *       "ifMatch": null,
           *       "body": null,
           *       "requestedBy": {
           *         "id": "0197f3a1c2d4",
           *         "name": "report.csv"
           *       },
           *       "requestedAt": "2030-01-31T09:15:00.000Z",
           *       "expiresAt": "2031-01-31T00:00:00.000Z",
           *       "state": "pending",
           *       "decidedBy": null,
           *       "decidedAt": "2030-01-31T09:15:00.000Z",
           *       "status": 0
           *     }
           */
          'application/json': components['schemas']['PendingChange'];
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      404: components['responses']['NotFound.not-found.route-unknown'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.conflict.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
  importUsers: {
    parameters: {
      query?: {
        /**
         * @description true: change nothing, and say what would be
         * @example false
         */
        dryRun?: boolean;
        /**
         * @description true: all rows or none, of 500 at most
         * @example false
         */
        atomic?: boolean;
      };
      header?: {
        /**
         * @description up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day
         * @example 4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90
         */
        'idempotency-key'?: string;
        /**
         * @description *: 412, and not 409, where it exists
         * @example "mF3xJ0q1bTq0v6mK9cYb2w"
         */
        'if-none-match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example username,agency,displayName,publicKey
         *     amy,alameda,Amy Ortiz,ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDIWtjVDAR1mDVwEHo5tG4DVZcFVnI1fXV0v7dlZXb8P
         */
        'text/csv': string;
        /** @example {"username":"amy","agency":"alameda","displayName":"Amy Ortiz"} */
        'application/x-ndjson': string;
      };
    };
    responses: {
      /** @description What became of each row of a file of users */
      200: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "dryRun": false,
           *       "atomic": false,
           *       "applied": false,
           *       "rows": 18204,
           *       "created": 0,
           *       "unchanged": 0,
           *       "refused": 0,
           *       "items": [
           *         {
           *           "row": 0,
           *           "username": "amy",
           *           "outcome": "created",
           *           "keysAdded": 0,
           *           "problem": null
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['UserImport'];
        };
      };
      /** @description It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS) */
      202: {
        headers: {
          'X-Request-Id': components['headers']['RequestId'];
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "0197f3a1c2d4",
           *       "action": "agencies.delete",
           *       "state": "pending",
           *       "location": "/v1/pending-changes/0197f3a1c2d6"
           *     }
           */
          'application/json': {
            id: string;
            action: string;
            state: string;
            location: string;
          };
        };
      };
      400: components['responses']['BadRequest.field-invalid.message-malformed'];
      401: components['responses']['Unauthorized.credentials-missing.credentials-wrong.key-expired'];
      403: components['responses']['Forbidden.address-not-allowed.agency-not-allowed.scope-missing'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict.answer-lost.request-under-way'];
      412: components['responses']['PreconditionFailed.precondition-failed'];
      413: components['responses']['ContentTooLarge.body-too-large'];
      415: components['responses']['UnsupportedMediaType.media-type-unsupported'];
      422: components['responses']['UnprocessableContent.idempotency-key-reused'];
      429: components['responses']['TooManyRequests.rate-exceeded'];
      431: components['responses']['RequestHeaderFieldsTooLarge'];
      500: components['responses']['InternalServerError.internal.storage-failed'];
      503: components['responses']['ServiceUnavailable.ledger-unavailable.memory-short.unavailable'];
      507: components['responses']['InsufficientStorage.storage-full'];
    };
  };
}
