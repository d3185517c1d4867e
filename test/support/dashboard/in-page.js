// Runs in the page before its scripts: makes it the same at each run, and describes as text what it shows.

// Without a canvas ECharts measures texts with a table of its own, so that no picture depends on the installed fonts.
HTMLCanvasElement.prototype.getContext = () => null;
crypto.randomUUID = () => '00000000-0000-4000-8000-000000000001';

const requests = [];
const saved = [];
let pending = 0;
const send = window.fetch;
window.fetch = async (url, options = {}) => {
  pending++;
  try {
    requests.push([options.method ?? 'GET', decodeURIComponent(String(url)), options.body ?? ''].join(' ').trim());
    const response = await send(url, options);
    return new Response(await response.text(), response);
  } finally {
    setTimeout(() => pending--);
  }
};

const blobs = new Map();
URL.createObjectURL = (blob) => {
  const address = `blob:${blobs.size}`;
  blobs.set(address, blob);
  return address;
};
URL.revokeObjectURL = (address) => blobs.set(`revoked ${address}`, null);
const press = HTMLElement.prototype.click;
HTMLAnchorElement.prototype.click = function click() {
  if (this.download === '') press.call(this);
  else saved.push([this.download, this.href]);
};

const blocks = new Set(
  'div section article header footer main nav ul ol li dl dt dd p h1 h2 h3 table caption thead tbody tr form fieldset legend figure figcaption label details summary pre'.split(
    ' ',
  ),
);
const tagOf = (element) => element.tagName.toLowerCase();
const isBlock = (node) => node.nodeType === Node.ELEMENT_NODE && blocks.has(tagOf(node));
const hasBlocks = (element) => [...element.querySelectorAll('*')].some(isBlock);
const rounded = (text) => text.replace(/-?\d+\.\d+(e-?\d+)?/g, (number) => String(Math.round(Number(number))));
const unshown = new Set(['class', 'style', 'name', 'value', 'xmlns', 'd', '_echarts_instance_']);
const sizes = new Set(['x', 'y', 'width', 'height', 'viewBox', 'transform']);
const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

function hashOf(text) {
  let hash = 0;
  for (const letter of text) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return hash.toString(36);
}

/** Returns the name, the classes and the attributes of an element. */
function headOf(element) {
  const classes = [...element.classList].map((one) => `.${one}`).join('');
  const attributes = [...element.attributes]
    .filter(({ name }) => !unshown.has(name))
    .map(({ name, value }) => (value === '' ? name : `${name}=${sizes.has(name) ? rounded(value) : value}`));
  if (element.matches('input[name], textarea')) attributes.push(`name=${element.name}`);
  if (element.matches('input, textarea')) attributes.push(`value=${element.value}`);
  if (element.matches('input[type=checkbox]')) attributes.push(`checked=${element.checked}`);
  if (element.matches('option')) attributes.push(`${element.selected ? 'chosen ' : ''}${element.value}`);
  return `${tagOf(element)}${classes}${attributes.length === 0 ? '' : `[${attributes.join(', ')}]`}`;
}

/** Returns the shapes of a drawing, a line each; what many places repeat is one word. */
function shapesOf(svg) {
  if (svg.getAttribute('aria-hidden') === 'true') return [`(icon ${hashOf(svg.innerHTML)})`];
  const isCalendar = svg.matches('.year');
  const shapes = [...svg.querySelectorAll('rect, path, text')].filter((one) => !(isCalendar && one.matches('.none')));
  const lines = shapes.map((shape) => {
    const title = (shape.querySelector('title') ?? shape.parentElement.querySelector('title'))?.textContent ?? '';
    const place = isCalendar ? (shape.parentElement.getAttribute('transform') ?? '') : '';
    const own = shape.matches('text') ? shape.textContent : rounded(shape.getAttribute('d') ?? '');
    return [place, headOf(shape), own, title.replaceAll('\n', ' / ')].filter((part) => part !== '').join(' ');
  });
  return [headOf(svg), ...(isCalendar ? [`hash of all: ${hashOf(svg.innerHTML)}`] : []), ...lines];
}

/** True for a path that is neither empty, a line of the grid, nor a button that is not shown. */
function isData(path) {
  const line = path.getAttribute('d') ?? '';
  return line !== '' && !/^M[-\d. ]+L[-\d. ]+$/.test(line) && !line.startsWith('M-15');
}

/** Returns what ECharts has drawn: its texts, and each line, bar, area and dot. */
function chartOf(canvas) {
  const svg = canvas.querySelector('svg');
  if (svg === null) return ['not drawn'];
  const texts = [...svg.querySelectorAll('text')].map((text) => text.textContent).join(' | ');
  const defs = [...svg.querySelectorAll('defs')].map(({ innerHTML }) => innerHTML.replace(/id="[^"]*"|#zr[^)"]*/g, ''));
  const paths = [...svg.querySelectorAll('path')].filter(
    (path) => path.closest('defs, clipPath') === null && isData(path),
  );
  const looks = ['stroke', 'stroke-width', 'stroke-dasharray', 'fill', 'fill-opacity', 'opacity'];
  const lines = paths.map((path) => {
    const look = looks.flatMap((name) => path.getAttribute(name) ?? []).map((one) => one.replace(/url\(.*/, 'pattern'));
    return [rounded(path.getAttribute('d')), ...look, rounded(path.getAttribute('transform') ?? '')].join(' ').trim();
  });
  return [
    `${svg.getAttribute('width')} × ${svg.getAttribute('height')}, ${svg.getAttribute('viewBox')}`,
    `texts: ${texts}`,
    ...new Set(lines),
    `patterns: ${hashOf(defs.join(''))}`,
  ];
}

