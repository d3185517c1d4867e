/** Files bundled into the binary: as their text (`type: 'text'`), or as the path to read them from (`type: 'file'`). */
declare module '*.md' {
  const text: string;
  export default text;
}
declare module '*.yaml' {
  const text: string;
  export default text;
}
declare module '*.txt' {
  const path: string;
  export default path;
}
declare module '*.example' {
  const text: string;
  export default text;
}
declare module '*/accounting-20261127' {
  const path: string;
  export default path;
}
declare module '*/accounting-20261128' {
  const path: string;
  export default path;
}
