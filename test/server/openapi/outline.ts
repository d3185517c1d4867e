/** An OpenAPI document as lines that a person can compare: each operation, its parameters, bodies and answers. */

type Form = {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Form[];
  readonly items?: Form;
  readonly properties?: Readonly<Record<string, Form>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly description?: string;
};
type Content = { readonly content: Readonly<Record<string, { readonly schema: Form }>> };
type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly tags?: readonly string[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly description?: string;
    readonly schema: Form;
  }[];
  readonly requestBody?: Content & { readonly required: boolean };
  readonly responses: Readonly<Record<string, Content & { readonly description: string }>>;
};
export type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

/** Returns the lines of the operations whose path fits. */
export function operationLines(paths: Paths, fits: (path: string) => boolean): string[] {
  return Object.entries(paths)
    .filter(([path]) => fits(path))
    .flatMap(([path, operations]) => Object.entries(operations).flatMap(([method, one]) => lines(method, path, one)));
}

function lines(method: string, path: string, operation: Operation): string[] {
  const { operationId, summary, tags, parameters, requestBody: body, responses } = operation;
  return [
    [method, path, operationId, JSON.stringify(summary), ...(tags ?? [])].join(' '),
    ...parameters.map(({ name, in: place, required, description = '', schema }) =>
      `  ${place} ${name}${required ? '' : '?'} ${JSON.stringify(schema)} ${description}`.trimEnd(),
    ),
    ...(body ? contentLines(`  body${body.required ? '' : '?'}`, body) : []),
    ...Object.entries(responses).flatMap(([status, answer]) =>
      contentLines(`  ${status} ${answer.description}`, answer),
    ),
  ];
}

function contentLines(head: string, { content }: Content): string[] {
  return Object.entries(content).flatMap(([type, { schema }]) => formLines(`${head}, ${type}`, schema, '    '));
}

/** Returns a form as one line if it has no members, otherwise with a line for each of them. */
function formLines(head: string, form: Form, indent: string): string[] {
  const { properties = {}, items, anyOf = [], required = [], ...rest } = form;
  const words = [head, ...(Object.keys(rest).length > 0 ? [JSON.stringify(rest)] : [])].join(': ');
  const below = [
    ...Object.entries(properties).flatMap(([name, member]) =>
      formLines(`${indent}${name}${required.includes(name) ? '' : '?'}`, member, `${indent}  `),
    ),
    ...(items ? formLines(`${indent}[]`, items, `${indent}  `) : []),
    ...anyOf.flatMap((one) => formLines(`${indent}|`, one, `${indent}  `)),
  ];
  const short = below.map((line) => line.trim());
  const isShort =
    below.length > 0 && short.every((line) => /^(\||\[\]): [^[|]*$/.test(line) && !line.includes('"object"'));
  return isShort ? [[words, ...short].join(' ')] : [words, ...below];
}
