/** See schema.ts, and migrations/0017-certificates.sql. */
export interface UserCaTable {
  id: string;
  agency_id: string;
  type: string;
  /** The SSH wire form of the public key. */
  blob: Uint8Array;
  bits: number;
  /** `SHA256:` and unpadded base64. */
  fingerprint: string;
  label: string;
  /** JSON list of user names; an empty one is every user of the agency. */
  principals: string;
  /** 0 or 1. */
  verify_required: number;
  expires_at: number | null;
  created_at: number;
}

export interface CertificateRevocationTable {
  id: string;
  agency_id: string;
  kind: 'serial' | 'key-id' | 'key';
  value: string;
  /** A fingerprint; '' is any authority of the agency. */
  authority: string;
  reason: string;
  created_at: number;
}

export interface DeviceCounterTable {
  user_id: string;
  /** Of the device's key. */
  fingerprint: string;
  counter: number;
  noted_at: number;
}
