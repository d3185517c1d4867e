import type { ComponentChildren } from 'preact';

/** A list of names and values. */
export function Facts({ children }: { children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>;
}

/** A name, its value, and the base of the value, such as `of 323,712 cores`. */
export function Fact({
  name,
  children,
  detail,
}: {
  name: string;
  children: ComponentChildren;
  detail?: ComponentChildren;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span class="figure">{children}</span>
        {detail && <span class="detail">{detail}</span>}
      </dd>
    </div>
  );
}
