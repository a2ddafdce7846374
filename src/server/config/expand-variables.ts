/**
 * Replaces `$NAME` and `${NAME}` by environment variables, as Go's `os.Expand` finds them; `$$` is one dollar. What is
 * not set becomes empty and is reported to `onMissing`.
 */
export function expandVariables(
  text: string,
  variables: Readonly<Record<string, string | undefined>>,
  onMissing: (name: string) => void,
): string {
  return text.replace(REFERENCE, (whole, braced?: string, special?: string, bare?: string) => {
    const name = braced ?? special ?? bare;
    if (name === undefined) return whole === '$' ? '$' : '';
    if (name === '$') return '$';
    const value = variables[name];
    if (value === undefined || value === '') onMissing(name);
    return value ?? '';
  });
}

/** `${name}`, a one-character shell variable, a name, or a dollar that begins none of them. `${}` swallows itself. */
const REFERENCE = /\$(?:\{([^{}\s]+)\}|([*#$@!?\-\d])|([a-zA-Z_]\w*)|\{\}|)/g;
