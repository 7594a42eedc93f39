import { Module } from '@nestjs/common';
import { Config } from '@app/config';
import { LoggerModule } from 'nestjs-pino';
import { stdTimeFunctions } from 'pino';

const MAX_LOGGED_CHARACTERS = 2_000;
const SECRET_PATHS = ['req.headers.authorization', 'req.headers.cookie', 'err.config', 'err.options'];
const QUIET_PATHS = /^\/(livez|readyz|startupz|metrics|health)(\/|\?|$)/;

const shorten = (text: string): string => (text.length > MAX_LOGGED_CHARACTERS ? `${text.slice(0, MAX_LOGGED_CHARACTERS)}…` : text);

/** One JSON line an event on stdout: request ids, no credentials, no bodies, long texts cut, probes unlogged. */
@Module({
  imports: [
    LoggerModule.forRootAsync({
      inject: [Config],
      useFactory: (config: Config) => ({
        pinoHttp: {
          level: config.logLevel,
          timestamp: stdTimeFunctions.isoTime,
          base: { app: config.appName },
          redact: { paths: SECRET_PATHS, censor: '[secret]' },
          autoLogging: { ignore: (request) => QUIET_PATHS.test(request.url ?? '') },
          quietReqLogger: true,
          serializers: {
            req: (request: { id: unknown; method: string; url: string }) => ({
              id: request.id,
              method: request.method,
              url: shorten(request.url),
            }),
            res: (response: { statusCode: number }) => ({ statusCode: response.statusCode }),
          },
        },
      }),
    }),
  ],
})
export class LoggingModule {}
