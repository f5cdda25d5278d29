import type { MutantResult } from '@stryker-mutator/api/core';
import type { Reporter } from '@stryker-mutator/api/report';

/** Tells of each mutant that was not found out, when that is known: the whole run takes long. */
export class SurvivorReporter implements Reporter {
  onMutantTested(mutant: Readonly<MutantResult>): void {
    const { status, fileName, location, mutatorName, replacement } = mutant;
    if (status === 'Killed' || status === 'Ignored') return;
    const { line, column } = location.start;
    console.log(`${status} ${fileName}:${line}:${column} ${mutatorName} ${replacement ?? ''}`);
  }
}
