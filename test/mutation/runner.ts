// Stryker's hand on the tests: runs single subtests in one process, where a process for each test file would take days.
import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type {
  InstrumenterContext,
  MutantCoverage,
  StrykerOptions,
} from '@stryker-mutator/api/core';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import type {
  DryRunResult,
  MutantRunOptions,
  MutantRunResult,
  TestResult,
  TestRunner,
} from '@stryker-mutator/api/test-runner';
import { hashCheaply } from './cheap-hashes.ts';
import { SurvivorReporter } from './survivors.ts';
import type { loadSubtests, Subtest } from './subtests.ts';

type MutationOptions = StrykerOptions & {
  readonly mutation: {
    /** Compiled test files, or folders of them, seen from the sandbox. */
    readonly tests: readonly string[];
  };
};

/** What the instrumented code asks which mutant it is. */
const context = ((globalThis as { __stryker__?: InstrumenterContext }).__stryker__ ??= {});

class SubtestRunner implements TestRunner {
  static readonly inject = tokens(commonTokens.options);
  readonly #tests: readonly string[];
  #subtests: readonly Subtest[] | undefined;

  constructor(options: StrykerOptions) {
    this.#tests = (options as MutationOptions).mutation.tests;
  }

  /** A mutant of what is evaluated once takes a process of its own. */
  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: false };
  }

  async dryRun(): Promise<DryRunResult> {
    const mutantCoverage: MutantCoverage = { static: {}, perTest: {} };
    context.mutantCoverage = mutantCoverage;
    const subtests = await this.#load();
    const tests: TestResult[] = [];
    for (const subtest of subtests) {
      context.currentTestId = subtest.id;
      tests.push(await resultOf(subtest));
    }
    const quickFirst = tests.toSorted((one, other) => one.timeSpentMs - other.timeSpentMs);
    await writeFile(orderFile, JSON.stringify(quickFirst.map(({ id }) => id)));
    return { status: DryRunStatus.Complete, tests, mutantCoverage };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, hitLimit, testFilter, mutantActivation } = options;
    if (mutantActivation === 'runtime') await this.#load();
    context.activeMutant = activeMutant.id;
    context.hitCount = 0;
    if (hitLimit === undefined) delete context.hitLimit;
    else context.hitLimit = hitLimit;
    const wanted = testFilter && new Set(testFilter);
    const tests: TestResult[] = [];
    for (const subtest of await this.#load()) {
      if (wanted?.has(subtest.id) === false) continue;
      const result = await resultOf(subtest);
      tests.push(result);
      const overLimit = determineHitLimitReached(context.hitCount, hitLimit);
      if (overLimit !== undefined) return toMutantRunResult(overLimit);
      if (result.status === TestStatus.Failed) {
        this.#toFront(subtest);
        break;
      }
    }
    delete context.activeMutant;
    return toMutantRunResult({ status: DryRunStatus.Complete, tests });
  }

  /** What found out a mutant often finds out its neighbours. */
  #toFront(killer: Subtest): void {
    const others = this.#subtests?.filter((subtest) => subtest !== killer) ?? [];
    this.#subtests = [killer, ...others];
  }

  async #load(): Promise<readonly Subtest[]> {
    if (this.#subtests === undefined) {
      hashCheaply();
      const tests = await importTests();
      const files = this.#tests.flatMap(testFilesOf);
      const loaded = await tests.loadSubtests(
        files.map((file) => pathToFileURL(resolve(file)).href),
      );
      const order = new Map((await orderOfTests()).map((id, place) => [id, place]));
      const placeOf = ({ id }: Subtest) => order.get(id) ?? Infinity;
      this.#subtests = loaded.toSorted((one, other) => placeOf(one) - placeOf(other));
    }
    return this.#subtests;
  }
}

/** In the sandbox: the ids of the subtests, those first that took the least time before anything was changed. */
const orderFile = 'dist/order-of-tests.json';

async function orderOfTests(): Promise<readonly string[]> {
  if (!existsSync(orderFile)) return [];
  return JSON.parse(await readFile(orderFile, 'utf8')) as readonly string[];
}

function testFilesOf(path: string): readonly string[] {
  if (path.endsWith('.js')) return [path];
  const names = readdirSync(path).filter((name) => name.endsWith('.test.js'));
  return names.toSorted().map((name) => `${path}/${name}`);
}

/** Only where tests run: whatever imports tap is taken for a test, and ended after its time. */
async function importTests(): Promise<{ loadSubtests: typeof loadSubtests }> {
  const send = process.send?.bind(process);
  // Stryker hears texts on the channel to it, and tap takes it for its own and tells it objects.
  if (send !== undefined)
    process.send = (message: unknown) => (typeof message === 'string' ? send(message) : true);
  return import('./subtests.ts');
}

async function resultOf({ id, name, run }: Subtest): Promise<TestResult> {
  const startedMs = performance.now();
  const failure = await run();
  const told = { id, name, timeSpentMs: performance.now() - startedMs };
  return failure === undefined
    ? { ...told, status: TestStatus.Success }
    : { ...told, status: TestStatus.Failed, failureMessage: failure };
}

export const strykerPlugins = [
  declareClassPlugin(PluginKind.TestRunner, 'subtests', SubtestRunner),
  declareClassPlugin(PluginKind.Reporter, 'survivors', SurvivorReporter),
];
