import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { lintKeymap } from '@codemirror/lint';
import { Compartment, EditorState, Prec } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import { type ReactNode, useEffect, useRef } from 'react';
import type { Theme } from '../shared/theme.ts';

interface ExpressionInputProps {
  readonly value: string;
  readonly theme: Theme;
  readonly onChange: (text: string) => void;
  readonly onRun: () => void;
}

const highlighting = HighlightStyle.define([
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: tags.string, color: 'var(--code-string)' },
  { tag: tags.keyword, color: 'var(--code-keyword)', fontWeight: '600' },
  { tag: tags.function(tags.variableName), color: 'var(--code-function)', fontWeight: '600' },
  { tag: tags.labelName, color: 'var(--code-label)' },
  { tag: tags.operator, color: 'var(--code-keyword)' },
  { tag: tags.modifier, color: 'var(--code-function)', fontWeight: '600' },
  { tag: tags.paren, color: 'var(--text-faint)' },
  { tag: tags.comment, color: 'var(--text-faint)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--error)' },
]);

/** The PromQL editor: highlighting, completion from the server, linting. Enter runs, Shift+Enter breaks the line. */
export function ExpressionInput({ value, theme, onChange, onRun }: ExpressionInputProps): ReactNode {
  const container = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const handlers = useRef({ onChange, onRun });
  handlers.current = { onChange, onRun };
  const themeSlot = useRef(new Compartment());

  // The editor lives as long as the panel; later values reach it through the effects below.
  // biome-ignore lint/correctness/useExhaustiveDependencies: built once
  useEffect(() => {
    const promql = new PromQLExtension().setComplete({
      remote: { url: new URL('.', location.href).pathname.replace(/\/$/, ''), httpMethod: 'GET' },
    });
    const editor = new EditorView({
      parent: container.current!,
      state: EditorState.create({
        doc: value,
        extensions: [
          history(),
          bracketMatching(),
          closeBrackets(),
          autocompletion(),
          EditorView.lineWrapping,
          syntaxHighlighting(highlighting),
          promql.asExtension(),
          placeholder('Expression, for example rate(prometheus_http_requests_total[1m])'),
          themeSlot.current.of(EditorView.theme({}, { dark: theme === 'dark' })),
          keymap.of([...closeBracketsKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
          // Below completion, whose Enter takes the chosen entry, and above the default Enter.
          keymap.of([
            {
              key: 'Enter',
              run: () => {
                handlers.current.onRun();
                return true;
              },
              shift: insertNewlineAndIndent,
            },
          ]),
          Prec.lowest(keymap.of(defaultKeymap)),
          EditorView.contentAttributes.of({ 'aria-label': 'Expression' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) handlers.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    view.current?.dispatch({
      effects: themeSlot.current.reconfigure(EditorView.theme({}, { dark: theme === 'dark' })),
    });
  }, [theme]);

  return <div className="expression" ref={container} />;
}
