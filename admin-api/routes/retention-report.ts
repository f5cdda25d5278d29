import { Type, type Static } from 'typebox';
import { reportPage } from '../../server/retention/report-page.ts';
import type { ClockView, RetentionReport } from '../../server/retention/views.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { closed, problems, reference, time, timeOrNull } from '../schemas.ts';
import { isoOf } from '../times.ts';
import { formatQuery, formTypes, sendPage, wantedForm } from '../wanted-form.ts';

const amount = { files: Type.Integer({ examples: [12] }), bytes: Type.Integer() };
const day = Type.String({ description: 'a day, UTC', examples: ['2030-02-03'] });

export const RetentionReportSchema = Type.Object(
  {
    at: time,
    days: Type.Integer({ examples: [30] }),
    expiring: Type.Array(
      Type.Object({ agency: Type.String(), byDay: Type.Array(Type.Object({ day, ...amount })) }),
      { description: 'what grows old enough for a job that is enabled, by agency and day' },
    ),
    overdue: Type.Array(Type.Object({ agency: Type.String(), ...amount }), {
      description: 'what is old enough and still there: held, or waiting for a run or an approval',
    }),
    oldest: Type.Array(
      Type.Object({ agency: Type.String(), path: Type.String(), receivedAt: time }),
      { description: 'the oldest file of each agency' },
    ),
  },
  { $id: 'RetentionReport', description: 'What retention is about to do, and has not done' },
);

export const RetentionClockSchema = Type.Object(
  {
    now: Type.String({ format: 'date-time', examples: ['2030-01-31T09:15:00.000Z'] }),
    seenAt: timeOrNull,
    problem: Type.Union([Type.Enum(['went-back', 'jumped'] as const), Type.Null()], {
      description:
        'went-back: the clock is behind a time that it showed before; jumped: it is more than a day ahead of what has passed. Nothing is planned or purged until the time is confirmed',
      examples: ['jumped'],
    }),
    problemBefore: timeOrNull,
    problemAfter: timeOrNull,
  },
  { $id: 'RetentionClock', description: 'The time that retention goes by' },
);
const RetentionClockRef = reference(RetentionClockSchema);

const reportDaysDefault = 30;
const ReportQuery = Type.Object(
  {
    agency: Type.Optional(Type.String()),
    days: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 366,
        default: reportDaysDefault,
        description: 'a whole number of days from 1 to 366',
      }),
    ),
    format: formatQuery(['json', 'html']),
  },
  closed,
);
const tags = ['retention'];

export function retentionReportRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { report, clock } = parts.retention;
  app.get(
    '/v1/retention-report',
    {
      config: { scope: 'retention:read', agency: { query: 'agency' } },
      schema: {
        operationId: 'getRetentionReport',
        tags,
        summary:
          'What expires in the next days by agency, what is overdue, and the oldest file of each agency; JSON, or a page to print',
        querystring: ReportQuery,
        response: {
          200: {
            description: 'The report',
            content: {
              'application/json': { schema: reference(RetentionReportSchema) },
              'text/html': { schema: Type.String() },
            },
          },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { days = reportDaysDefault, agency, format } = request.query;
      const found = await report.read({ days, ...(agency !== undefined && { agency }) });
      return wantedForm(request, reply, ['json', 'html'], format) === 'html'
        ? sendPage(parts, reply, reportPage(found))
        : reply.type(formTypes.json).send(shownReport(found));
    },
  );
  app.get(
    '/v1/retention-clock',
    {
      config: { scope: 'retention:read', agency: 'own' },
      schema: {
        operationId: 'getRetentionClock',
        tags,
        summary: 'The time that retention goes by, and whether it waits for a confirmation',
        response: { 200: RetentionClockRef, ...problems },
      },
    },
    async () => shownClock(await clock.read()),
  );
  app.post(
    '/v1/retention-clock/confirmation',
    {
      config: { scope: 'retention:run', refusals: ['conflict'] },
      schema: {
        operationId: 'confirmRetentionClock',
        tags,
        summary: 'Say that the time is right, so that retention goes on',
        body: Type.Object(
          {
            reason: Type.String({
              description: 'text of 1 to 200 characters on one line',
              examples: ['the server was off over the holidays; compared with time.nist.gov'],
            }),
          },
          closed,
        ),
        response: { 200: RetentionClockRef, ...problems },
      },
    },
    async (request) => shownClock(await clock.confirm(originOf(request), request.body.reason)),
  );
}

function shownReport(report: RetentionReport): Static<typeof RetentionReportSchema> {
  const { atMs, days, expiring, overdue, oldest } = report;
  return {
    at: isoOf(atMs),
    days,
    expiring: expiring.map(({ agency, byDay }) => ({
      agency,
      byDay: byDay.map((each) => ({ ...each })),
    })),
    overdue: overdue.map((each) => ({ ...each })),
    oldest: oldest.map(({ agency, path, receivedAtMs }) => ({
      agency,
      path,
      receivedAt: isoOf(receivedAtMs),
    })),
  };
}

function shownClock(clock: ClockView): Static<typeof RetentionClockSchema> {
  const { nowMs, seenAtMs, problem, problemBeforeMs, problemAfterMs } = clock;
  return {
    now: isoOf(nowMs),
    seenAt: isoOf(seenAtMs),
    problem,
    problemBefore: isoOf(problemBeforeMs),
    problemAfter: isoOf(problemAfterMs),
  };
}
