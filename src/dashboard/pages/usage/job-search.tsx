import { useState } from 'preact/hooks';
import { jobPage } from '../../data/addresses.ts';
import { useSession } from '../../data/session.ts';
import { navigate } from '../../navigation.ts';

/**
 * Opens the page of a job. Nothing is shown to readers who may see no job.
 * @param clusters empty until they are loaded: the form is there before them, so that the page does not jump
 */
export function JobSearch({ clusters }: { clusters: readonly string[] }) {
  const [id, setId] = useState('');
  const [chosen, setChosen] = useState('');
  const session = useSession();
  if (session === null || (!session.sees_names && session.user === null)) return null;
  const cluster = chosen === '' ? (clusters[0] ?? '') : chosen;
  return (
    <form
      class="toolbar search"
      onSubmit={(event) => {
        event.preventDefault();
        if (id.trim() !== '') navigate(jobPage(cluster, id.trim()));
      }}
    >
      <label>
        Job id <input type="search" size={12} value={id} onInput={(event) => setId(event.currentTarget.value)} />
      </label>
      <label>
        on{' '}
        <select value={cluster} onChange={(event) => setChosen(event.currentTarget.value)}>
          {clusters.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <button type="submit" disabled={cluster === ''}>
        Show<span class="unseen"> the job</span>
      </button>
    </form>
  );
}
