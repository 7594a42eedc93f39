import { dictionary } from '@zxcvbn-ts/language-common';

const COMMON: ReadonlySet<string> = new Set(dictionary['passwords-common']);

/** Whether the password, in whatever case, is among the 49,233 most used ones (the list of zxcvbn-ts). */
export const isCommonPassword = (password: string): boolean => COMMON.has(password.toLowerCase());
