/** Called now and then while something large is walked; what it throws ends that. */
export type Look = () => void;

export interface FoldOptions<Node> {
  /** Called on the way down. */
  readonly enter?: (node: Node) => void;
  readonly look?: Look;
}

/**
 * The frames of trees that are folded now. V8 marks in a pause what the call stack alone leads to (docs/decisions/0046), and a tree may
 * have a million nodes.
 */
const folding: object[] = [];

/** Nodes between two looks: less than a millisecond, whatever is done with them. */
const NODES_PER_LOOK = 64;

/**
 * Folds a tree from its leaves to its root without recursion, so that a chain of 100,000 operators needs no stack.
 *
 * `enter` is called on the way down (a node before its children), `combine` on the way up with the results of the
 * children in order.
 */
export function foldTree<Node, Result>(
  root: Node,
  childrenOf: (node: Node) => readonly Node[],
  combine: (node: Node, results: readonly Result[]) => Result,
  options: FoldOptions<Node> = {},
): Result {
  const frames: Frame<Node, Result>[] = [{ node: root, children: childrenOf(root), results: [] }];
  folding.push(frames);
  try {
    options.enter?.(root);
    return foldFrames(frames, childrenOf, combine, options);
  } finally {
    folding.pop();
  }
}

function foldFrames<Node, Result>(
  frames: Frame<Node, Result>[],
  childrenOf: (node: Node) => readonly Node[],
  combine: (node: Node, results: readonly Result[]) => Result,
  { enter, look }: FoldOptions<Node>,
): Result {
  let nodes = 0;
  for (;;) {
    const frame = frames[frames.length - 1]!;
    const child = frame.children[frame.results.length];
    if (child !== undefined) {
      enter?.(child);
      frames.push({ node: child, children: childrenOf(child), results: [] });
      continue;
    }
    if (look !== undefined && ++nodes % NODES_PER_LOOK === 0) look();
    const result = combine(frame.node, frame.results);
    frames.pop();
    const parent = frames[frames.length - 1];
    if (parent === undefined) return result;
    parent.results.push(result);
  }
}

interface Frame<Node, Result> {
  readonly node: Node;
  readonly children: readonly Node[];
  readonly results: Result[];
}
