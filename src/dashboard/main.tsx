import { render } from 'preact';
import { App } from './app.tsx';
import { startNavigation } from './navigation.ts';

const root = document.getElementById('app');
if (root) {
  startNavigation();
  render(<App />, root);
}
