import { Logger, Module } from '@nestjs/common';
import { Clock } from '@app/common';
import { Config, type ProviderName } from '@app/config';
import { GeminiModel } from './gemini.model.js';
import { LanguageModel, type ModelHealth } from './language-model.js';
import { ModelChain } from './model-chain.js';
import { OfflineModel } from './offline.model.js';

type Settings = Config['ai'];

/** How each provider is made; a {@link ModelHealth} says why it cannot be. */
const PROVIDERS: Record<ProviderName, (settings: Settings, clock: Clock) => LanguageModel | ModelHealth> = {
  gemini: ({ googleApiKey, geminiModel, geminiBaseUrl, concurrency }, clock) =>
    googleApiKey === undefined && geminiBaseUrl === undefined
      ? { provider: 'gemini', model: geminiModel, up: false, reason: 'GOOGLE_API_KEY is not set' }
      : new GeminiModel({ apiKey: googleApiKey ?? '', model: geminiModel, baseUrl: geminiBaseUrl, concurrency }, clock),
  offline: () => new OfflineModel(),
};

/** The configured providers in their order. With none that can be used, the offline one. */
export function makeModelChain({ ai }: Pick<Config, 'ai'>, clock: Clock): ModelChain {
  const made = ai.providers.map((name) => PROVIDERS[name](ai, clock));
  const usable = made.filter((provider) => provider instanceof LanguageModel);
  const missing = made.filter((provider): provider is ModelHealth => !(provider instanceof LanguageModel));
  const logger = new Logger('AiModule');
  for (const { provider, reason } of missing) logger.warn(`Provider ${provider} is not used: ${reason ?? 'not set up'}.`);
  const chosen = usable.length > 0 ? usable : [new OfflineModel()];
  logger.log(`Answers come from ${chosen.map(({ name }) => name).join(', then ')}.`);
  return new ModelChain(chosen, missing);
}

/** Provides {@link LanguageModel}: the chain of configured providers. */
@Module({
  providers: [{ provide: LanguageModel, inject: [Config, Clock], useFactory: makeModelChain }],
  exports: [LanguageModel],
})
export class AiModule {}
