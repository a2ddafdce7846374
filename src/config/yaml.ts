import { type Document, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { ConfigError } from './config-error.ts';

/** A YAML document as a tree in which every node knows its line; aliases and merge keys are already followed. */
export type YamlNode = YamlScalar | YamlList | YamlMap;

export interface YamlScalar {
  readonly kind: 'scalar';
  readonly line: number;
  readonly text: string;
  /** Written without quotes, so that it may mean a number, a switch or nothing at all. */
  readonly plain: boolean;
}

export interface YamlList {
  readonly kind: 'list';
  readonly line: number;
  readonly items: readonly YamlNode[];
}

export interface YamlMap {
  readonly kind: 'map';
  readonly line: number;
  readonly entries: readonly YamlEntry[];
}

export interface YamlEntry {
  readonly key: string;
  readonly line: number;
  readonly value: YamlNode;
}

/** Aliases may repeat a node; beyond so many nodes in all the document is refused rather than unfolded. */
const NODES_MAX = 1_000_000;

/** Reads the first document of a YAML text; `null` for an empty one. Throws ConfigError with the line of the fault. */
export function yamlFromText(file: string, text: string): YamlNode | null {
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { schema: 'failsafe', version: '1.1', uniqueKeys: false, lineCounter: lines });
  } catch (error) {
    throw new ConfigError(file, 0, `parsing YAML file ${file}: yaml: the document can not be read`, { cause: error });
  }
  const fault = document.errors.find((error) => error.code !== 'MULTIPLE_DOCS');
  if (fault !== undefined) {
    const line = lines.linePos(fault.pos[0]).line;
    const cause = fault.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
    throw new ConfigError(file, line, `parsing YAML file ${file}: yaml: line ${line}: ${cause}`);
  }
  if (document.contents === null) return null;
  try {
    return new TreeBuilder(file, document, lines).build(document.contents as Node);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigError(file, 0, `parsing YAML file ${file}: yaml: nested too deeply`, { cause: error });
  }
}

/** True for what stands for "no value": nothing, `~` or `null`, unquoted. */
export function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.plain && /^(?:|~|null|Null|NULL)$/.test(node.text);
}

const BASE64 = /^\s*(?:[A-Za-z\d+/]{4}\s*)*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?\s*$/;

class TreeBuilder {
  readonly #file: string;
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #open = new Set<Node>();
  #nodeCount = 0;

  constructor(file: string, document: Document, lines: LineCounter) {
    this.#file = file;
    this.#document = document;
    this.#lines = lines;
  }

  build(node: Node | null): YamlNode {
    if (node === null) return { kind: 'scalar', line: 0, text: '', plain: true };
    const line = this.#lineOf(node);
    if (++this.#nodeCount > NODES_MAX) throw this.#fault(line, 'document contains excessive aliasing');
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target === undefined) throw this.#fault(line, `unknown anchor '${node.source}' referenced`);
      if (this.#open.has(target)) throw this.#fault(line, `anchor '${node.source}' value contains itself`);
      return this.build(target);
    }
    if (isScalar(node)) return this.#scalar(node, line);
    this.#open.add(node);
    const built: YamlNode = isSeq(node)
      ? { kind: 'list', line, items: node.items.map((item) => this.#inside(item as Node | null, line)) }
      : { kind: 'map', line, entries: isMap(node) ? this.#entries(node.items, line) : [] };
    this.#open.delete(node);
    return built;
  }

  #scalar(node: { value: unknown; type?: string; tag?: string }, line: number): YamlScalar {
    const text = String(node.value ?? '');
    if (node.tag !== 'tag:yaml.org,2002:binary')
      return { kind: 'scalar', line, text, plain: node.type === 'PLAIN' && node.tag === undefined };
    if (!BASE64.test(text)) throw this.#fault(line, '!!binary value contains invalid base64 data');
    const bytes = Buffer.from(text, 'base64');
    // Bytes that are no UTF-8 become lone surrogates, which no check for valid text lets through.
    const decoded = bytes.toString('utf8');
    const whole = Buffer.from(decoded, 'utf8').equals(bytes);
    return { kind: 'scalar', line, plain: false, text: whole ? decoded : String.fromCharCode(0xd800) };
  }

  /** Entries of a map, merge keys unfolded behind the map's own. */
  #entries(pairs: readonly unknown[], line: number): YamlEntry[] {
    const entries: YamlEntry[] = [];
    const merged: YamlEntry[] = [];
    for (const pair of pairs) {
      if (!isPair(pair)) continue;
      const key = this.#inside(pair.key as Node | null, line);
      if (key.kind !== 'scalar') throw this.#fault(key.line, 'a key must be a plain word, not a list or a map');
      const value = this.#inside(pair.value as Node | null, key.line);
      if (key.text !== '<<' || !key.plain) entries.push({ key: key.text, line: key.line, value });
      else for (const map of value.kind === 'list' ? value.items : [value]) merged.push(...this.#mergeable(map));
    }
    const own = new Set(entries.map((entry) => entry.key));
    for (const entry of merged) {
      if (own.has(entry.key)) continue;
      own.add(entry.key);
      entries.push(entry);
    }
    return entries;
  }

  #mergeable(node: YamlNode): readonly YamlEntry[] {
    if (node.kind === 'map') return node.entries;
    throw this.#fault(node.line, 'map merge requires map or sequence of maps as the value');
  }

  /** A node inside another: where nothing stands, the line is that of its parent. */
  #inside(node: Node | null, parentLine: number): YamlNode {
    return node === null ? { kind: 'scalar', line: parentLine, text: '', plain: true } : this.build(node);
  }

  #lineOf(node: Node): number {
    return node.range === null || node.range === undefined ? 0 : this.#lines.linePos(node.range[0]).line;
  }

  #fault(line: number, cause: string): ConfigError {
    return new ConfigError(this.#file, line, `parsing YAML file ${this.#file}: yaml: line ${line}: ${cause}`);
  }
}
