/** TODO */
export function Collectors() {
  return <h1>Collectors</h1>;
}
