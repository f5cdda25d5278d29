/** What the ledger tells of signatures: those that senders put beside their files, and the key of the server's own. */
export type ReceiptEvent =
  /**
   * A file and its `<name>.sig` were held against each other; the row of one that is not good is a refusal. What was found
   * is in one more receipt of the sender.
   */
  | {
      readonly event: 'upload-signature.verified.1';
      readonly agency: string;
      /** Of the file that is signed. */
      readonly path: string;
      /** Who sent it. */
      readonly username: string;
      /** Of the key that signed, and which digest it is over; null where the signature does not tell. */
      readonly keyFingerprint: string | null;
      readonly digest: string | null;
      /** Of the file and of the signature, hex. */
      readonly sha256: string;
      readonly signatureSha256: string;
      readonly problem: string | null;
    }
  /** The private evidence key was destroyed; the row after this one says which takes over. */
  | {
      readonly event: 'evidence-key.rotated.1';
      /** Of the old key. */
      readonly fingerprint: string;
      readonly replacedBy: string;
      /** The new one, as in `.pub` files. */
      readonly publicKey: string;
      /** By the old key over that line, an armored SSH signature, namespace waybill-evidence-key. */
      readonly signature: string;
    };
