/** A reply that was not a success: what the problem document said. */
class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(`${status} ${code}: ${detail}`);
  }
}

const JSON_HEADERS = { 'content-type': 'application/json' };

interface Problem {
  code?: string;
  detail?: string;
}

/** The API as any client sees it: JSON over HTTP with a bearer token. */
export class ApiClient {
  private token: string | undefined;

  constructor(readonly url: string) {}

  authenticate(token: string): void {
    this.token = token;
  }

  get<T>(path: string): Promise<T> {
    return this.request<T>('GET', path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.request<T>('POST', path, { body: JSON.stringify(body), headers: JSON_HEADERS });
  }

  upload<T>(path: string, name: string, content: Buffer, fields: Record<string, string> = {}): Promise<T> {
    const form = new FormData();
    for (const [field, value] of Object.entries(fields)) form.set(field, value);
    form.set('file', new Blob([new Uint8Array(content)], { type: 'text/csv' }), name);
    return this.request<T>('POST', path, { body: form });
  }

  /** Any other request; a reply without a body gives undefined. */
  send(method: string, path: string, body?: unknown): Promise<unknown> {
    return this.request(method, path, body === undefined ? {} : { body: JSON.stringify(body), headers: JSON_HEADERS });
  }

  /** The bare reply, whatever its status. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = {
      ...(init.headers as Record<string, string> | undefined),
      ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
    };
    return fetch(this.url + path, { ...init, headers });
  }

  private async request<T>(method: string, path: string, init: RequestInit = {}): Promise<T> {
    const reply = await this.fetch(path, { ...init, method });
    const body: unknown = reply.status === 204 ? undefined : await reply.json();
    if (reply.ok) return body as T;
    const { code = 'UNKNOWN', detail = '' } = body as Problem;
    throw new ApiError(reply.status, code, detail);
  }
}
