import type { NestFastifyApplication } from '@nestjs/platform-fastify';

type Headers = Record<string, string>;

/** A reply as the tests look at it. */
export interface Reply {
  status: number;
  headers: Record<string, unknown>;
  body: any;
  text: string;
}

const PASSWORD = 'Mot-mat-khau-rieng-2026';

/** One caller of the API. */
export class Session {
  constructor(
    private readonly app: NestFastifyApplication,
    readonly headers: Readonly<Headers> = {},
    readonly userId = '',
  ) {}

  static async as(app: NestFastifyApplication, username: string): Promise<Session> {
    const nobody = new Session(app);
    await nobody.post('/auth/register', { username, email: `${username}@example.com`, full_name: username, password: PASSWORD });
    const { body } = await nobody.post('/auth/login', { username, password: PASSWORD });
    const headers = { authorization: `Bearer ${body.access_token}` };
    const me = await new Session(app, headers).get('/auth/me');
    return new Session(app, headers, me.body.id);
  }

  get(url: string, headers: Headers = {}): Promise<Reply> {
    return this.request('GET', url, undefined, headers);
  }

  post(url: string, body?: unknown, headers: Headers = {}): Promise<Reply> {
    return this.request('POST', url, body, headers);
  }

  put(url: string, body?: unknown, headers: Headers = {}): Promise<Reply> {
    return this.request('PUT', url, body, headers);
  }

  patch(url: string, body?: unknown, headers: Headers = {}): Promise<Reply> {
    return this.request('PATCH', url, body, headers);
  }

  delete(url: string, headers: Headers = {}): Promise<Reply> {
    return this.request('DELETE', url, undefined, headers);
  }

  /** Sends `content` as a file, with form fields before it. */
  upload(
    url: string,
    content: Buffer | string,
    {
      name = 'customers.csv',
      fields = {},
      headers = {},
      boundary = 'a-boundary-of-the-tests',
    }: { name?: string; fields?: Record<string, string>; headers?: Headers; boundary?: string } = {},
  ): Promise<Reply> {
    const parts = Object.entries(fields).map(
      ([field, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
    );
    const body = Buffer.concat([
      Buffer.from(
        `${parts.join('')}--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/csv\r\n\r\n`,
      ),
      Buffer.from(content),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
    return this.request('POST', url, body, { ...headers, 'content-type': `multipart/form-data; boundary=${boundary}` });
  }

  async request(method: string, url: string, body?: unknown, headers: Headers = {}): Promise<Reply> {
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
    const reply = await this.app.inject({
      method: method as 'GET',
      url,
      headers: { ...this.headers, ...(body !== undefined && !isRaw && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { payload: isRaw ? body : JSON.stringify(body) }),
    });
    const isJson = String(reply.headers['content-type'] ?? '').includes('json');
    return {
      status: reply.statusCode,
      headers: reply.headers,
      text: reply.body,
      body: isJson && reply.body !== '' ? reply.json() : undefined,
    };
  }
}
