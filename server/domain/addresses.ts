import { isIP } from 'node:net';

/** A single address is a block whose prefix covers all its bits. */
type Block = { readonly bits: 32 | 128; readonly value: bigint; readonly prefix: number };

const mappedIpv4 = 0xffffn << 32n;

/**
 * The canonical text of an IPv4 or IPv6 address or CIDR block: RFC 5952 spelling, host bits cleared, no prefix on a
 * single address, IPv4-mapped IPv6 as IPv4. Undefined for anything else.
 */
export function canonicalCidr(text: string): string | undefined {
  const block = parseBlock(text);
  return block === undefined ? undefined : format(block);
}

/** An address as a socket tells it, canonical: without a zone, and IPv4 where it is IPv4 on a dual-stack socket. */
export function plainAddress(address: string): string {
  return canonicalCidr(address.split('%', 1)[0]!) ?? address;
}

/** Who counts as one: an IPv4 address, or an IPv6 /64 as `2001:db8:0:1::/64`, since a customer holds that at least. */
export function sourceGroup(address: string): string {
  const plain = plainAddress(address);
  return plain.includes(':') ? (canonicalCidr(`${plain}/64`) ?? plain) : plain;
}

/** Whether an address is in one of the blocks. None is matched by what is not an address. */
export function isAddressIn(address: string, cidrs: readonly string[]): boolean {
  return addressesIn(cidrs)(address);
}

/** The same for many addresses: the blocks are read once. */
export function addressesIn(cidrs: readonly string[]): (address: string) => boolean {
  const blocks = cidrs.map(parseBlock).filter((block) => block !== undefined);
  return (address) => {
    if (blocks.length === 0) return false;
    const source = address.includes('/') ? undefined : parseBlock(address);
    if (source === undefined) return false;
    return blocks.some((block) => {
      const hostBits = BigInt(block.bits - block.prefix);
      return block.bits === source.bits && source.value >> hostBits === block.value >> hostBits;
    });
  };
}

/** Whether a block is one that somebody may have to himself: no wider than /16, or /32 of IPv6. */
export function isNarrow(cidr: string): boolean {
  const block = parseBlock(cidr);
  return block !== undefined && block.prefix >= (block.bits === 32 ? 16 : 32);
}

/** Whether every address of one address or CIDR block is in one of the others. */
export function isCidrIn(cidr: string, cidrs: readonly string[]): boolean {
  const inner = parseBlock(cidr);
  if (inner === undefined) return false;
  return cidrs.some((each) => {
    const outer = parseBlock(each);
    if (outer === undefined || outer.bits !== inner.bits || outer.prefix > inner.prefix)
      return false;
    const hostBits = BigInt(outer.bits - outer.prefix);
    return inner.value >> hostBits === outer.value >> hostBits;
  });
}

function parseBlock(text: string): Block | undefined {
  const [, address = '', prefixText] = /^([0-9A-Fa-f.:]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const bits = version === 4 ? 32 : 128;
  const prefix = prefixText === undefined ? bits : Number(prefixText);
  if (prefix > bits) return undefined;
  return unmapped({
    bits,
    value: version === 4 ? valueOfIpv4(address) : valueOfIpv6(address),
    prefix,
  });
}

/** On a dual-stack listener an IPv4 peer shows as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). */
function unmapped(block: Block): Block {
  if (block.bits === 32 || block.prefix < 96 || block.value >> 32n !== mappedIpv4 >> 32n)
    return block;
  return { bits: 32, value: block.value & 0xffffffffn, prefix: block.prefix - 96 };
}

function valueOfIpv4(address: string): bigint {
  return address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function valueOfIpv6(address: string): bigint {
  const [head = '', tail] = address.split('::');
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const gap = Array<bigint>(8 - left.length - right.length).fill(0n);
  return [...left, ...gap, ...right].reduce((value, group) => (value << 16n) | group, 0n);
}

function groupsOf(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const ipv4 = valueOfIpv4(group);
    return [ipv4 >> 16n, ipv4 & 0xffffn];
  });
}

function format({ bits, value, prefix }: Block): string {
  const hostBits = BigInt(bits - prefix);
  const network = (value >> hostBits) << hostBits;
  const address = bits === 32 ? formatIpv4(network) : formatIpv6(network);
  return prefix === bits ? address : `${address}/${prefix}`;
}

function formatIpv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
}

function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  // The URL standard's serialiser is RFC 5952's.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
