import type { Redis, Result } from 'ioredis';

// A window is two keys: the LIST of its messages and a HASH whose `seq` is the number up to which it is complete.

/** ARGV: size, ttl, then seq and entry of each message. Any gap makes the window cold: it is read again from MongoDB. Returns whether it is warm. */
const APPEND = `
for i = 3, #ARGV, 2 do
  local seq = redis.call('HGET', KEYS[2], 'seq')
  if not seq then return 0 end
  if tonumber(seq) + 1 ~= tonumber(ARGV[i]) then redis.call('DEL', KEYS[1], KEYS[2]) return 0 end
  redis.call('RPUSH', KEYS[1], ARGV[i + 1])
  redis.call('HSET', KEYS[2], 'seq', ARGV[i])
end
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[1]), -1)
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 1`;

/** ARGV: ttl, seq, entries. Replaces a window that is absent or older, never a newer one. */
const FILL = `
local seq = redis.call('HGET', KEYS[2], 'seq')
if seq and tonumber(seq) >= tonumber(ARGV[2]) then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
for i = 3, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[i]) end
redis.call('HSET', KEYS[2], 'seq', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[1])
return 1`;

/** Both keys at one moment: \`seq\` or nil, and the entries. */
const READ = `return { redis.call('HGET', KEYS[2], 'seq'), redis.call('LRANGE', KEYS[1], 0, -1), redis.call('TTL', KEYS[2]) }`;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    stmAppend(list: string, meta: string, size: number, ttl: number, ...seqsAndEntries: (string | number)[]): Result<0 | 1, Context>;
    stmFill(list: string, meta: string, ttl: number, seq: number, ...entries: string[]): Result<0 | 1, Context>;
    stmRead(list: string, meta: string): Result<[seq: string | null, entries: string[], ttl: number], Context>;
  }
}

/** Makes the window's scripts commands of this client. */
export function defineWindowCommands(redis: Redis): void {
  redis.defineCommand('stmAppend', { numberOfKeys: 2, lua: APPEND });
  redis.defineCommand('stmFill', { numberOfKeys: 2, lua: FILL });
  redis.defineCommand('stmRead', { numberOfKeys: 2, lua: READ });
}
