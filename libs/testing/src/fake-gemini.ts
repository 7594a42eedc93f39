import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { terms } from '@app/language';

const text = z.strictObject({ text: z.string().min(1) });
const turn = z.strictObject({ role: z.enum(['user', 'model']), parts: z.array(text).min(1) });

/** The fields of a `GenerateContentRequest` that we use; any other is refused, as a misspelt one would be by the real server. */
const bodySchema = z.strictObject({
  contents: z.array(turn).min(1),
  systemInstruction: z.strictObject({ role: z.string().optional(), parts: z.array(text).min(1) }).optional(),
  generationConfig: z
    .strictObject({ maxOutputTokens: z.number().int().positive().optional(), candidateCount: z.literal(1).optional() })
    .optional(),
  safetySettings: z.array(z.strictObject({ category: z.string(), threshold: z.string() })).optional(),
});

type GeminiRequestBody = z.infer<typeof bodySchema>;

/** One call as it came in. `body` is null when it was not a valid request. */
export interface RecordedCall {
  path: string;
  model: string;
  headers: IncomingMessage['headers'];
  body: GeminiRequestBody | null;
}

interface Call {
  body: GeminiRequestBody;
  model: string;
  response: ServerResponse;
}

/** How one request is answered. */
export type Scenario = (call: Call) => void | Promise<void>;

type Part = { text: string; thought?: boolean };

const tokens = (value: string): number => Math.ceil(value.length / 4);
const lastText = ({ contents }: GeminiRequestBody): string =>
  contents
    .at(-1)
    ?.parts.map((part) => part.text)
    .join('') ?? '';

function replyOf({ body, model }: Call, parts: readonly Part[], finishReason?: string): object {
  const prompt = [...(body.systemInstruction?.parts ?? []), ...body.contents.flatMap((content) => content.parts)];
  const promptTokenCount = prompt.reduce((sum, part) => sum + tokens(part.text), 0);
  const count = (thought: boolean): number =>
    parts.filter((part) => Boolean(part.thought) === thought).reduce((sum, part) => sum + tokens(part.text), 0);
  return {
    candidates: [{ content: { role: 'model', ...(parts.length > 0 && { parts }) }, ...(finishReason && { finishReason }), index: 0 }],
    usageMetadata: {
      promptTokenCount,
      candidatesTokenCount: count(false),
      ...(count(true) > 0 && { thoughtsTokenCount: count(true) }),
      totalTokenCount: promptTokenCount + count(false) + count(true),
    },
    modelVersion: model,
    responseId: 'fake',
  };
}

const send = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body));
};
const fail = (response: ServerResponse, code: number, status: string, message: string, details?: object[]): void =>
  send(response, code, { error: { code, message, status, ...(details && { details }) } });

const finish =
  (parts: readonly Part[], reason?: string): Scenario =>
  (call) =>
    send(call.response, 200, replyOf(call, parts, reason));

const exhausted =
  (quotaId: string, retryDelay: string): Scenario =>
  ({ response }) =>
    fail(response, 429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.', [
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [{ quotaId, quotaMetric: 'generativelanguage.googleapis.com/generate_content_requests' }],
      },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay },
    ]);

/** Sends the head and half of a good reply. */
function half(call: Call): void {
  const body = Buffer.from(JSON.stringify(replyOf(call, [{ text: 'never seen whole' }], 'STOP')));
  call.response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  call.response.write(body.subarray(0, body.length / 2));
}

/** Answers only from the records in the prompt, so that a right answer proves that they were put there. */
const reader: Scenario = (call) => {
  const asked = new Set(terms(lastText(call.body)));
  const lines = call.body.contents.flatMap((content) => content.parts.flatMap((part) => part.text.split('\n')));
  const notices = lines.flatMap((line) => {
    const record = line.startsWith('{') ? (JSON.parse(line) as { kind?: string; id?: string; text?: string }) : {};
    return record.kind === 'notice' && record.id && record.text ? [{ id: record.id, text: record.text }] : [];
  });
  const scored = notices.map((notice) => ({ notice, score: new Set(terms(notice.text).filter((term) => asked.has(term))).size }));
  const best = scored.sort((a, b) => b.score - a.score)[0];
  const answer = best && best.score > 0 ? `${best.notice.text} [[N:${best.notice.id}]]` : 'Em chưa có thông tin. [[HUMAN]]';
  send(call.response, 200, replyOf(call, [{ text: answer }], 'STOP'));
};

