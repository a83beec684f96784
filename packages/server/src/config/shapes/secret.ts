import { z } from 'zod';

const encoding = z.literal('base64').optional();

/** A secret as the configuration may spell it. */
export const secret = z
  .union([
    z.string().min(1),
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('env'), key: z.string().min(1), encoding }),
      z.strictObject({ type: z.literal('file'), path: z.string().min(1), key: z.string().min(1).optional(), encoding }),
    ]),
  ])
  .meta({ description: 'A text, { type: env, key } or { type: file, path, key of an INI file }, the last two also with encoding: base64' });

export type SecretOptions = z.output<typeof secret>;
