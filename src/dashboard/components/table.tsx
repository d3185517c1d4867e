import type { ComponentChildren } from 'preact';
import { downloadText } from '../data/download.ts';
import { csvOf } from '../format/csv.ts';
import { exact } from '../format/numbers.ts';
import { parameter, setParameters } from '../navigation.ts';

/** A column of a table. */
export type Column<Row> = {
  /** The name in the address and in the CSV file. */
  readonly key: string;
  readonly title: string;
  /** What the column is sorted by. It is shown if there is no `cell`. */
  readonly value: (row: Row) => string | number | null;
  readonly cell?: (row: Row) => ComponentChildren;
  /** Leave it out on a phone. */
  readonly isMinor?: boolean;
};

type TableProps<Row> = {
  /** The title of the table: screen readers read it out, and the CSV file is named after it. */
  readonly caption: string;
  /** The name of the table in the address, which keeps the sorting. */
  readonly id: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
};

/** A table that is sorted by the heading that the reader presses. */
export function Table<Row>({ caption, id, columns, rows, keyOf }: TableProps<Row>) {
  const name = `sort-${id}`;
  const chosen = parameter(name);
  const isDown = chosen.startsWith('-');
  const by = columns.find(({ key }) => key === chosen.replace(/^-/, ''));
  const sorted = by
    ? [...rows].sort((one, other) => (isDown ? -1 : 1) * compare(by.value(one), by.value(other)))
    : rows;
  const isNumeric = ({ value }: Column<Row>) => rows.some((row) => typeof value(row) === 'number');
  const save = () =>
    downloadText(
      `${caption.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.csv`,
      csvOf([columns.map(({ key }) => key), ...sorted.map((row) => columns.map(({ value }) => value(row)))]),
    );
  return (
    <div class="table">
      <section class="scroller" aria-label={caption} tabIndex={0}>
        <table>
          <caption class="unseen">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => {
                const isBy = column === by;
                const sort = isBy ? (isDown ? 'descending' : 'ascending') : 'none';
                // Numbers begin with the largest, words with the first.
                const next = isBy
                  ? isDown
                    ? column.key
                    : `-${column.key}`
                  : `${isNumeric(column) ? '-' : ''}${column.key}`;
                return (
                  <th
                    key={column.key}
                    scope="col"
                    aria-sort={sort}
                    class={`${isNumeric(column) ? 'number' : ''} ${column.isMinor ? 'minor' : ''}`}
                  >
                    <button type="button" onClick={() => setParameters({ [name]: next }, 'replace')}>
                      {column.title}
                      <span aria-hidden="true">{isBy ? (isDown ? ' ↓' : ' ↑') : ''}</span>
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {sorted.map((row) => (
              <tr key={keyOf(row)}>
                {columns.map((column, index) => {
                  const shown = column.cell ? column.cell(row) : plain(column.value(row));
                  const looks = `${isNumeric(column) ? 'number' : ''} ${column.isMinor ? 'minor' : ''}`;
                  return index === 0 ? (
                    <th key={column.key} scope="row" class={looks}>
                      {shown}
                    </th>
                  ) : (
                    <td key={column.key} class={looks}>
                      {shown}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <button type="button" class="quiet" onClick={save}>
        CSV
        <span class="unseen"> of {caption}</span>
      </button>
    </div>
  );
}

function plain(value: string | number | null): string {
  return typeof value === 'string' ? value : exact(value);
}

function compare(one: string | number | null, other: string | number | null): number {
  if (one === null || other === null) return Number(other === null) - Number(one === null);
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one).localeCompare(String(other), 'en', { numeric: true });
}