/** What the fake can do with a request. */
export const geminiScenarios = {
  ok: (answer = 'Dạ, em nghe ạ.'): Scenario => finish([{ text: answer }], 'STOP'),
  reader: (): Scenario => reader,
  echo: (): Scenario => (call) => send(call.response, 200, replyOf(call, [{ text: lastText(call.body) }], 'STOP')),
  /** Waits before the first byte, then goes on. */
  slow:
    (ms: number, then: Scenario = finish([{ text: 'late' }], 'STOP')): Scenario =>
    async (call) => {
      await sleep(ms, undefined, { ref: false });
      await then(call);
    },
  /** Half a reply, then silence. */
  stall: (): Scenario => half,
  cut:
    (): Scenario =>
    ({ response }) =>
      void response.socket?.destroy(),
  cutBody: (): Scenario => (call) => {
    half(call);
    setImmediate(() => call.response.socket?.destroy());
  },
  emptyStop: (): Scenario => finish([], 'STOP'),
  noFinishReason: (): Scenario => finish([{ text: 'half a sen' }]),
  /** The thoughts took the whole output limit. */
  thoughtsOnly: (): Scenario => finish([{ text: 'Let me think', thought: true }], 'MAX_TOKENS'),
  truncated: (answer: string): Scenario => finish([{ text: answer }], 'MAX_TOKENS'),
  finished: (reason: string, answer = 'a part that must not be shown'): Scenario => finish([{ text: answer }], reason),
  promptBlocked: (): Scenario => (call) => {
    const { usageMetadata, modelVersion } = replyOf(call, []) as Record<string, unknown>;
    send(call.response, 200, { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata, modelVersion });
  },
  twoParts: (first: string, second: string): Scenario => finish([{ text: first }, { text: second }], 'STOP'),
  thoughtPart: (answer: string): Scenario => finish([{ text: 'I should be polite.', thought: true }, { text: answer }], 'STOP'),
  exhaustedForMinute: (retryDelay = '36s'): Scenario => exhausted('GenerateRequestsPerMinutePerProjectPerModel', retryDelay),
  exhaustedForDay: (): Scenario => exhausted('GenerateRequestsPerDayPerProjectPerModel', '36s'),
  error:
    (code: number, status: string): Scenario =>
    ({ response }) =>
      fail(response, code, status, `Fake ${status}`),
  html502:
    (): Scenario =>
    ({ response }) =>
      void response.writeHead(502, { 'content-type': 'text/html' }).end('<html><body>Bad Gateway</body></html>'),
} as const;

const API_KEY = 'fake-gemini-key';
const PATH = /^\/v1beta\/models\/([\w.-]+):generateContent$/;
const RETIRED = /^gemini-(?:1\.|pro)/;

/** A local server that speaks Gemini's `generateContent` over HTTP, as strict as the real one. Scenarios are used up in order; then it says ok. */
export class FakeGemini {
  readonly calls: RecordedCall[] = [];
  private queue: Scenario[] = [];
  private otherwise: Scenario = geminiScenarios.ok();

  private constructor(private readonly server: Server) {}

  /** On a free port of the loopback interface. */
  static async start(): Promise<FakeGemini> {
    const server = createServer();
    const fake = new FakeGemini(server);
    server.on('request', (request, response) => void fake.handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The only key it accepts. */
  get apiKey(): string {
    return API_KEY;
  }

  /** How the next requests are answered, one scenario each. */
  next(...scenarios: Scenario[]): this {
    this.queue.push(...scenarios);
    return this;
  }

  /** How all requests without a scenario of their own are answered. */
  always(scenario: Scenario): this {
    this.otherwise = scenario;
    return this;
  }

  reset(): void {
    this.calls.length = 0;
    this.queue = [];
    this.otherwise = geminiScenarios.ok();
  }

  /** Also ends connections under way. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? '';
    const model = PATH.exec(path)?.[1];
    const parsed = parseBody(Buffer.concat(chunks).toString('utf8'));
    this.calls.push({ path, model: model ?? '', headers: request.headers, body: parsed.body });

    if (request.method !== 'POST' || model === undefined) return fail(response, 404, 'NOT_FOUND', 'Not found');
    if (request.headers['x-goog-api-key'] !== API_KEY) {
      const reason = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' };
      return fail(response, 400, 'INVALID_ARGUMENT', 'API key not valid.', [reason]);
    }
    if (RETIRED.test(model)) return fail(response, 404, 'NOT_FOUND', `models/${model} is not found for API version v1beta`);
    if (parsed.body === null) return fail(response, 400, 'INVALID_ARGUMENT', parsed.fault);
    if (parsed.body.contents.at(-1)?.role !== 'user')
      return fail(response, 400, 'INVALID_ARGUMENT', 'Please ensure that the last turn is of the user.');
    await (this.queue.shift() ?? this.otherwise)({ body: parsed.body, model, response });
  }
}

function parseBody(raw: string): { body: GeminiRequestBody; fault: '' } | { body: null; fault: string } {
  try {
    const { success, data, error } = bodySchema.safeParse(JSON.parse(raw));
    return success ? { body: data, fault: '' } : { body: null, fault: `Invalid JSON payload received. ${error.issues[0]?.message ?? ''}` };
  } catch {
    return { body: null, fault: 'Invalid JSON payload received.' };
  }
}
