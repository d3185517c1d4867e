import { setParameters } from '../navigation.ts';

type ChoiceProps = {
  /** The parameter of the address. */
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
};

/** A choice that is kept in the address. */
export function ChoiceField({ name, label, value, options }: ChoiceProps) {
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => setParameters({ [name]: event.currentTarget.value })}>
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
