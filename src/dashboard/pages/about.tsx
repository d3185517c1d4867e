import { useEffect, useState } from 'preact/hooks';
import { Markdown } from '../components/markdown.tsx';

/** The page that says what each number counts: the help topic `counting`. */
export function About() {
  const [text, setText] = useState('');
  useEffect(() => {
    void import('../../commands/help/counting.md', { with: { type: 'text' } }).then((topic) => setText(topic.default));
  }, []);
  return text === '' ? <h1>About the numbers</h1> : <Markdown text={text} />;
}