/** Returns the text of nodes without blocks, with the elements in it that are more than text. */
function inlineOf(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (node.nodeType !== Node.ELEMENT_NODE) return '';
  if (node.matches('svg')) return shapesOf(node).join('; ');
  const inner = [...node.childNodes].map(inlineOf).join('');
  const head = headOf(node);
  if (node.matches('td, th')) return ` |${head.replace(/^t[dh]/, '')} ${inner}`;
  return head === 'span' ? inner : ` <${head}>${inner}</> `;
}

function describe(element, indent = '') {
  const tidy = (text) => (element.closest('pre') ? text : text.replace(/[ \n\t]+/g, ' ').trim());
  const head = headOf(element);
  if (element.matches('.canvas'))
    return [head, ...chartOf(element).map((line) => `  ${line}`)].map((line) => indent + line);
  if (!hasBlocks(element) && !element.querySelector('svg[role=img]')) {
    return [`${indent}${head} ${tidy([...element.childNodes].map(inlineOf).join(''))}`.trimEnd()];
  }
  const lines = [];
  let text = '';
  const flush = () => {
    if (tidy(text) !== '') lines.push(`${indent}  ${tidy(text)}`);
    text = '';
  };
  for (const child of element.childNodes) {
    if (child.nodeType === Node.ELEMENT_NODE && child.matches('svg[role=img]')) {
      flush();
      lines.push(...shapesOf(child).map((line, index) => `${indent}  ${index === 0 ? '' : '  '}${line}`));
    } else if (child.nodeType === Node.ELEMENT_NODE && (isBlock(child) || child.querySelector('svg[role=img]'))) {
      flush();
      lines.push(...describe(child, `${indent}  `));
    } else text += inlineOf(child);
  }
  flush();
  return [indent + head, ...lines];
}

let before = '';

// What the tests call.
window.inPage = {
  /** Returns the whole text of a part of the page. */
  describe: (selector) => [...document.querySelectorAll(selector)].flatMap((element) => describe(element)).join('\n'),
  /** Returns the requests since the last call, in the order of their addresses. */
  requests: () => requests.splice(0).sort().join('\n'),
  /** True if nothing is loaded any more, all charts are drawn, and the page is the same as at the last call. */
  async isSettled() {
    await frame();
    await frame();
    const now = [location.href, document.title, ...describe(document.body)].join('\n');
    const isSame = now === before;
    before = now;
    const isDrawn = [...document.querySelectorAll('.canvas')].every((one) => one.querySelector('svg path'));
    const isLoading = document.querySelector('.loading, [aria-busy=true]') !== null || pending > 0;
    return isSame && isDrawn && !isLoading && now.includes('h1');
  },
  /** Presses each heading of each table twice, and returns the order of the rows, the largest or first row first. */
  async sortTables() {
    const lines = [];
    for (const table of document.querySelectorAll('.table table')) {
      lines.push(table.caption.textContent);
      for (const column of [...table.tHead.rows[0].cells].keys()) {
        const orders = [];
        for (let turn = 0; turn < 2; turn++) {
          const heading = table.tHead.rows[0].cells[column];
          heading.querySelector('button').click();
          for (let tries = 0; tries < 100 && heading.getAttribute('aria-sort') === orders.at(-1)?.sort; tries++)
            await frame();
          await frame();
          const rows = [...table.tBodies[0].rows].map(({ cells }) => cells[0].textContent);
          orders.push({ sort: heading.getAttribute('aria-sort'), text: `${heading.textContent} ${rows.join(', ')}` });
        }
        lines.push(
          `  ${orders.map(({ sort, text }) => `${sort} ${text}`).join('; ')} ?${[...new URLSearchParams(location.search)].at(-1).join('=')}`,
        );
      }
    }
    return lines.join('\n');
  },
  /** Clicks on links in many ways, and returns the clicks that the dashboard takes. */
  takenClicks() {
    const lines = [];
    const note = (event) => {
      lines.push(`${event.defaultPrevented ? 'taken' : 'left'} ${location.pathname}`);
      event.preventDefault();
    };
    window.addEventListener('click', note);
    const ways = [{}, { button: 1 }, ...['ctrlKey', 'metaKey', 'shiftKey', 'altKey'].map((key) => ({ [key]: true }))];
    for (const [href, name, value] of [
      ['/about'],
      ['https://example.org/x'],
      ['#content'],
      ['/y', 'download', 'y'],
      ['/z', 'data-load', 'yes'],
    ]) {
      const link = document.createElement('a');
      link.href = href;
      if (name) link.setAttribute(name, value);
      document.body.append(link);
      for (const way of href === '/about' ? ways.toReversed() : [{}]) {
        link.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, ...way }));
        lines.push(`${lines.pop()} ${href} ${JSON.stringify(way)}`);
      }
      link.remove();
    }
    window.removeEventListener('click', note);
    return lines.join('\n');
  },
  /** Presses each button for a CSV file, and returns the files. */
  async files() {
    for (const button of document.querySelectorAll('button')) if (/^CSV/.test(button.textContent)) button.click();
    const texts = saved.splice(0).map(async ([name, address]) => {
      const isKept = blobs.has(`revoked ${address}`) ? '' : ' (not revoked)';
      return `${name} ${blobs.get(address)?.type}${isKept}\n${await blobs.get(address)?.text()}`;
    });
    return (await Promise.all(texts)).join('\n').replaceAll('\r\n', '\n');
  },
};
