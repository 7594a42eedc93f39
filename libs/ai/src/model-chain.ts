import { Logger } from '@nestjs/common';
import { ModelUnavailableError, ProviderFailedError } from './language-model.errors.js';
import { LanguageModel, type ModelHealth, type ModelReply, type ModelRequest } from './language-model.js';

/** Asks providers in order until one answers. What failed before is named in the reply's `degraded`. */
export class ModelChain extends LanguageModel {
  readonly name = 'chain';
  private readonly logger = new Logger(ModelChain.name);

  /** `missing`: providers that are wanted but not set up; they count as degraded. */
  constructor(
    private readonly providers: readonly LanguageModel[],
    private readonly missing: readonly ModelHealth[] = [],
  ) {
    super();
  }

  async generate(request: ModelRequest, signal: AbortSignal): Promise<ModelReply> {
    const degraded = this.missing.map(({ provider }) => provider);
    let cause: unknown;
    for (const provider of this.providers) {
      try {
        const reply = await provider.generate(request, signal);
        return { ...reply, degraded: [...degraded, ...reply.degraded] };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ProviderFailedError)) throw error;
        this.logger.warn(`No answer from ${error.message}.`);
        degraded.push(provider.name);
        cause = error;
      }
    }
    throw new ModelUnavailableError(cause);
  }

  health(): ModelHealth[] {
    return [...this.missing, ...this.providers.flatMap((provider) => provider.health())];
  }
}
