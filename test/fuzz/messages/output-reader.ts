import { expect } from '../suite.ts';

/** What a server may say at all (RFC 4250 section 4.1.2). */
const servers = new Set([
  1, 2, 3, 4, 6, 7, 20, 21, 31, 51, 52, 53, 60, 80, 81, 82, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100,
]);

/** The payloads of what the server sends, as long as it sends in the open. @throws Error where it is no SSH */
export class OutputReader {
  #bytes: Buffer = Buffer.alloc(0);
  #identified = false;
  #encrypted = false;

  get hasIdentified(): boolean {
    return this.#identified;
  }

  push(chunk: Buffer): Buffer[] {
    const payloads: Buffer[] = [];
    if (this.#encrypted) return payloads;
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    if (!this.#identified) {
      const end = this.#bytes.indexOf('\r\n');
      if (end < 0) return payloads;
      expect(this.#bytes.toString('latin1').startsWith('SSH-2.0-'), 'an identification string');
      this.#identified = true;
      this.#bytes = this.#bytes.subarray(end + 2);
    }
    while (!this.#encrypted && this.#bytes.length >= 4) {
      const length = this.#bytes.readUInt32BE(0);
      expect(
        length >= 12 && length <= 262_144 && (length + 4) % 8 === 0,
        `a packet of ${length} bytes`,
      );
      if (this.#bytes.length < 4 + length) break;
      const padding = this.#bytes[4]!;
      const payload = this.#bytes.subarray(5, 4 + length - padding);
      expect(padding >= 4 && payload.length > 0, 'a packet with padding and payload');
      expect(servers.has(payload[0]!), `a server does not send ${payload[0]}`);
      payloads.push(payload);
      this.#bytes = this.#bytes.subarray(4 + length);
      this.#encrypted = payload[0] === 21;
    }
    return payloads;
  }
}
