import type { z } from 'zod';

/** An operation of the receiver's own API. */
export type Operation = {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  /** The query parameters, with what they mean. */
  readonly query?: Readonly<Record<string, string>>;
  /** The query parameters that must be given. */
  readonly required?: readonly string[];
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
  /** The status of success; 200 if it is absent. */
  readonly success?: 201;
  /** The statuses of failures that not every operation has, with what they mean. */
  readonly problems: Readonly<Record<number, string>>;
};
