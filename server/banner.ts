import { readFileSync } from 'node:fs';
import { Fault } from './domain/faults.ts';

/**
 * What a client is shown before it logs in: the four points of Pub 1075 AC-8 (whose system, monitoring, penalties,
 * consent).
 */
const defaultBanner = [
  'This system of the State of California may hold U.S. Government information,',
  'including federal tax information. Use is monitored, recorded and audited.',
  'Unauthorized use is prohibited and subject to criminal and civil penalties',
  '(18 U.S.C. 1030; 26 U.S.C. 7213, 7213A, 7431). Use of this system is consent',
  'to monitoring and recording. Disconnect now if you do not agree.',
  '',
].join('\r\n');

const bannerBytesMax = 8 * 1024;

/** @throws Fault `configuration-invalid` */
export function readBanner(file: string | null): string {
  if (file === null) return defaultBanner;
  try {
    const text = readFileSync(file, 'utf8');
    if (Buffer.byteLength(text) > bannerBytesMax)
      throw new Error(`it is longer than ${bannerBytesMax} bytes`);
    return `${text.trimEnd().replaceAll(/\r?\n/g, '\r\n')}\r\n`;
  } catch (cause) {
    throw new Fault(
      'configuration-invalid',
      `WAYBILL_BANNER_FILE ${file} cannot be used: ${(cause as Error).message}`,
      { cause },
    );
  }
}
