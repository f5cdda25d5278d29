import t from 'tap';
import { openExchange } from '../fixtures/exchange.ts';
import { listed } from '../fixtures/listed.ts';
import type { Outcome } from '../../server/domain/faults.ts';
import type { ListReply } from '../../server/domain/requests.ts';
import { parseVirtualPathText } from '../../server/domain/virtual-path.ts';
import { newId } from '../../server/files/tree.ts';

const entries = 100_000;
const perInsert = 500;

t.setTimeout(120_000);

t.test(
  'a directory of 100,000 entries lists in steady batches, whole, in order, once each',
  async (t) => {
    const exchange = await openExchange(t);
    const identity = await exchange.login({ username: 'amy', agency: 'alameda' });
    const outgoing = await exchange.database.read(({ query }) =>
      query
        .selectFrom('entries')
        .selectAll()
        .where('name', '=', 'outgoing')
        .executeTakeFirstOrThrow(),
    );
    const nameOf = (index: number) =>
      `case-${String((index * 7919) % entries).padStart(6, '0')}.dat`;
    for (let first = 0; first < entries; first += perInsert) {
      const rows = Array.from({ length: perInsert }, (_, offset) => ({
        id: newId(),
        agency_id: outgoing.agency_id,
        parent_id: outgoing.id,
        name: nameOf(first + offset),
        kind: 'directory' as const,
        version_id: null,
        size: 0,
        mode: 0o750,
        accessed_at: 0,
        modified_at: 0,
        fixed: 0,
        created_at: 0,
        created_by: null,
      }));
      await exchange.database.write((unit) =>
        unit.query.insertInto('entries').values(rows).execute(),
      );
    }
    const batchMs: number[] = [];
    const names: string[] = [];
    for (let after: string | null = null; ;) {
      const started = performance.now();
      const outcome: Outcome<ListReply> = await exchange.monitor.request<'list'>(
        identity.sessionId,
        { kind: 'list', path: parseVirtualPathText('/outgoing'), after, entriesMax: 500 },
      );
      batchMs.push(performance.now() - started);
      if (!outcome.ok) throw new Error(outcome.refusal.reason);
      names.push(...listed(outcome.value.text).map(({ name }) => name));
      if (outcome.value.next === null) break;
      after = outcome.value.next;
    }
    t.equal(names.length, entries);
    t.same(names, names.toSorted(), 'in order');
    t.equal(new Set(names).size, entries, 'once each');
    const mean = (part: readonly number[]) =>
      (part.reduce((sum, ms) => sum + ms, 0) / part.length).toFixed(2);
    t.comment(
      `${batchMs.length} batches; first 20: ${mean(batchMs.slice(1, 21))} ms each, last 20: ${mean(batchMs.slice(-20))} ms, slowest ${Math.max(...batchMs).toFixed(1)} ms`,
    );

    const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
    const started = performance.now();
    t.equal((await amy.list('/outgoing')).length, entries, 'over SFTP too');
    t.comment(`over SFTP: ${Math.round(performance.now() - started)} ms`);
    t.equal(
      (await exchange.events({ event: 'directory.listed.1' })).length,
      2,
      'one row a listing',
    );
  },
);
