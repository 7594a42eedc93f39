import { Module, type DynamicModule } from '@nestjs/common';
import { Clock, SystemClock } from '@app/common';
import { Config } from './config.js';

/** Makes {@link Config} and the {@link Clock} injectable everywhere. */
@Module({})
export class ConfigModule {
  static forRoot(config: Config, clock: Clock = new SystemClock()): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [
        { provide: Config, useValue: config },
        { provide: Clock, useValue: clock },
      ],
      exports: [Config, Clock],
    };
  }
}
