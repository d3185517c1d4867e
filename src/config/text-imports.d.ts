/** Files imported `with { type: 'text' }`: bundled into the binary as a string. */
declare module '*.yaml' {
  const text: string;
  export default text;
}
