import type { ComponentChildren } from 'preact';
import { type LoadFailure, type Loading, reloadAll } from '../data/fetching.ts';
import { Age } from './age.tsx';
import { SignIn } from './sign-in.tsx';

/** Shows data when they are there, and otherwise why they are not. */
export function WhenLoaded<Data>({
  loading,
  children,
}: {
  loading: Loading<Data>;
  children: (data: Data) => ComponentChildren;
}) {
  const { data, failure, loadedAt, isOld } = loading;
  if (data === null) return failure ? <Failed failure={failure} /> : <p class="loading">Loading…</p>;
  return (
    <>
      {failure && loadedAt !== null && (
        <p class="notice bad" role="alert">
          {failure.message} These are the data of <Age at={loadedAt} />.{' '}
          <button type="button" onClick={reloadAll}>
            Try again
          </button>
        </p>
      )}
      <div class={isOld ? 'old' : ''} aria-busy={isOld}>
        {children(data)}
      </div>
    </>
  );
}

function Failed({ failure }: { failure: LoadFailure }) {
  if (failure.status === 401) return <SignIn />;
  if (failure.status === 403) {
    return (
      <p class="notice">You may not see this. {failure.message} Ask the operators of this receiver for the right.</p>
    );
  }
  if (failure.status === 404) {
    return (
      <Empty>
        {failure.message}. <a href="/">Go to the overview</a>.
      </Empty>
    );
  }
  const isLasting = failure.status >= 400 && failure.status < 500;
  return (
    <p class="notice bad" role="alert">
      {failure.message}{' '}
      {!isLasting && (
        <button type="button" onClick={reloadAll}>
          Try again
        </button>
      )}
    </p>
  );
}

/** Says that there is nothing, and what to do. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
