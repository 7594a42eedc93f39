import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { MongooseModule } from '@nestjs/mongoose';
import { Config } from '@app/config';
import { AccessService } from './access.service.js';
import { PasswordService } from './password.service.js';
import { jwtOptions, TokenService } from './token.service.js';
import { UserRepository } from './user.repository.js';
import { UserRecord, UserSchema } from './user.schema.js';
import { UserService } from './user.service.js';

/** Accounts, passwords and access tokens of staff. */
@Module({
  imports: [
    MongooseModule.forFeature([{ name: UserRecord.name, schema: UserSchema }]),
    JwtModule.registerAsync({ inject: [Config], useFactory: jwtOptions }),
  ],
  providers: [UserRepository, PasswordService, UserService, TokenService, AccessService],
  exports: [UserService, TokenService, AccessService],
})
export class UsersModule {}
