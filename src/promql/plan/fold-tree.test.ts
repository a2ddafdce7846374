import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldTree } from './fold-tree.ts';

interface Tree {
  readonly name: number;
  readonly children: readonly Tree[];
}

const NAMES = fc.nat(9);
const trees = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    NAMES.map((name) => ({ name, children: [] })),
    fc.tuple(NAMES, fc.array(tie('tree'), { maxLength: 4 })).map(([name, children]) => ({ name, children })),
  ),
})).tree;

function written({ name, children }: Tree): string {
  return `${name}(${children.map(written).join()})`;
}

function namesDown({ name, children }: Tree): number[] {
  return [name, ...children.flatMap(namesDown)];
}

test('foldTree() folds as recursion does', () => {
  fc.assert(
    fc.property(trees, (tree) => {
      const entered: number[] = [];
      const text = foldTree<Tree, string>(
        tree,
        ({ children }) => children,
        ({ name }, results) => `${name}(${results.join()})`,
        { enter: ({ name }) => entered.push(name) },
      );
      expect(text).toBe(written(tree));
      expect(entered).toEqual(namesDown(tree));
    }),
  );
});

test.each(['left', 'right'] as const)('foldTree() has no limit to the depth: %s', (side) => {
  let tree: Tree = { name: 0, children: [] };
  for (let i = 1; i < 100_000; i++) {
    const leaf = { name: i, children: [] };
    tree = { name: i, children: side === 'left' ? [tree, leaf] : [leaf, tree] };
  }
  const count = foldTree<Tree, number>(
    tree,
    ({ children }) => children,
    (_, results) => results.reduce((sum, each) => sum + each, 1),
  );
  expect(count).toBe(199_999);
});

test('foldTree() looks now and then, and ends with what the look throws', () => {
  const children = Array.from({ length: 1000 }, (_, name) => ({ name, children: [] }));
  const tree: Tree = { name: 0, children };
  let looks = 0;
  const fold = (look: () => void) =>
    foldTree<Tree, null>(
      tree,
      (node) => node.children,
      () => null,
      { look },
    );
  fold(() => looks++);
  expect(looks).toBeGreaterThan(10);
  expect(() =>
    fold(() => {
      throw new Error('over');
    }),
  ).toThrow('over');
});
