import type { FastifyRequest } from 'fastify';
import { Fault } from '../server/domain/faults.ts';

/** RFC 9530: a dictionary of byte sequences; RFC 3230 before it: the same without colons. */
const forms = [
  { header: 'repr-digest', form: /^sha-256=:([A-Za-z0-9+/]{43}=):$/ },
  { header: 'content-digest', form: /^sha-256=:([A-Za-z0-9+/]{43}=):$/ },
  { header: 'digest', form: /^sha-256=([A-Za-z0-9+/]{43}=)$/i },
] as const;

/**
 * What a sender says the SHA-256 of its body is, hexadecimal; several where it says so more than once.
 *
 * @throws Fault `field-invalid` where it says it in a way that is not checked: it counts on that
 */
export function digestsIn({ headers }: Pick<FastifyRequest, 'headers'>): readonly string[] {
  const digests: string[] = [];
  for (const { header, form } of forms) {
    const value = headers[header];
    if (value === undefined) continue;
    const found = String(value)
      .split(',')
      .flatMap((item) => form.exec(item.trim())?.[1] ?? []);
    if (found.length === 0)
      throw new Fault('field-invalid', 'a SHA-256, as in sha-256=:<base64>:', {
        pointer: `/${header}`,
      });
    digests.push(...found.map((each) => Buffer.from(each, 'base64').toString('hex')));
  }
  return digests;
}
