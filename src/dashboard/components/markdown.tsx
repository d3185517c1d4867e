import type { ComponentChildren } from 'preact';

/** Shows the Markdown of a help topic: headings, paragraphs, lists, tables, code blocks, and code and links in a line. */
export function Markdown({ text }: { text: string }) {
  return <div class="text">{blocksOf(text).map(Block)}</div>;
}

/** Returns the blocks of a text: a block of code may have empty lines, and no other block has. */
function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  for (const block of text.trim().split(/\n{2,}/)) {
    const before = blocks.at(-1);
    if (before !== undefined && isCode(before) && isCode(block)) blocks[blocks.length - 1] = `${before}\n\n${block}`;
    else blocks.push(block);
  }
  return blocks;
}

const isCode = (block: string) => block.split('\n').every((line) => line === '' || line.startsWith('    '));

function Block(block: string, index: number) {
  const heading = /^(#{1,3}) (.*)$/.exec(block);
  if (heading) {
    const [, marks = '', title = ''] = heading;
    if (marks.length === 1) return <h1 key={index}>{inline(title)}</h1>;
    return marks.length === 2 ? <h2 key={index}>{inline(title)}</h2> : <h3 key={index}>{inline(title)}</h3>;
  }
  if (isCode(block))
    return (
      <pre key={index} tabIndex={0}>
        {block.replaceAll(/^ {4}/gm, '')}
      </pre>
    );
  if (block.startsWith('|')) return <TextTable key={index} lines={block.split('\n')} caption={`Table ${index}`} />;
  if (/^- /.test(block)) {
    const items = block.split(/\n(?=- )/).map((item) => item.replace(/^- /, '').replaceAll(/\n\s*/g, ' '));
    return (
      <ul key={index} class="bullets">
        {items.map((item) => (
          <li key={item}>{inline(item)}</li>
        ))}
      </ul>
    );
  }
  return <p key={index}>{inline(block.replaceAll('\n', ' '))}</p>;
}

function TextTable({ lines, caption }: { lines: readonly string[]; caption: string }) {
  const cells = (line: string) =>
    line
      .replaceAll(/^\||\|$/g, '')
      .split('|')
      .map((cell) => cell.trim());
  const [head = '', , ...rows] = lines;
  return (
    <section class="scroller" aria-label={caption} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {cells(head).map((cell) => (
              <th key={cell} scope="col">
                {inline(cell)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row}>
              {cells(row).map((cell) => (
                <td key={cell}>{inline(cell)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function inline(text: string): ComponentChildren {
  return text
    .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
    .map((piece) =>
      piece.startsWith('`') ? (
        <code>{piece.slice(1, -1)}</code>
      ) : piece.startsWith('**') ? (
        <strong>{piece.slice(2, -2)}</strong>
      ) : (
        piece
      ),
    );
}
