import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Controller, Get, Header, Injectable } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../http/public.decorator.js';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>API reference</title>
    <link rel="icon" href="data:,">
  </head>
  <body style="margin:0">
    <div id="redoc"></div>
    <script src="/redoc/redoc.standalone.js"></script>
    <script src="/redoc/init.js"></script>
  </body>
</html>
`;
const INIT = `Redoc.init('/openapi.json', { hideLoading: true }, document.getElementById('redoc'));\n`;
const REMOTE_LOGO = 'https://cdn.redoc.ly/redoc/logo-mini.svg';
/** ReDoc writes its styles inline and searches in a worker made from a blob. */
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:; font-src 'self' data:";

/** ReDoc's bundle as the package ships it, but for its logo: the page must not ask another host for anything. */
@Injectable()
export class RedocBundle {
  readonly script = readFileSync(createRequire(import.meta.url).resolve('redoc/bundles/redoc.standalone.js'), 'utf8').replaceAll(
    REMOTE_LOGO,
    'data:,',
  );
}

/** The API reference for reading, from the package, without a CDN. */
@Public()
@ApiExcludeController()
@Controller('redoc')
export class RedocController {
  constructor(private readonly bundle: RedocBundle) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', POLICY)
  page(): string {
    return PAGE;
  }

  @Get('init.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  init(): string {
    return INIT;
  }

  @Get('redoc.standalone.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  @Header('cache-control', 'public, max-age=86400')
  script(): string {
    return this.bundle.script;
  }
}
