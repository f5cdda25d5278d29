import type { components } from './api.gen.ts';

type Problem = components['schemas']['Problem'];

/** A refusal of the server (RFC 9457). Whoever calls goes by `code`, which stays, and not by the words. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  /** `undefined` where what answered was not Waybill. */
  readonly problem: Problem | undefined;
  /** When it is worth trying again, where the server said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(request: Request, response: Response, problem: Problem | undefined) {
    super(
      `${request.method} ${new URL(request.url).pathname}: ${response.status} ${told(problem)}`,
    );
    this.status = response.status;
    this.problem = problem;
    const seconds = response.headers.get('retry-after');
    this.retryAfterSeconds = seconds === null ? undefined : Number(seconds);
  }

  static async of(request: Request, response: Response): Promise<ApiProblem> {
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
    const problem = isProblem === true ? ((await response.json()) as Problem) : undefined;
    return new ApiProblem(request, response, problem);
  }

  get code(): Problem['code'] | undefined {
    return this.problem?.code;
  }
}

/** A change that waits: where two administrators are needed, the second one approves it at `location`. */
export class ChangePending extends Error {
  override readonly name = 'ChangePending';
  readonly location: string;

  constructor(request: Request, location: string) {
    super(`${request.method} ${new URL(request.url).pathname} waits for approval at ${location}`);
    this.location = location;
  }
}

function told(problem: Problem | undefined): string {
  if (problem === undefined) return 'and no problem of Waybill';
  const fields = problem.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`);
  return `${problem.code}: ${[problem.detail, ...fields].join('; ')}`;
}
