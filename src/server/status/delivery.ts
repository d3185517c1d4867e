import type { Delivery } from '../store/deliveries.ts';

/** A delivery to the SAM API, with its body as bytes and parsed. */
export type StatusDelivery = Delivery & {
  readonly bytes: Uint8Array;
  readonly value: Readonly<Record<string, unknown>>;
};
