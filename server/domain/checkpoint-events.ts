/** What the ledger tells of itself: its checkpoints, the keys that sign them, and what looking it through found. */
export type CheckpointEvent =
  /**
   * A checkpoint was made, of rows before this one. So whoever is sent the ledger is sent its checkpoints, and the chain
   * holds them, too. The actor is `server`.
   */
  | {
      readonly event: 'checkpoint.made.1';
      /** Rows 1 to this one. */
      readonly size: number;
      /** The signed note (docs/EVIDENCE.md). */
      readonly note: string;
    }
  /** The key that signs later checkpoints: nothing that it signs is good before a checkpoint has this row. */
  | {
      readonly event: 'checkpoint-key.announced.1';
      /** As C2SP writes verifier keys: `<name>+<key id>+<base64>`. */
      readonly publicKey: string;
      /** Counts from 1. */
      readonly epoch: number;
      /** SSHSIG of the evidence key over what is announced (docs/EVIDENCE.md), in the namespace `waybill-checkpoint-key`. */
      readonly signature: string;
      /** The key before it, which signs a checkpoint with this row; null where nobody has it: see `cause`. */
      readonly follows: string | null;
      /** `lost`: the private part of the key before it was not there any more, as after a restore. */
      readonly cause: 'first' | 'epoch' | 'lost';
      /** SHA-256 of the newest checkpoint then, base64; of zeros before the first. Rows of old have none. */
      readonly previous?: string;
    }
  /** The outcome is `failed` where anything was wrong. */
  | {
      readonly event: 'ledger.verified.1';
      /** Everything, or what is new since the last time that all was well. */
      readonly scope: 'whole' | 'new';
      readonly rows: number;
      readonly checkpoints: number;
      readonly firstBadRow: number | null;
      readonly problem: string | null;
    };
