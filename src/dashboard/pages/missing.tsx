/** The page of an address that has none. */
export function MissingPage() {
  return (
    <>
      <h1>No such page</h1>
      <p>
        There is nothing at this address. <a href="/">Go to the overview</a>.
      </p>
    </>
  );
}
