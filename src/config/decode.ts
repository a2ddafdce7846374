import { dirname } from 'node:path';
import { closest } from './closest.ts';
import { ConfigError } from './config-error.ts';
import { isNull, type YamlNode } from './yaml.ts';

/** A value as YAML prints it. `undefined` in a map is left out. */
export type Printed =
  | string
  | number
  | boolean
  | null
  | readonly Printed[]
  | { readonly [key: string]: Printed | undefined };

/**
 * How one type of value is read from YAML and printed again. Codecs are values put together by functions (`list`,
 * `record`, ...), so that a section of the configuration is a table of its fields.
 */
export interface Codec<T> {
  /** The reference's name of the type; it stands in messages. */
  readonly typeName: string;
  /** What an explicit `null` means. */
  readonly zero: T;
  /** Notes what is wrong in `context` and goes on with the zero value, so that one pass finds all faults. */
  decode(node: YamlNode, context: DecodeContext): T;
  print(value: T): Printed | undefined;
  /** Empty values are not printed where the field is optional. */
  isEmpty(value: T): boolean;
}

export interface Problem {
  readonly line: number;
  readonly message: string;
}

/** One decoding run: the file, the faults found, and where each decoded record came from. */
export class DecodeContext {
  readonly file: string;
  /** Where relative paths of the file begin. */
  readonly directory: string;
  readonly problems: Problem[] = [];
  readonly #origins = new WeakMap<object, YamlNode>();

  constructor(file: string) {
    this.file = file;
    this.directory = dirname(file);
  }

  problem(node: YamlNode | { line: number }, message: string): void {
    this.problems.push({ line: node.line, message });
  }

  /** Remembers the node a record was decoded from, for `lineOf`. */
  setOrigin(value: object, node: YamlNode): void {
    this.#origins.set(value, node);
  }

  /** The line of a decoded record, or of one of its fields where that is written; 0 where it is not in the file. */
  lineOf(value: object, field?: string): number {
    const node = this.#origins.get(value);
    if (node === undefined) return 0;
    const entry = node.kind === 'map' ? node.entries.find(({ key }) => key === field) : undefined;
    return entry?.line ?? node.line;
  }

  /** The error for a record whose fields are well formed but do not make sense together. */
  fault(value: object, message: string, field?: string): ConfigError {
    return this.faultAt(this.lineOf(value, field), message);
  }

  faultAt(line: number, message: string): ConfigError {
    const where = line > 0 ? `line ${line}: ` : '';
    return new ConfigError(this.file, line, `parsing YAML file ${this.file}: ${where}${message}`);
  }

  /** Throws one ConfigError that lists every fault noted so far, if there is any. */
  throwProblems(): void {
    if (this.problems.length === 0) return;
    const lines = this.problems.map(({ line, message }) => `\n  line ${line}: ${message}`);
    throw new ConfigError(
      this.file,
      this.problems[0]!.line,
      `parsing YAML file ${this.file}: yaml: unmarshal errors:${lines.join('')}`,
    );
  }
}

/** A field of a record. */
export interface Field<T> {
  readonly codec: Codec<T>;
  /** What the field is where the file does not name it. */
  readonly standard: T;
  /** Printed even when empty. */
  readonly always: boolean;
}

/** A field that is the zero value where absent, or `standard` where given. */
export function field<T>(codec: Codec<T>, standard: T = codec.zero): Field<T> {
  return { codec, standard, always: false };
}

/** A field that is printed also when it is empty. */
export function shown<T>(codec: Codec<T>, standard: T = codec.zero): Field<T> {
  return { codec, standard, always: true };
}

/** A field that may be absent altogether: `null` then. */
export function optional<T>(codec: Codec<T>): Field<T | null> {
  return { codec: nullable(codec), standard: null, always: false };
}

