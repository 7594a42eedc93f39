import { Module } from '@nestjs/common';
import { RedocBundle, RedocController } from './redoc.controller.js';

@Module({ controllers: [RedocController], providers: [RedocBundle] })
export class DocsModule {}
