import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ChoiceField } from '../../components/choice.tsx';
import { useData } from '../../data/fetching.ts';
import { useSession } from '../../data/session.ts';
import { type Dimension, dimensions, filters, labelOf, sums, type UsageAnswer } from '../../data/usage.ts';
import { exact } from '../../format/numbers.ts';
import { navigate, setParameters, withParameters } from '../../navigation.ts';
import { automaticPeriod, jobsPlace, periods, presets, tops, usageData, type View } from './view.ts';

/** The choices of the page: days, measure, division, period and filters. The children are beside the days. */
export function Choices({ view, children }: { view: View; children: ComponentChildren }) {
  const seesNames = useSession()?.sees_names ?? true;
  const allowed = Object.entries(dimensions).filter(([dimension]) => seesNames || dimension !== 'user');
  const pick = (from: string, to: string) => {
    if (from !== '' && to !== '' && from <= to) setParameters({ range: '', from, to, [jobsPlace]: '' });
  };
  return (
    <>
      {view.month === null && (
        <div class="toolbar">
          <fieldset class="choice">
            <legend class="unseen">Days</legend>
            {presets.map(([key, name]) => (
              <button
                key={key}
                type="button"
                aria-pressed={view.preset === key}
                onClick={() => setParameters({ range: key, from: '', to: '', [jobsPlace]: '' })}
              >
                {name}
              </button>
            ))}
          </fieldset>
          <label>
            From <input type="date" value={view.from} onChange={(event) => pick(event.currentTarget.value, view.to)} />
          </label>
          <label>
            to <input type="date" value={view.to} onChange={(event) => pick(view.from, event.currentTarget.value)} />
          </label>
          {children}
        </div>
      )}
      <div class="toolbar">
        <ChoiceField
          name="measure"
          label="Measure"
          value={view.measure}
          options={Object.entries(sums).map(([key, { name }]) => [key, name])}
        />
        <ChoiceField name="by" label="Divided by" value={view.by} options={allowed} />
        <ChoiceField
          name="period"
          label="Period"
          value={view.period ?? ''}
          options={[['', `automatic (${automaticPeriod(view)})`], ...periods.map((one) => [one, one] as const)]}
        />
        <ChoiceField
          name="top"
          label="Named"
          value={String(view.top)}
          options={tops.map((one) => [String(one), `${one} largest`])}
        />
        <Filters view={view} />
      </div>
    </>
  );
}

/** The chosen filters, each of which can be removed, and the choice of another. */
function Filters({ view }: { view: View }) {
  const [open, setOpen] = useState<Dimension | null>(null);
  const seesNames = useSession()?.sees_names ?? true;
  const choices = filters.filter(
    (dimension) => dimension !== view.fixed?.dimension && (seesNames || dimension !== 'user'),
  );
  return (
    <>
      <label>
        Filter{' '}
        <select
          value={open ?? ''}
          onChange={(event) => setOpen(choices.find((one) => one === event.currentTarget.value) ?? null)}
        >
          <option value="">add a filter…</option>
          {choices.map((dimension) => (
            <option key={dimension} value={dimension}>
              {dimensions[dimension]}
            </option>
          ))}
        </select>
      </label>
      {[...view.filters].flatMap(([dimension, values]) =>
        values.map((value) => (
          <button
            key={`${dimension} ${value}`}
            type="button"
            class="quiet"
            aria-label={`Remove the filter ${dimensions[dimension]} ${value}`}
            onClick={() => change(view, dimension, value, false)}
          >
            {dimensions[dimension]}: {labelOf(value)} <span aria-hidden="true">×</span>
          </button>
        )),
      )}
      {open && <Picker key={open} view={view} dimension={open} onClose={() => setOpen(null)} />}
    </>
  );
}

const shownOptions = 200;

/** The values of a filter that jobs of the days have, with a search. */
function Picker({ view, dimension, onClose }: { view: View; dimension: Dimension; onClose: () => void }) {
  const [search, setSearch] = useState('');
  const others = new Map([...view.filters].filter(([one]) => one !== dimension));
  const { data, failure } = useData<UsageAnswer>(
    usageData({ ...view, filters: others }, { by: dimension, measure: 'jobs' }),
  );
  const chosen = view.filters.get(dimension) ?? [];
  const found = (data?.groups ?? []).filter(({ name }) => (name ?? '').toLowerCase().includes(search.toLowerCase()));
  return (
    <fieldset class="picker">
      <legend>{dimensions[dimension]}</legend>
      <div class="toolbar">
        <input
          type="search"
          aria-label={`Search ${dimensions[dimension]}`}
          placeholder="Search"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <button type="button" onClick={onClose}>
          Done
        </button>
      </div>
      {failure && <p class="problem">{failure.message}</p>}
      <ul>
        {found.slice(0, shownOptions).map(({ name, total }) =>
          name === null ? null : (
            <li key={name}>
              <label>
                <input
                  type="checkbox"
                  checked={chosen.includes(name)}
                  onChange={(event) => change(view, dimension, name, event.currentTarget.checked)}
                />{' '}
                {name} <span class="muted">{exact(total.jobs)} jobs</span>
              </label>
            </li>
          ),
        )}
      </ul>
      {data && found.length === 0 && <p class="detail">No job of these days has such a name.</p>}
      {found.length > shownOptions && (
        <p class="detail">and {exact(found.length - shownOptions)} more: search for a part of the name</p>
      )}
    </fieldset>
  );
}

function change(view: View, dimension: Dimension, value: string, isChosen: boolean): void {
  const before = (view.filters.get(dimension) ?? []).filter((one) => one !== value);
  const target = new URL(withParameters({ [dimension]: '', [jobsPlace]: '' }), window.location.href);
  for (const one of isChosen ? [...before, value] : before) target.searchParams.append(dimension, one);
  navigate(target.href);
}
