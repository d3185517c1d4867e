/** The parts of a path that a page is about. */
export type PageParameters = {
  readonly system?: string;
  readonly cluster?: string;
  readonly kind?: string;
  readonly name?: string;
};
