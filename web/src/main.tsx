import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
// In this order: later rules win over earlier ones.
import './styles.css';
import './query/query-controls.css';
import './shared/notices-and-tables.css';
import './query/query-result.css';
import './shared/pages.css';
import './phone.css';
import 'uplot/dist/uPlot.min.css';

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
