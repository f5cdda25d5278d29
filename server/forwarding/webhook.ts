import { createHmac } from 'node:crypto';
import { Agent as PlainAgent, request as requestPlain, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as requestSecure } from 'node:https';
import type { TailedRow } from '../ledger/tail.ts';
import type { Credentials, Delivery, Destination } from './destination.ts';

/** How a request proves that it is ours. */
export type WebhookProof =
  | { readonly kind: 'signature'; readonly secret: Uint8Array }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'certificate' };

export type WebhookParts = {
  /** https; http, which the configuration takes for loopback alone. */
  readonly url: URL;
  readonly credentials: () => Credentials;
  /** Read anew for each request. */
  readonly proof: () => WebhookProof;
  readonly userAgent: string;
  readonly clock: () => number;
  readonly answerMsMax?: number;
};

const answerMsMaxDefault = 30_000;
const bodyBytesMax = 256 * 1024;
const answerBytesMax = 64 * 1024;
/** Said here, so that NODE_TLS_REJECT_UNAUTHORIZED has no say. */
const strict = { minVersion: 'TLSv1.2', rejectUnauthorized: true } as const;

/** Batches of rows as NDJSON, each in a request of its own: any 2xx means that the receiver has the whole batch. */
export function webhookDestination(parts: WebhookParts): Destination {
  const { url } = parts;
  const secure = url.protocol === 'https:';
  const options = { keepAlive: true, maxSockets: 1 };
  const agent = secure ? new SecureAgent(options) : new PlainAgent(options);
  // Of a batch, halved when the receiver says that it is too large.
  let rowsMax = Infinity;

  async function send(rows: readonly TailedRow[], abandoned: AbortSignal): Promise<number> {
    for (;;) {
      const { body, batch } = batchOf(rows.slice(0, rowsMax));
      const headers = headersOf(parts, body, batch);
      const status = await post({ ...parts, agent, secure, body, headers, abandoned });
      if (status >= 200 && status <= 299) {
        rowsMax += 1;
        return batch.at(-1)!.seq;
      }
      if (status !== 413 || batch.length === 1) throw new Error(`the receiver answered ${status}`);
      rowsMax = Math.floor(batch.length / 2);
    }
  }

  return {
    name: 'webhook',
    shown: `${url.origin}${url.pathname}`,
    rowsUnconfirmedMax: 1,
    openMsMax: 0,
    open: async (): Promise<Delivery> => {
      const abandoned = new AbortController();
      return {
        send: (rows) => send(rows, abandoned.signal),
        // What it answered was the confirmation.
        confirm: async () => undefined,
        abandon: () => abandoned.abort(),
      };
    },
  };
}

/** As many rows as fit, one at least. */
function batchOf(rows: readonly TailedRow[]): {
  readonly body: string;
  readonly batch: readonly TailedRow[];
} {
  const lines: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    // The row as GET /v1/audit shows it, and its hash.
    const line = `${row.opened.slice(0, -1)},"hash":"${row.hash}"}\n`;
    bytes += Buffer.byteLength(line);
    if (bytes > bodyBytesMax && lines.length > 0) break;
    lines.push(line);
  }
  return { body: lines.join(''), batch: rows.slice(0, lines.length) };
}

/**
 * Names and signature are those of Standard Webhooks (standardwebhooks.com), for which receivers find libraries. The id is
 * the same when the same rows are sent again: the last hash stands for the whole chain up to it.
 */
function headersOf(
  { proof, userAgent, clock }: WebhookParts,
  body: string,
  batch: readonly TailedRow[],
): Record<string, string> {
  const first = batch[0]!;
  const last = batch.at(-1)!;
  const id = `ledger-${first.seq}-${last.seq}-${last.hash.slice(0, 16)}`;
  const timestamp = String(Math.floor(clock() / 1000));
  return {
    'content-type': 'application/x-ndjson',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': userAgent,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'waybill-first-seq': String(first.seq),
    'waybill-last-seq': String(last.seq),
    ...proofHeaders(proof(), `${id}.${timestamp}.${body}`),
  };
}

function proofHeaders(proof: WebhookProof, signed: string): Record<string, string> {
  switch (proof.kind) {
    case 'signature': {
      const signature = createHmac('sha256', proof.secret).update(signed).digest('base64');
      return { 'webhook-signature': `v1,${signature}` };
    }
    case 'bearer':
      return { authorization: `Bearer ${proof.token}` };
    case 'certificate':
      return {};
  }
}

type Posting = Pick<WebhookParts, 'url' | 'credentials' | 'answerMsMax'> & {
  readonly agent: PlainAgent | SecureAgent;
  readonly secure: boolean;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly abandoned: AbortSignal;
};

/** @returns the status, once the whole answer has come; redirects are not followed */
function post(posting: Posting): Promise<number> {
  const { url, credentials, agent, secure, headers, body } = posting;
  const late = AbortSignal.timeout(posting.answerMsMax ?? answerMsMaxDefault);
  const signal = AbortSignal.any([late, posting.abandoned]);
  return new Promise((resolve, reject) => {
    const answered = (answer: IncomingMessage) => {
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > answerBytesMax) answer.destroy(new Error('the answer is too long'));
      });
      answer.on('error', reject);
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    };
    const common = { method: 'POST', headers, agent, signal };
    const request = secure
      ? requestSecure(url, { ...common, ...credentials(), ...strict }, answered)
      : requestPlain(url, common, answered);
    request.on('error', (error) =>
      reject(late.aborted ? new Error('the receiver did not answer in time') : error),
    );
    request.end(body);
  });
}
