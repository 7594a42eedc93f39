import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { UsersModule } from '@app/users';
import { AuthController } from './auth.controller.js';
import { JwtGuard } from './jwt.guard.js';
import { JwtStrategy } from './jwt.strategy.js';

/** Login, and the guard before every route of the application. */
@Module({
  imports: [UsersModule],
  controllers: [AuthController],
  providers: [JwtStrategy, { provide: APP_GUARD, useClass: JwtGuard }],
})
export class AuthModule {}
