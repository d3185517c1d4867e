import type { Delivery } from '../store/deliveries.ts';

/** A delivery to the SAM API, with its parsed body. */
export type StatusDelivery = Delivery & { readonly value: Readonly<Record<string, unknown>> };
