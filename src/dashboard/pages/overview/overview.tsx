import { WhenLoaded } from '../../components/notice.tsx';
import { type State, StateMark, stateWords } from '../../components/state.tsx';
import { useData } from '../../data/fetching.ts';
import { hasBegun } from '../../data/outages.ts';
import { type OverviewData, shownState } from '../../data/overview.ts';
import { OutageLine } from '../system/problems.tsx';
import { Card } from './card.tsx';
import { nextFor } from './next.ts';

/** The worst first. */
const order: readonly State[] = ['down', 'degraded', 'maintenance', 'unknown', 'up'];

/** The page with all systems on one screen, problems first. */
export function OverviewPage() {
  const loading = useData<OverviewData>('/api/v1/overview');
  return (
    <>
      <h1 class="unseen">Overview of all systems</h1>
      <WhenLoaded loading={loading}>
        {(data) => (data.systems.length === 0 ? <Nothing /> : <Systems data={data} />)}
      </WhenLoaded>
    </>
  );
}

function Nothing() {
  return (
    <div class="empty">
      <h2>No system has sent a snapshot yet</h2>
      <p>Set the address of this receiver in the configuration of a collector, and send a first snapshot:</p>
      <pre tabIndex={0}>{`hpc-collector serve user add collector
echo STATUS_API_URL=${window.location.origin} >> ~/.config/hpc-collector/env
hpc-collector run derecho`}</pre>
    </div>
  );
}

function Systems({ data }: { data: OverviewData }) {
  const open = data.outages.filter(hasBegun);
  const systems = data.systems
    .map((system) => ({ system, state: shownState(system, open) }))
    .sort((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
  return (
    <>
      <Summary states={systems.map(({ state }) => state)} />
      {open.length > 0 && (
        <ul class="problems">
          {open.map((outage) => (
            <li key={outage.outage_id}>
              <OutageLine outage={outage} showsSystem />
            </li>
          ))}
        </ul>
      )}
      <div class="cards">
        {systems.map(({ system, state }) => (
          <Card key={system.name} system={system} state={state} next={nextFor(system.name, data)} open={open} />
        ))}
      </div>
    </>
  );
}

function Summary({ states }: { states: readonly State[] }) {
  const counts = order
    .filter((state) => state !== 'up')
    .map((state) => ({ state, count: states.filter((one) => one === state).length }))
    .filter(({ count }) => count > 0);
  return (
    <p class="summary">
      {counts.length === 0 ? (
        <StateMark state="up">
          {states.length === 1 ? 'The system is up.' : `All ${states.length} systems are up.`}
        </StateMark>
      ) : (
        counts.map(({ state, count }) => (
          <StateMark key={state} state={state}>
            {count} of {states.length} {stateWords[state].toLowerCase()}
          </StateMark>
        ))
      )}
    </p>
  );
}
