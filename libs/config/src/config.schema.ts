import { z } from 'zod';

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const port = z.coerce.number().int().min(0).max(65_535);
const positive = z.coerce.number().int().positive();
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
);
const timeZone = z.string().refine(isTimeZone, 'must be an IANA time zone such as Asia/Ho_Chi_Minh');

function isTimeZone(value: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}

const PROVIDERS = ['gemini', 'offline'] as const;
/** A provider of answers; `LLM_PROVIDERS` gives their order. */
export type ProviderName = (typeof PROVIDERS)[number];

/** Published or short secrets protect nothing: refused in production. */
const WEAK_SECRETS = new Set(['your-secret-key-change-in-production', 'development-only-secret-key-change-me']);
const DEVELOPMENT_SECRET = 'development-only-secret-key-change-me';

/** Every environment variable the system reads. An empty value counts as absent. `.env.example` documents each. */
export const environmentSchema = z
  .object({
    NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
    DEBUG: flag.default(false),
    APP_NAME: z.string().max(100).default('Notification Bot'),
    APP_VERSION: z.string().max(50).default('0.1.0'),
    HOST: z.string().default('0.0.0.0'),
    PORT: port.default(8000),
    WORKER_PORT: port.default(8001),
    SECRET_KEY: z.string().min(16, 'must have at least 16 characters').default(DEVELOPMENT_SECRET),
    ALGORITHM: z.literal('HS256').default('HS256'),
    ACCESS_TOKEN_EXPIRE_MINUTES: positive.max(1_440).default(30),
    REGISTRATION_MODE: z.enum(['open', 'approval', 'closed']).optional(),
    CORS_ORIGINS: list.default([]),
    DOCS_ENABLED: flag.default(true),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    TIMEZONE: timeZone.default('Asia/Ho_Chi_Minh'),
    MONGODB_URL: z
      .string()
      .regex(/^mongodb(\+srv)?:\/\//, 'must begin with mongodb:// or mongodb+srv://')
      .default('mongodb://127.0.0.1:27017'),
    MONGODB_DATABASE: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,63}$/, 'must be 1 to 63 letters, digits, _ or -')
      .default('chatbot_db'),
    MONGODB_TIMEOUT_MS: positive.min(100).max(60_000).default(700),
    REDIS_URL: z
      .string()
      .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
      .default('redis://127.0.0.1:6379'),
    REDIS_DB: z.coerce.number().int().min(0).max(15).default(0),
    REDIS_PREFIX: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be 1 to 32 letters, digits, _ or -')
      .default('nbot'),
    GOOGLE_API_KEY: z.string().optional(),
    GEMINI_MODEL: z.string().default('gemini-3.5-flash-lite'),
    GEMINI_BASE_URL: z.url().optional(),
    LLM_PROVIDERS: list.pipe(z.array(z.enum(PROVIDERS)).min(1)).default(['gemini', 'offline']),
    LLM_CONCURRENCY: positive.max(256).default(16),
    UPLOAD_DIR: z.string().default('./uploads'),
    MAX_FILE_SIZE: positive.default(10_485_760),
    SHORT_TERM_MEMORY_TTL: positive.default(1_800),
    MAX_CONVERSATION_HISTORY: positive.max(500).default(50),
    PROMPT_BUDGET_TOKENS: positive.min(1_000).max(100_000).default(4_000),
    TASK_SWEEP_MS: positive.default(5_000),
    TASK_PENDING_AGE_MS: positive.default(10_000),
    TASK_HEARTBEAT_AGE_MS: positive.default(30_000),
  })
  .superRefine((env, context) => {
    if (env.NODE_ENV === 'production' && (env.SECRET_KEY.length < 32 || WEAK_SECRETS.has(env.SECRET_KEY))) {
      context.addIssue({
        code: 'custom',
        path: ['SECRET_KEY'],
        message: 'must be a secret of your own with at least 32 characters in production',
      });
    }
  });

export type Environment = z.infer<typeof environmentSchema>;
