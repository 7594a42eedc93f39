export { FakeGemini, geminiScenarios, type RecordedCall, type Scenario } from './fake-gemini.js';
export { FixedClock } from './fixed-clock.js';
export { isEmbedded, mongoUrl, stopMongo, testDatabase, type TestDatabase } from './mongo.js';
export { QueryRecorder } from './query-recorder.js';
export { freePort, startRedis, type TestRedis } from './redis.js';
