/**
 * A host name that does not exist. Its first label has 64 characters, one more than DNS allows, so that the resolver rejects
 * it without asking a server. `no-such-host.invalid` would need a network: without one it fails with EAI_AGAIN.
 */
export const unknownHost = `${'x'.repeat(64)}.invalid`;
