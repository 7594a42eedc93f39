import { SetMetadata, type CustomDecorator } from '@nestjs/common';

/** Marks a route that needs no token. */
export const IS_PUBLIC = 'http:public';
export const Public = (): CustomDecorator => SetMetadata(IS_PUBLIC, true);
