import { Body, Controller, Get, Post, UseGuards } from '@nestjs/common';
import { ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { Actor } from '@app/common';
import { TokenService, UserService } from '@app/users';
import { CurrentActor } from '../http/actor.decorator.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { LoginDto, RegisterDto, TokenResponse, toRegistration, toTokenResponse, toUserResponse, UserResponse } from './auth.dto.js';
import { OptionalJwtGuard } from './jwt.guard.js';

const CREDENTIAL_FORMS = ['application/json', 'application/x-www-form-urlencoded'];

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly users: UserService,
    private readonly tokens: TokenService,
  ) {}

  @Endpoint({
    operationId: 'registerUser',
    summary: 'Make an account; the first one is a superuser',
    returns: UserResponse,
    status: 201,
    problems: [403, 409],
    public: true,
  })
  @UseGuards(OptionalJwtGuard)
  @Post('register')
  async register(@Body() body: RegisterDto, @CurrentActor() actor: Actor | null): Promise<UserResponse> {
    return toUserResponse(await this.users.register(toRegistration(body), actor));
  }

  @Endpoint({
    operationId: 'loginUser',
    summary: 'Exchange a username or e-mail and a password for an access token',
    returns: TokenResponse,
    problems: [401, 403],
    public: true,
    consumes: CREDENTIAL_FORMS,
  })
  @ApiConsumes(...CREDENTIAL_FORMS)
  @Post('login')
  async login(@Body() body: LoginDto): Promise<TokenResponse> {
    return toTokenResponse(this.tokens.sign(await this.users.authenticate(body.username, body.password)));
  }

  @Endpoint({ operationId: 'getCurrentUser', summary: 'The account that the token belongs to', returns: UserResponse })
  @Get('me')
  async me(@CurrentActor() actor: Actor): Promise<UserResponse> {
    return toUserResponse(await this.users.get(actor.id));
  }
}
