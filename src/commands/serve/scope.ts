/** The flag of what a user or key may do. */
export const scopeArg = {
  type: 'string',
  valueHint: 'SCOPE',
  description: 'Scope, such as read or write:NAME (repeat it, or use commas)',
} as const;
