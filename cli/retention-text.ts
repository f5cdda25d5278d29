/** Who did something, as the API has it. */
export type Actor = { readonly kind: string; readonly name?: string; readonly username?: string };

/** What a job, or a run of it, takes away. */
export type Rule = {
  readonly agency: string | null;
  readonly path: string;
  readonly olderThanDays: number;
  readonly clock: string;
  readonly targets: readonly string[];
  readonly keepVersions: number;
};

/** `file, previous-version of alameda in /outgoing/**, 90 days after received` */
export function ruleText({
  agency,
  path,
  olderThanDays,
  clock,
  targets,
  keepVersions,
}: Rule): string {
  const kept = keepVersions === 0 ? '' : `, keeping the newest ${keepVersions}`;
  const whose = agency ?? 'all agencies';
  return `${targets.join(', ')} of ${whose} in ${path}, ${olderThanDays} days after ${clock}${kept}`;
}

export function actorText(actor: Actor | null): string | null {
  return actor === null ? null : (actor.name ?? actor.username ?? actor.kind);
}
