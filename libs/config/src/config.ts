import { environmentSchema, type Environment, type ProviderName } from './config.schema.js';

/** The environment is not usable. `faults` names each variable and what is wrong with it, never its value. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The configuration is not usable:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = ConfigError.name;
  }
}

/** The validated settings of the process, grouped by what they are about. Inject it by class. */
export class Config {
  readonly nodeEnv: Environment['NODE_ENV'];
  readonly debug: boolean;
  readonly appName: string;
  readonly appVersion: string;
  readonly host: string;
  readonly port: number;
  readonly workerPort: number;
  readonly secretKey: string;
  readonly accessTokenMinutes: number;
  readonly registrationMode: 'open' | 'approval' | 'closed';
  readonly corsOrigins: readonly string[];
  readonly docsEnabled: boolean;
  readonly logLevel: Environment['LOG_LEVEL'];
  readonly timezone: string;
  readonly mongo: {
    readonly url: string;
    readonly database: string;
    /** How long the server may take to answer the API's connections and checks before it counts as away. */
    readonly timeoutMs: number;
  };
  readonly redis: { readonly url: string; readonly db: number; readonly prefix: string };
  readonly ai: {
    readonly providers: readonly ProviderName[];
    readonly googleApiKey: string | undefined;
    readonly geminiModel: string;
    readonly geminiBaseUrl: string | undefined;
    /** Calls to a provider under way at once in this process. */
    readonly concurrency: number;
  };
  readonly upload: { readonly dir: string; readonly maxFileSize: number };
  readonly memory: { readonly ttlSeconds: number; readonly windowSize: number; readonly promptBudgetTokens: number };
  readonly tasks: { readonly sweepMs: number; readonly pendingAgeMs: number; readonly heartbeatAgeMs: number };

  constructor(env: Environment) {
    this.nodeEnv = env.NODE_ENV;
    this.debug = env.DEBUG;
    this.appName = env.APP_NAME;
    this.appVersion = env.APP_VERSION;
    this.host = env.HOST;
    this.port = env.PORT;
    this.workerPort = env.WORKER_PORT;
    this.secretKey = env.SECRET_KEY;
    this.accessTokenMinutes = env.ACCESS_TOKEN_EXPIRE_MINUTES;
    this.registrationMode = env.REGISTRATION_MODE ?? (env.NODE_ENV === 'production' ? 'approval' : 'open');
    this.corsOrigins = env.CORS_ORIGINS;
    this.docsEnabled = env.DOCS_ENABLED;
    this.logLevel = env.LOG_LEVEL;
    this.timezone = env.TIMEZONE;
    this.mongo = { url: env.MONGODB_URL, database: env.MONGODB_DATABASE, timeoutMs: env.MONGODB_TIMEOUT_MS };
    this.redis = { url: env.REDIS_URL, db: env.REDIS_DB, prefix: env.REDIS_PREFIX };
    this.ai = {
      providers: env.LLM_PROVIDERS,
      googleApiKey: env.GOOGLE_API_KEY,
      geminiModel: env.GEMINI_MODEL,
      geminiBaseUrl: env.GEMINI_BASE_URL,
      concurrency: env.LLM_CONCURRENCY,
    };
    this.upload = { dir: env.UPLOAD_DIR, maxFileSize: env.MAX_FILE_SIZE };
    this.memory = {
      ttlSeconds: env.SHORT_TERM_MEMORY_TTL,
      windowSize: env.MAX_CONVERSATION_HISTORY,
      promptBudgetTokens: env.PROMPT_BUDGET_TOKENS,
    };
    this.tasks = { sweepMs: env.TASK_SWEEP_MS, pendingAgeMs: env.TASK_PENDING_AGE_MS, heartbeatAgeMs: env.TASK_HEARTBEAT_AGE_MS };
  }
}

/** Reads settings from `env`. Raises {@link ConfigError} naming every fault at once. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environmentSchema.safeParse(present);
  if (parsed.success) return new Config(parsed.data);
  throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
}