export type Fields = Readonly<Record<string, Field<never> | Field<unknown>>>;
export type RecordOf<F> = { -readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

export interface RecordCodec<T> extends Codec<T> {
  /** The record of which the file names no field: every field at its standard. */
  readonly standard: T;
}

/**
 * A map with known keys. `check` looks at the whole record once all its fields are well formed; it returns a ConfigError
 * made by the context, or `null`.
 */
export function record<F extends Fields>(
  typeName: string,
  fields: F,
  check: (value: RecordOf<F>, context: DecodeContext) => ConfigError | null = () => null,
): RecordCodec<RecordOf<F>> {
  const table = Object.entries(fields) as [string, Field<unknown>][];
  const names = table.map(([name]) => name);
  const filled = (pick: (field: Field<unknown>) => unknown) =>
    Object.fromEntries(table.map(([name, at]) => [name, pick(at)])) as RecordOf<F>;
  return {
    typeName,
    zero: filled((at) => at.codec.zero),
    standard: filled((at) => at.standard),
    decode(node, context) {
      const value = filled((at) => at.standard) as Record<string, unknown>;
      context.setOrigin(value, node);
      const found = context.problems.length;
      if (node.kind !== 'map') {
        context.problem(node, mismatch(node, typeName));
        return value as RecordOf<F>;
      }
      const seen = new Set<string>();
      for (const { key, line, value: child } of node.entries) {
        const at = Object.hasOwn(fields, key) ? (fields[key] as Field<unknown>) : undefined;
        if (at === undefined) {
          context.problem({ line }, unknownField(key, typeName, names));
          continue;
        }
        if (seen.has(key)) context.problem({ line }, `field ${key} already set in type ${typeName}`);
        seen.add(key);
        value[key] = isNull(child) ? at.codec.zero : at.codec.decode(child, context);
      }
      if (context.problems.length === found) {
        const fault = check(value as RecordOf<F>, context);
        if (fault !== null) {
          context.throwProblems();
          throw fault;
        }
      }
      return value as RecordOf<F>;
    },
    print(value) {
      const printed: Record<string, Printed | undefined> = {};
      for (const [name, at] of table) {
        const part = (value as Record<string, unknown>)[name];
        if (at.always || !at.codec.isEmpty(part)) printed[name] = at.codec.print(part);
      }
      return printed;
    },
    isEmpty: (value) => table.every(([name, at]) => at.codec.isEmpty((value as Record<string, unknown>)[name])),
  };
}

/** A YAML list; null in it is the zero value of `item`. */
export function list<T>(item: Codec<T>): Codec<readonly T[]> {
  const typeName = `[]${item.typeName}`;
  return {
    typeName,
    zero: [],
    decode(node, context) {
      if (node.kind === 'list') return node.items.map((at) => (isNull(at) ? item.zero : item.decode(at, context)));
      context.problem(node, mismatch(node, typeName));
      return [];
    },
    print: (value) => value.map((at) => item.print(at) ?? null),
    isEmpty: (value) => value.length === 0,
  };
}

/** A map with free keys. */
export function mapOf<T>(item: Codec<T>): Codec<Readonly<Record<string, T>>> {
  const typeName = `map[string]${item.typeName}`;
  return {
    typeName,
    zero: {},
    decode(node, context) {
      const value: Record<string, T> = Object.create(null);
      context.setOrigin(value, node);
      if (node.kind !== 'map') {
        context.problem(node, mismatch(node, typeName));
        return value;
      }
      for (const { key, line, value: child } of node.entries) {
        if (Object.hasOwn(value, key)) context.problem({ line }, `key ${JSON.stringify(key)} already set in map`);
        value[key] = isNull(child) ? item.zero : item.decode(child, context);
      }
      return value;
    },
    print: (value) => Object.fromEntries(Object.entries(value).map(([key, at]) => [key, item.print(at)])),
    isEmpty: (value) => Object.keys(value).length === 0,
  };
}

/** The same codec, for a value that may be absent. */
export function nullable<T>(codec: Codec<T>): Codec<T | null> {
  return {
    typeName: codec.typeName,
    zero: null,
    decode: codec.decode,
    print: (value) => (value === null ? undefined : codec.print(value)),
    isEmpty: (value) => value === null,
  };
}

/** `cannot unmarshal !!str `abc` into int`: what stands at `node` is of the wrong kind. */
export function mismatch(node: YamlNode, typeName: string): string {
  return `cannot unmarshal ${described(node)} into ${typeName}`;
}

function described(node: YamlNode): string {
  if (node.kind === 'list') return '!!seq';
  if (node.kind === 'map') return '!!map';
  const cut = node.text.length > 10 ? `${node.text.slice(0, 7)}...` : node.text;
  return `${scalarTag(node.text, node.plain)} \`${cut}\``;
}

function scalarTag(text: string, plain: boolean): string {
  if (!plain) return '!!str';
  if (/^[-+]?\d[\d_]*$/.test(text)) return '!!int';
  if (/^[-+]?(\d[\d_]*\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) return '!!float';
  if (/^(?:y|yes|on|n|no|off|true|false)$/i.test(text)) return '!!bool';
  return '!!str';
}

function unknownField(key: string, typeName: string, names: readonly string[]): string {
  const near = closest(key, names);
  const hint = near === null ? '' : ` (did you mean ${near}?)`;
  return `field ${key} not found in type ${typeName}${hint}`;
}
