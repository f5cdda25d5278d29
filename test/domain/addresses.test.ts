import { BlockList } from 'node:net';
import * as fc from 'fast-check';
import t from 'tap';
import {
  canonicalCidr,
  isAddressIn,
  isCidrIn,
  plainAddress,
  sourceGroup,
} from '../../server/domain/addresses.ts';

t.test('canonical form', async (t) => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7/32', '192.0.2.7'],
    ['192.0.2.7/24', '192.0.2.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8::ffff/32', '2001:db8::/32'],
    ['::/0', '::/0'],
    ['::1/128', '::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201/120', '192.0.2.0/24'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['', undefined],
    ['192.0.2.1/33', undefined],
    ['192.0.2.1/-1', undefined],
    ['192.0.2.1/024', undefined],
    ['192.0.2.1/', undefined],
    ['192.0.2.01', undefined],
    ['192.0.2', undefined],
    ['2001:db8::/129', undefined],
    ['fe80::1%eth0', undefined],
    [' 192.0.2.1', undefined],
    ['192.0.2.1/24/24', undefined],
    ['example.org', undefined],
  ];
  for (const [text, expected] of cases)
    t.equal(canonicalCidr(text), expected, JSON.stringify(text));
});

t.test('matching', async (t) => {
  t.equal(
    isAddressIn('::ffff:192.0.2.9', ['192.0.2.0/24']),
    true,
    'an IPv4-mapped source matches an IPv4 rule',
  );
  t.equal(isAddressIn('192.0.3.9', ['192.0.2.0/24']), false);
  t.equal(isAddressIn('192.0.2.9', ['::/0']), false, 'IPv4 is not IPv6');
  t.equal(isAddressIn('2001:db8::5', ['192.0.2.1', '2001:db8::/32']), true);
  t.equal(isAddressIn('192.0.2.0/24', ['192.0.2.0/24']), false, 'a block is no address');
  for (const junk of ['', 'unix', '::g', '192.0.2.1 '])
    t.equal(isAddressIn(junk, ['0.0.0.0/0', '::/0']), false);
  t.equal(isAddressIn('192.0.2.1', ['rubbish']), false);
});

t.test('agrees with BlockList of Node', async () => {
  const compare =
    (family: 'ipv4' | 'ipv6', bits: number) =>
    (network: string, address: string, prefix: number) => {
      const list = new BlockList();
      list.addSubnet(network, prefix, family);
      const canonical = canonicalCidr(`${network}/${prefix}`) ?? 'none';
      return (
        list.check(address, family) === isAddressIn(address, [canonical]) &&
        isAddressIn(network, [canonical]) &&
        canonicalCidr(canonical) === canonical &&
        prefix <= bits
      );
    };
  fc.assert(fc.property(fc.ipV4(), fc.ipV4(), fc.nat(32), compare('ipv4', 32)));
  // Mapped addresses are IPv4 here and something else to BlockList.
  const ipv6 = fc.ipV6().filter((address) => !/^(::|0+:)/.test(address));
  fc.assert(fc.property(ipv6, ipv6, fc.nat(128), compare('ipv6', 128)));
  fc.assert(
    fc.property(ipv6, fc.nat(128), (one, prefix) => compare('ipv6', 128)(one, one, prefix)),
  );
});

t.test('whether a block is within others', async (t) => {
  const cases: [cidr: string, within: string[], expected: boolean][] = [
    ['192.0.2.9', ['192.0.2.0/24'], true],
    ['192.0.2.0/24', ['192.0.2.0/24'], true],
    ['192.0.2.128/25', ['198.51.100.1', '192.0.2.0/24'], true],
    ['::ffff:192.0.2.9', ['192.0.2.0/24'], true],
    ['2001:db8:1::/48', ['2001:db8::/32'], true],
    ['192.0.2.0/23', ['192.0.2.0/24'], false],
    ['0.0.0.0/0', ['192.0.2.0/24'], false],
    ['192.0.3.9', ['192.0.2.0/24'], false],
    ['192.0.2.9', ['::/0'], false],
    ['::/0', ['0.0.0.0/0'], false],
    ['192.0.2.9', [], false],
    ['x', ['0.0.0.0/0'], false],
    ['192.0.2.9', ['x'], false],
  ];
  for (const [cidr, within, expected] of cases)
    t.equal(isCidrIn(cidr, within), expected, `${cidr} in ${within.join(' ')}`);
});

t.test('an address as a socket tells it', async (t) => {
  const cases: [told: string, plain: string, source: string][] = [
    ['192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['::1', '::1', '::/64'],
    ['fe80::1%eth0', 'fe80::1', 'fe80::/64'],
    ['rubbish', 'rubbish', 'rubbish'],
  ];
  for (const [told, plain, source] of cases) {
    t.equal(plainAddress(told), plain, told);
    t.equal(sourceGroup(told), source, told);
  }
});
