import type { ComponentChildren } from 'preact';

/** A part of a page with a heading. */
export function Section({
  id,
  title,
  aside,
  children,
}: {
  id: string;
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="section" aria-labelledby={id}>
      <div class="heading">
        <h2 id={id}>{title}</h2>
        {aside && <span class="aside">{aside}</span>}
      </div>
      {children}
    </section>
  );
}
