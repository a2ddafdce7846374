export type Theme = 'light' | 'dark';

const STORED = 'narthex-theme';

/** What the user chose last, else what the system prefers. */
export function initialTheme(): Theme {
  try {
    const stored = localStorage.getItem(STORED);
    if (stored === 'light' || stored === 'dark') return stored;
  } catch {
    // A browser that keeps nothing for sites throws.
  }
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function showTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
}

export function keepTheme(theme: Theme): void {
  try {
    localStorage.setItem(STORED, theme);
  } catch {
    // As above: the choice then lasts as long as the page.
  }
}
