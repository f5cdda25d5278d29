/** See schema.ts, and migrations/0016-legacy-interop.sql. */
export interface LegacyGrantTable {
  agency_id: string;
  /** JSON list. */
  allowed_cidrs: string;
  reason: string;
  expires_at: number;
  granted_at: number;
}

export interface LegacyLoginTable {
  user_id: string;
  agency_id: string;
  logins: number;
  last_at: number;
  /** `address:port` */
  last_from: string;
  client: string;
  /** JSON object. */
  algorithms: string;
}
